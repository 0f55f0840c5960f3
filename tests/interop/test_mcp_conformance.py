"""MCP's own conformance scenarios for authorization servers, as they come from npm.

The package has two of them, `SCENARIOS`, both since 2025-03-26, so each later revision asks for both. Its scenarios
named `auth/…` test clients.
"""

import asyncio
import json
import re
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest

from tests.interop.node import FOLDER, NODE
from tests.interop.oauth_provider import Provider
from tests.support.processes import free_port
from tests.support.service import Json

pytestmark = pytest.mark.interop

CONFORMANCE = FOLDER / "node_modules/@modelcontextprotocol/conformance/dist/index.js"
SCENARIOS = ["authorization-server-metadata-endpoint", "authorization-code-grant"]
CHECKS = {"authorization-server-metadata", "authorization-code-grant"}
DOCUMENTS = "authorization-server-metadata-cimd"  # since 2025-11-25


async def run(provider: Provider, folder: Path, client_id: str, port: int, *more: str) -> str:
    """All that it says. Its link is opened by a person, whom its own server at the redirect URI waits for."""
    process = await asyncio.create_subprocess_exec(
        NODE, CONFORMANCE, "authorization", "--url", provider.url, "--client-id", client_id, "--port", str(port),
        "--output-dir", folder, *more, stdout=PIPE, stderr=STDOUT,
    )  # fmt: skip
    assert process.stdout
    told = ""
    async for line in process.stdout:
        told += line.decode()
        link = re.match(rf"{re.escape(provider.url)}/oauth2/authorize\?\S+", line.decode())
        if link:
            assert (await (await provider.person()).open(link[0])).status == 200
    assert await process.wait() == 0, told
    return told


async def list_scenarios(revision: str) -> list[str]:
    command = (NODE, CONFORMANCE, "list", "--authorization", "--spec-version", revision)
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT)
    told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()
    return re.findall(r"^ *- ([\w/-]+)", told.decode(), re.MULTILINE)


def read_checks(folder: Path) -> list[Json]:
    return [check for path in folder.rglob("checks.json") for check in json.loads(path.read_text())]


@pytest.mark.parametrize(
    ("revision", "resource", "checks"),
    [
        ("2025-06-18", "/mcp", CHECKS),
        ("2025-11-25", "/mcp", {*CHECKS, DOCUMENTS}),
        ("2026-07-28", "/mcp", {*CHECKS, DOCUMENTS}),
        ("2026-07-28", "/mcp/", {*CHECKS, DOCUMENTS}),
        ("2026-07-28", "", {*CHECKS, DOCUMENTS}),
    ],
)
async def test_every_scenario_of_a_revision(
    provider: Provider, tmp_path: Path, revision: str, resource: str, checks: set[str]
) -> None:
    """As a public app: from a server that takes `none` from some, the scenario asks with no secret."""
    assert await list_scenarios(revision) == SCENARIOS
    port = free_port()
    app = await provider.register("native", f"http://127.0.0.1:{port}/callback")
    more = ("--spec-version", revision, "--resource", provider.url + resource)
    told = await run(provider, tmp_path, app.client_id, port, *more)
    assert re.findall("=== Running scenario: (.+) ===", told) == SCENARIOS
    found = read_checks(tmp_path)
    assert {check["id"]: check["status"] for check in found} == dict.fromkeys(checks, "SUCCESS")
