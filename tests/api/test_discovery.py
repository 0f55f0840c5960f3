"""What an agent finds that knows nothing but an address."""

import re
from typing import Any

import httpx
import pytest

from ivgraph_auth.agents.table import AGENT_TOOLS
from ivgraph_auth.api.discovery.cards import REVISIONS, ai_catalog, api_catalog, server_card
from ivgraph_auth.api.discovery.llms_txt import write_llms_txt
from ivgraph_auth.api.discovery.pages import PAGES
from tests.conftest import MakeService
from tests.mcp.kit import LEGACY, MODERN, caller
from tests.support.service import Service

ADDRESSES = {
    "/llms.txt": "text/plain; charset=utf-8",
    "/.well-known/ai-catalog.json": "application/ai-catalog+json",
    "/.well-known/api-catalog": 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"',
    "/mcp/server-card": "application/mcp-server-card+json",
    **{f"/docs/{name}.md": "text/markdown; charset=utf-8" for name in PAGES},
}
URL = "https://auth.example.com/notion"


async def get(service: Service, path: str, **headers: str) -> httpx.Response:
    return await (await service.browser()).get(path, headers=headers)


@pytest.mark.parametrize(("path", "media_type"), ADDRESSES.items())
async def test_it_is_open_to_every_origin_and_kept_by_caches(
    shared_service: Service, path: str, media_type: str
) -> None:
    answer = await get(shared_service, path, Origin="https://elsewhere.example", Accept="*/*")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert "set-cookie" not in answer.headers


async def test_a_page_of_another_origin_may_ask_for_a_media_type(shared_service: Service) -> None:
    preflight = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    answer = await (await shared_service.browser()).options("/.well-known/ai-catalog.json", headers=preflight)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Content-Type" in answer.headers["access-control-allow-headers"]


def test_llms_txt_has_the_form_of_llmstxt_org() -> None:
    """A title, a summary, details without headings, then lists of links under headings."""
    text = write_llms_txt(URL, mcp=True)
    first, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    title, blank, summary, *_ = first.splitlines()
    assert (title, blank, summary[:2]) == ("# IVGraph", "", "> ")
    assert re.findall(r"^#", first, re.MULTILINE) == ["#"]
    assert [section.splitlines()[0] for section in sections] == ["Docs", "API", "Optional"]
    for section in sections:
        for line in filter(None, section.splitlines()[1:]):
            assert re.fullmatch(rf"- \[[^]]+\]\({re.escape(URL)}/\S+\): .+", line), line


def test_llms_txt_names_every_tool_with_its_scopes() -> None:
    text = write_llms_txt(URL, mcp=True)
    for tool in AGENT_TOOLS.values():
        [line] = [line for line in text.splitlines() if line.startswith(f"- `{tool.name}` (")]
        assert all(f"`{scope}`" in line for scope in tool.scopes)


async def test_every_link_of_llms_txt_leads_somewhere(shared_service: Service) -> None:
    links = re.findall(r"\]\((\S+)\)", (await get(shared_service, "/llms.txt")).text)
    public_url = shared_service.settings.public_url
    assert len(links) > 8
    for link in links:
        assert (await get(shared_service, link.removeprefix(public_url))).status_code == 200, link


@pytest.mark.parametrize("name", PAGES)
async def test_pages_lead_to_pages_that_are_served(shared_service: Service, name: str) -> None:
    """Links from one served page to another work where it is served, as they do in the repository."""
    text = (await get(shared_service, f"/docs/{name}.md")).text
    assert text.startswith("# ")
    for other in set(re.findall(r"\]\((\w+)\.md[)#]", text)) & set(PAGES):
        assert (await get(shared_service, f"/docs/{other}.md")).status_code == 200


def test_the_card_is_one_by_its_schema() -> None:
    """modelcontextprotocol/ext-server-card, schema.json: ServerCard."""
    card = server_card(URL)
    assert card["$schema"] == "https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json"
    assert card["name"] == "com.example.auth/ivgraph"
    assert 1 <= len(card["description"]) <= 100
    [remote] = card["remotes"]
    assert (remote["type"], remote["url"]) == ("streamable-http", f"{URL}/mcp")
    assert [header["name"] for header in remote["headers"]] == ["Authorization"]
    assert set(card) <= {
        "$schema", "name", "title", "description", "version", "websiteUrl", "remotes", "icons", "repository", "_meta",
    }  # fmt: skip


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://[::1]:8000", "http://localhost:8000"])
def test_an_address_without_a_domain_has_a_name_too(url: str) -> None:
    name = server_card(url)["name"]
    assert name == "localhost/ivgraph"
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", name)


async def test_the_catalog_leads_to_the_card_and_the_card_to_the_server(shared_service: Service) -> None:
    public_url = shared_service.settings.public_url
    catalog: Any = (await get(shared_service, "/.well-known/ai-catalog.json")).json()
    [entry] = catalog["entries"]
    assert catalog["specVersion"] == "1.0"
    assert entry["identifier"].startswith("urn:air:")
    answer = await get(shared_service, entry["url"].removeprefix(public_url), Accept=entry["type"])
    assert answer.headers["content-type"] == entry["type"]
    assert answer.json()["remotes"][0]["url"] == f"{public_url}/mcp"


@pytest.mark.parametrize("revision", REVISIONS)
async def test_the_server_speaks_the_revisions_of_its_card(shared_service: Service, revision: str) -> None:
    assert set(REVISIONS) == {*LEGACY, MODERN}
    ada = await caller(shared_service, "graph:search", version=revision)
    assert (await ada.ask("tools/list")).status_code == 200


async def test_what_the_card_says_is_what_the_server_says(shared_service: Service) -> None:
    ada = await caller(shared_service, "graph:search")
    card: Any = (await get(shared_service, "/mcp/server-card")).json()
    told = (await ada.ask("server/discover")).json()["result"]
    # Those before it are agreed upon by `initialize`.
    assert set(told["supportedVersions"]) <= set(card["remotes"][0]["supportedProtocolVersions"])
    about = told["_meta"]["io.modelcontextprotocol/serverInfo"]
    assert (card["title"], card["version"]) == (about["title"], about["version"])


async def test_the_api_catalog_leads_to_descriptions_that_are_there(shared_service: Service) -> None:
    answer = await get(shared_service, "/.well-known/api-catalog")
    assert 'rel="api-catalog"' in answer.headers["link"]
    public_url = shared_service.settings.public_url
    [context] = answer.json()["linkset"]
    for relation in ("service-desc", "service-doc", "status"):
        for target in context[relation]:
            found = await get(shared_service, target["href"].removeprefix(public_url))
            assert found.status_code == 200
            assert found.headers["content-type"].startswith(target["type"])


def test_addresses_are_those_of_the_settings() -> None:
    for document in (server_card(URL), ai_catalog(URL, mcp=True), api_catalog(URL), write_llms_txt(URL, mcp=True)):
        ours = re.findall(r"https://(?:www\.rfc|static\.|auth)[^\s'\"`)]*", str(document))
        assert ours
        assert all(link.startswith((URL, "https://static.modelcontextprotocol.io/")) for link in ours)


async def test_without_mcp_nothing_leads_to_it(make_service: MakeService) -> None:
    service = await make_service(mcp=False)
    assert service.app.table.find("GET", "/mcp/server-card", b"/mcp/server-card").template == "none"
    assert (await get(service, "/.well-known/ai-catalog.json")).json()["entries"] == []
    assert "/mcp" not in (await get(service, "/llms.txt")).text
