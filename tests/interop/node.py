"""Programs of other languages and processes: the Node that npm brings, and what they ask of the test that runs them."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.service import Json

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests/node"
NODE = FOLDER / "node_modules/node/bin/node"


class Program:
    """As tests/node/oauth/conversation.mjs has it: a line of JSON each way."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def hear(self) -> Json:
        """Fails with what it complains of when it has ended without a word."""
        assert self._process.stdout
        line = await self._process.stdout.readline()
        if not line:
            _, complaints = await self._process.communicate()
            raise AssertionError(complaints.decode())
        return json.loads(line)

    def say(self, told: Json) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{json.dumps(told)}\n".encode())

    async def result(self, open_link: Callable[[str], Awaitable[str]]) -> Json:
        """What it says at its end; until then its links are opened."""
        while "open" in (told := await self.hear()):
            self.say(await open_link(told["open"]))
        return told


def script(name: str) -> tuple[Path, Path]:
    """The command of one below tests/node/oauth."""
    return NODE, FOLDER / "oauth" / f"{name}.mjs"


@asynccontextmanager
async def run(*command: Path | str) -> AsyncIterator[Program]:
    """From the checkout's folder. It is ended when the test is over."""
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    try:
        yield Program(process)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()
