"""Python packages in a virtual environment of their own: other versions than those that are installed here."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest

_ATTEMPTS = 3  # downloads stutter


async def _run(*command: str | Path) -> tuple[int, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SSL_CERT_")}
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=STDOUT)
    told, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, told.decode()


async def install(folder: Path, *requirements: str) -> Path:
    """The environment's Python."""
    code, told = await _run(sys.executable, "-m", "venv", folder)
    assert code == 0, told
    python = folder / "bin" / "python"
    for _ in range(_ATTEMPTS):
        code, told = await _run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *requirements)
        if code == 0:
            return python
    pytest.fail(told)
