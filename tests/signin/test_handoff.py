"""IVGRAPH_SIGNIN_HANDOFF=code: a code in the fragment, the tokens for it with PKCE."""

import asyncio
import base64
import hashlib
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest

from ivgraph_auth.core.secrets import random_token, sha256
from tests.signin.kit import PAGE, cookie, new_code, serving
from tests.support.postgres import TestDatabases
from tests.support.service import CALLBACK, START, Json, Service, fragment_of

EXCHANGE = "/api/auth/exchange/"
# RFC 7636, appendix B
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.fixture(scope="module")
async def coded(migrated: TestDatabases) -> AsyncIterator[Service]:
    async with serving(migrated, signin_handoff="code") as made:
        yield made


async def code_of(service: Service, challenge: str = CHALLENGE, **start: str) -> str:
    arrived = await service.arrive(await service.browser(), start={"code_challenge": challenge, **start})
    return fragment_of(arrived)["code"]


async def exchange(service: Service, code: str, verifier: str = VERIFIER) -> httpx.Response:
    """From a page elsewhere, without any cookie of ours."""
    return await (await service.browser()).post(EXCHANGE, json={"code": code, "code_verifier": verifier})


def refused(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.json()["code"]) == (400, "invalid_code")


async def test_a_code_instead_of_tokens(coded: Service) -> None:
    start = {"code_challenge": CHALLENGE, "client_state": "mine", "next": "/x"}
    arrived = await coded.arrive(await coded.browser(), start=start)
    fragment = fragment_of(arrived)
    assert set(fragment) == {"code", "state", "next"}
    assert (fragment["state"], fragment["next"]) == ("mine", "/x")
    assert "eyJ" not in arrived.headers["location"]
    assert cookie(arrived, "ivg_session")[0]
    (row,) = await coded.rows("SELECT * FROM handoff_codes WHERE code_hash = :hash", hash=sha256(fragment["code"]))
    assert fragment["code"] not in str(row)


async def test_the_right_verifier_gets_the_tokens(coded: Service) -> None:
    answer = await exchange(coded, await code_of(coded))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    tokens = answer.json()
    assert set(tokens) == {"access", "refresh", "token_type", "expires_in"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 14400)
    client = await coded.browser()
    me = await client.get("/api/auth/me/", headers={"Authorization": f"Bearer {tokens['access']}"})
    assert me.json()["name"] == "Ada Winter"
    assert (await client.post("/api/auth/refresh/", json={"refresh": tokens["refresh"]})).status_code == 200


@pytest.mark.parametrize("length", [43, 128])
async def test_verifiers_of_every_length(coded: Service, length: int) -> None:
    verifier = (random_token() * 3)[:length]
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    assert (await exchange(coded, await code_of(coded, challenge), verifier)).status_code == 200


@pytest.mark.parametrize(
    "verifier",
    ["another-verifier-that-was-never-hashed-here-x", CHALLENGE, VERIFIER.lower(), VERIFIER + "A", "\0" * 43, "ä" * 43],
)
async def test_a_wrong_verifier(coded: Service, verifier: str) -> None:
    assert refused(await exchange(coded, await code_of(coded), verifier))


async def test_a_code_is_of_one_use(coded: Service) -> None:
    code = await code_of(coded)
    assert (await exchange(coded, code)).status_code == 200
    assert refused(await exchange(coded, code))


async def test_a_code_lives_sixty_seconds(coded: Service) -> None:
    code, late = await code_of(coded), await code_of(coded)
    coded.clock.advance(seconds=45)
    assert (await exchange(coded, code)).status_code == 200
    coded.clock.advance(seconds=25)
    assert refused(await exchange(coded, late))


@pytest.mark.parametrize("code", ["unknown", "\0", "x" * 200, "\N{SNOWMAN}"])
async def test_a_code_that_never_was(coded: Service, code: str) -> None:
    assert refused(await exchange(coded, code))


