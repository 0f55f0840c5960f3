"""Which answers a popup may show and not be cut from the page that opened it (Cross-Origin-Opener-Policy)."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

import httpx
import pytest
from starlette.routing import BaseRoute, Mount

from tests.conftest import MakeService
from tests.support.service import CALLBACK, START, Service

CONSENT = "/oauth/callback/notion"
CONNECT = "/oauth/connect/"
PATHS = (START, CALLBACK, CONSENT, f"{CONNECT}some-link")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
HTML = {"Accept": "text/html"}
JSON = {"Accept": "application/json"}
LOOPBACK = IPv4Network("127.0.0.0/8")
# As they stand in the routes, in both forms.
IN_POPUPS = {
    START,
    START.removesuffix("/"),
    CALLBACK,
    f"{CALLBACK}/",
    CONSENT,
    f"{CONSENT}/",
    f"{CONNECT}{{link}}",
    f"{CONNECT}{{link}}/",
    # Apps open it in one, too, and learn from it that it was closed.
    "/oauth2/authorize",
    "/oauth2/authorize/",
    "/oauth2/consent/{request_id}",
    "/oauth2/consent/{request_id}/",
}


def paths_of(routes: list[BaseRoute]) -> Iterator[str]:
    """Every path the service answers to, files and the drop-in included."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from paths_of(inner.routes)
        elif isinstance(route, Mount):
            yield f"{route.path}/"
        elif hasattr(route, "path"):
            yield route.path
    yield "/notion/v1/users/me"


def policy(answer: httpx.Response) -> str | None:
    values = answer.headers.get_list("cross-origin-opener-policy")
    return values[0] if len(values) == 1 else None


@pytest.mark.slow
async def test_these_alone_allow_popups_and_all_else_is_cut_off(shared_service: Service) -> None:
    client = await shared_service.browser()
    paths = set(paths_of(shared_service.app.routes))
    assert paths > IN_POPUPS
    assert {"/dashboard/", "/docs", "/api/auth/me/", "/api/integrations/auth/notion/status"} <= paths
    for path in sorted(paths):
        concrete = re.sub(r"\{[^}]+\}", "1", path)
        expected = "unsafe-none" if path in IN_POPUPS else "same-origin"
        for method in METHODS:
            answer = await client.request(method, concrete)
            assert policy(answer) == expected, (method, path, answer.status_code)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/nothing/here",
        "/oauth/",
        "/oauth/connect",
        "/oauth/callback/notion/more",
        "/oauth/authorize/notion",
        "/api/integrations/auth/notion/callback/more",
        "/api/integrations/auth/notion//",
        "/dashboard/oauth/connect/x",
        "/docs/assets/../../oauth/connect",
    ],
)
async def test_what_is_like_them_and_is_not_one_of_them_is_cut_off(shared_service: Service, path: str) -> None:
    client = await shared_service.browser()
    assert policy(await client.get(path, headers=HTML)) == "same-origin"


async def test_a_popup_goes_the_whole_way_of_a_sign_in(shared_service: Service) -> None:
    client = await shared_service.browser()
    started = await client.get(START, headers=HTML)
    arrived = await client.get(await shared_service.consent(started.headers["location"]), headers=HTML)
    listed = await client.get(START, headers=JSON)
    assert [(answer.status_code, policy(answer)) for answer in (started, arrived, listed)] == [
        (302, "unsafe-none"),
        (302, "unsafe-none"),
        (200, "unsafe-none"),
    ]
    by_another_name = await client.get(START, headers={"Host": "localhost"})
    assert (by_another_name.status_code, policy(by_another_name)) == (302, "unsafe-none")


async def test_a_popup_goes_the_whole_way_of_a_connection(shared_service: Service) -> None:
    session = await shared_service.sign_in("ada")
    client = session.client
    asked = await client.get("/oauth/authorize/notion", params={"tenant_id": "team-popup"}, headers=session.bearer)
    link = asked.json()["connectUrl"]
    page = await client.get(link, headers=HTML)
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert csrf
    followed = await client.post(link, data={"csrf": csrf[1]}, headers=HTML)
    done = await client.get(await shared_service.consent(followed.headers["location"]), headers=HTML)
    assert [(answer.status_code, policy(answer)) for answer in (page, followed, done)] == [
        (200, "unsafe-none"),
        (303, "unsafe-none"),
        (200, "unsafe-none"),
    ]


@pytest.mark.parametrize("accept", [HTML, JSON], ids=["page", "program"])
@pytest.mark.parametrize("path", PATHS)
async def test_refusals_on_the_way_allow_popups_too(make_service: MakeService, path: str, accept: Any) -> None:
    service = await make_service(rate_limit=2)
    client = await service.browser()
    refused: dict[int, str | None] = {}
    for _ in range(4):
        answer = await client.get(path, headers=accept)
        refused[answer.status_code] = policy(answer)
    too_large = await client.post(path, content=b"x" * 70_000, headers=accept)
    no_such_method = await client.put(path, headers=accept)
    refused |= {answer.status_code: policy(answer) for answer in (too_large, no_such_method)}
    assert set(refused) >= {413, 405, 429}
    assert set(refused) & {200, 302, 403, 404}
    assert set(refused.values()) == {"unsafe-none"}


async def test_a_service_that_is_not_set_up_says_so_in_the_popup(make_service: MakeService) -> None:
    service = await make_service(notion_client_id=None, notion_client_secret=None)
    client = await service.browser()
    answer = await client.get(START, headers=HTML)
    assert (answer.status_code, policy(answer)) == (503, "unsafe-none")


@pytest.mark.parametrize("path", PATHS)
async def test_a_fault_of_ours_on_the_way_allows_popups(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    service = await make_service()
    client = await service.browser()

    def fail(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(service.app.composition.services.limiter, "check", fail)
    answer = await client.get(path, headers=HTML)
    assert (answer.status_code, policy(answer)) == (500, "unsafe-none")


async def test_the_way_to_https_allows_popups_where_its_target_does(make_service: MakeService) -> None:
    service = await make_service(public_url="https://auth.example.com", force_https=True, trusted_proxies=(LOOPBACK,))
    client = await service.browser()
    # What is refused before any route is met belongs to no operation.
    client.event_hooks = {}
    policies = {}
    for path in (*PATHS, "/dashboard/"):
        answer = await client.get(path, headers={"X-Forwarded-Proto": "http"})
        assert answer.status_code == 308
        policies[path] = policy(answer)
    assert policies == {**dict.fromkeys(PATHS, "unsafe-none"), "/dashboard/": "same-origin"}
