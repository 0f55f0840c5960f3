"""What a session may see and end: itself, its owner, and the owner's other sessions."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from ivgraph_auth.core.clock import rfc3339
from tests.conftest import MakeService
from tests.support.credentials import authorization, claims_of
from tests.support.service import Service, Session

Json = Any
SESSIONS = "/api/auth/sessions/"
LIGHTHOUSE = "b99d9983-54c8-49e4-9b4c-0bafb3fef367"
ALL_ENDED = ("account:sessions:ended", "success")


async def _list(session: Session, **query: Json) -> httpx.Response:
    return await session.client.get(SESSIONS, params=query, headers=session.bearer)


async def _status(session: Session) -> int:
    return (await session.client.get("/api/auth/validate/", headers=session.bearer)).status_code


def _sid(session: Session) -> str:
    sid: str = claims_of(session.access)["sid"]
    return sid


async def test_validate_says_what_a_session_is_worth(shared_service: Service) -> None:
    session = await shared_service.sign_in("ada")
    answer = await session.client.get("/api/auth/validate/", headers=session.bearer)
    assert answer.json() == {
        "valid": True,
        "kind": "session",
        "user_id": session.me["id"],
        "scopes": [
            "graph:search", "graph:read", "graph:neighbors", "notion:read", "notion:write", "notion:comment",
            "notion:connect",
        ],
        "workspace_ids": [LIGHTHOUSE],
        "expires_at": rfc3339(shared_service.clock.now() + timedelta(hours=4)),
    }  # fmt: skip


@pytest.mark.parametrize("days", [None, 30])
async def test_validate_says_what_a_service_token_is_worth(service: Service, days: int | None) -> None:
    session = await service.sign_in("ada")
    token = await session.mint("graph:read", "graph:search", expires_in_days=days)
    answer = await session.client.get("/api/auth/validate/", headers=authorization(token["token"]))
    told = answer.json()
    assert set(told.pop("scopes")) == {"graph:read", "graph:search"}
    assert told == {
        "valid": True,
        "kind": "service_token",
        "user_id": session.me["id"],
        "workspace_ids": [LIGHTHOUSE],
        "expires_at": token["expires_at"],
    }
    assert (told["expires_at"] is None) is (days is None)


async def test_me_tells_who_somebody_is(service: Service) -> None:
    began = rfc3339(service.clock.now())
    first = await service.sign_in("ada")
    service.clock.advance(hours=1)
    later = await service.sign_in("ada")
    assert first.me["last_login_at"] == began
    assert later.me == {
        "id": first.me["id"],
        "notion_user_id": "93fb3994-f617-4ffb-86c9-c1a01d5f907a",
        "email": "ada.winter@lighthouse.example",
        "email_verified": True,
        "name": "Ada Winter",
        "avatar_url": "https://lighthouse.example/ada.png",
        "role": "member",
        "workspaces": [{"id": LIGHTHOUSE, "name": "Lighthouse Studio", "icon": "🗼", "status": "active"}],
        "created_at": began,
        "last_login_at": rfc3339(service.clock.now()),
    }
    assert later.me["id"].isdecimal()


async def test_a_listed_session_has_exactly_the_documented_fields(service: Service) -> None:
    client = await service.browser(address="192.0.2.7")
    client.headers["User-Agent"] = "Fancy Browser/1.0"
    session = await service.sign_in("ada", client=client)
    now = service.clock.now()
    answer = await _list(session)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"results", "next_cursor"}
    assert body["next_cursor"] is None
    [row] = body["results"]
    assert row == {
        "id": row["id"],
        "created_at": rfc3339(now),
        "last_used_at": rfc3339(now),
        "expires_at": rfc3339(now + timedelta(days=30)),
        "address": "192.0.2.7",
        "user_agent": "Fancy Browser/1.0",
        "current": True,
    }


async def test_the_list_holds_the_owners_living_sessions_newest_first(service: Service) -> None:
    mine = []
    for _ in range(4):
        mine.append(await service.sign_in("ada"))
        service.clock.advance(minutes=1)
    await service.sign_in("bruno")
    await mine[1].client.post("/api/auth/logout/", json={"refresh": mine[1].refresh})
    rows = (await _list(mine[2])).json()["results"]
    assert [row["id"] for row in rows] == [_sid(mine[index]) for index in (3, 2, 0)]
    assert [row["current"] for row in rows] == [False, True, False]


async def test_a_session_past_its_end_is_not_listed(make_service: MakeService) -> None:
    service = await make_service(session_lifetime=3600)
    await service.sign_in("ada")
    service.clock.advance(minutes=50)
    session = await service.sign_in("ada")
    assert len((await _list(session)).json()["results"]) == 2
    service.clock.advance(minutes=10)
    assert [row["id"] for row in (await _list(session)).json()["results"]] == [_sid(session)]


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
async def test_pages_hold_every_session_once_and_in_order(service: Service, limit: int) -> None:
    # Two of the same second stand beside each other in an order of their own.
    for minutes in (0, 1, 0, 1):
        service.clock.advance(minutes=minutes)
        session = await service.sign_in("ada")
    whole = (await _list(session)).json()["results"]
    pages, query = [], {"limit": limit}
    while True:
        body = (await _list(session, **query)).json()
        pages.append(body["results"])
        if body["next_cursor"] is None:
            break
        query["cursor"] = body["next_cursor"]
    assert [row for page in pages for row in page] == whole
    assert len(whole) == 4
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert 1 <= len(pages[-1]) <= limit


async def test_a_page_goes_on_where_it_stood_when_sessions_come_and_go(service: Service) -> None:
    mine = []
    for _ in range(3):
        mine.append(await service.sign_in("ada"))
        service.clock.advance(minutes=1)
    first = (await _list(mine[0], limit=1)).json()
    assert [row["id"] for row in first["results"]] == [_sid(mine[2])]
    await mine[2].client.post("/api/auth/logout/", json={"refresh": mine[2].refresh})
    await service.sign_in("ada")
    second = (await _list(mine[0], limit=1, cursor=first["next_cursor"])).json()
    assert [row["id"] for row in second["results"]] == [_sid(mine[1])]


async def test_a_cursor_of_another_account_or_tampered_with_is_refused(service: Service) -> None:
    ada, bruno = await service.sign_in("ada"), await service.sign_in("bruno")
    await service.sign_in("ada")
    cursor = (await _list(ada, limit=1)).json()["next_cursor"]
    assert _sid(ada) not in cursor
    assert (await _list(ada, limit=1, cursor=cursor)).status_code == 200
    swapped = ("B" if cursor[0] == "A" else "A") + cursor[1:]
    tampered = [swapped, cursor[:-4], cursor + "AAAA", "garbage", "é", "\0", "A", "=" * 8, "x" * 400]
    for session, wrong in [(bruno, cursor), *((ada, text) for text in tampered)]:
        answer = await _list(session, cursor=wrong)
        assert answer.status_code == 400, wrong
        assert answer.json()["code"] == "invalid_cursor"


@pytest.mark.parametrize("limit", ["0", "-1", "101", "abc", "1.5", "", "1" * 30])
async def test_a_limit_that_is_none_is_refused(shared_service: Service, limit: str) -> None:
    session = await shared_service.sign_in("ada")
    assert (await _list(session, limit=limit)).status_code == 422


async def test_unknown_query_parameters_are_ignored(shared_service: Service) -> None:
    session = await shared_service.sign_in("ada")
    assert (await _list(session, limit=100, unknown="1")).status_code == 200


async def test_ending_one_session_leaves_the_others(service: Service) -> None:
    one, two, three = [await service.sign_in("ada") for _ in range(3)]
    answer = await one.client.delete(f"{SESSIONS}{_sid(two)}/", headers=one.bearer)
    assert (answer.status_code, answer.content) == (204, b"")
    assert [await _status(session) for session in (one, two, three)] == [200, 401, 200]
    refused = await two.client.post("/api/auth/refresh/", json={"refresh": two.refresh})
    assert refused.status_code == 401
    again = await one.client.delete(f"{SESSIONS}{_sid(two)}/", headers=one.bearer)
    assert again.status_code == 404
    assert (await service.audit()).count(("account:session:ended", "success")) == 1


async def test_one_may_end_the_very_session_one_calls_with(service: Service) -> None:
    session = await service.sign_in("ada")
    assert (await session.client.delete(f"{SESSIONS}{_sid(session)}/", headers=session.bearer)).status_code == 204
    assert await _status(session) == 401


async def test_another_users_session_is_as_unknown_as_none(shared_service: Service) -> None:
    ada, bruno = await shared_service.sign_in("ada"), await shared_service.sign_in("bruno")
    same = {"X-Request-ID": "same", **ada.bearer}
    answers = [await ada.client.delete(f"{SESSIONS}{sid}/", headers=same) for sid in (_sid(bruno), "0" * 32)]
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].content == answers[1].content
    assert await _status(bruno) == 200


@pytest.mark.parametrize("session_id", ["abc", "0" * 31, "0" * 33, "g" * 32, "%00", "-1", "é"])
async def test_an_id_that_is_none_ends_nothing(shared_service: Service, session_id: str) -> None:
    session = await shared_service.sign_in("ada")
    answer = await session.client.delete(f"{SESSIONS}{session_id}/", headers=session.bearer)
    assert answer.status_code in (404, 422)
    assert await _status(session) == 200


async def test_logging_out_everywhere_ends_all_sessions_and_no_service_token(service: Service) -> None:
    mine = [await service.sign_in("ada") for _ in range(3)]
    await mine[0].client.post("/api/auth/logout/", json={"refresh": mine[0].refresh})
    bruno = await service.sign_in("bruno")
    token = await mine[1].mint()
    answer = await mine[1].client.post("/api/auth/logout-all/", headers=mine[1].bearer)
    assert answer.status_code == 200
    assert set(answer.json()) == {"detail", "sessions"}
    assert answer.json()["sessions"] == 2
    assert [await _status(session) for session in (*mine, bruno)] == [401, 401, 401, 200]
    for session in mine:
        refused = await session.client.post("/api/auth/refresh/", json={"refresh": session.refresh})
        assert refused.status_code == 401
    agent = await bruno.client.get("/api/auth/validate/", headers=authorization(token["token"]))
    assert agent.status_code == 200
    assert (await service.audit()).count(ALL_ENDED) == 1
