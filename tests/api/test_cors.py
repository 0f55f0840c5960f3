"""Which pages on other origins may call the service."""

import httpx
import pytest

from tests.conftest import MakeService
from tests.support.service import CALLBACK, PUBLIC_URL, START, Service

ELSEWHERE = "https://evil.example"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
ROUTES = ["/api/auth/me/", "/api/auth/me", "/api/tokens/", "/api/auth/refresh/", "/api/nowhere/"]
PAGES = ["/", "/dashboard/", "/docs", "/static/docs.js", "/openapi.json", "/health/live", "/nowhere"]
NEAR_MISSES = [
    ELSEWHERE,
    "null",
    "",
    "*",
    f"{PUBLIC_URL}/",
    f"{PUBLIC_URL}0",
    PUBLIC_URL.replace("http:", "https:"),
    PUBLIC_URL.upper(),
    "http://127.0.0.1",
    f"{PUBLIC_URL}.evil.example",
    f"{PUBLIC_URL}, {ELSEWHERE}",
]


def cors_headers(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


def words(text: str) -> set[str]:
    return {word.strip().lower() for word in text.split(",")}


async def ask(service: Service, path: str, origin: str | None, *, method: str = "GET") -> httpx.Response:
    client = await service.browser()
    headers = {"Origin": origin} if origin is not None else {}
    if method == "OPTIONS":
        headers |= PREFLIGHT
    return await client.request(method, path, headers=headers)


@pytest.mark.parametrize("path", ROUTES)
async def test_the_dashboards_origin_may_call_the_api(shared_service: Service, path: str) -> None:
    answer = await ask(shared_service, path, PUBLIC_URL)
    assert answer.headers["access-control-allow-origin"] == PUBLIC_URL
    assert words(answer.headers["access-control-expose-headers"]) == {"www-authenticate", "retry-after", "x-request-id"}
    assert "origin" in words(answer.headers["vary"])
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("path", ROUTES)
async def test_a_preflight_is_answered_before_anybody_asks_for_a_credential(shared_service: Service, path: str) -> None:
    answer = await ask(shared_service, path, PUBLIC_URL, method="OPTIONS")
    assert answer.is_success
    assert not answer.content
    assert answer.headers["access-control-allow-origin"] == PUBLIC_URL
    assert answer.headers["access-control-max-age"] == "600"
    assert words(answer.headers["access-control-allow-methods"]) >= {"post", "patch", "delete"}
    assert words(answer.headers["access-control-allow-headers"]) >= {
        "authorization", "content-type", "x-request-id", "idempotency-key", "notion-version",
        "x-ivgraph-tenant", "x-ivgraph-workspace", "x-ivgraph-timeout",
    }  # fmt: skip
    assert "origin" in words(answer.headers["vary"])
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
@pytest.mark.parametrize("origin", NEAR_MISSES)
async def test_an_origin_that_is_not_listed_letter_by_letter_gets_no_cors_header(
    shared_service: Service, origin: str, method: str
) -> None:
    answer = await ask(shared_service, "/api/tokens/", origin, method=method)
    assert cors_headers(answer) == {}
    assert "origin" in words(answer.headers["vary"])


async def test_whether_an_origin_is_named_is_told_to_caches_always(shared_service: Service) -> None:
    answer = await ask(shared_service, "/api/auth/me/", None)
    assert cors_headers(answer) == {}
    assert "origin" in words(answer.headers["vary"])


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
@pytest.mark.parametrize("path", ["/api/auth/session/", "/api/auth/session", *PAGES])
async def test_pages_and_the_browser_session_are_for_our_own_origin_alone(
    shared_service: Service, path: str, method: str
) -> None:
    answer = await ask(shared_service, path, PUBLIC_URL, method=method)
    assert cors_headers(answer) == {}


async def test_the_browser_session_is_not_shared_with_a_listed_origin(make_service: MakeService) -> None:
    service = await make_service(allowed_origins_setting=("https://app.example.com",))
    session = await service.sign_in("ada")
    headers = {"Origin": "https://app.example.com", "Content-Type": "application/json"}
    answer = await session.client.post("/api/auth/session/", headers=headers)
    assert answer.status_code == 401
    assert cors_headers(answer) == {}


async def test_the_setting_stands_in_place_of_the_dashboards_origin(make_service: MakeService) -> None:
    service = await make_service(allowed_origins_setting=("https://app.example.com", "http://localhost:5173"))
    for origin in ("https://app.example.com", "http://localhost:5173"):
        assert (await ask(service, "/api/auth/me/", origin)).headers["access-control-allow-origin"] == origin
    assert cors_headers(await ask(service, "/api/auth/me/", PUBLIC_URL)) == {}


async def test_the_default_is_the_origin_of_a_dashboard_elsewhere(make_service: MakeService) -> None:
    service = await make_service(dashboard_url_setting="https://dash.example.com:8443/app/?tab=1")
    answer = await ask(service, "/api/auth/me/", "https://dash.example.com:8443")
    assert answer.headers["access-control-allow-origin"] == "https://dash.example.com:8443"


async def test_refusals_and_successes_can_be_read_by_the_page_alike(shared_service: Service) -> None:
    session = await shared_service.sign_in("ada")
    from_page = {"Origin": PUBLIC_URL}
    answers = [
        await session.client.get("/api/auth/me/", headers={**session.bearer, **from_page}),
        await session.client.get("/api/auth/me/", headers=from_page),
        await session.client.put("/api/auth/me/", headers=from_page),
        await session.client.post("/api/auth/refresh/", json={}, headers=from_page),
        await session.client.post("/api/auth/refresh/", content=b"x" * 70_000, headers=from_page),
    ]
    assert [answer.status_code for answer in answers] == [200, 401, 405, 422, 413]
    assert {answer.headers.get("access-control-allow-origin") for answer in answers} == {PUBLIC_URL}


async def test_a_start_is_sent_to_notion_whatever_the_origin_says(shared_service: Service) -> None:
    answer = await ask(shared_service, START, ELSEWHERE)
    assert answer.status_code == 302
    assert cors_headers(answer) == {}
    assert cors_headers(await ask(shared_service, CALLBACK, ELSEWHERE)) == {}


async def test_options_without_a_preflights_header_is_a_method_like_any_other(shared_service: Service) -> None:
    client = await shared_service.browser()
    answer = await client.options("/api/tokens/", headers={"Origin": PUBLIC_URL})
    assert answer.status_code == 405
    assert words(answer.headers["allow"]) == {"get", "head", "post"}
