"""Connections: listed, verified, removed; and what tokens may do with them."""

import pytest

from ivgraph_auth.sandbox.faults import Fault
from tests.connect.kit import (
    CONNECTIONS,
    asked_of_notion,
    connect,
    connected,
    grants,
    let_access_tokens_die,
    listed,
    of_tenant,
    path_of,
    remove,
    verify,
)
from tests.signin.kit import switched
from tests.support.service import Service

LIGHTHOUSE = "b99d9983-54c8-49e4-9b4c-0bafb3fef367"
NOTEBOOK = "d3bfb712-fb72-4e37-befb-057ea5a3ec61"
INTROSPECT = "/v1/oauth/introspect"
TOKEN = "/v1/oauth/token"


async def test_the_list_comes_in_pages(service: Service) -> None:
    ada, bruno = await service.sign_in("ada"), await service.sign_in("bruno")
    for number in range(4):
        await connected(service, ada, f"team-{number}", workspace="lighthouse")
    found, cursor = [], None
    while True:
        query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await ada.client.get(CONNECTIONS, params=query, headers=ada.bearer)).json()
        found += [each["tenant_id"] for each in page["results"]]
        cursor = page["next_cursor"] or cursor
        if page["next_cursor"] is None:
            break
    assert found == [LIGHTHOUSE, "team-0", "team-1", "team-2", "team-3"]
    foreign = await bruno.client.get(CONNECTIONS, params={"cursor": cursor}, headers=bruno.bearer)
    assert (foreign.status_code, foreign.json()["code"]) == (400, "invalid_cursor")


async def test_a_service_token_sees_its_workspaces_alone(service: Service) -> None:
    ada = await service.sign_in("ada")
    token = await ada.mint("notion:connect")
    narrow = {"Authorization": f"Bearer {token['token']}"}
    await connected(service, ada, "mine", workspace="notebook")
    every = await ada.client.post(
        "/api/tokens/",
        json={"name": "all", "scopes": ["notion:connect"], "workspace_ids": ["*"]},
        headers=ada.bearer,
    )
    wide = {"Authorization": f"Bearer {every.json()['token']}"}
    client = await service.browser()

    async def seen(headers: dict[str, str]) -> list[str]:
        return [each["tenant_id"] for each in (await client.get(CONNECTIONS, headers=headers)).json()["results"]]

    assert await seen(narrow) == [LIGHTHOUSE]
    assert await seen(wide) == [LIGHTHOUSE, "mine"]
    assert (await client.get(f"{CONNECTIONS}mine/", headers=narrow)).status_code == 404
    assert (await client.post(f"{CONNECTIONS}mine/verify/", headers=narrow)).status_code == 404
    for tenant, status in (("mine", 403), ("new", 200)):
        started = await client.get("/oauth/authorize/notion", params={"tenant_id": tenant}, headers=narrow)
        assert started.status_code == status
    refused = await client.delete(f"{CONNECTIONS}mine/", headers=wide)
    assert (refused.status_code, refused.json()["code"]) == (403, "wrong_credential_kind")


async def test_verify_notes_what_notion_says(service: Service) -> None:
    ada = await service.sign_in("ada")
    await connected(service, ada, "team", workspace="notebook")
    answer = await verify(ada, "team")
    assert answer.status_code == 200
    assert answer.json()["status"] == "active"
    assert "read_content" in answer.json()["capabilities"]
    assert answer.json()["last_validated_at"] is not None
    assert (await verify(ada, "nobody")).status_code == 404


async def test_verify_falls_back_to_users_me(service: Service) -> None:
    ada = await service.sign_in("ada")
    await connected(service, ada, "team", workspace="notebook")
    service.sandbox.instance.faults.add(Fault(INTROSPECT, "status", status=400, code="invalid_request"))
    answer = await verify(ada, "team")
    assert (answer.status_code, answer.json()["status"]) == (200, "active")
    assert service.sandbox.instance.calls[-1].path == "/v1/users/me"


