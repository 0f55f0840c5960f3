"""A public URL below a path of a shared host, whether the proxy in front strips that path or passes it on."""

import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest

from ivgraph_auth.api import docs, notion, ops
from ivgraph_auth.app import factory
from ivgraph_auth.core.config import OWN_PATHS, load_settings
from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.web.routing import rows_of
from tests.support.clock import ManualClock
from tests.support.service import CALLBACK, START, RunningSandbox, Service, fragment_of, run_service

PATH = "/ivgraph"
PUBLIC = f"http://127.0.0.1:8000{PATH}"


@pytest.fixture
async def service(clock: ManualClock, sandbox: RunningSandbox, database_url: str) -> AsyncIterator[Service]:
    async with run_service(clock, sandbox, database_url=database_url, public_url=PUBLIC) as service:
        yield service


class Proxy(httpx.AsyncBaseTransport):
    """What a browser asks for below the path arrives with it or without."""

    def __init__(self, below: httpx.AsyncBaseTransport, *, strips: bool) -> None:
        self._below = below
        self._strips = strips

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raw = request.url.raw_path
        if raw != PATH.encode() and not raw.startswith(PATH.encode() + b"/"):
            return httpx.Response(502, text="not the service's", request=request)
        if self._strips:
            url = request.url.copy_with(raw_path=raw.removeprefix(PATH.encode()) or b"/")
            request = httpx.Request(request.method, url, headers=request.headers, stream=request.stream)
        return await self._below.handle_async_request(request)


@pytest.fixture(params=["strips", "passes on"])
async def browser(request: pytest.FixtureRequest, service: Service) -> AsyncIterator[httpx.AsyncClient]:
    below = httpx.ASGITransport(service.app, raise_app_exceptions=False)
    proxy = Proxy(below, strips=request.param == "strips")
    async with httpx.AsyncClient(transport=proxy, base_url="http://127.0.0.1:8000") as client:
        yield client


async def sign_in(service: Service, browser: httpx.AsyncClient, **start: str) -> httpx.Response:
    started = await browser.get(PATH + START, params=start)
    assert started.status_code == 302, started.text
    back = await service.consent(started.headers["location"], person="ada")
    assert back.startswith(PUBLIC + CALLBACK)
    return await browser.get(back)


async def test_from_sign_in_to_a_call(service: Service, browser: httpx.AsyncClient) -> None:
    arrived = await sign_in(service, browser)
    assert arrived.headers["location"].startswith(f"{PUBLIC}/dashboard/#")
    bearer = {"Authorization": f"Bearer {fragment_of(arrived)['access']}"}
    me = (await browser.get(f"{PATH}/api/auth/me/", headers=bearer)).json()
    workspace = me["workspaces"][0]["id"]
    body = {"name": "agent", "scopes": ["notion:read"], "workspace_ids": [workspace]}
    minted = await browser.post(f"{PATH}/api/tokens/", json=body, headers=bearer)
    agent = {"Authorization": f"Bearer {minted.json()['token']}"}
    call = {"toolId": "notion.getSelf", "tenantId": workspace, "parameters": {}}
    called = await browser.post(f"{PATH}/api/v1/tools/invoke", json=call, headers=agent)
    assert called.json()["result"]["type"] == "bot"
    dropped = await browser.get(f"{PATH}/notion/v1/users/me", headers=agent)
    assert dropped.json()["type"] == "bot"
    large = await browser.post(f"{PATH}/notion/v1/search", content=b" " * 100_000, headers=agent)
    # Larger than other calls may be: the limit is that of calls to Notion here too.
    assert large.status_code == 200


async def test_every_link_of_a_page_leads_below_the_path(browser: httpx.AsyncClient) -> None:
    for page in ("/docs", "/docs/", "/dashboard/", "/nowhere"):
        answer = await browser.get(PATH + page, headers={"Accept": "text/html"})
        links = re.findall(r'(?:href|src)="([^"#]+)', answer.text)
        assert links
        for link in links:
            target = answer.url.join(link)
            found = await browser.get(target, headers={"Accept": "text/html"})
            assert found.status_code in (200, 302), (page, link, found.status_code)
    for start in ("/", "/dashboard"):
        assert (await browser.get(PATH + start)).headers["location"] == f"{PATH}/dashboard/"
    assert (await browser.get(f"{PATH}/openapi.json")).json()["servers"] == [{"url": PUBLIC}]


async def test_a_link_that_is_sent(service: Service, browser: httpx.AsyncClient) -> None:
    bearer = {"Authorization": f"Bearer {fragment_of(await sign_in(service, browser))['access']}"}
    asked = await browser.get(f"{PATH}/oauth/authorize/notion", params={"tenant_id": "team"}, headers=bearer)
    link = asked.json()["connectUrl"]
    assert link.startswith(f"{PUBLIC}/oauth/connect/")
    page = await browser.get(link)
    action = re.search(r'action="([^"]+)"', page.text)
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert action
    assert csrf
    assert action[1] == urlsplit(link).path
    assert (await browser.post(action[1], data={"csrf": csrf[1]})).status_code == 303


@pytest.mark.parametrize("named", ["/oauth/connect/x", f"{PATH}/oauth/connect/x"])
async def test_a_sign_in_that_goes_on_here(service: Service, browser: httpx.AsyncClient, named: str) -> None:
    arrived = await sign_in(service, browser, next=named)
    assert arrived.headers["location"] == f"{PUBLIC}/oauth/connect/x"


async def test_another_host_is_sent_to_the_public_url(browser: httpx.AsyncClient) -> None:
    answer = await browser.get(f"{PATH}{START}?a=b", headers={"Host": "elsewhere.example"})
    assert answer.headers["location"] == f"{PUBLIC}{START}?a=b"


async def test_a_path_that_only_looks_like_it_is_another(service: Service) -> None:
    client = httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://127.0.0.1:8000")
    async with client:
        for path in (
            "/ivgraphx/health/live",
            "/ivgraphhealth/live",
            "/IVGRAPH/health/live",
            f"{PATH}{PATH}/health/live",
        ):
            assert (await client.get(path)).status_code == 404, path
        assert (await client.get(f"{PATH}/health/live")).status_code == 200
        assert (await client.get("/health/live")).status_code == 200


@pytest.mark.parametrize(
    "path", ["/a b", "/a%20b", "/a//b", "/..", "/a/../b", "/ä", "/a?b=c", "/a;b", "/api", "/oauth/x"]
)
def test_an_odd_path_is_refused_by_the_name_of_the_setting(path: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^IVGRAPH_PUBLIC_URL: "):
        load_settings(public_url=f"https://example.com{path}")


def test_no_route_is_where_a_public_path_may_be() -> None:
    areas = [area.prefix for area in (*docs.AREAS, notion.AREA)]
    paths = [*rows_of((*factory._ROUTERS, ops.metrics_router)), *areas, *(file.path for file in docs.FILES)]
    first = {path.split("/")[1] for path in paths} - {""}
    assert {"api", "dashboard", "docs", "metrics", "notion", ".well-known"} <= first <= OWN_PATHS
