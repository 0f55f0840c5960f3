"""MCP's own conformance scenarios for servers, as they come from npm, against `/mcp`.

The suite sends no credential, so a server in front adds one to each request.
"""

import asyncio
import json
import re
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import Any

import pytest

from tests.interop.mcp_scenarios import LEFT, PASSED, REVISIONS, as_table
from tests.interop.node import FOLDER, NODE, ROOT
from tests.interop.oauth_provider import MachineClock
from tests.support.postgres import TestDatabases
from tests.support.service import run_sandbox, run_server, run_service

pytestmark = pytest.mark.interop

CONFORMANCE = FOLDER / "node_modules/@modelcontextprotocol/conformance/dist/index.js"
GOOD = {"SUCCESS", "INFO", "SKIPPED"}


class WithCredential:
    """An application, and the token that it is asked with. Both are known once the service runs at its address."""

    app: Any = None
    token = b""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = [*scope["headers"], (b"authorization", b"Bearer " + self.token)]
        await self.app({**scope, "headers": headers}, receive, send)


@pytest.fixture(scope="module")
async def url(migrated: TestDatabases) -> AsyncIterator[str]:
    clock, front, database = MachineClock(), WithCredential(), await migrated.create()
    async with (
        run_sandbox(clock) as sandbox,
        run_server(front) as url,
        run_service(clock, sandbox, database_url=database, public_url=url) as service,
    ):
        ada = await service.sign_in("ada")
        token = await ada.mint("graph:search", "graph:read", "graph:neighbors", "notion:read", "notion:write")
        front.app, front.token = service.app, token["token"].encode()
        yield f"{url}/mcp"
    await migrated.drop(database)


async def run(*arguments: Path | str) -> str:
    process = await asyncio.create_subprocess_exec(NODE, CONFORMANCE, *arguments, stdout=PIPE, stderr=STDOUT)
    told, _ = await process.communicate()
    return told.decode()


async def list_scenarios(revision: str) -> set[str]:
    told = await run("list", "--server", "--spec-version", revision)
    return set(re.findall(r"^ *- ([\w/-]+)", told, re.MULTILINE))


def failed_checks(folder: Path) -> dict[str, dict[str, str]]:
    """By scenario that was run: the checks that it did not pass, and what is said of them."""
    failed: dict[str, dict[str, str]] = {}
    for path in folder.rglob("checks.json"):
        name = re.sub(r"^server-|-\d{4}-\d\d-\d\dT.*$", "", path.parent.name)
        checks = json.loads(path.read_text())
        failed[name] = {check["id"]: check.get("errorMessage", "") for check in checks if check["status"] not in GOOD}
    return failed


def is_left(scenario: str, checks: Collection[str]) -> bool:
    """Something was not passed, and all of that is left."""
    return bool(checks) and (scenario in LEFT or all(f"{scenario}:{check}" in LEFT for check in checks))


@pytest.mark.parametrize("revision", REVISIONS)
async def test_every_scenario_is_passed_or_left_for_a_reason(url: str, tmp_path: Path, revision: str) -> None:
    """A version of the suite with a scenario that stands in neither list fails, and so does one of those that are left
    when it is passed.
    """
    scenarios = await list_scenarios(revision)
    told = await run("server", "--url", url, "--suite", "all", "--spec-version", revision, "--output-dir", tmp_path)
    failed = failed_checks(tmp_path)
    assert set(failed) == scenarios, told
    unexpected = {name: checks for name, checks in failed.items() if not is_left(name, checks)}
    assert unexpected == {name: {} for name in PASSED[revision]}


def test_the_page_says_what_is_left() -> None:
    assert as_table() in (ROOT / "docs/agents.md").read_text()
