"""A tenant's consent: the phases and error scenarios of the gateway document, as the contract amends them."""

import re
from typing import Any

import pytest

from ivgraph_auth.sandbox.faults import Fault
from tests.connect.kit import (
    AUTHORIZE,
    CALLBACK,
    PAGE,
    ask,
    asked_of_notion,
    connect,
    connected,
    consent,
    form_of,
    grants,
    listed,
    of_tenant,
    path_of,
    remove,
    state_of,
)
from tests.signin.kit import switched
from tests.support.service import CALLBACK as SIGN_IN_CALLBACK
from tests.support.service import START, Service

NOTEBOOK = "d3bfb712-fb72-4e37-befb-057ea5a3ec61"
LIGHTHOUSE = "b99d9983-54c8-49e4-9b4c-0bafb3fef367"


async def test_the_three_phases(service: Service) -> None:
    ada = await service.sign_in("ada")
    asked = await ask(ada, "user123")
    assert set(asked) == {"authorizationUrl", "connectUrl", "state", "expiresIn", "instructions"}
    assert asked["expiresIn"] == 600
    assert state_of(asked["authorizationUrl"]) == asked["state"]
    assert asked["connectUrl"].startswith(f"{service.settings.public_url}/oauth/connect/")

    back = await service.consent(asked["authorizationUrl"], workspace="notebook")
    assert path_of(back) == CALLBACK
    arrived = await ada.client.get(back, headers=PAGE)
    assert arrived.status_code == 200
    assert arrived.headers["content-type"].startswith("text/html")
    for words in ("Notion Authorization Successful", "Ada&#39;s notebook", "Connected"):
        assert words in arrived.text

    mine = await of_tenant(ada, "user123")
    assert mine["workspace_id"] == NOTEBOOK
    assert mine["status"] == "active"
    assert mine["owner"]["name"] == "Ada Winter"
    assert [each["tenant_id"] for each in await listed(ada)] == [LIGHTHOUSE, "user123"]
    assert "account:connection:made" in [event for event, _ in await service.audit()]


async def test_without_a_credential_a_tenants_name_proves_nothing(shared_service: Service) -> None:
    client = await shared_service.browser()
    answer = await client.get(AUTHORIZE, params={"tenant_id": "user123"})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("tenant", ["", "a b", "ä", "a/b", 129 * "a", "a\x00"])
async def test_a_tenants_name_is_plain(shared_service: Service, tenant: str) -> None:
    ada = await shared_service.sign_in("ada")
    answer = await ada.client.get(AUTHORIZE, params={"tenant_id": tenant}, headers=ada.bearer)
    assert answer.status_code == 422


