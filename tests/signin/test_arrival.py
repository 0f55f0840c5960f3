"""The way back: what a successful sign-in gives, and what it writes down."""

import asyncio
import re
from collections import Counter
from urllib.parse import urlsplit

import pytest

from ivgraph_auth.core.clock import rfc3339
from ivgraph_auth.core.secrets import sha256
from ivgraph_auth.sandbox.people import HARBOUR, LIGHTHOUSE, NOTEBOOK
from tests.conftest import MakeService
from tests.signin.kit import (
    begin,
    change_person,
    come_back,
    cookie,
    gained,
    members,
    new_code,
    new_state,
    newcomer,
    switched,
    written,
)
from tests.support.postgres import TestDatabases
from tests.support.service import CALLBACK, DASHBOARD, PUBLIC_URL, Json, Service, Session, fragment_of

STATUS = "/api/integrations/auth/notion/status"


async def connections_of(session: Session) -> Json:
    answer = await session.client.get(STATUS, headers=session.bearer)
    assert answer.status_code == 200
    return answer.json()


async def test_the_browser_goes_to_the_dashboard_with_tokens_in_the_fragment(shared_service: Service) -> None:
    client = await shared_service.browser()
    arrived = await shared_service.arrive(client)
    assert arrived.status_code == 302
    assert arrived.headers["referrer-policy"] == "no-referrer"
    assert arrived.headers["cache-control"] == "no-store"
    target, _, _ = arrived.headers["location"].partition("#")
    assert target == DASHBOARD
    fragment = fragment_of(arrived)
    assert set(fragment) == {"access", "refresh", "token_type", "expires_in"}
    assert (fragment["token_type"], fragment["expires_in"]) == ("Bearer", "14400")
    bearer = {"Authorization": f"Bearer {fragment['access']}"}
    assert (await client.get("/api/auth/me/", headers=bearer)).status_code == 200
    refreshed = await client.post("/api/auth/refresh/", json={"refresh": fragment["refresh"]})
    assert refreshed.status_code == 200


async def test_other_parameters_of_the_callback_are_ignored(shared_service: Service) -> None:
    client = await shared_service.browser()
    back = await shared_service.consent(await begin(client))
    arrived = await client.get(f"{back}&scope=all&session_state=x&iss=https%3A%2F%2Fapi.notion.com")
    assert "access" in fragment_of(arrived)


async def test_the_callback_answers_with_a_closing_slash_too(shared_service: Service) -> None:
    client = await shared_service.browser()
    back = await shared_service.consent(await begin(client))
    arrived = await client.get(back.replace("/callback?", "/callback/?"))
    assert "access" in fragment_of(arrived)


async def test_a_dashboard_elsewhere_keeps_its_own_query(make_service: MakeService) -> None:
    service = await make_service(
        dashboard_url_setting="https://app.example.com/in?tab=1",
        access_token_lifetime=900,
        session_lifetime=3600,
    )
    client = await service.browser()
    arrived = await service.arrive(client, start={"client_state": "mine", "next": "/x"})
    target, _, _ = arrived.headers["location"].partition("#")
    assert target == "https://app.example.com/in?tab=1"
    fragment = fragment_of(arrived)
    assert (fragment["expires_in"], fragment["state"], fragment["next"]) == ("900", "mine", "/x")
    assert "Max-Age=3600" in cookie(arrived, "ivg_session")[1]
    cancelled = await service.arrive(client, decision="cancel")
    assert cancelled.headers["location"] == "https://app.example.com/in?tab=1#error=access_denied"


async def test_the_session_cookie_and_only_its_hash_in_the_database(shared_service: Service) -> None:
    client = await shared_service.browser()
    arrived = await shared_service.arrive(client)
    value, attributes = cookie(arrived, "ivg_session")
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", value)
    assert attributes == {"HttpOnly", "SameSite=lax", "Path=/", "Max-Age=2592000"}
    stored = await shared_service.rows("SELECT * FROM sessions WHERE browser_hash = :hash", hash=sha256(value))
    assert len(stored) == 1
    assert value not in str(stored)
    own = {"Origin": PUBLIC_URL, "Content-Type": "application/json"}
    assert (await client.post("/api/auth/session/", headers=own)).status_code == 200


