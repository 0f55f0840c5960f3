"""https, and where a client is, behind proxies or not."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from ipaddress import IPv4Network, IPv6Network
from typing import Any

import httpx
import pytest

from ivgraph_auth.keys.keyring import generate_key
from tests.conftest import MakeService
from tests.support.clock import ManualClock
from tests.support.postgres import TestDatabases
from tests.support.service import START, Service, run_sandbox, run_service

PUBLIC = "https://auth.example.com"
LOOPBACK = IPv4Network("127.0.0.0/8")
BY_HTTP = {"X-Forwarded-Proto": "http"}
BY_HTTPS = {"X-Forwarded-Proto": "https"}


@pytest.fixture(scope="module")
async def behind(migrated: TestDatabases) -> AsyncIterator[MakeService]:
    """Services of several settings on one database, each started once; quicker than one a test."""
    clock, url = ManualClock(), await migrated.create()
    started: dict[str, Service] = {}
    keyring = generate_key("test")
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(run_sandbox(clock))

        async def make(**settings: Any) -> Service:
            name = repr(settings)
            if name not in started:
                running = run_service(clock, sandbox, database_url=url, encryption_keys=keyring, **settings)
                started[name] = await stack.enter_async_context(running)
            return started[name]

        yield make
    await migrated.drop(url)


@pytest.fixture
async def proxied(behind: MakeService) -> Service:
    return await behind(force_https=True, public_url=PUBLIC, trusted_proxies=(LOOPBACK,))


async def ask(
    service: Service, method: str, path: str, headers: dict[str, str], *, peer: str = "127.0.0.1"
) -> httpx.Response:
    client = await service.browser(address=peer)
    # What is refused before any route is met belongs to no operation.
    client.event_hooks = {}
    return await client.request(method, path, headers=headers)


async def test_https_is_made_to_stick(proxied: Service) -> None:
    paths = ("/health/live", "/api/auth/me/", "/docs", "/nowhere", "/static/docs.js")
    answers = [await ask(proxied, "GET", path, BY_HTTPS) for path in paths]
    answers += [await ask(proxied, "GET", "/docs", BY_HTTP), await ask(proxied, "POST", "/api/tokens/", BY_HTTP)]
    for answer in answers:
        directives = answer.headers["strict-transport-security"].split(";")
        assert int(directives[0].removeprefix("max-age=")) >= 31536000, answer.request.url


async def test_without_the_setting_nothing_is_made_to_stick(shared_service: Service) -> None:
    answer = await ask(shared_service, "GET", "/docs", BY_HTTP)
    assert answer.status_code == 200
    assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/docs",
        "/api/auth/me/",
        f"{START}?next=/reports&client_state=a.b",
        "/a%2Fb/%C3%A9?x=%26&y=%20&y=2",
        "//evil.example/path?q",
        "/.evil.example",
        "/@evil.example",
    ],
)
async def test_reading_by_http_is_sent_to_the_same_address_under_the_public_url(
    proxied: Service, method: str, target: str
) -> None:
    client = await proxied.browser()
    client.event_hooks = {}
    # A Host of somebody else's choosing leads nobody astray.
    headers = {**BY_HTTP, "Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    answer = await client.request(method, f"{PUBLIC}{target}", headers=headers)
    assert answer.status_code == 308
    assert answer.headers["location"] == f"{PUBLIC}{target}".removesuffix("?")


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT", "OPTIONS"])
async def test_anything_else_by_http_is_refused(proxied: Service, method: str) -> None:
    answer = await ask(proxied, method, "/api/tokens/", BY_HTTP)
    assert answer.status_code == 403
    assert answer.json()["code"] == "https_required"
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
async def test_health_is_told_by_http_too(proxied: Service, path: str) -> None:
    assert (await ask(proxied, "GET", path, BY_HTTP)).status_code == 200


@pytest.mark.parametrize("headers", [BY_HTTPS, {}, {"X-Forwarded-Proto": "nonsense"}])
async def test_what_did_not_come_by_http_goes_on(proxied: Service, headers: dict[str, str]) -> None:
    assert (await ask(proxied, "GET", "/docs", headers)).status_code == 200
    assert (await ask(proxied, "POST", "/api/auth/logout-all/", headers)).status_code == 401


@pytest.mark.parametrize("peer", ["203.0.113.9", "128.0.0.1", "::1", "testclient"])
async def test_a_stranger_is_not_believed_about_https(proxied: Service, peer: str) -> None:
    assert (await ask(proxied, "GET", "/docs", BY_HTTP, peer=peer)).status_code == 200


async def test_cookies_over_https_are_secure_and_bound_to_the_host(proxied: Service) -> None:
    answer = await ask(proxied, "GET", START, {**BY_HTTPS, "Host": "auth.example.com"})
    (cookie,) = answer.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-ivg_browser=")
    assert {"secure", "httponly", "path=/", "samesite=lax"} <= {part.strip().lower() for part in cookie.split(";")}


# trusted proxies, the peer, its X-Forwarded-For, the address that counts
PROXIES = (LOOPBACK, IPv4Network("10.0.0.0/8"), IPv6Network("fd00::/8"))
ADDRESSES = [
    pytest.param((), "203.0.113.9", "198.51.100.1", "203.0.113.9", id="nobody-trusted"),
    pytest.param((), "127.0.0.1", "198.51.100.1", "127.0.0.1", id="not-even-the-loopback"),
    pytest.param(PROXIES, "203.0.113.9", "198.51.100.1", "203.0.113.9", id="stranger"),
    pytest.param(PROXIES, "127.0.0.1", "198.51.100.1", "198.51.100.1", id="one-proxy"),
    pytest.param(PROXIES, "127.0.0.1", "198.51.100.1, 10.1.2.3", "198.51.100.1", id="two-proxies"),
    pytest.param(PROXIES, "127.0.0.1", "1.2.3.4, 198.51.100.1, 10.1.2.3", "198.51.100.1", id="forged-left"),
    pytest.param(PROXIES, "127.0.0.1", "10.9.9.9, 198.51.100.1", "198.51.100.1", id="forged-proxy-left"),
    pytest.param(PROXIES, "127.0.0.1", "<b>, 198.51.100.1", "198.51.100.1", id="garbage-left"),
    pytest.param(PROXIES, "127.0.0.1", "  198.51.100.1  ", "198.51.100.1", id="blanks"),
    pytest.param(PROXIES, "127.0.0.1", "2001:db8::1", "2001:db8::1", id="ipv6"),
    pytest.param(PROXIES, "fd00::1", "2001:DB8:0:0::1, fd12::1", "2001:db8::1", id="ipv6-proxies"),
    pytest.param(PROXIES, "127.0.0.1", None, "127.0.0.1", id="proxy-says-nothing"),
    pytest.param(PROXIES, "127.0.0.1", "", "127.0.0.1", id="proxy-says-empty"),
    pytest.param(PROXIES, "127.0.0.1", "unknown", "127.0.0.1", id="garbage"),
    pytest.param(PROXIES, "127.0.0.1", "198.51.100.1, unknown", "127.0.0.1", id="garbage-right"),
    pytest.param(PROXIES, "127.0.0.1", "198.51.100.1, unknown, 10.0.0.7", "10.0.0.7", id="garbage-behind-a-proxy"),
]


@pytest.mark.parametrize(("trusted", "peer", "forwarded", "address"), ADDRESSES)
async def test_the_address_is_the_right_most_that_is_no_trusted_proxy(
    behind: MakeService, trusted: tuple[Any, ...], peer: str, forwarded: str | None, address: str
) -> None:
    service = await behind(trusted_proxies=trusted)
    client = await service.browser(address=peer)
    client.headers["User-Agent"] = "Firefox"
    if forwarded is not None:
        client.headers["X-Forwarded-For"] = forwarded
    session = await service.sign_in("ada", client=client)
    listed = await client.get("/api/auth/sessions/", headers=session.bearer)
    (shown,) = [item for item in listed.json()["results"] if item["current"]]
    assert (shown["address"], shown["user_agent"]) == (address, "Firefox")
    assert await last_audited(service) == {"address": address, "user_agent": "Firefox"}
    await client.post("/api/auth/logout/", json={"refresh": session.refresh})


async def last_audited(service: Service) -> Any:
    (row,) = await service.rows("SELECT address, user_agent FROM audit_events ORDER BY id DESC LIMIT 1")
    return row


async def test_several_forwarded_headers_are_one_list(behind: MakeService) -> None:
    service = await behind(trusted_proxies=(LOOPBACK,))
    client = await service.browser()
    await client.get(
        "/api/integrations/auth/notion/callback?state=x",
        headers=[("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-For", "198.51.100.1")],
    )
    assert (await last_audited(service))["address"] == "198.51.100.1"


async def starts(service: Service, peer: str, forwarded: str | None = None) -> int:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    client = await service.browser(address=peer)
    return (await client.get(START, headers=headers)).status_code


async def test_attempts_are_counted_for_the_client_and_not_for_its_proxy(make_service: MakeService) -> None:
    service = await make_service(rate_limit=2, trusted_proxies=(LOOPBACK,))
    one = [await starts(service, "127.0.0.1", "198.51.100.1") for _ in range(3)]
    # Forged entries to the left open no fresh account.
    forged = await starts(service, "127.0.0.1", "9.9.9.9, 198.51.100.1")
    other = await starts(service, "127.0.0.1", "198.51.100.2")
    assert (one, forged, other) == ([302, 302, 429], 429, 302)


async def test_a_stranger_cannot_share_out_its_attempts(make_service: MakeService) -> None:
    service = await make_service(rate_limit=2, trusted_proxies=(LOOPBACK,))
    statuses = [await starts(service, "203.0.113.9", f"198.51.100.{number}") for number in range(3)]
    assert statuses == [302, 302, 429]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost"])
async def test_links_are_made_from_the_settings_and_from_nothing_else(shared_service: Service, host: str) -> None:
    session = await shared_service.sign_in("ada")
    forged = {
        "Host": host,
        "X-Forwarded-Host": host,
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/evil",
        "Forwarded": f"host={host};proto=https",
    }
    status = await session.client.get("/api/integrations/auth/notion/status", headers={**session.bearer, **forged})
    link = status.json()["connections"][0]["reauthorize_url"]
    assert link.startswith(f"{shared_service.settings.public_url}/oauth/connect/")
    started = await session.client.get(START, headers=forged)
    assert started.headers["location"] == f"{shared_service.settings.public_url}{START}"
    for header in ("location", "link", "content-location"):
        assert host not in started.headers.get(header, "")
