"""IVGRAPH_RATE_LIMIT: starts and failures, per address and minute."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from tests.signin.kit import PAGE, come_back, serving
from tests.support.postgres import TestDatabases
from tests.support.service import START, Service, fragment_of

LIMIT = 5
OVERNIGHT = {"hours": 1.0}  # to a minute in which nobody has tried anything yet
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

Attempt = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]


@pytest.fixture(scope="module")
async def guarded(migrated: TestDatabases) -> AsyncIterator[Service]:
    async with serving(migrated, rate_limit=LIMIT) as made:
        yield made


@pytest.fixture(scope="module")
async def open_service(migrated: TestDatabases) -> AsyncIterator[Service]:
    async with serving(migrated, rate_limit=0) as made:
        yield made


async def a_start(client: httpx.AsyncClient) -> httpx.Response:
    return await client.get(START)


async def a_failed_callback(client: httpx.AsyncClient) -> httpx.Response:
    return await come_back(client, state="unheard-of", code="any")


async def a_failed_exchange(client: httpx.AsyncClient) -> httpx.Response:
    return await client.post("/api/auth/exchange/", json={"code": "unheard-of", "code_verifier": VERIFIER})


ATTEMPTS = [(a_start, 302), (a_failed_callback, 403), (a_failed_exchange, 400)]
EACH = pytest.mark.parametrize(("attempt", "normally"), ATTEMPTS, ids=["start", "callback", "exchange"])


@EACH
async def test_one_more_than_the_limit_is_too_many(guarded: Service, attempt: Attempt, normally: int) -> None:
    guarded.clock.advance(**OVERNIGHT)
    client = await guarded.browser()
    assert [(await attempt(client)).status_code for _ in range(LIMIT)] == [normally] * LIMIT
    refused = await attempt(client)
    assert refused.status_code == 429
    assert refused.json()["code"] == "too_many_requests"
    assert "set-cookie" not in refused.headers
    retry_after = int(refused.headers["retry-after"])
    assert 1 <= retry_after <= 60
    # A new browser at the same address is no way around it, another address is not concerned.
    assert (await attempt(await guarded.browser())).status_code == 429
    assert (await attempt(await guarded.browser(address="192.0.2.7"))).status_code == normally
    guarded.clock.advance(seconds=retry_after)
    assert (await attempt(client)).status_code == normally


async def test_a_browser_gets_a_page(guarded: Service) -> None:
    guarded.clock.advance(**OVERNIGHT)
    client = await guarded.browser()
    for _ in range(LIMIT):
        await a_start(client)
    refused = await client.get(START, headers={"Accept": PAGE})
    assert (refused.status_code, refused.headers["content-type"]) == (429, "text/html; charset=utf-8")
    assert "retry-after" in refused.headers


async def test_good_callbacks_do_not_count(guarded: Service) -> None:
    guarded.clock.advance(**OVERNIGHT)
    for _ in range(LIMIT - 1):
        arrived = await guarded.arrive(await guarded.browser())
        assert "access" in fragment_of(arrived)
    assert (await a_start(await guarded.browser())).status_code == 302


async def test_forwarded_addresses_are_nobodys_word(guarded: Service) -> None:
    guarded.clock.advance(**OVERNIGHT)
    client = await guarded.browser()
    statuses = [
        (await client.get(START, headers={"X-Forwarded-For": f"192.0.2.{number}"})).status_code
        for number in range(LIMIT + 1)
    ]
    assert statuses == [302] * LIMIT + [429]


@EACH
async def test_zero_is_off(open_service: Service, attempt: Attempt, normally: int) -> None:
    client = await open_service.browser()
    assert {(await attempt(client)).status_code for _ in range(12)} == {normally}
