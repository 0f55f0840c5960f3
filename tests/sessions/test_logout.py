"""Logging out ends a session at once, and only whose it is."""

from typing import Any

import httpx
import pytest

from tests.conftest import MakeService
from tests.support.credentials import authorization, claims_of, sign
from tests.support.service import Service, Session

Json = Any
ENDED = ("account:session:ended", "success")
DONE = {"detail": "Logged out."}


async def _log_out(session: Session, bearer: str | None = None, **body: Json) -> httpx.Response:
    headers = authorization(bearer) if bearer is not None else {}
    return await session.client.post("/api/auth/logout/", json=body or {"refresh": session.refresh}, headers=headers)


async def _alive(session: Session) -> bool:
    answers = [
        await session.client.get("/api/auth/validate/", headers=session.bearer),
        await session.client.post("/api/auth/refresh/", json={"refresh": session.refresh}),
    ]
    statuses = {answer.status_code for answer in answers}
    assert statuses in ({200}, {401})
    return statuses == {200}


@pytest.mark.parametrize("with_bearer", [True, False])
async def test_the_session_of_the_refresh_token_ends_with_every_access_token(
    service: Service, *, with_bearer: bool
) -> None:
    session, other = await service.sign_in("ada"), await service.sign_in("ada")
    more = (await session.client.post("/api/auth/refresh/", json={"refresh": session.refresh})).json()["access"]
    answer = await _log_out(session, session.access if with_bearer else None)
    assert answer.status_code == 200
    assert answer.json() == DONE
    assert not await _alive(session)
    dead = await session.client.get("/api/auth/validate/", headers=authorization(more))
    assert dead.status_code == 401
    assert await _alive(other)
    assert (await service.audit()).count(ENDED) == 1


async def test_another_process_knows_at_once(make_service: MakeService) -> None:
    key = "one key for both processes, of 32 bytes or more"
    here, there = [await make_service(secret_key=key) for _ in range(2)]
    session = await here.sign_in("ada")
    client = await there.browser()
    assert (await client.get("/api/auth/me/", headers=session.bearer)).status_code == 200
    await _log_out(session)
    assert (await client.get("/api/auth/me/", headers=session.bearer)).status_code == 401


async def test_the_bearer_may_be_of_another_session_of_the_same_user(service: Service) -> None:
    session, other = await service.sign_in("ada"), await service.sign_in("ada")
    assert (await _log_out(session, other.access)).json() == DONE
    assert not await _alive(session)
    assert await _alive(other)


async def test_the_bearer_may_be_expired(service: Service) -> None:
    session = await service.sign_in("ada")
    service.clock.advance(hours=5)
    assert (await _log_out(session, session.access)).json() == DONE
    assert (await session.client.post("/api/auth/refresh/", json={"refresh": session.refresh})).status_code == 401


async def test_logging_out_twice_is_no_error_and_one_end(service: Service) -> None:
    session = await service.sign_in("ada")
    for _ in range(2):
        answer = await _log_out(session, session.access)
        assert (answer.status_code, answer.json()) == (200, DONE)
    assert (await service.audit()).count(ENDED) == 1


async def test_a_refresh_token_that_was_rotated_away_ends_the_session(service: Service) -> None:
    session = await service.sign_in("ada")
    tokens = session.refresh
    for _ in range(2):
        answer = await session.client.post("/api/auth/refresh/", json={"refresh": tokens, "rotate": True})
        tokens = answer.json()["refresh"]
    service.clock.advance(minutes=5)
    assert (await _log_out(session)).json() == DONE
    assert (await session.client.post("/api/auth/refresh/", json={"refresh": tokens})).status_code == 401
    assert not await _alive(session)


async def test_an_expired_refresh_token_still_ends_its_session(service: Service) -> None:
    session = await service.sign_in("ada")
    service.clock.advance(days=7, seconds=1)
    listed = await service.rows("SELECT ended_at FROM sessions")
    assert [row["ended_at"] for row in listed] == [None]
    assert (await _log_out(session)).json() == DONE
    [row] = await service.rows("SELECT ended_at FROM sessions")
    assert row["ended_at"] == service.clock.now()


async def test_the_browser_session_ends_too(service: Service) -> None:
    session = await service.sign_in("ada")

    async def ask() -> int:
        headers = {"Origin": service.settings.public_url}
        return (await session.client.post("/api/auth/session/", json={}, headers=headers)).status_code

    assert await ask() == 200
    await _log_out(session)
    assert await ask() == 401


async def _someone_elses(service: Service, _: Session) -> str:
    return (await service.sign_in("bruno")).access


async def _service_token(_: Service, session: Session) -> str:
    token: str = (await session.mint())["token"]
    return token


async def _garbage(_: Service, __: Session) -> str:
    return "garbage"


async def _forged(_: Service, session: Session) -> str:
    return sign(claims_of(session.access), "somebody else's key of 32 bytes or more")


async def _app_token(service: Service, session: Session) -> str:
    assert service.settings.secret_key
    key = service.settings.secret_key.get_secret_value()
    return sign(claims_of(session.access), key, header={"alg": "HS256", "typ": "at+jwt"})


@pytest.mark.parametrize("make", [_someone_elses, _service_token, _garbage, _forged, _app_token])
async def test_any_other_bearer_is_not_your_token_and_ends_nothing(shared_service: Service, make: Any) -> None:
    session = await shared_service.sign_in("ada")
    answer = await _log_out(session, await make(shared_service, session))
    assert answer.status_code == 403
    assert answer.json()["code"] == "not_your_token"
    assert await _alive(session)


async def test_a_refresh_token_without_its_bearer_ends_nobody_elses_session(service: Service) -> None:
    ada, bruno = await service.sign_in("ada"), await service.sign_in("bruno")
    assert (await _log_out(ada)).status_code == 200
    assert await _alive(bruno)


@pytest.mark.parametrize("kind", ["garbage", "access", "forged", "service token"])
async def test_what_is_no_refresh_token_is_refused(shared_service: Service, kind: str) -> None:
    session = await shared_service.sign_in("ada")
    refresh = {
        "garbage": "garbage",
        "access": session.access,
        "forged": sign(claims_of(session.refresh), "somebody else's key of 32 bytes or more"),
        "service token": "ivg_" + "a" * 32,
    }[kind]
    answer = await _log_out(session, session.access, refresh=refresh)
    assert answer.status_code == 401
    assert answer.json()["code"] == "token_not_valid"
    assert await _alive(session)


async def test_two_authorization_headers_log_nobody_out(shared_service: Service) -> None:
    session = await shared_service.sign_in("ada")
    headers = [("Authorization", f"Bearer {session.access}")] * 2
    answer = await session.client.post("/api/auth/logout/", json={"refresh": session.refresh}, headers=headers)
    assert 400 <= answer.status_code < 500
    assert await _alive(session)
