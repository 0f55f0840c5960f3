"""Listing, renaming and revoking service tokens."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.conftest import MakeService
from tests.support.credentials import authorization, escaped
from tests.support.service import Service, Session

Json = Any
LISTED = {
    "id", "name", "prefix", "scopes", "workspace_ids", "is_active", "created_at", "expires_at", "last_used_at",
}  # fmt: skip


async def _list(session: Session) -> Json:
    answer = await session.client.get("/api/tokens/", headers=session.bearer)
    assert answer.status_code == 200
    return answer.json()


async def _rename(session: Session, token_id: Json, body: Json) -> httpx.Response:
    sent = escaped(body)
    return await session.client.patch(
        f"/api/tokens/{token_id}/", content=sent["content"], headers={**sent["headers"], **session.bearer}
    )


async def _revoke(session: Session, token_id: Json) -> httpx.Response:
    return await session.client.delete(f"/api/tokens/{token_id}/", headers=session.bearer)


async def _works(session: Session, token: str) -> bool:
    answer = await session.client.get("/api/auth/validate/", headers=authorization(token))
    assert answer.status_code in (200, 401)
    return answer.status_code == 200


async def test_nobodys_list_is_an_empty_array(service: Service) -> None:
    assert await _list(await service.sign_in("ada")) == []


async def test_the_list_is_a_bare_array_of_ones_own_tokens_newest_first(service: Service) -> None:
    session, bruno = await service.sign_in("ada"), await service.sign_in("bruno")
    await bruno.mint()
    created: list[Json] = []
    # Two of the same second among them.
    for minutes in (0, 1, 0, 1):
        service.clock.advance(minutes=minutes)
        created.append(await session.mint(name=f"agent {len(created)}"))
    listed = await _list(session)
    assert isinstance(listed, list)
    assert [item["id"] for item in listed] == [item["id"] for item in reversed(created)]
    for item, token in zip(listed, reversed(created), strict=True):
        assert set(item) == LISTED
        told = {name: value for name, value in token.items() if name != "token"}
        assert item == {**told, "last_used_at": None}


async def test_expired_tokens_are_listed_as_not_active_and_revoked_ones_not_at_all(service: Service) -> None:
    session = await service.sign_in("ada")
    kept, short, gone = [await session.mint(expires_in_days=days) for days in (None, 1, None)]
    await _revoke(session, gone["id"])
    service.clock.advance(days=1, seconds=-1)
    session = await service.sign_in("ada")
    assert {item["id"]: item["is_active"] for item in await _list(session)} == {kept["id"]: True, short["id"]: True}
    assert await _works(session, short["token"])
    service.clock.advance(seconds=1)
    assert {item["id"]: item["is_active"] for item in await _list(session)} == {kept["id"]: True, short["id"]: False}
    assert not await _works(session, short["token"])
    assert await _works(session, kept["token"])


async def test_the_list_shows_what_was_given_whatever_it_is_worth_now(service: Service) -> None:
    session = await service.sign_in("ada")
    token = await session.mint("notion:read", "graph:read")
    await service.execute("UPDATE accounts SET role = 'viewer'")
    [listed] = await _list(session)
    assert listed["scopes"] == token["scopes"]


async def test_renaming_changes_the_name_and_nothing_else(service: Service) -> None:
    session = await service.sign_in("ada")
    token = await session.mint(expires_in_days=30)
    [before] = await _list(session)
    service.clock.advance(minutes=1)
    answer = await _rename(session, token["id"], {"name": "Renamed 🗼"})
    assert answer.status_code == 200
    assert answer.json() == {**before, "name": "Renamed 🗼"}
    assert await _list(session) == [answer.json()]
    assert await _works(session, token["token"])


@pytest.mark.parametrize(
    "body",
    [
        {}, {"name": ""}, {"name": "marker" + "a" * 95}, {"name": " "}, {"name": "marker\0"}, {"name": "\ud800"},
        {"name": None}, {"name": 7}, {"name": "marker", "scopes": ["graph:read"]},
        {"name": "marker", "token": "marker"}, [], "marker",
    ],
    ids=ascii,
)  # fmt: skip
async def test_a_name_that_is_none_or_more_than_a_name_is_refused(shared_service: Service, body: Json) -> None:
    session = await shared_service.sign_in("ada")
    [token] = await _list(session) or [await session.mint()]
    answer = await _rename(session, token["id"], body)
    assert answer.status_code == 422
    assert "marker" not in answer.text
    assert all(set(error) == {"loc", "msg", "type"} for error in answer.json()["errors"])
    assert [item["name"] for item in await _list(session)] == [token["name"]]


async def test_revoking_is_for_good(service: Service) -> None:
    session = await service.sign_in("ada")
    token = await session.mint()
    assert await _works(session, token["token"])
    answer = await _revoke(session, token["id"])
    assert (answer.status_code, answer.content) == (204, b"")
    assert not await _works(session, token["token"])
    assert await _list(session) == []
    assert (await _revoke(session, token["id"])).status_code == 404
    assert (await _rename(session, token["id"], {"name": "again"})).status_code == 404
    assert not await _works(session, token["token"])


async def test_a_revoked_token_is_dead_in_every_process_at_once(make_service: MakeService) -> None:
    key = "one key for both processes, of 32 bytes or more"
    here, there = [await make_service(secret_key=key) for _ in range(2)]
    session = await here.sign_in("ada")
    token = await session.mint()
    client = await there.browser()
    bearer = authorization(token["token"])
    assert (await client.get("/api/auth/me/", headers=bearer)).status_code == 200
    await _revoke(session, token["id"])
    assert (await client.get("/api/auth/me/", headers=bearer)).status_code == 401


async def test_of_ten_who_revoke_at_once_one_does(service: Service) -> None:
    session = await service.sign_in("ada")
    token = await session.mint()
    answers = await asyncio.gather(*(_revoke(session, token["id"]) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [204] + [404] * 9
    assert (await service.audit()).count(("account:token:revoked", "success")) == 1


async def test_an_expired_token_can_be_renamed_and_revoked(service: Service) -> None:
    session = await service.sign_in("ada")
    token = await session.mint(expires_in_days=1)
    service.clock.advance(days=2)
    session = await service.sign_in("ada")
    renamed = await _rename(session, token["id"], {"name": "old"})
    assert (renamed.status_code, renamed.json()["is_active"]) == (200, False)
    assert (await _revoke(session, token["id"])).status_code == 204
    assert await _list(session) == []


async def test_someone_elses_token_is_as_unknown_as_none(service: Service) -> None:
    ada, bruno = await service.sign_in("ada"), await service.sign_in("bruno")
    token = await bruno.mint()
    ada.client.headers["X-Request-ID"] = "same"
    for call in (_revoke, lambda session, token_id: _rename(session, token_id, {"name": "mine"})):
        answers = [await call(ada, token_id) for token_id in (token["id"], 2**40)]
        assert {answer.status_code for answer in answers} == {404}
        assert answers[0].content == answers[1].content
    assert await _works(bruno, token["token"])
    assert [item["name"] for item in await _list(bruno)] == ["agent"]
    events = [event for event, _ in await service.audit()]
    assert not {"account:token:renamed", "account:token:revoked"} & set(events)


@pytest.mark.parametrize("token_id", [0, -1, "abc", 10**30, 2**63, "1e3", "%00", "é"])
async def test_an_id_that_is_none_finds_nothing(shared_service: Service, token_id: Json) -> None:
    session = await shared_service.sign_in("bruno")
    for answer in (await _revoke(session, token_id), await _rename(session, token_id, {"name": "x"})):
        assert answer.status_code in (404, 422)


async def test_every_change_is_audited_with_whom_and_which(service: Service) -> None:
    client = await service.browser(address="192.0.2.7")
    session = await service.sign_in("ada", client=client)
    token = await session.mint()
    await _rename(session, token["id"], {"name": "renamed"})
    await _revoke(session, token["id"])
    rows = await service.rows("SELECT * FROM audit_events WHERE event LIKE 'account:token:%' ORDER BY id")
    assert [row["event"].rpartition(":")[2] for row in rows] == ["minted", "renamed", "revoked"]
    for row in rows:
        assert row["outcome"] == "success"
        assert row["account_id"] == int(session.me["id"])
        assert (row["actor_kind"], row["actor_id"]) == ("account", session.me["id"])
        assert row["address"] == "192.0.2.7"
        assert row["request_id"]
        assert str(token["id"]) in row["operation"]
        assert token["token"] not in str(row)


async def test_what_cannot_be_audited_does_not_happen(make_service: MakeService) -> None:
    service = await make_service()
    session = await service.sign_in("ada")
    token = await session.mint()
    # From here on the table refuses every row.
    await service.execute("ALTER TABLE audit_events ADD CONSTRAINT full_up CHECK (false) NOT VALID")
    body = {"name": "another", "scopes": ["graph:read"], "workspace_ids": session.workspace_ids}
    answers = [
        await session.client.post("/api/tokens/", json=body, headers=session.bearer),
        await _rename(session, token["id"], {"name": "renamed"}),
        await _revoke(session, token["id"]),
        await session.client.post("/api/auth/logout/", json={"refresh": session.refresh}),
        await session.client.post("/api/auth/logout-all/", headers=session.bearer),
        await session.client.delete("/api/auth/me/", headers=session.bearer),
    ]
    assert {answer.status_code for answer in answers} == {500}
    assert [item["name"] for item in await _list(session)] == [token["name"]]
    assert await _works(session, token["token"])