async def test_a_token_needs_the_scope(shared_service: Service) -> None:
    ada = await shared_service.sign_in("ada")
    for scope, status in (("notion:read", 403), ("notion:connect", 200)):
        token = (await ada.mint(scope))["token"]
        answer = await ada.client.get(
            AUTHORIZE, params={"tenant_id": "by-token"}, headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == status, answer.text
    assert answer.json()["authorizationUrl"]


async def test_another_browser_is_asked_first(service: Service) -> None:
    ada = await service.sign_in("ada")
    back = await consent(service, ada, "team", workspace="notebook")
    other = await service.browser()
    before = asked_of_notion(service, "authorization_code")
    page = await other.get(back, headers=PAGE)
    fields = form_of(page)
    assert "Ada Winter" in page.text
    assert "team" in page.text
    assert asked_of_notion(service, "authorization_code") == before
    assert [each["tenant_id"] for each in await listed(ada)] == [LIGHTHOUSE]

    third = await service.browser()
    assert (await third.post(CALLBACK, data={**fields, "decision": "connect"})).status_code == 403
    done = await other.post(CALLBACK, data={**fields, "decision": "connect"}, headers=PAGE)
    assert "Notion Authorization Successful" in done.text
    assert (await of_tenant(ada, "team"))["status"] == "active"
    again = await other.post(CALLBACK, data={**fields, "decision": "connect"})
    assert (again.status_code, again.json()["error"]) == (403, "invalid_state")


async def test_the_code_that_waits_is_sealed_and_runs_out(service: Service) -> None:
    ada = await service.sign_in("ada")
    back = await consent(service, ada, "team", workspace="notebook")
    code = re.search(r"code=([^&]+)", back)
    assert code
    other = await service.browser()
    fields = form_of(await other.get(back, headers=PAGE))
    waiting = await service.rows("SELECT * FROM pending_consents")
    assert len(waiting) == 1
    assert code[1].encode() not in waiting[0]["sealed"]
    assert fields["pending"].encode() not in waiting[0]["id_hash"]
    service.clock.advance(minutes=5, seconds=10)
    answer = await other.post(CALLBACK, data={**fields, "decision": "connect"}, headers=PAGE)
    assert answer.status_code == 403
    assert "waited too long" in answer.text


async def test_cancel_of_the_question_stores_nothing(service: Service) -> None:
    ada = await service.sign_in("ada")
    back = await consent(service, ada, "team", workspace="notebook")
    other = await service.browser()
    fields = form_of(await other.get(back, headers=PAGE))
    answer = await other.post(CALLBACK, data={**fields, "decision": "cancel"}, headers=PAGE)
    assert "Authorization Cancelled" in answer.text
    assert len(await listed(ada)) == 1


async def test_somebody_else_signed_in_here_is_named_too(service: Service) -> None:
    """The link of one account, finished in another person's browser, names both before anything is stored."""
    ada, bruno = await service.sign_in("ada"), await service.sign_in("bruno")
    link = path_of((await ask(ada, "team"))["connectUrl"])
    page = await bruno.client.get(link, headers=PAGE)
    for name in ("Ada Winter", "Bruno Okafor", "team"):
        assert name in page.text
    followed = await bruno.client.post(link, data=form_of(page))
    assert followed.status_code == 303
    back = await service.consent(followed.headers["location"], person="bruno")
    question = await bruno.client.get(back, headers=PAGE)
    for name in ("Ada Winter", "Bruno Okafor", "team"):
        assert name in question.text
    assert len(await listed(ada)) == 1
    await bruno.client.post(CALLBACK, data={**form_of(question), "decision": "connect"})
    assert (await of_tenant(ada, "team"))["owner"]["name"] == "Bruno Okafor"
    assert "team" not in [each["tenant_id"] for each in await listed(bruno)]


async def test_a_link_can_be_sent_to_somebody_without_an_account(service: Service) -> None:
    ada = await service.sign_in("ada")
    link = path_of((await ask(ada, "team"))["connectUrl"])
    stranger = await service.browser()
    page = await stranger.get(link, headers=PAGE)
    assert "form-action 'self' http://127.0.0.1:" in page.headers["content-security-policy"]
    followed = await stranger.post(link, data=form_of(page))
    done = await stranger.get(await service.consent(followed.headers["location"], workspace="notebook"), headers=PAGE)
    assert "Notion Authorization Successful" in done.text
    # What it was for is done: the link of the generation before is no good any more.
    assert (await stranger.get(link)).json()["code"] == "invalid_link"
    fresh = path_of((await of_tenant(ada, "team"))["reauthorize_url"])
    assert (await stranger.get(fresh, headers=PAGE)).status_code == 200
    await remove(ada, "team")
    assert (await stranger.get(fresh)).status_code == 403


async def test_links_run_out_and_are_signed(service: Service) -> None:
    ada = await service.sign_in("ada")
    link = path_of((await ask(ada, "team"))["connectUrl"])
    stranger = await service.browser()
    head, text = link.rsplit("/", 1)
    for wrong in (text[:-2], text.swapcase(), "A" * len(text), "x", "%00", 1000 * "a"):
        answer = await stranger.get(f"{head}/{wrong}")
        assert (answer.status_code, answer.json()["code"]) == (403, "invalid_link"), wrong
    service.clock.advance(days=7, seconds=1)
    assert (await stranger.get(link)).json()["code"] == "invalid_link"
    page = await stranger.get(link, headers=PAGE)
    assert "Ask whoever sent it" in page.text


async def test_the_links_form_must_be_ours(shared_service: Service) -> None:
    ada = await shared_service.sign_in("ada")
    link = path_of((await ask(ada, "form"))["connectUrl"])
    victim, attacker = await shared_service.browser(), await shared_service.browser()
    fields = form_of(await attacker.get(link, headers=PAGE))
    await victim.get(link, headers=PAGE)
    for data in (fields, {}, {"csrf": ""}, {"csrf": "ä"}):
        answer = await victim.post(link, data=data)
        assert (answer.status_code, answer.json()["code"]) == (403, "form_not_ours")


async def test_error_1_an_invalid_state(service: Service) -> None:
    ada = await service.sign_in("ada")
    expected = (await ask(ada, "team"))["state"]
    answer = await ada.client.get(CALLBACK, params={"code": "VALID_CODE", "state": "INVALID_STATE"})
    assert answer.status_code == 403
    body = answer.json()
    assert set(body) == {"error", "error_description", "details"}
    assert body["error"] == "invalid_state"
    assert body["details"] == {"receivedState": "INVALID_STATE"}
    assert expected not in answer.text
    page = await ada.client.get(CALLBACK, params={"code": "x", "state": "INVALID_STATE"}, headers=PAGE)
    assert (page.status_code, "<h1>" in page.text) == (403, True)
    assert ("browser:connection:refused", "state_unknown") in await service.audit()


async def test_a_state_is_good_once_in_time_and_at_its_own_callback(service: Service) -> None:
    ada = await service.sign_in("ada")
    of_sign_in = state_of((await ada.client.get(START)).headers["location"])
    of_tenant_ = (await ask(ada, "team"))["state"]
    assert (await ada.client.get(CALLBACK, params={"code": "x", "state": of_sign_in})).status_code == 403
    assert (await ada.client.get(SIGN_IN_CALLBACK, params={"code": "x", "state": of_tenant_})).status_code == 403
    back = await consent(service, ada, "team", workspace="notebook")
    assert (await ada.client.get(back)).status_code == 200
    assert (await ada.client.get(back)).json()["error"] == "invalid_state"
    late = await consent(service, ada, "late", workspace="notebook")
    service.clock.advance(seconds=610)
    assert (await ada.client.get(late)).json()["error"] == "invalid_state"


async def test_error_2_an_expired_code(service: Service) -> None:
    ada = await service.sign_in("ada")
    asked = await ask(ada, "team")
    answer = await ada.client.get(CALLBACK, params={"code": "EXPIRED_CODE", "state": asked["state"]})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert "Start again" in answer.json()["error_description"]
    assert len(await listed(ada)) == 1
    assert (await ada.client.get(CALLBACK, params={"code": "x", "state": asked["state"]})).status_code == 403


async def test_error_3_invalid_client_credentials(log_lines: Any, service: Service) -> None:
    ada = await service.sign_in("ada")
    back = await consent(service, ada, "team", workspace="notebook")
    service.sandbox.instance.faults.add(Fault("/v1/oauth/token", "status", status=401, code="invalid_client"))
    answer = await ada.client.get(back)
    assert (answer.status_code, answer.json()["error"]) == (502, "server_error")
    assert "invalid_client" not in answer.text
    told = [line for line in log_lines() if line["event"] == "notion.client_refused"]
    assert [(line["level"], line["reason"]) for line in told] == [("error", "invalid_client")]


async def test_error_4_the_user_denies_access(service: Service) -> None:
    ada = await service.sign_in("ada")
    state = (await ask(ada, "team"))["state"]
    answer = await ada.client.get(CALLBACK, params={"error": "access_denied", "state": state})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "Authorization Cancelled" in answer.text
    assert (await ada.client.get(CALLBACK, params={"code": "x", "state": state})).status_code == 403


@pytest.mark.parametrize(
    "fault",
    [
        Fault("/v1/oauth/token", "status", status=503),
        Fault("/v1/oauth/token", "html", status=403),
        Fault("/v1/oauth/token", "garbage"),
        Fault("/v1/oauth/token", "drop"),
    ],
    ids=lambda fault: fault.kind,
)
async def test_notions_bad_days_store_nothing(service: Service, fault: Fault) -> None:
    ada = await service.sign_in("ada")
    back = await consent(service, ada, "team", workspace="notebook")
    before = await grants(service)
    service.sandbox.instance.faults.add(fault)
    answer = await ada.client.get(back)
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert await grants(service) == before
    assert len(await listed(ada)) == 1


async def test_another_workspace_stores_nothing_and_says_so(service: Service) -> None:
    ada = await service.sign_in("ada")
    first = await connected(service, ada, "team", workspace="lighthouse")
    before = await grants(service)
    alive = len(service.sandbox.instance.state.grants)
    answer = await connect(service, ada, "team", workspace="notebook")
    assert answer.status_code == 400
    assert "different workspace" in answer.text
    assert "Lighthouse Studio" in answer.text
    assert await grants(service) == before
    assert await of_tenant(ada, "team") == first
    assert len(service.sandbox.instance.state.grants) == alive
    assert ("browser:connection:refused", "other_workspace") in await service.audit()


async def test_a_tenant_named_like_a_workspace_is_for_that_workspace(service: Service) -> None:
    ada = await service.sign_in("ada")
    refused = await connect(service, ada, NOTEBOOK, workspace="lighthouse")
    assert refused.status_code == 400
    assert (await connected(service, ada, NOTEBOOK, workspace="notebook"))["workspace_id"] == NOTEBOOK


async def test_other_accounts_tenants_of_the_same_name_are_others(service: Service) -> None:
    ada, bruno = await service.sign_in("ada"), await service.sign_in("bruno")
    await connected(service, ada, "team", workspace="notebook")
    assert (await bruno.client.get("/api/connections/team/", headers=bruno.bearer)).status_code == 404
    await connected(service, bruno, "team", person="bruno")
    assert (await of_tenant(bruno, "team"))["owner"]["name"] == "Bruno Okafor"
    assert (await of_tenant(ada, "team"))["owner"]["name"] == "Ada Winter"


async def test_two_tenants_share_the_grant_of_one_authorization(service: Service) -> None:
    ada = await service.sign_in("ada")
    for tenant in ("one", "two", "one"):
        await connected(service, ada, tenant, workspace="lighthouse")
    assert len(await grants(service)) == 1
    assert len(await listed(ada)) == 3


async def test_a_grant_without_refresh_token_is_kept(service: Service) -> None:
    ada = await service.sign_in("ada")
    with switched(service, "null_refresh_token", value=True):
        assert (await connected(service, ada, "old", workspace="notebook"))["status"] == "active"


async def test_a_disabled_account_gets_no_workspace(service: Service) -> None:
    ada = await service.sign_in("ada")
    back = await consent(service, ada, "team", workspace="notebook")
    link = path_of((await ask(ada, "team"))["connectUrl"])
    await service.execute("UPDATE accounts SET disabled_at = now()")
    answer = await ada.client.get(back)
    assert answer.status_code == 403
    assert len(await grants(service)) == 1
    assert (await (await service.browser()).get(link)).status_code == 403
