"""HEAD is answered as GET, without the body, wherever GET answers (RFC 9110 §9.3.2)."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi.routing import APIRoute

from ivgraph_auth.app.factory import _ROUTERS
from tests.support.service import CALLBACK, START, Service, run_server

# Made anew for each answer, or telling when it was made.
# `transfer-encoding` is how a body is sent, and HEAD has none.
OF_EACH_ANSWER = {"x-request-id", "date", "set-cookie", "location", "transfer-encoding"}
FILES = ("/static/docs.js", "/dashboard/", "/docs", "/openapi.json")
SPENDING = (CALLBACK, "/oauth/callback/notion", "/oauth2/authorize", "/oauth2/consent/1", "/oauth2/logout")


def paths() -> list[str]:
    """Every route that answers GET, with something in place of its parameters."""
    routes = [route for router in _ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    found = {re.sub(r"\{[^}]+\}", "1", route.path) for route in routes if "GET" in (route.methods or ())}
    return sorted(found - {form for path in SPENDING for form in (path, f"{path}/")})


@pytest.fixture
async def over_http(shared_service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """Past a real HTTP server, which is what leaves the body out."""
    async with (
        run_server(shared_service.app) as url,
        httpx.AsyncClient(base_url=url, verify=False) as client,  # noqa: S501 -- loopback http
    ):
        yield client


@pytest.mark.slow
async def test_every_route_answers_head_as_get(shared_service: Service, over_http: httpx.AsyncClient) -> None:
    session = await shared_service.guest("ada")
    asked = [*paths(), *FILES, "/nowhere", "/notion/v1/users/me", "/notion/v1/oauth/token"]
    assert len(asked) > 25
    for path in asked:
        for headers in ({}, session.bearer, {"Accept": "text/html"}):
            got = await over_http.get(path, headers=headers)
            head = await over_http.head(path, headers=headers)
            assert (head.status_code, head.content) == (got.status_code, b""), path
            mine, its = ({k: v for k, v in each.headers.items() if k not in OF_EACH_ANSWER} for each in (head, got))
            lengths = {each.pop("content-length", None) for each in (mine, its)}
            budget = [name for name in its if name.startswith("x-ivgraph-budget")]
            for name in (*budget, "x-notion-request-id"):
                assert (name in mine) == (name in its), path
                mine.pop(name, None), its.pop(name, None)
            assert mine == its, path
            # Ids of requests and times in a body may differ in length.
            assert len(lengths) == 1 or path.startswith(("/api/connections", "/notion")), path


async def test_allow_names_head_beside_get(over_http: httpx.AsyncClient) -> None:
    assert (await over_http.post("/api/auth/me/")).headers["allow"] == "DELETE, GET, HEAD"
    assert (await over_http.get("/api/auth/logout/")).headers["allow"] == "POST"
    assert (await over_http.head("/api/auth/logout/")).status_code == 405


@pytest.mark.parametrize("slash", ["", "/"])
async def test_head_spends_no_state(shared_service: Service, slash: str) -> None:
    """Programs that look at links ask so before a person's browser does."""
    browser = await shared_service.browser()
    started = await browser.get(START)
    back = httpx.URL(await shared_service.consent(started.headers["location"]))
    target = back.copy_with(path=back.path + slash)
    # OpenAPI lists no HEAD, which every GET has.
    head = await browser.head(target)
    assert (head.status_code, head.content) == (200, b"")
    assert "access=" in (await browser.get(target)).headers["location"]


async def test_head_passes_the_gateway_as_get(shared_service: Service, over_http: httpx.AsyncClient) -> None:
    session = await shared_service.guest("ada")
    token = (await session.mint("notion:read"))["token"]
    bearer = {"Authorization": f"Bearer {token}", "X-Ivgraph-Workspace": session.workspace_ids[0]}
    head = await over_http.head("/notion/v1/users/me", headers=bearer)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["x-notion-request-id"]
    row = (await shared_service.rows("SELECT outcome, operation FROM audit_events ORDER BY id DESC LIMIT 1"))[0]
    assert row["operation"] == "notion.getSelf"
