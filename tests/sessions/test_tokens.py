"""What a session's tokens say, and how long they live."""

import re
import uuid
from datetime import timedelta

import jwt
import pytest

from ivgraph_auth.core.clock import epoch
from tests.conftest import MakeService
from tests.support.credentials import authorization, claims_of, header_of, sign
from tests.support.service import PUBLIC_URL, Service, Session

HOUR, DAY = 3600, 86400


async def _refreshed(session: Session, **body: object) -> dict[str, str]:
    answer = await session.client.post("/api/auth/refresh/", json={"refresh": session.refresh, **body})
    assert answer.status_code == 200, answer.text
    tokens: dict[str, str] = answer.json()
    return tokens


async def _status(session: Session, access: str) -> int:
    return (await session.client.get("/api/auth/validate/", headers=authorization(access))).status_code


@pytest.mark.parametrize(("kind", "seconds"), [("access", 4 * HOUR), ("refresh", 7 * DAY)])
async def test_a_token_has_exactly_the_claims_of_the_contract(shared_service: Service, kind: str, seconds: int) -> None:
    session = await shared_service.sign_in("ada")
    token = session.fragment[kind]
    now = epoch(shared_service.clock.now())
    claims = claims_of(token)
    assert header_of(token) == {"alg": "HS256", "typ": "JWT"}
    assert {name: type(value) for name, value in claims.items()} == {
        "token_type": str,
        "exp": int,
        "iat": int,
        "jti": str,
        "user_id": str,
        "sub": str,
        "iss": str,
        "sid": str,
    }
    assert re.fullmatch("[0-9a-f]{32}", claims.pop("jti"))
    assert uuid.UUID(hex=claims.pop("sid"))
    assert claims == {
        "token_type": kind,
        "exp": now + seconds,
        "iat": now,
        "user_id": session.me["id"],
        "sub": session.me["id"],
        "iss": PUBLIC_URL,
    }


async def test_the_two_tokens_share_a_session_and_nothing_else_does(shared_service: Service) -> None:
    one, two = [await shared_service.sign_in("ada") for _ in range(2)]
    access, refresh = claims_of(one.access), claims_of(one.refresh)
    assert access["sid"] == refresh["sid"] != claims_of(two.access)["sid"]
    assert access["jti"] != refresh["jti"]
    assert access["user_id"] == claims_of(two.access)["user_id"]


@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
async def test_whoever_has_the_key_as_utf_8_takes_the_tokens_as_they_are(
    make_service: MakeService, algorithm: str
) -> None:
    key = "schlüssel " * 8
    service = await make_service(secret_key=key, jwt_algorithm=algorithm)
    session = await service.sign_in("ada")
    for token in (session.access, session.refresh):
        claims = jwt.decode(
            token, key.encode(), algorithms=[algorithm], options={"verify_exp": False, "verify_iat": False}
        )
        assert claims["user_id"] == session.me["id"]
    assert await _status(session, session.access) == 200


async def test_the_lifetimes_are_settings(make_service: MakeService) -> None:
    service = await make_service(access_token_lifetime=60, refresh_token_lifetime=120)
    session = await service.sign_in("ada")
    assert session.fragment["expires_in"] == "60"
    for kind, seconds in (("access", 60), ("refresh", 120)):
        claims = claims_of(session.fragment[kind])
        assert claims["exp"] - claims["iat"] == seconds
    service.clock.advance(seconds=61)
    assert await _status(session, session.access) == 401
    assert await _status(session, (await _refreshed(session))["access"]) == 200
    service.clock.advance(seconds=60)
    late = await session.client.post("/api/auth/refresh/", json={"refresh": session.refresh})
    assert late.status_code == 401


