"""A state that is not good: one answer for every reason, and the reason in the audit row alone."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from ivgraph_auth.connect.models import Flow, StateRequest
from ivgraph_auth.core.secrets import Secret, random_token
from tests.signin.kit import PAGE, REFUSED, come_back, last_refusal, new_code, new_state
from tests.support.service import CALLBACK, Service, fragment_of

Bad = Callable[[Service, httpx.AsyncClient], Awaitable[str]]


async def unknown(_service: Service, _client: httpx.AsyncClient) -> str:
    return random_token()


async def missing(_service: Service, _client: httpx.AsyncClient) -> str:
    return ""


async def expired(service: Service, client: httpx.AsyncClient) -> str:
    state = await new_state(client)
    service.clock.advance(minutes=10, seconds=10)
    return state


async def replayed(service: Service, client: httpx.AsyncClient) -> str:
    state = await new_state(client)
    assert (await come_back(client, state=state, code=new_code(service))).status_code == 302
    return state


async def of_another_browser(service: Service, _client: httpx.AsyncClient) -> str:
    return await new_state(await service.browser())


async def of_the_other_flow(service: Service, client: httpx.AsyncClient) -> str:
    await new_state(client)
    request = StateRequest(Flow.CONNECT, browser=client.cookies["ivg_browser"])
    state: Secret = await service.app.composition.services.signin.states.begin(request)
    return state.reveal()


REASONS: list[tuple[Bad, str]] = [
    (unknown, "state_unknown"),
    (missing, "state_unknown"),
    (expired, "state_expired"),
    (replayed, "state_used"),
    (of_another_browser, "state_of_other_browser"),
    (of_the_other_flow, "state_of_other_flow"),
]
EACH = pytest.mark.parametrize(("bad", "outcome"), REASONS, ids=[bad.__name__ for bad, _ in REASONS])


@EACH
async def test_a_bad_state_is_refused_and_audited(shared_service: Service, bad: Bad, outcome: str) -> None:
    client = await shared_service.browser()
    state = await bad(shared_service, client)
    expected = await new_state(client)
    code = new_code(shared_service)
    exchanges = shared_service.sandbox.exchanges()
    answer = await come_back(client, state=state, code=code)
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "invalid_state"
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    assert shared_service.sandbox.exchanges() == exchanges
    assert await last_refusal(shared_service) == outcome
    shown = answer.text + str(answer.headers)
    assert not any(secret in shown for secret in (state, expected, code, client.cookies["ivg_browser"]) if secret)


@EACH
async def test_a_browser_gets_a_page(shared_service: Service, bad: Bad, outcome: str) -> None:
    client = await shared_service.browser()
    state = await bad(shared_service, client)
    expected = await new_state(client)
    answer = await come_back(client, accept=PAGE, state=state, code="c0de-of-somebody")
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<html" in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert await last_refusal(shared_service) == outcome
    assert not any(secret in answer.text for secret in (state, expected, "c0de-of-somebody") if secret)


async def test_one_text_for_every_reason(shared_service: Service) -> None:
    texts = set()
    for bad, _ in REASONS:
        client = await shared_service.browser()
        query = {"state": await bad(shared_service, client), "code": "x"}
        for accept in ("*/*", PAGE):
            answer = await client.get(CALLBACK, params=query, headers={"X-Request-ID": "same", "Accept": accept})
            assert answer.status_code == 403
            texts.add((accept, answer.content))
    assert len(texts) == 2


async def test_a_state_is_good_until_its_ten_minutes_are_over(shared_service: Service) -> None:
    client = await shared_service.browser()
    state = await new_state(client)
    shared_service.clock.advance(minutes=9, seconds=45)
    assert "access" in fragment_of(await come_back(client, state=state, code=new_code(shared_service)))


async def test_without_the_cookie_no_state_is_good(shared_service: Service) -> None:
    client = await shared_service.browser()
    state = await new_state(client)
    client.cookies.clear()
    assert (await come_back(client, state=state, code=new_code(shared_service))).status_code == 403
    assert await last_refusal(shared_service) == "state_of_other_browser"


async def test_no_state_and_no_code_at_all(shared_service: Service) -> None:
    answer = await (await shared_service.browser()).get(CALLBACK)
    assert (answer.status_code, answer.json()["code"]) == (403, "invalid_state")


async def test_an_error_from_notion_needs_a_good_state_too(shared_service: Service) -> None:
    answer = await come_back(await shared_service.browser(), state=random_token(), error="access_denied")
    assert answer.status_code == 403


@pytest.mark.parametrize("state", ["a\0b", "%00", "x" * 10_000, "\N{SNOWMAN}", "' OR 1=1 --", "%ED%A0%80"])
async def test_strange_states_are_unknown_states(shared_service: Service, state: str) -> None:
    client = await shared_service.browser()
    for answer in (
        await come_back(client, state=state, code=state),
        await client.get(f"{CALLBACK}?state={state[:5].encode().hex()}%ED%A0%80%00&code=%FF"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "invalid_state")


async def test_the_audit_row_tells_who_and_nothing_secret(shared_service: Service) -> None:
    client = await shared_service.browser(address="192.0.2.44")
    state = await of_another_browser(shared_service, client)
    headers = {"X-Request-ID": "seen-in-audit", "User-Agent": "Tester/1.0"}
    await client.get(CALLBACK, params={"state": state, "code": "c0de-of-somebody"}, headers=headers)
    (row,) = await shared_service.rows("SELECT * FROM audit_events WHERE request_id = 'seen-in-audit'")
    assert (row["event"], row["outcome"]) == (REFUSED, "state_of_other_browser")
    assert (row["actor_kind"], row["address"], row["user_agent"]) == ("browser", "192.0.2.44", "Tester/1.0")
    assert row["account_id"] is None
    assert state not in str(row)
    assert "c0de-of-somebody" not in str(row)
