"""Who gets in at `/mcp`, and what is told to who does not."""

import jsonschema
import pytest

from tests.conftest import MakeService
from tests.mcp.kit import LEGACY, MODERN, Caller, caller
from tests.support.service import Service

VERSIONS = (*LEGACY, MODERN)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("address", ["/mcp", "/mcp/"])
async def test_lists_what_the_credential_may_use(shared_service: Service, version: str, address: str) -> None:
    may_search = await caller(shared_service, "graph:search", version=version, address=address)
    may_not = await caller(shared_service, "notion:connect", version=version, address=address)
    names = [tool["name"] for tool in (await may_search.ask("tools/list")).json()["result"]["tools"]]
    assert "search" in names
    listed = (await may_not.ask("tools/list")).json()["result"]["tools"]
    assert "search" not in [tool["name"] for tool in listed]


@pytest.mark.parametrize("version", VERSIONS)
async def test_calls_a_tool(shared_service: Service, version: str) -> None:
    ada = await caller(shared_service, "graph:search", version=version)
    answer = await ada.call("search", query="roadmap")
    assert answer["structuredContent"]["results"] == []


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_missing_scope_is_403_with_all_that_the_call_needs(shared_service: Service, version: str) -> None:
    ada = await caller(shared_service, "graph:read", version=version)
    answer = await ada.ask("tools/call", name="search", arguments={"query": "a"})
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    assert 'scope="graph:search"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("token", [None, "ivg_" + "a" * 32, "nonsense"])
async def test_no_good_credential_is_401_with_the_challenge(shared_service: Service, token: str | None) -> None:
    client = await shared_service.browser()
    answer = await Caller(client, token).ask("tools/list")
    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert "/.well-known/oauth-protected-resource/mcp" in challenge
    assert ('error="invalid_token"' in challenge) is (token is not None)
    assert ('error_description="The token is not valid.' in challenge) is (token is not None)


async def test_get_and_delete_are_no_methods_here(shared_service: Service) -> None:
    """There are no sessions to end and no streams to listen to (MCP, Transports)."""
    ada = await caller(shared_service, "graph:search")
    for method in ("GET", "DELETE"):
        answer = await ada.client.request(method, "/mcp", headers={"Authorization": f"Bearer {ada.token}"})
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:8000", 200),
        ("https://elsewhere.example", 403),
        ("null", 403),
        ("http://127.0.0.1:8000.evil.example", 403),
    ],
)
async def test_pages_of_other_origins_are_kept_out(shared_service: Service, origin: str, status: int) -> None:
    ada = await caller(shared_service, "graph:search")
    answer = await ada.ask("tools/list", {"Origin": origin})
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error"]["data"]["code"] == "origin_not_allowed"


async def test_the_address_narrows_tools_and_workspaces(shared_service: Service) -> None:
    ada = await caller(shared_service, "graph:search", address="/mcp?tools=fetch")
    assert (await ada.ask("tools/list")).json()["result"]["tools"] == []
    refused = await ada.ask("tools/call", name="search", arguments={"query": "a"})
    assert refused.json()["error"]["code"] == -32602
    foreign = await caller(
        shared_service, "graph:search", address="/mcp?workspace=00000000-0000-4000-8000-000000000000"
    )
    answer = await foreign.ask("tools/list")
    assert (answer.status_code, answer.json()["error"]["data"]["code"]) == (403, "workspace_not_allowed")
    nonsense = await caller(shared_service, "graph:search", address="/mcp?workspace=nonsense")
    assert (await nonsense.ask("tools/list")).status_code == 400


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"method": "tools/call", "params": [1]}']
)
async def test_what_is_no_message_is_refused(shared_service: Service, body: bytes) -> None:
    ada = await caller(shared_service, "graph:search")
    for version in VERSIONS:
        headers = {
            "Authorization": f"Bearer {ada.token}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": version,
        }
        answer = await ada.client.post("/mcp", content=body, headers=headers)
        assert answer.status_code == 400, (version, answer.status_code, answer.text)


async def test_a_body_of_more_than_a_mebibyte_is_not_read(shared_service: Service) -> None:
    ada = await caller(shared_service, "graph:search")
    answer = await ada.ask("tools/call", name="search", arguments={"query": "a" * 1024 * 1024})
    assert (answer.status_code, answer.json()["error"]["data"]["code"]) == (413, "content_too_large")


async def test_it_can_be_switched_off(make_service: MakeService) -> None:
    service = await make_service(mcp=False)
    client = await service.browser()
    assert (await client.post("/mcp", json={})).status_code == 404


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_refusal_fits_the_output_schema(shared_service: Service, version: str) -> None:
    """Or a client that looks at the schema would show something else in its place."""
    ada = await caller(shared_service, "graph:search", "graph:read", "notion:read", version=version)
    tools = (await ada.ask("tools/list")).json()["result"]["tools"]
    refused = await ada.call("fetch", id="00000000-0000-4000-8000-000000000000")
    wrong = await ada.call("search", query="a", limit="many", nonsense=1)
    for result in (refused, wrong):
        assert result["isError"]
        assert result["structuredContent"]["next"]
        for tool in tools:
            jsonschema.validate(result["structuredContent"], tool["outputSchema"])
