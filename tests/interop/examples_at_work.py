"""The examples of docs/sign-in-with-ivgraph.md as programs of their own, beside the provider."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "oauth"


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