async def test_an_account_is_made_by_notion_user_id(swept_service: Service) -> None:
    now = rfc3339(swept_service.clock.now())
    session = await swept_service.sign_in("ada")
    assert session.me == {
        "id": session.me["id"],
        "notion_user_id": "93fb3994-f617-4ffb-86c9-c1a01d5f907a",
        "email": "ada.winter@lighthouse.example",
        "email_verified": True,
        "name": "Ada Winter",
        "avatar_url": "https://lighthouse.example/ada.png",
        "role": "member",
        "workspaces": [{"id": LIGHTHOUSE.id, "name": "Lighthouse Studio", "icon": "🗼", "status": "active"}],
        "created_at": now,
        "last_login_at": now,
    }
    assert await written(swept_service) == {
        "accounts": 1, "grants": 1, "connections": 1, "sessions": 1, "workspaces": 1, "codes": 0,
    }  # fmt: skip
    assert await swept_service.audit() == [("account:session:opened", "success")]


async def test_a_second_sign_in_updates_the_profile(shared_service: Service) -> None:
    who = newcomer(shared_service, name="Ada Winter", email="ada@winter.example", email_verified=True)
    first = await shared_service.sign_in(who)
    assert first.me["email_verified"] is True
    shared_service.clock.advance(hours=1)
    change_person(shared_service, who, name="Ada Summer", email="ada@summer.example", email_verified=False)
    before = await written(shared_service)
    second = await shared_service.sign_in(who)
    assert second.me == first.me | {
        "name": "Ada Summer",
        "email": "ada@summer.example",
        "email_verified": False,
        "last_login_at": second.me["last_login_at"],
    }
    assert second.me["last_login_at"] > first.me["last_login_at"]
    assert await gained(shared_service, before) == {"sessions": 1}


async def test_accounts_are_never_merged_by_email(shared_service: Service) -> None:
    same = {"email": "shared@lighthouse.example", "email_verified": True}
    one, other = newcomer(shared_service, **same), newcomer(shared_service, **same)
    first, second = await shared_service.sign_in(one), await shared_service.sign_in(other)
    assert first.me["id"] != second.me["id"]
    assert first.me["email"] == second.me["email"] == same["email"]
    # Nor does a later sign-in find the other one's account by the address.
    again = await shared_service.sign_in(one)
    assert (again.me["id"], again.me["notion_user_id"]) == (first.me["id"], first.me["notion_user_id"])


async def test_two_people_of_one_workspace_have_two_connections(shared_service: Service) -> None:
    ada, bruno = await shared_service.sign_in("ada"), await shared_service.sign_in("bruno")
    (hers,), (his,) = (await connections_of(ada))["connections"], (await connections_of(bruno))["connections"]
    assert hers["tenant_id"] == his["tenant_id"] == LIGHTHOUSE.id
    assert hers["bot_id"] != his["bot_id"]
    assert (hers["owner"]["name"], his["owner"]["name"]) == ("Ada Winter", "Bruno Okafor")


async def test_both_workspaces_of_one_person_are_hers(swept_service: Service) -> None:
    await swept_service.sign_in("ada", workspace="lighthouse")
    session = await swept_service.sign_in("ada", workspace="notebook")
    assert {item["id"]: item["name"] for item in session.me["workspaces"]} == {
        LIGHTHOUSE.id: "Lighthouse Studio",
        NOTEBOOK.id: "Ada's notebook",
    }
    known = await connections_of(session)
    assert {item["tenant_id"] for item in known["connections"]} == {LIGHTHOUSE.id, NOTEBOOK.id}
    assert (await written(swept_service))["accounts"] == 1


async def test_signing_in_makes_the_connection_named_after_the_workspace(shared_service: Service) -> None:
    session = await shared_service.sign_in(newcomer(shared_service, "harbour", name="Farah"))
    known = await connections_of(session)
    (only,) = known["connections"]
    assert (known["configured"], known["connected"]) == (True, True)
    assert only == {
        "tenant_id": HARBOUR.id,
        "workspace_id": HARBOUR.id,
        "workspace_name": "Harbour Library",
        "workspace_icon": "https://harbour.example/icon.png",
        "bot_id": only["bot_id"],
        "owner": {"notion_user_id": session.me["notion_user_id"], "name": "Farah"},
        "capabilities": [],
        "status": "active",
        "created_at": session.me["created_at"],
        "last_used_at": None,
        "last_validated_at": None,
        "usage_count": 0,
        "reauthorize_url": only["reauthorize_url"],
    }
    assert only["reauthorize_url"].startswith(f"{PUBLIC_URL}/")


