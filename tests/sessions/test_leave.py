"""Deleting one's account: everything goes, Notion is told, and nobody else loses anything."""

import asyncio
from typing import Any

import httpx
import pytest

from ivgraph_auth.keys.keyring import generate_key
from ivgraph_auth.sandbox.app import Fault
from tests.conftest import MakeService
from tests.support.credentials import authorization
from tests.support.service import Service, Session

Json = Any
REVOKE = "/v1/oauth/revoke"
DELETED = ("account:account:deleted", "success")
# What holds no word about a person, or is kept on purpose.
KEPT = {
    "alembic_version",
    "audit_events",
    "authorization_states",
    "invalidations",
    "key_checks",
    "processes",
}


async def _leave(session: Session) -> httpx.Response:
    return await session.client.delete("/api/auth/me/", headers=session.bearer)


async def _tables(service: Service) -> dict[str, int]:
    """How many rows each table holds that could tell of somebody."""
    names = await service.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    counts = {}
    for row in names:
        table = row["tablename"]
        if table not in KEPT:
            [found] = await service.rows(f'SELECT count(*) AS rows FROM "{table}"')  # noqa: S608 -- names of ours
            counts[table] = found["rows"]
    return counts


def _revocations(service: Service) -> list[int | None]:
    return [call.status for call in service.sandbox.instance.calls if call.path == REVOKE]


async def test_within_ten_minutes_of_the_sign_in_everything_goes(service: Service) -> None:
    await service.sign_in("ada", workspace="notebook")
    session = await service.sign_in("ada", workspace="lighthouse")
    token = (await session.mint())["token"]
    before = await _tables(service)
    assert {name for name, rows in before.items() if rows} >= {
        "accounts", "account_workspaces", "connections", "grants", "service_tokens", "sessions",
    }  # fmt: skip
    service.clock.advance(minutes=9, seconds=59)
    answer = await _leave(session)
    assert (answer.status_code, answer.content) == (204, b"")
    assert set((await _tables(service)).values()) == {0}
    for credential in (session.access, token):
        gone = await session.client.get("/api/auth/me/", headers=authorization(credential))
        assert gone.status_code == 401
    refused = await session.client.post("/api/auth/refresh/", json={"refresh": session.refresh})
    assert refused.status_code == 401
    assert (await _leave(session)).status_code == 401


async def test_the_browser_is_signed_out(service: Service) -> None:
    session = await service.sign_in("ada")
    cookie = session.client.cookies["ivg_session"]
    await _leave(session)
    assert "ivg_session" not in session.client.cookies
    headers = {"Origin": service.settings.public_url, "Cookie": f"ivg_session={cookie}"}
    assert (await session.client.post("/api/auth/session/", json={}, headers=headers)).status_code == 401


async def test_who_comes_back_is_somebody_new(service: Service) -> None:
    session = await service.sign_in("ada")
    await service.execute("UPDATE accounts SET role = 'admin'")
    await _leave(session)
    again = await service.sign_in("ada")
    assert again.me["id"] != session.me["id"]
    assert again.me["role"] == "member"


async def test_the_audit_trail_keeps_the_id_alone(service: Service) -> None:
    session = await service.sign_in("ada")
    await session.mint()
    bruno = await service.sign_in("bruno")
    await _leave(session)
    rows = await service.rows("SELECT * FROM audit_events WHERE account_id = :id ORDER BY id", id=int(session.me["id"]))
    assert [row["event"] for row in rows] == [
        "account:session:opened", "account:token:minted", "account:account:deleted",
    ]  # fmt: skip
    for row in rows:
        assert (row["address"], row["user_agent"], row["tenant_id"]) == (None, None, None)
        for word in (session.me["email"], session.me["name"], session.me["notion_user_id"]):
            assert word not in str(row)
    [other] = await service.rows("SELECT address FROM audit_events WHERE account_id = :id", id=int(bruno.me["id"]))
    assert other["address"] == "127.0.0.1"


async def test_nobody_else_loses_anything(service: Service) -> None:
    ada, bruno = await service.sign_in("ada"), await service.sign_in("bruno")
    token = (await bruno.mint())["token"]
    await _leave(ada)
    for credential in (bruno.access, token):
        answer = await bruno.client.get("/api/auth/me/", headers=authorization(credential))
        assert answer.status_code == 200
        assert answer.json()["workspaces"] == bruno.me["workspaces"]
    assert [grant.person.key for grant in service.sandbox.instance.state.grants] == ["bruno"]


async def test_notion_is_told_of_every_grant(service: Service) -> None:
    await service.sign_in("ada", workspace="notebook")
    session = await service.sign_in("ada", workspace="lighthouse")
    assert len(service.sandbox.instance.state.grants) == 2
    await _leave(session)
    assert _revocations(service) == [200, 200]
    assert not service.sandbox.instance.state.grants


