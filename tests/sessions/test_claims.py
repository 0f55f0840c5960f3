"""A token that is signed with the right key and says something that we never write is no token."""

from collections.abc import Callable
from typing import Any

import pytest

from ivgraph_auth.core.clock import epoch
from tests.support.credentials import Claims, authorization, claims_of, sign
from tests.support.service import Json, Service, Session

NOT_VALID = "token_not_valid"
# A refresh token that is longer is refused before it is read (422).
LONGEST = 8192
# Seconds from now, as the clock of the test tells it.
AHEAD = {"nbf": [61, 10**6], "iat": [61, 10**6]}
ODD: dict[str, list[Json]] = {
    "user_id": [
        str(2**63),
        "9" * 19,
        "9" * 4_000,
        "9" * 5_000,
        "+1",
        "\N{ARABIC-INDIC DIGIT ONE}",
        "01",
        " 1",
        "1 ",
        "1\n",
        "1_0",
        "-1",
        "0",
        "",
        "1\0",
        1,
        1.0,
        True,
        None,
        ["1"],
        {"1": 1},
    ],
    "jti": ["\0" * 32, "a" * 31 + "\0", "a" * 31, "a" * 33, "A" * 32, "g" * 32, "", "a" * 32 + "\n", 1, None, [], {}],
    "sid": ["", "\0", "{sid}", 1, None, ["a"]],
    "exp": [10**10_00, 10**18, 2.0**60, -1, "9999999999", True, None, [], {}, 9999999999.5],
    "iat": [-1, 10**1_000, 10**18, 1.5, "1", True, None, [], {}],
    "nbf": [-1, 10**1_000, 10**18, 1.5, "1", True, None, [], {}],
    "token_type": ["", "ACCESS", 1, None, ["access"]],
    "iss": ["", None, 1, ["http://127.0.0.1:8000"]],
    "sub": ["", "77", 1, None],
    "aud": ["http://127.0.0.1:8000", None],
}
SPELLINGS: dict[str, Callable[[str], str]] = {
    "upper case": str.upper,
    "dashed": lambda sid: f"{sid[:8]}-{sid[8:12]}-{sid[12:16]}-{sid[16:20]}-{sid[20:]}",
    "braces": lambda sid: f"{{{sid}}}",
    "urn": lambda sid: f"urn:uuid:{sid}",
    "a dash": lambda sid: f"{sid[:5]}-{sid[5:]}",
}


def key(service: Service) -> str:
    return service.settings.secret_key.get_secret_value() if service.settings.secret_key else ""


def signed(service: Service, claims: Claims) -> list[str]:
    """In both ways that a token is read: as we write its header, and in another form of it."""
    return [sign(claims, key(service)), sign(claims, key(service), header={"typ": "JWT", "alg": "HS256"})]


async def statuses(session: Session, kind: str, token: str) -> list[tuple[int, str]]:
    """Of every call that takes such a token."""
    client = session.client
    if kind == "access":
        answers = [
            await client.get("/api/auth/validate/", headers=authorization(token)),
            await client.get("/api/auth/me/", headers=authorization(token)),
            await client.get("/api/auth/sessions/", headers=authorization(token)),
            await client.get("/notion/v1/users/me", headers=authorization(token)),
        ]
    else:
        answers = [
            await client.post("/api/auth/refresh/", json={"refresh": token}),
            await client.post("/api/auth/refresh/", json={"refresh": token, "rotate": True}),
            await client.post("/api/auth/logout/", json={"refresh": token}),
        ]
    return [(answer.status_code, answer.json()["code"]) for answer in answers]


def refused(found: list[tuple[int, str]]) -> bool:
    return {status for status, _ in found} == {401} and {code for _, code in found} <= {NOT_VALID, "unauthorized"}


@pytest.mark.parametrize("kind", ["access", "refresh"])
@pytest.mark.parametrize("claim", ODD)
async def test_a_claim_in_a_form_that_we_do_not_write(shared_service: Service, claim: str, kind: str) -> None:
    session = await shared_service.guest("ada")
    good = claims_of(session.fragment[kind])
    for value in ODD[claim]:
        odd = {**good, claim: value}
        if claim == "user_id":
            odd["sub"] = value
        for token in signed(shared_service, odd):
            if kind == "refresh" and len(token) > LONGEST:
                continue
            found = await statuses(session, kind, token)
            assert refused(found), (claim, str(value)[:40], found)


@pytest.mark.parametrize("kind", ["access", "refresh"])
@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_another_spelling_of_the_session(shared_service: Service, spelling: str, kind: str) -> None:
    session = await shared_service.guest("ada")
    good = claims_of(session.fragment[kind])
    for token in signed(shared_service, {**good, "sid": SPELLINGS[spelling](good["sid"])}):
        assert refused(await statuses(session, kind, token))


@pytest.mark.parametrize("kind", ["access", "refresh"])
@pytest.mark.parametrize("claim", AHEAD)
async def test_a_token_of_the_future(shared_service: Service, claim: str, kind: str) -> None:
    session = await shared_service.guest("ada")
    good = claims_of(session.fragment[kind])
    for seconds in AHEAD[claim]:
        begins = epoch(shared_service.clock.now()) + seconds
        for token in signed(shared_service, {**good, claim: begins, "exp": begins + 60}):
            assert refused(await statuses(session, kind, token)), seconds


@pytest.mark.parametrize("claim", ["nbf", "iat"])
async def test_a_minute_of_skew_is_allowed_and_what_was_seen_before_is_no_exception(
    service: Service, claim: str
) -> None:
    session = await service.sign_in("ada")
    begins = epoch(service.clock.now()) + 120
    token = sign({**claims_of(session.access), claim: begins}, key(service))

    async def status() -> Any:
        return (await session.client.get("/api/auth/validate/", headers=authorization(token))).status_code

    assert await status() == 401
    service.clock.advance(seconds=61)
    assert await status() == 200
    service.clock.advance(seconds=-30)
    assert await status() == 401


async def test_the_bearer_of_a_logout_is_held_to_the_same(service: Service) -> None:
    session = await service.sign_in("ada")
    odd = sign({**claims_of(session.access), "jti": "\0"}, key(service))
    answer = await session.client.post(
        "/api/auth/logout/", json={"refresh": session.refresh}, headers=authorization(odd)
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "not_your_token")