async def test_an_access_token_lives_four_hours_and_a_refresh_token_seven_days(service: Service) -> None:
    session = await service.sign_in("ada")
    service.clock.advance(hours=4, seconds=-2)
    assert await _status(session, session.access) == 200
    service.clock.advance(seconds=2)
    assert await _status(session, session.access) == 401
    service.clock.advance(days=7, hours=-4, seconds=-2)
    assert await _status(session, (await _refreshed(session))["access"]) == 200
    service.clock.advance(seconds=2)
    late = await session.client.post("/api/auth/refresh/", json={"refresh": session.refresh})
    assert late.status_code == 401
    assert late.json()["code"] == "token_not_valid"


async def test_rotation_never_moves_the_end_of_the_session(make_service: MakeService) -> None:
    service = await make_service(session_lifetime=10 * DAY)
    session = await service.sign_in("ada")
    end = claims_of(session.access)["iat"] + 10 * DAY
    assert claims_of(session.refresh)["exp"] == end - 3 * DAY
    for days in (4, 4):
        service.clock.advance(days=days)
        session.refresh = (await _refreshed(session, rotate=True))["refresh"]
        assert claims_of(session.refresh)["exp"] == end
    service.clock.advance(days=2, hours=-1)
    last = await _refreshed(session, rotate=True)
    assert claims_of(last["refresh"])["exp"] == end
    assert claims_of(last["access"])["exp"] == end
    service.clock.advance(seconds=HOUR - 2)
    assert await _status(session, last["access"]) == 200
    service.clock.advance(seconds=2)
    assert await _status(session, last["access"]) == 401
    refused = await session.client.post("/api/auth/refresh/", json={"refresh": last["refresh"]})
    assert refused.status_code == 401


async def test_a_session_ends_after_thirty_days_however_often_it_is_refreshed(service: Service) -> None:
    session = await service.sign_in("ada")
    began = service.clock.now()
    for _ in range(5):
        service.clock.advance(days=6, minutes=-1)
        session.refresh = (await _refreshed(session, rotate=True))["refresh"]
    access = (await _refreshed(session))["access"]
    assert claims_of(access)["exp"] == epoch(began + timedelta(days=30))
    service.clock.advance(minutes=5)
    assert await _status(session, access) == 401


async def test_a_session_shorter_than_its_tokens_caps_them_from_the_start(make_service: MakeService) -> None:
    service = await make_service(session_lifetime=HOUR)
    session = await service.sign_in("ada")
    assert session.fragment["expires_in"] == str(HOUR)
    for token in (session.access, session.refresh):
        claims = claims_of(token)
        assert claims["exp"] - claims["iat"] == HOUR


async def test_what_another_service_signs_with_our_key_is_worth_the_session_it_names(shared_service: Service) -> None:
    """docs/operations.md, "A Django service with the same key"."""
    session, other = await shared_service.sign_in("ada"), await shared_service.sign_in("bruno")
    key = shared_service.settings.signing_key
    own = {**claims_of(session.access), "jti": uuid.uuid4().hex}
    assert await _status(session, sign(own, key)) == 200
    minted = await session.client.post(
        "/api/tokens/",
        json={"name": "theirs", "scopes": ["graph:read"], "workspace_ids": session.workspace_ids},
        headers=authorization(sign(own, key)),
    )
    assert minted.status_code == 201
    await session.client.delete(f"/api/tokens/{minted.json()['id']}/", headers=session.bearer)
    # As SimpleJWT makes them by itself, and with another's session.
    simple = {name: own[name] for name in ("token_type", "exp", "iat", "jti", "user_id")}
    assert await _status(session, sign(simple, key)) == 401
    assert await _status(session, sign({**own, "sid": claims_of(other.access)["sid"]}, key)) == 401
    # Refused, and the end of the session, as any refresh token that is not its newest.
    forged = sign({**claims_of(session.refresh), "jti": uuid.uuid4().hex}, key)
    assert (await session.client.post("/api/auth/refresh/", json={"refresh": forged})).status_code == 401
    assert [await _status(session, token) for token in (sign(own, key), session.access)] == [401, 401]