async def test_a_grant_that_another_account_holds_too_stays(service: Service) -> None:
    ada, bruno = await service.sign_in("ada"), await service.sign_in("bruno")
    ids = {"ada": int(ada.me["id"]), "bruno": int(bruno.me["id"])}
    await service.execute(
        "UPDATE connections SET grant_id = (SELECT grant_id FROM connections WHERE account_id = :ada)"
        " WHERE account_id = :bruno",
        **ids,
    )
    [shared] = await service.rows("SELECT grant_id FROM connections WHERE account_id = :ada", ada=ids["ada"])
    assert (await _leave(ada)).status_code == 204
    assert _revocations(service) == []
    assert await service.rows("SELECT id FROM grants WHERE id = :id", id=shared["grant_id"])
    assert (await _leave(bruno)).status_code == 204
    assert _revocations(service) == [200]
    assert not await service.rows("SELECT id FROM grants WHERE id = :id", id=shared["grant_id"])


@pytest.mark.parametrize(
    "fault",
    [
        Fault(REVOKE, "drop"),
        Fault(REVOKE, "html", status=502),
        Fault(REVOKE, "status", status=500, code="internal_server_error"),
        Fault(REVOKE, "status", status=429, code="rate_limited", retry_after=60),
        Fault(REVOKE, "garbage", garbage="deep"),
        Fault(REVOKE, "garbage", garbage="binary"),
        Fault(REVOKE, "redirect", location="https://elsewhere.example/"),
    ],
    ids=lambda fault: f"{fault.kind} {fault.status or fault.garbage}",
)
async def test_a_notion_in_trouble_keeps_nobody(service: Service, fault: Fault) -> None:
    session = await service.sign_in("ada")
    service.sandbox.instance.faults.add(fault)
    assert (await _leave(session)).status_code == 204
    assert service.sandbox.instance.faults.waiting == ()
    assert set((await _tables(service)).values()) == {0}
    assert DELETED in await service.audit()


async def test_one_failure_at_notion_does_not_save_the_other_grants(service: Service) -> None:
    await service.sign_in("ada", workspace="notebook")
    session = await service.sign_in("ada", workspace="lighthouse")
    service.sandbox.instance.faults.add(Fault(REVOKE, "drop"))
    await _leave(session)
    assert len(service.sandbox.instance.state.grants) == 1


async def test_a_lost_encryption_key_keeps_nobody(make_service: MakeService) -> None:
    key = "one key for both, of 32 bytes or more"
    before = await make_service(secret_key=key)
    session = await before.sign_in("ada")
    after = await make_service(secret_key=key, encryption_keys=generate_key("another"))
    answer = await (await after.browser()).delete("/api/auth/me/", headers=session.bearer)
    assert answer.status_code == 204
    assert set((await _tables(after)).values()) == {0}


async def test_leaving_twice_at_once_is_leaving_once(service: Service) -> None:
    session = await service.sign_in("ada")
    answers = await asyncio.gather(*(_leave(session) for _ in range(5)))
    assert 204 in {answer.status_code for answer in answers}
    assert {answer.status_code for answer in answers} <= {204, 401, 403}
    assert set((await _tables(service)).values()) == {0}
    assert (await service.audit()).count(DELETED) == 1


@pytest.mark.parametrize("refreshed", [False, True])
async def test_after_ten_minutes_a_fresh_sign_in_is_needed(service: Service, *, refreshed: bool) -> None:
    session = await service.sign_in("ada")
    service.clock.advance(minutes=10, seconds=1)
    if refreshed:
        body = {"refresh": session.refresh, "rotate": True}
        session.access = (await session.client.post("/api/auth/refresh/", json=body)).json()["access"]
    answer = await _leave(session)
    assert answer.status_code == 403
    assert answer.json()["code"] == "fresh_sign_in_needed"
    assert _revocations(service) == []
    again = await service.sign_in("ada")
    assert again.me["id"] == session.me["id"]
    # The old session does not become fresh by the new one.
    assert (await _leave(session)).status_code == 403
    assert (await _leave(again)).status_code == 204


async def test_without_notion_configured_one_may_still_leave(make_service: MakeService) -> None:
    key = "one key for both, of 32 bytes or more"
    before = await make_service(secret_key=key)
    session = await before.sign_in("ada")
    after = await make_service(secret_key=key, notion_client_id=None, notion_client_secret=None)
    answer = await (await after.browser()).delete("/api/auth/me/", headers=session.bearer)
    assert answer.status_code == 204
    assert set((await _tables(after)).values()) == {0}