async def test_of_twenty_exchanges_at_once_exactly_one_wins(coded: Service) -> None:
    code = await code_of(coded)
    answers = await asyncio.gather(*(exchange(coded, code) for _ in range(20)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 19}
    assert all(refused(answer) for answer in answers if answer.status_code != 200)


async def test_every_refusal_reads_the_same(coded: Service) -> None:
    used, late = await code_of(coded), await code_of(coded)
    await exchange(coded, used)
    attempts = [(used, VERIFIER), ("unknown", VERIFIER), (await code_of(coded), random_token())]
    bodies = [(await exchange(coded, *attempt)).json() for attempt in attempts]
    coded.clock.advance(seconds=75)
    bodies.append((await exchange(coded, late)).json())
    assert len({(body["title"], body["detail"], body["code"]) for body in bodies}) == 1


@pytest.mark.parametrize("end", ["disabled", "logged out"])
async def test_a_code_is_worth_nothing_once_its_session_is_over(coded: Service, end: str) -> None:
    client = await coded.browser()
    arrived = await coded.arrive(client, person="bruno", start={"code_challenge": CHALLENGE})
    account = "(SELECT id FROM accounts WHERE name = 'Bruno Okafor')"
    statements = {
        "disabled": f"UPDATE accounts SET disabled_at = now() WHERE id = {account}",  # noqa: S608
        "logged out": f"UPDATE sessions SET ended_at = now() WHERE account_id = {account}",  # noqa: S608
    }
    await coded.execute(statements[end])
    answer = await exchange(coded, fragment_of(arrived)["code"])
    await coded.execute("UPDATE accounts SET disabled_at = NULL")
    assert refused(answer)


async def test_a_start_needs_a_code_challenge(coded: Service) -> None:
    client = await coded.browser()
    answer = await client.get(START)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["query", "code_challenge"]
    assert (await client.get(START, headers={"Accept": PAGE})).status_code == 422


@pytest.mark.parametrize("challenge", ["", CHALLENGE[:-1], CHALLENGE + "A", CHALLENGE[:-1] + "=", CHALLENGE[:-1] + "+"])
async def test_a_code_challenge_is_an_s256_value(coded: Service, challenge: str) -> None:
    answer = await (await coded.browser()).get(START, params={"code_challenge": challenge})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["query", "code_challenge"]


async def test_where_the_browser_goes_on_here_there_is_no_code_either(coded: Service) -> None:
    start = {"code_challenge": CHALLENGE, "next": "/oauth2/authorize?x=y"}
    arrived = await coded.arrive(await coded.browser(), start=start)
    assert arrived.headers["location"] == f"{coded.settings.public_url}/oauth2/authorize?x=y"
    assert cookie(arrived, "ivg_session")[0]


async def test_errors_come_in_the_fragment_as_ever(coded: Service) -> None:
    arrived = await coded.arrive(await coded.browser(), start={"code_challenge": CHALLENGE}, decision="cancel")
    assert fragment_of(arrived) == {"error": "access_denied"}


async def test_a_code_of_notion_is_no_code_of_ours(coded: Service) -> None:
    assert refused(await exchange(coded, new_code(coded)))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": "x"},
        {"code_verifier": VERIFIER},
        {"code": 1, "code_verifier": VERIFIER},
        {"code": "x", "code_verifier": VERIFIER, "grant_type": "authorization_code"},
        [],
    ],
)
async def test_a_malformed_exchange(coded: Service, body: Json) -> None:
    answer = await (await coded.browser()).post(EXCHANGE, json=body)
    assert answer.status_code == 422
    assert VERIFIER not in answer.text


async def test_a_lone_surrogate_is_never_our_failure(coded: Service) -> None:
    raw = b'{"code": "\\ud83d", "code_verifier": "' + VERIFIER.encode() + b'"}'
    answer = await (await coded.browser()).post(EXCHANGE, content=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)


async def test_without_the_setting_tokens_come_in_the_fragment_even_with_a_challenge(shared_service: Service) -> None:
    arrived = await shared_service.arrive(await shared_service.browser(), start={"code_challenge": CHALLENGE})
    assert {"access", "refresh"} <= set(fragment_of(arrived))
    assert refused(await exchange(shared_service, "unknown"))


async def test_the_callback_takes_no_code_of_ours(coded: Service) -> None:
    client = await coded.browser()
    code = fragment_of(await coded.arrive(client, start={"code_challenge": CHALLENGE}))["code"]
    assert (await client.get(CALLBACK, params={"code": code})).status_code == 403
