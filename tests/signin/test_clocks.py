"""Servers whose clocks differ share what must be timed alike: it goes by the database's clock."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from ivgraph_auth.core.secrets import random_token
from ivgraph_auth.keys.keyring import generate_key
from tests.connect.kit import CALLBACK as CONNECT_CALLBACK
from tests.connect.kit import PAGE, ask, form_of
from tests.signin.test_handoff import CHALLENGE, VERIFIER
from tests.support.clock import ManualClock
from tests.support.service import START, RunningSandbox, Service, fragment_of, run_service

HOUR = timedelta(hours=1)


class WrongClock(ManualClock):
    def __init__(self, ahead: timedelta) -> None:
        super().__init__()
        self._ahead = ahead

    def now(self) -> datetime:
        return super().now() + self._ahead

    def database_offset(self) -> timedelta:
        return super().database_offset() - self._ahead


class Pair:
    """Two servers on one database."""

    def __init__(self, here: Service, there: Service) -> None:
        self.here = here
        self.there = there

    async def across(self, client: httpx.AsyncClient) -> httpx.AsyncClient:
        """The same browser, at the other server."""
        other = await self.there.browser()
        other.cookies = client.cookies
        return other


Pairs = Callable[..., Awaitable[Pair]]


@pytest.fixture(params=[HOUR, -HOUR], ids=["an hour ahead", "an hour behind"])
def skew(request: pytest.FixtureRequest) -> timedelta:
    ahead: timedelta = request.param
    return ahead


@pytest.fixture
async def pairs(database_url: str, clock: ManualClock, sandbox: RunningSandbox) -> AsyncIterator[Pairs]:
    keys: dict[str, Any] = {"secret_key": random_token(), "encryption_keys": generate_key("shared")}
    async with AsyncExitStack() as stack:

        async def make(ahead: timedelta, **settings: Any) -> Pair:
            here, there = [
                await stack.enter_async_context(
                    run_service(each, sandbox, database_url=database_url, **keys, **settings)
                )
                for each in (clock, WrongClock(ahead))
            ]
            return Pair(here, there)

        yield make


async def test_a_sign_in_goes_from_server_to_server(pairs: Pairs, skew: timedelta) -> None:
    pair = await pairs(skew, signin_handoff="code")
    browser = await pair.here.browser()
    started = await browser.get(START, params={"code_challenge": CHALLENGE})
    back = await pair.here.consent(started.headers["location"], person="ada")
    arrived = await (await pair.across(browser)).get(back)
    code = fragment_of(arrived)["code"]
    answer = await browser.post("/api/auth/exchange/", json={"code": code, "code_verifier": VERIFIER})
    assert answer.status_code == 200, answer.text


@pytest.mark.slow
async def test_a_question_is_answered_at_another_server(pairs: Pairs, skew: timedelta) -> None:
    pair = await pairs(skew)
    ada = await pair.here.sign_in("ada")
    # In another browser than the one that asked, so that a question comes first.
    asked = await ask(ada, "team")
    browser = await pair.here.browser()
    question = await browser.get(await pair.here.consent(asked["authorizationUrl"]), headers=PAGE)
    answer = {**form_of(question), "decision": "connect"}
    done = await (await pair.across(browser)).post(CONNECT_CALLBACK, data=answer, headers=PAGE)
    assert "Notion Authorization Successful" in done.text


@pytest.mark.parametrize("rotates", ["here", "there"])
async def test_a_lost_answer_to_a_rotation_is_repeated_at_another_server(pairs: Pairs, rotates: str) -> None:
    """By less than the 60 seconds by which a JWT's own times may be ahead, and by more than the 30 of the grace."""
    pair = await pairs(timedelta(seconds=45))
    ada = await pair.here.sign_in("ada")
    clients = [ada.client, await pair.across(ada.client)]
    if rotates == "there":
        clients.reverse()
    answers = [
        await client.post("/api/auth/refresh/", json={"refresh": ada.refresh, "rotate": True}) for client in clients
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["refresh"] == answers[1].json()["refresh"]
