"""Clients that are pages, such as MCP Inspector's: what their preflights ask for, and what they can read."""

from collections.abc import AsyncIterator

import pytest

from tests.mcp.kit import MODERN, Caller, caller
from tests.support.clock import ManualClock
from tests.support.postgres import TestDatabases
from tests.support.service import Service, run_sandbox, run_service

PAGE = "http://localhost:6274"  # where Inspector's is, unless told otherwise
SENT = {
    "accept", "authorization", "content-type", "mcp-protocol-version", "mcp-method", "mcp-name", "mcp-session-id",
    "last-event-id",
}  # fmt: skip
SAFELISTED = {"accept"}  # never asked for (Fetch standard, CORS-safelisted request-header)


@pytest.fixture(scope="module")
async def service(migrated: TestDatabases) -> AsyncIterator[Service]:
    clock, url = ManualClock(), await migrated.create()
    async with (
        run_sandbox(clock) as sandbox,
        run_service(clock, sandbox, database_url=url, allowed_origins=[PAGE], dynamic_registration=True) as service,
    ):
        yield service
    await migrated.drop(url)


def words(text: str) -> set[str]:
    return {word.strip().lower() for word in text.split(",")}


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/mcp", "POST"),
        ("/mcp/", "POST"),
        ("/.well-known/oauth-protected-resource/mcp", "GET"),
        ("/.well-known/oauth-authorization-server", "GET"),
        ("/oauth2/token", "POST"),
        ("/oauth2/register", "POST"),
    ],
)
async def test_a_preflight_allows_what_clients_send(service: Service, path: str, method: str) -> None:
    client = await service.browser()
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": ",".join(sorted(SENT))}
    answer = await client.options(path, headers={"Origin": PAGE, **asked})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] in {PAGE, "*"}
    assert words(answer.headers["access-control-allow-headers"]) >= SENT - SAFELISTED
    assert method in answer.headers["access-control-allow-methods"]


async def test_a_page_can_read_the_challenge(service: Service) -> None:
    """It says where to get a token, so the whole flow begins with it."""
    answer = await Caller(await service.browser(), None).ask("server/discover", {"Origin": PAGE})
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert {"www-authenticate", "retry-after"} <= words(answer.headers["access-control-expose-headers"])


async def test_a_page_of_an_allowed_origin_is_answered(service: Service) -> None:
    ada = await caller(service, "graph:search")
    answer = await ada.ask("server/discover", {"Origin": PAGE})
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.json()["result"]["supportedVersions"] == [MODERN]


async def test_a_page_of_another_origin_is_neither_answered_nor_told_why(service: Service) -> None:
    ada = await caller(service, "graph:search")
    answer = await ada.ask("server/discover", {"Origin": "http://localhost:6275"})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
