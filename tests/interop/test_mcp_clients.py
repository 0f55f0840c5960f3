"""Clients of MCP as they come from their registries: each lists the tools of `/mcp` and calls every one of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata
from pydantic import AnyUrl

from tests.interop.mcp_calls import asked_calls, check_report
from tests.interop.mcp_stage import Stage, stage
from tests.interop.node import FOLDER, NODE, run
from tests.interop.oauth_provider import CONSENT
from tests.interop.own_python import python_with
from tests.interop.programs.conversation import report
from tests.interop.test_oauth_mcp import Storage
from tests.provider.kit import CALLBACK

__all__ = ["stage"]

pytestmark = pytest.mark.interop

PROGRAMS = Path(__file__).parent / "programs"
WAYS = ["service token", "consent"]
LEGACY, MODERN = "2025-11-25", "2026-07-28"
# What each speaks of the newest revisions.
PYTHON_PROGRAMS = {"mcp_v1": (("mcp<2",), LEGACY), "fastmcp_client": (("fastmcp",), MODERN)}


@pytest.fixture(params=WAYS)
async def token(stage: Stage, request: pytest.FixtureRequest) -> AsyncIterator[str | None]:
    """None: by the consent of a person, who is asked once."""
    asked = stage.person.was_asked(CONSENT)
    yield stage.token if request.param == "service token" else None
    assert stage.person.was_asked(CONSENT) - asked == (request.param == "consent")


class Consent(OAuthClientProvider):
    """Of the stage's person."""

    def __init__(self, stage: Stage, storage: Storage) -> None:
        self._stage, self._link = stage, ""
        metadata = OAuthClientMetadata(
            client_name="Editor",
            redirect_uris=[AnyUrl(CALLBACK)],
            grant_types=["authorization_code", "refresh_token"],
            token_endpoint_auth_method="none",
        )
        super().__init__(stage.url, metadata, storage, self._keep, self._come_back)

    async def _keep(self, link: str) -> None:
        self._link = link

    async def _come_back(self) -> AuthorizationCodeResult:
        told = dict(parse_qsl(urlsplit(await self._stage.allow(self._link)).query))
        return AuthorizationCodeResult(code=told["code"], state=told["state"], iss=told["iss"])


@asynccontextmanager
async def python_client(stage: Stage, token: str | None, mode: str) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    auth = None if token else Consent(stage, Storage())
    async with (
        httpx2.AsyncClient(headers=headers, auth=auth, timeout=60) as http,
        Client(streamable_http_client(stage.url, http_client=http), mode=mode) as client,
    ):
        yield client


@pytest.mark.parametrize(("mode", "revision"), [("auto", MODERN), ("legacy", LEGACY)])
async def test_the_python_client(stage: Stage, token: str | None, mode: str, revision: str) -> None:
    async with python_client(stage, token, mode) as client:
        assert client.protocol_version == revision
        tools = [tool.name for tool in (await client.list_tools()).tools]
        results = {label: await client.call_tool(**call) for label, call in asked_calls().items()}
    check_report(report(revision, tools, results))


@pytest.fixture(scope="module", params=list(PYTHON_PROGRAMS))
async def python_program(request: pytest.FixtureRequest) -> tuple[Path, Path, str]:
    """Its interpreter, its file and the revision that it speaks."""
    requirements, revision = PYTHON_PROGRAMS[request.param]
    python = await asyncio.to_thread(python_with, request.param, *requirements)
    return python, PROGRAMS / f"{request.param}.py", revision


async def test_other_python_clients(stage: Stage, token: str | None, python_program: tuple[Path, Path, str]) -> None:
    python, program, revision = python_program
    async with run(python, program) as running:
        running.say({"url": stage.url, "token": token, "callback": CALLBACK, "calls": asked_calls()})
        told = await running.result(stage.allow)
    assert told["revision"] == revision
    check_report(told)


@pytest.mark.parametrize(("generation", "revision"), [(1, LEGACY), (2, MODERN)])
async def test_the_typescript_sdk(stage: Stage, token: str | None, generation: int, revision: str) -> None:
    async with run(NODE, FOLDER / "mcp" / "sdk.mjs") as program:
        about = {"url": stage.url, "token": token, "redirectUri": CALLBACK}
        program.say({**about, "generation": generation, "refreshes": True})
        connected = await program.result(stage.allow)
        program.say({"list": True})
        listed = await program.result(stage.allow)
        results = {}
        for label, call in asked_calls().items():
            program.say({"call": call["name"], "arguments": call["arguments"]})
            results[label] = await program.result(stage.allow)
    assert connected["revision"] == revision
    check_report({"tools": listed["tools"], "results": results})