@pytest.mark.parametrize("credential", [None, "Bearer nonsense"])
async def test_the_status_needs_a_session(shared_service: Service, credential: str | None) -> None:
    headers = {"Authorization": credential} if credential else {}
    answer = await (await shared_service.browser()).get(STATUS, headers=headers)
    assert answer.status_code == 401


async def test_the_status_is_not_for_service_tokens(shared_service: Service) -> None:
    session = await shared_service.sign_in("bruno")
    token = await session.mint("notion:connect")
    answer = await session.client.get(STATUS, headers={"Authorization": f"Bearer {token['token']}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_credential_kind")


async def test_no_secret_of_a_sign_in_is_in_the_database(shared_service: Service, migrated: TestDatabases) -> None:
    client = await shared_service.browser()
    back = await shared_service.consent(await begin(client))
    fragment = fragment_of(await client.get(back))
    dump = migrated.dump(shared_service.database_url)
    assert b"COPY public.grants" in dump
    secrets = [
        "ntn_",
        "nrt_",
        fragment["access"],
        fragment["refresh"],
        client.cookies["ivg_browser"],
        client.cookies["ivg_session"],
        *members(urlsplit(back).query).values(),
    ]
    assert len(secrets) == 8
    for secret in secrets:
        assert secret.encode() not in dump
        # As bytes are written in a dump.
        assert secret.encode().hex().encode() not in dump


@pytest.mark.parametrize("switch", ["null_refresh_token", "null_workspace"])
async def test_what_notion_may_leave_out_is_no_hindrance(shared_service: Service, switch: str) -> None:
    with switched(shared_service, switch, value=True):
        session = await shared_service.sign_in(newcomer(shared_service))
    (workspace,) = session.me["workspaces"]
    assert workspace["id"] == LIGHTHOUSE.id
    assert workspace["name"] == (None if switch == "null_workspace" else "Lighthouse Studio")
    assert workspace["icon"] == (None if switch == "null_workspace" else "🗼")
    assert (await connections_of(session))["connected"] is True


async def test_fifty_identical_callbacks_are_one_exchange_and_one_session(shared_service: Service) -> None:
    client = await shared_service.browser()
    back = await shared_service.consent(await begin(client), person=newcomer(shared_service))
    before, exchanges = await written(shared_service), shared_service.sandbox.exchanges()
    answers = await asyncio.gather(*(client.get(back) for _ in range(50)))
    assert Counter(answer.status_code for answer in answers) == {302: 1, 403: 49}
    assert shared_service.sandbox.exchanges() == exchanges + 1
    assert (await gained(shared_service, before))["sessions"] == 1
    assert sum("set-cookie" in answer.headers for answer in answers) == 1


async def test_first_sign_ins_of_one_person_at_once_make_one_account(shared_service: Service) -> None:
    who = newcomer(shared_service)
    clients = [await shared_service.browser() for _ in range(8)]
    visits = [(client, await new_state(client), new_code(shared_service, who)) for client in clients]
    before = await written(shared_service)
    answers = await asyncio.gather(*(come_back(client, state=state, code=code) for client, state, code in visits))
    assert all("access" in fragment_of(answer) for answer in answers)
    assert await gained(shared_service, before) == {
        "accounts": 1, "grants": 1, "connections": 1, "sessions": 8, "workspaces": 1,
    }  # fmt: skip


async def test_a_sign_in_that_cannot_be_written_down_whole_leaves_nothing(shared_service: Service) -> None:
    await shared_service.execute("ALTER TABLE audit_events ADD CONSTRAINT closed CHECK (user_agent <> 'unlucky')")
    client = await shared_service.browser()
    state, code = await new_state(client), new_code(shared_service, newcomer(shared_service))
    before = await written(shared_service)
    exchanges = shared_service.sandbox.exchanges()
    answer = await client.get(CALLBACK, params={"state": state, "code": code}, headers={"User-Agent": "unlucky"})
    assert answer.status_code == 500
    assert "set-cookie" not in answer.headers
    assert shared_service.sandbox.exchanges() == exchanges + 1
    assert await gained(shared_service, before) == {}