async def test_a_dead_access_token_is_refreshed_and_nothing_lost(service: Service) -> None:
    ada = await service.sign_in("ada")
    await connected(service, ada, "team", workspace="notebook")
    before = await grants(service)
    let_access_tokens_die(service)
    answer = await verify(ada, "team")
    assert (answer.status_code, answer.json()["status"]) == (200, "active")
    assert asked_of_notion(service, "refresh_token") == 1
    after = await grants(service)
    assert after[1]["sealed"] != before[1]["sealed"]
    assert after[0] == before[0]
    assert await service.rows("SELECT * FROM grant_refreshes") == []
    let_access_tokens_die(service)
    assert (await verify(ada, "team")).json()["status"] == "active"


@pytest.mark.parametrize("reason", ["revoked", "no refresh token"])
async def test_a_refused_refresh_needs_a_consent_and_the_next_one_mends_it(service: Service, reason: str) -> None:
    ada = await service.sign_in("ada")
    with switched(service, "null_refresh_token", value=reason == "no refresh token"):
        await connected(service, ada, "team", workspace="notebook")
    before = await grants(service)
    if reason == "revoked":
        service.sandbox.instance.state.revoke_authorization(workspace="notebook")
    else:
        let_access_tokens_die(service)
    answer = await verify(ada, "team")
    assert (answer.status_code, answer.json()["status"]) == (200, "needs_reauth")
    assert [row["sealed"] for row in await grants(service)] == [row["sealed"] for row in before]
    assert (await of_tenant(ada, LIGHTHOUSE))["status"] == "active"
    me = (await ada.client.get("/api/auth/me/", headers=ada.bearer)).json()
    assert {item["id"]: item["status"] for item in me["workspaces"]} == {
        LIGHTHOUSE: "active",
        NOTEBOOK: "needs_reauth",
    }
    assert ("notion:credential:refused", "no_refresh_token" if reason != "revoked" else "invalid_grant") in (
        await service.audit()
    )
    # A verification asks Notion in every status; what is lost already is not told twice.
    asked = len(service.sandbox.instance.calls)
    assert (await verify(ada, "team")).json()["status"] == "needs_reauth"
    assert len(service.sandbox.instance.calls) > asked
    assert [event for event, _ in await service.audit()].count("notion:credential:refused") == 1

    link = path_of(answer.json()["reauthorize_url"])
    assert (await ada.client.get(link)).status_code == 200
    await connected(service, ada, "team", workspace="notebook")
    assert (await verify(ada, "team")).json()["status"] == "active"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(TOKEN, "html", status=401, times=None),
        Fault(TOKEN, "status", status=500, times=None),
        Fault(TOKEN, "status", status=401, code="invalid_client", times=None),
    ],
    ids=lambda fault: f"{fault.path.rpartition('/')[2]} {fault.kind} {fault.status}",
)
async def test_what_is_not_notions_own_no_changes_nothing(service: Service, fault: Fault) -> None:
    ada = await service.sign_in("ada")
    await connected(service, ada, "team", workspace="notebook")
    if fault.path == TOKEN:
        let_access_tokens_die(service)
    before = await grants(service)
    service.sandbox.instance.faults.add(fault)
    answer = await verify(ada, "team")
    assert answer.status_code == (503 if fault.code else 502), answer.text
    assert await grants(service) == before
    assert (await of_tenant(ada, "team"))["status"] == "active"
    service.sandbox.instance.faults.clear()
    service.clock.advance(seconds=31)
    assert (await verify(ada, "team")).json()["status"] == "active"


@pytest.mark.slow
async def test_a_server_whose_clock_is_ahead_does_not_take_a_refresh_from_another(service: Service) -> None:
    ada = await service.sign_in("ada")
    await connected(service, ada, "team", workspace="notebook")
    let_access_tokens_die(service)
    await service.execute(
        "INSERT INTO grant_refreshes SELECT grant_id, gen_random_uuid(), clock_timestamp(), "
        "clock_timestamp() + interval '1 second' FROM connections WHERE tenant_id = 'team'"
    )
    (held,) = await service.rows("SELECT held_until FROM grant_refreshes")
    service.clock.advance(hours=1)
    assert (await verify(ada, "team")).json()["status"] == "active"
    (row,) = await service.rows("SELECT clock_timestamp() AS now")
    assert row["now"] >= held["held_until"]


