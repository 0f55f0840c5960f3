"""MCP Inspector's command line as it comes from npm: a process for each thing that is asked."""

import asyncio
import json
import os
import re
from asyncio.subprocess import PIPE
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.interop.mcp_calls import asked_calls, check_report
from tests.interop.mcp_stage import Stage, stage
from tests.interop.node import FOLDER, NODE
from tests.interop.oauth_provider import CONSENT
from tests.support.processes import free_port

__all__ = ["stage"]

pytestmark = pytest.mark.interop

INSPECTOR = FOLDER / "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"
# There is no terminal to show its link on, and no keychain.
SETTINGS = {"MCP_AUTO_OPEN_ENABLED": "true", "MCP_INSPECTOR_SECRET_STORE": "file"}

REFUSED_BY_TOOL = 5


@dataclass
class Inspector:
    """With a home of its own, in which it keeps what its person consented to. `era` is of the protocol."""

    stage: Stage
    home: Path
    era: str
    credential: tuple[str, ...]

    async def ask(self, method: str, *more: str) -> Any:
        """What it prints. When it waits for its person, they come."""
        process = await asyncio.create_subprocess_exec(
            NODE, INSPECTOR, "--cli", "--server-url", self.stage.url, "--transport", "http", "--format", "json",
            "--protocol-era", self.era, "--method", method, *self.credential, *more,
            env={"PATH": os.environ["PATH"], "HOME": str(self.home), **SETTINGS}, cwd=self.home,
            stdin=PIPE, stdout=PIPE, stderr=PIPE,
        )  # fmt: skip
        assert process.stdout
        told = asyncio.create_task(process.stdout.read())
        complaints = await self._come_when_asked(process)
        answer = (await told).decode()
        # It tells the tool's own refusals from others by how it exits.
        assert await process.wait() in {0, REFUSED_BY_TOOL}, complaints + answer
        return json.loads(answer)["result"]

    async def _come_when_asked(self, process: asyncio.subprocess.Process) -> str:
        assert process.stderr
        said = ""
        async for line in process.stderr:
            said += line.decode()
            link = re.search(rf"{re.escape(self.stage.provider.url)}/oauth2/authorize\S+", line.decode())
            if link:
                await self.stage.allow(link[0])
        return said


@pytest.mark.parametrize("era", ["legacy", "modern"])
@pytest.mark.parametrize("way", ["service token", "consent"])
async def test_lists_and_calls_every_tool(stage: Stage, tmp_path: Path, way: str, era: str) -> None:
    if way == "service token":
        credential: tuple[str, ...] = ("--header", f"Authorization: Bearer {stage.token}")
    else:
        credential = ("--callback-url", f"http://127.0.0.1:{free_port()}/oauth/callback")
    asked = stage.person.was_asked(CONSENT)
    inspector = Inspector(stage, tmp_path, era, credential)
    # `--strict` fails on a schema that some model's API would refuse.
    listed = await inspector.ask("tools/list", "--strict")
    if way == "consent":
        # From here on it has what it needs.
        inspector.credential = ("--stored-auth-only",)
    results = {}
    for label, call in asked_calls().items():
        arguments = json.dumps(call["arguments"])
        told = await inspector.ask("tools/call", "--tool-name", call["name"], "--tool-args-json", arguments)
        text = "\n".join(part["text"] for part in told["content"] if part["type"] == "text")
        results[label] = {"isError": told.get("isError"), "text": text, "structured": told["structuredContent"]}
    check_report({"tools": [tool["name"] for tool in listed["tools"]], "results": results})
    assert stage.person.was_asked(CONSENT) - asked == (way == "consent")
