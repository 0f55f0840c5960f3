"""The examples of docs/sign-in-with-ivgraph.md as programs of their own, beside the provider."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.interop.oauth_provider import run_provider
from tests.provider.kit import PAGE, decide, make_admin
from tests.support.service import Service, Session

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "oauth"


@dataclass
class Stage:
    """The service at its public URL, and its admin, who is also the person whom the examples ask."""

    service: Service
    ada: Session
    url: str

    async def allow(self, link: str) -> str:
        """What she does at the link of an app: reads, allows what is ticked, and is sent back to what is answered."""
        parts = urlsplit(link)
        assert f"{parts.scheme}://{parts.netloc}" == self.url
        begun = await self.ada.client.get(parts.path, params=parts.query, headers=PAGE)
        answer = await decide(self.ada, await self.ada.client.get(begun.headers["location"], headers=PAGE))
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])


@asynccontextmanager
async def run_stage(database_url: str) -> AsyncIterator[Stage]:
    async with run_provider(database_url) as running:
        yield Stage(running.service, await make_admin(running.service), running.url)


@asynccontextmanager
async def started(*command: str, **environment: str) -> AsyncIterator[Process]:
    """With nothing of our environment but where programs are. What it complains about goes with a failure."""
    settings = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **environment}
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=EXAMPLES, env=settings, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    except AssertionError as failure:
        process.kill()
        failure.add_note((await process.communicate())[1].decode())
        raise
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def next_line(process: Process) -> str:
    """Fails with what it complains about when there is none."""
    assert process.stdout
    assert process.stderr
    line = (await process.stdout.readline()).decode()
    assert line, (await process.stderr.read()).decode()
    return line.rstrip("\n")
