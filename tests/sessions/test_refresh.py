"""A new access token, rotation, and what becomes of a refresh token that was used up."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.conftest import MakeService
from tests.support.credentials import authorization, claims_of, escaped
from tests.support.service import Service, Session

Json = Any
SAME = ("jti", "iat", "exp")
REUSED = ("session:refresh:reused", "session_ended")


async def _refresh(session: Session, token: str | None = None, **body: Json) -> httpx.Response:
    return await session.client.post("/api/auth/refresh/", json={"refresh": token or session.refresh, **body})


async def _rotate(session: Session, token: str | None = None) -> dict[str, str]:
    answer = await _refresh(session, token, rotate=True)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, str] = answer.json()
    return tokens


async def _valid(session: Session, access: str) -> int:
    return (await session.client.get("/api/auth/validate/", headers=authorization(access))).status_code


async def _expect_dead(session: Session, *, access: list[str], refresh: list[str]) -> None:
    assert {await _valid(session, token) for token in access} == {401}
    for token in refresh:
        for rotate in (False, True):
            answer = await _refresh(session, token, rotate=rotate)
            assert answer.status_code == 401
            assert answer.json()["code"] == "token_not_valid"


def _same(token: str) -> dict[str, Json]:
    claims = claims_of(token)
    return {name: claims[name] for name in SAME}


@pytest.mark.parametrize(
    ("body", "members"),
    [({}, {"access"}), ({"rotate": False}, {"access"}), ({"rotate": True}, {"access", "refresh"})],
    ids=["plain", "not rotated", "rotated"],
)
async def test_a_refresh_answers_exactly_what_was_asked_for(
    shared_service: Service, body: Json, members: set[str]
) -> None:
    session = await shared_service.sign_in("ada")
    answer = await _refresh(session, **body)
    assert answer.status_code == 200
    assert set(answer.json()) == members
    assert answer.headers["cache-control"] == "no-store"
    assert await _valid(session, answer.json()["access"]) == 200


async def test_an_unrotated_refresh_token_works_again_and_again(shared_service: Service) -> None:
    session = await shared_service.sign_in("ada")
    tokens = [(await _refresh(session)).json()["access"] for _ in range(3)]
    assert len({claims_of(token)["jti"] for token in tokens}) == 3
    assert {claims_of(token)["sid"] for token in tokens} == {claims_of(session.access)["sid"]}
    assert {await _valid(session, token) for token in [session.access, *tokens]} == {200}


async def test_where_rotation_is_required_it_is_not_asked_for(make_service: MakeService) -> None:
    service = await make_service(refresh_rotation="required")
    session = await service.sign_in("ada")
    bodies: tuple[dict[str, Json], ...] = ({}, {"rotate": False}, {"rotate": True})
    for body in bodies:
        answer = await _refresh(session, **body)
        assert set(answer.json()) == {"access", "refresh"}
        session.refresh = answer.json()["refresh"]


async def test_a_rotated_token_begins_a_new_life_in_the_same_session(service: Service) -> None:
    session = await service.sign_in("ada")
    service.clock.advance(days=2)
    tokens = await _rotate(session)
    before, after = claims_of(session.refresh), claims_of(tokens["refresh"])
    assert after["jti"] != before["jti"]
    assert after["iat"] == before["iat"] + 2 * 86400
    assert after["exp"] == before["exp"] + 2 * 86400
    for name in ("token_type", "user_id", "sub", "iss", "sid"):
        assert after[name] == before[name]


async def test_for_thirty_seconds_the_replaced_token_answers_with_the_same_successor(service: Service) -> None:
    session = await service.sign_in("ada")
    first = await _rotate(session)
    for _ in range(2):
        service.clock.advance(seconds=14)
        again = await _rotate(session)
        assert again["refresh"] == first["refresh"]
        assert _same(again["refresh"]) == _same(first["refresh"])
        assert set((await _refresh(session)).json()) == {"access"}
    assert await _valid(session, first["access"]) == 200
    assert REUSED not in await service.audit()


async def test_after_thirty_seconds_the_replaced_token_ends_the_whole_session(service: Service) -> None:
    session = await service.sign_in("ada")
    other = await service.sign_in("ada")
    first = await _rotate(session)
    service.clock.advance(seconds=40)
    assert (await _refresh(session)).status_code == 401
    await _expect_dead(session, access=[session.access, first["access"]], refresh=[first["refresh"], session.refresh])
    assert (await service.audit()).count(REUSED) == 1
    assert await _valid(other, other.access) == 200


@pytest.mark.parametrize("seconds", [0, 40])
async def test_an_older_token_ends_the_whole_session_at_any_time(service: Service, seconds: int) -> None:
    session = await service.sign_in("ada")
    first = await _rotate(session)
    second = await _rotate(session, first["refresh"])
    service.clock.advance(seconds=seconds)
    refused = await _refresh(session, session.refresh, rotate=True)
    assert refused.status_code == 401
    assert refused.json()["code"] == "token_not_valid"
    await _expect_dead(session, access=[second["access"]], refresh=[second["refresh"], first["refresh"]])
    assert (await service.audit()).count(REUSED) == 1


async def test_reuse_ends_the_browser_session_too(service: Service) -> None:
    session = await service.sign_in("ada")
    await _rotate(session)
    service.clock.advance(seconds=40)
    await _refresh(session)
    answer = await session.client.post("/api/auth/session/", json={}, headers={"Origin": service.settings.public_url})
    assert answer.status_code == 401


async def test_reuse_is_audited_with_the_account_and_without_the_token(service: Service) -> None:
    session = await service.sign_in("ada")
    await _rotate(session)
    service.clock.advance(seconds=40)
    await _refresh(session)
    [row] = await service.rows("SELECT * FROM audit_events WHERE event = 'session:refresh:reused'")
    assert row["account_id"] == int(session.me["id"])
    assert row["address"] == "127.0.0.1"
    assert session.refresh not in str(row)
    assert claims_of(session.refresh)["jti"] not in str(row)


async def test_twenty_rotations_at_once_give_one_successor(service: Service) -> None:
    session = await service.sign_in("ada")
    clients = [await service.browser() for _ in range(20)]
    body = {"refresh": session.refresh, "rotate": True}
    answers = await asyncio.gather(*(client.post("/api/auth/refresh/", json=body) for client in clients))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh"] for answer in answers}) == 1
    assert len({claims_of(answer.json()["refresh"])["jti"] for answer in answers}) == 1
    assert {await _valid(session, answer.json()["access"]) for answer in answers} == {200}
    await _rotate(session, answers[0].json()["refresh"])


async def test_refreshes_that_race_a_logout_leave_nothing_alive(service: Service) -> None:
    session = await service.sign_in("ada")
    clients = [await service.browser() for _ in range(11)]
    body = {"refresh": session.refresh}
    calls = [client.post("/api/auth/refresh/", json={**body, "rotate": True}) for client in clients[:10]]
    calls.insert(5, clients[10].post("/api/auth/logout/", json=body))
    answers = await asyncio.gather(*calls)
    assert answers.pop(5).status_code == 200
    assert {answer.status_code for answer in answers} <= {200, 401}
    given = [answer.json() for answer in answers if answer.status_code == 200]
    await _expect_dead(
        session,
        access=[session.access, *(tokens["access"] for tokens in given)],
        refresh=[session.refresh, *(tokens["refresh"] for tokens in given)],
    )


async def test_an_access_token_is_no_refresh_token(shared_service: Service) -> None:
    session = await shared_service.sign_in("ada")
    answer = await _refresh(session, session.access)
    assert answer.status_code == 401
    assert answer.json()["code"] == "token_not_valid"
    assert await _valid(session, session.access) == 200


@pytest.mark.parametrize("token", ["garbage", "a.b.c", "..", "ü", "x" * 8192, "ivg_" + "a" * 32])
async def test_a_malformed_refresh_token_is_refused(shared_service: Service, token: str) -> None:
    answer = await (await shared_service.browser()).post("/api/auth/refresh/", json={"refresh": token})
    assert answer.status_code == 401
    assert answer.json()["code"] == "token_not_valid"
    assert answer.headers["www-authenticate"].startswith("Bearer ")


@pytest.mark.parametrize("path", ["/api/auth/refresh/", "/api/auth/logout/"])
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"refresh": None},
        {"refresh": ""},
        {"refresh": 7},
        {"refresh": ["marker"]},
        {"refresh": "marker", "unknown": "marker"},
        {"refresh": "marker", "\ud800": "marker"},
        {"refresh": "marker", "rotate": "marker"},
        {"token": "marker"},
        [],
        "marker",
        None,
    ],
    ids=repr,
)
async def test_a_body_of_another_shape_is_told_so_without_echo(shared_service: Service, path: str, body: Json) -> None:
    answer = await (await shared_service.browser()).post(path, **escaped(body))
    assert answer.status_code == 422, answer.text
    assert "marker" not in answer.text
    problem = answer.json()
    assert problem["errors"]
    assert all(set(item) == {"loc", "msg", "type"} for item in problem["errors"])


@pytest.mark.parametrize("path", ["/api/auth/refresh/", "/api/auth/logout/"])
@pytest.mark.parametrize("token", ["marker\0", "marker\ud800", "\udfff.\udfff.\udfff"], ids=ascii)
async def test_text_that_no_database_takes_is_refused_like_any_other(
    shared_service: Service, path: str, token: str
) -> None:
    answer = await (await shared_service.browser()).post(path, **escaped({"refresh": token}))
    assert answer.status_code in (401, 422)
    assert "marker" not in answer.text


@pytest.mark.parametrize("rotate", ["true", 1, None, "yes"], ids=repr)
async def test_rotate_is_a_json_boolean(shared_service: Service, rotate: Json) -> None:
    session = await shared_service.sign_in("ada")
    assert (await _refresh(session, rotate=rotate)).status_code == 422
    assert await _valid(session, session.access) == 200


async def test_refreshing_needs_no_authorization_header_and_ignores_it(shared_service: Service) -> None:
    session = await shared_service.sign_in("ada")
    answer = await session.client.post(
        "/api/auth/refresh/", json={"refresh": session.refresh}, headers=authorization("garbage")
    )
    assert answer.status_code == 200
