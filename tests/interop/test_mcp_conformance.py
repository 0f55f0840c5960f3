"""MCP's own conformance scenarios for authorization servers, as they come from npm."""

import asyncio
import re
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from pathlib import Path
from socket import socket

import httpx
import pytest

from tests.interop.oauth_provider import Provider, run_provider
from tests.provider.kit import register
from tests.support.postgres import TestDatabases

pytestmark = pytest.mark.interop

MODULES = Path(__file__).parents[1] / "node/node_modules"
NODE, CONFORMANCE = MODULES / "node/bin/node", MODULES / "@modelcontextprotocol/conformance/dist/index.js"


@pytest.fixture(scope="module")
async def provider(migrated: TestDatabases) -> AsyncIterator[Provider]:
    url = await migrated.create()
    async with run_provider(url) as running:
        yield running
    await migrated.drop(url)


def free_port() -> int:
    with socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.parametrize("revision", ["2025-06-18", "2025-11-25", "2026-07-28"])
async def test_every_scenario_of_a_revision(provider: Provider, revision: str) -> None:
    """Its link is opened by a person, whom its own server at the redirect URI waits for.

    As a public app: where a server takes `none` from anybody, the scenario sends no secret of an app that has one.
    """
    port = free_port()
    app = await register(provider.ada, "native", f"http://127.0.0.1:{port}/callback")
    process = await asyncio.create_subprocess_exec(
        NODE, CONFORMANCE, "authorization", "--url", provider.url, "--client-id", app.client_id,
        "--port", str(port), "--resource", f"{provider.url}/mcp", "--spec-version", revision,
        stdout=PIPE, stderr=STDOUT,
    )  # fmt: skip
    assert process.stdout
    told = ""
    async for line in process.stdout:
        told += line.decode()
        link = re.match(rf"{re.escape(provider.url)}/oauth2/authorize\?\S+", line.decode())
        if link:
            async with httpx.AsyncClient() as browser:
                await browser.get(await provider.allow(link[0]))
    assert await process.wait() == 0, told
    assert re.search(r"\b0 failed", told), told
