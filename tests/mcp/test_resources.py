"""Pages as resources (MCP, Resources)."""

import pytest

from ivgraph_auth.sandbox.content import lighthouse
from tests.mcp.kit import LEGACY, MODERN, Caller, caller
from tests.support.service import Service

VERSIONS = (*LEGACY, MODERN)
NOBODY = "notion://page/00000000-0000-4000-8000-000000000000"


@pytest.fixture(params=VERSIONS)
async def ada(shared_service: Service, request: pytest.FixtureRequest) -> Caller:
    return await caller(shared_service, "graph:read", "notion:read", version=request.param)


async def test_a_page_is_read_by_the_template(ada: Caller) -> None:
    (template,) = (await ada.ask("resources/templates/list")).json()["result"]["resourceTemplates"]
    assert template["uriTemplate"].startswith("notion://page/{id}")
    assert template["mimeType"] == "text/markdown"
    uri = f"notion://page/{lighthouse.ROADMAP}"
    (contents,) = (await ada.ask("resources/read", {"Mcp-Name": uri}, uri=uri)).json()["result"]["contents"]
    assert (contents["uri"], contents["mimeType"]) == (uri, "text/markdown")
    assert "Roadmap" in contents["text"]


async def test_none_is_listed_by_name(ada: Caller) -> None:
    assert (await ada.ask("resources/list")).json()["result"]["resources"] == []


@pytest.mark.parametrize("uri", [NOBODY, "notion://page/nonsense", "file:///etc/passwd", "", "notion://page/\x00"])
async def test_one_that_there_is_not(ada: Caller, uri: str) -> None:
    answer = await ada.ask("resources/read", {"Mcp-Name": uri} if uri.isprintable() else {}, uri=uri)
    assert answer.status_code < 500
    error = answer.json()["error"]
    if "\x00" in uri:
        assert error["code"] < 0
        return
    assert error["code"] == (-32602 if ada.version == MODERN else -32002)
    assert error["data"]["uri"] == uri
    assert error["data"]["next"]


@pytest.mark.parametrize("version", VERSIONS)
async def test_reading_needs_a_scope(shared_service: Service, version: str) -> None:
    connects = await caller(shared_service, "notion:connect", version=version)
    uri = f"notion://page/{lighthouse.ROADMAP}"
    answer = await connects.ask("resources/read", {"Mcp-Name": uri}, uri=uri)
    assert answer.status_code == 403
    assert 'scope="graph:read"' in answer.headers["WWW-Authenticate"]
    # A page that the graph does not know is read at Notion itself.
    reads = await caller(shared_service, "graph:read", version=version)
    for answer in (
        await reads.ask("resources/read", {"Mcp-Name": uri}, uri=uri),
        await reads.ask("tools/call", name="fetch", arguments={"id": lighthouse.ROADMAP}),
    ):
        assert answer.status_code == 403
        assert 'scope="graph:read notion:read"' in answer.headers["WWW-Authenticate"]
    assert (await connects.ask("resources/templates/list")).json()["result"]["resourceTemplates"] == []