async def test_a_lost_answer_to_a_refresh_is_remembered(service: Service) -> None:
    ada = await service.sign_in("ada")
    await connected(service, ada, "team", workspace="notebook")
    let_access_tokens_die(service)
    service.sandbox.instance.faults.add(Fault(TOKEN, "drop", carry_out=True))
    assert (await verify(ada, "team")).status_code == 502
    assert (await of_tenant(ada, "team"))["status"] == "active"
    journal = await service.rows("SELECT * FROM grant_refreshes")
    assert [row["interrupted_at"] is not None for row in journal] == [True]
    assert (await verify(ada, "team")).json()["status"] == "needs_reauth"
    assert len(await service.rows("SELECT * FROM grant_refreshes")) == 1
    await connected(service, ada, "team", workspace="notebook")
    assert await service.rows("SELECT * FROM grant_refreshes") == []


async def test_removing_revokes_at_notion_and_takes_the_workspace_from_tokens(service: Service) -> None:
    ada = await service.sign_in("ada")
    await connected(service, ada, "team", workspace="notebook")
    ada.me = (await ada.client.get("/api/auth/me/", headers=ada.bearer)).json()
    token = (await ada.mint())["token"]
    alive = len(service.sandbox.instance.state.grants)
    answer = await remove(ada, "team")
    assert (answer.status_code, answer.json()) == (200, {"status": "removed", "revoked_upstream": True})
    assert len(service.sandbox.instance.state.grants) == alive - 1
    worth = await ada.client.get("/api/auth/validate/", headers={"Authorization": f"Bearer {token}"})
    assert worth.json()["workspace_ids"] == [LIGHTHOUSE]
    assert [each["tenant_id"] for each in await listed(ada)] == [LIGHTHOUSE]
    assert len(await grants(service)) == 1
    assert (await remove(ada, "team")).status_code == 404
    assert ("account:connection:removed", "success") in await service.audit()


async def test_a_shared_grant_is_not_revoked(service: Service) -> None:
    ada = await service.sign_in("ada")
    await connected(service, ada, "team", workspace="lighthouse")
    alive = len(service.sandbox.instance.state.grants)
    assert (await remove(ada, "team")).json() == {"status": "removed", "revoked_upstream": False}
    assert len(service.sandbox.instance.state.grants) == alive
    assert (await verify(ada, LIGHTHOUSE)).json()["status"] == "active"


async def test_notion_down_keeps_nobody_connected(service: Service) -> None:
    ada = await service.sign_in("ada")
    await connected(service, ada, "team", workspace="notebook")
    service.sandbox.instance.faults.add(Fault("/v1/oauth/revoke", "status", status=503))
    assert (await remove(ada, "team")).json() == {"status": "removed", "revoked_upstream": False}
    assert len(await grants(service)) == 1


async def test_a_removed_tenant_may_take_another_workspace(service: Service) -> None:
    ada = await service.sign_in("ada")
    await connected(service, ada, "team", workspace="notebook")
    await remove(ada, "team")
    assert (await connected(service, ada, "team", workspace="lighthouse"))["workspace_id"] == LIGHTHOUSE


async def test_another_account_cannot_touch_it(service: Service) -> None:
    ada, bruno = await service.sign_in("ada"), await service.sign_in("bruno")
    await connected(service, ada, "team", workspace="notebook")
    for answer in (await verify(bruno, "team"), await remove(bruno, "team")):
        assert answer.status_code == 404
    assert (await of_tenant(ada, "team"))["status"] == "active"
    assert (await connect(service, bruno, "team", person="bruno")).status_code == 200
