"""What Notion may answer to a verification and to a refresh, and what becomes of the connection."""

import pytest

from ivgraph_auth.sandbox.faults import Fault
from tests.connect.kit import connected, let_access_tokens_die, of_tenant, verify
from tests.signin.kit import switched
from tests.support.service import Service

INTROSPECT = "/v1/oauth/introspect"
TOKEN = "/v1/oauth/token"
ME = "/v1/users/me"
RFC_6749 = ["invalid_request", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope"]


@pytest.mark.parametrize("credential", ["works", "is refreshed"])
async def test_a_credential_that_works_brings_the_connection_back(service: Service, credential: str) -> None:
    ada = await service.sign_in("ada")
    await connected(service, ada, "team", workspace="notebook")
    await service.execute(
        "UPDATE grants SET status = 'needs_reauth'", "UPDATE account_workspaces SET status = 'needs_reauth'"
    )
    if credential == "is refreshed":
        let_access_tokens_die(service)
    assert (await of_tenant(ada, "team"))["status"] == "needs_reauth"
    answer = await verify(ada, "team")
    assert (answer.status_code, answer.json()["status"]) == (200, "active")
    me = (await ada.client.get("/api/auth/me/", headers=ada.bearer)).json()
    assert {item["name"]: item["status"] for item in me["workspaces"]}["Ada's notebook"] == "active"
    assert ("notion:credential:accepted", "success") in await service.audit()


@pytest.mark.parametrize(
    "fault",
    [Fault(INTROSPECT, "status", status=503), Fault(INTROSPECT, "html", status=401), Fault(INTROSPECT, "drop")],
    ids=["503", "html", "no answer"],
)
async def test_an_introspection_that_is_not_answered_falls_back_to_users_me(service: Service, fault: Fault) -> None:
    ada = await service.sign_in("ada")
    await connected(service, ada, "team", workspace="notebook")
    service.sandbox.instance.faults.add(fault)
    answer = await verify(ada, "team")
    assert (answer.status_code, answer.json()["status"]) == (200, "active")
    assert service.sandbox.instance.calls[-1].path == ME


@pytest.mark.parametrize("refreshable", [True, False], ids=["after a refresh", "without one"])
async def test_one_401_is_not_the_end(service: Service, *, refreshable: bool) -> None:
    with switched(service, "null_refresh_token", value=not refreshable):
        ada = await service.sign_in("ada")
        await connected(service, ada, "team", workspace="notebook")
    for times in range(1 + refreshable):
        service.sandbox.instance.faults.add(Fault(INTROSPECT, "status", status=503))
        service.sandbox.instance.faults.add(Fault(ME, "status", status=401, code="unauthorized"))
        assert times < 2
    answer = await verify(ada, "team")
    assert (answer.status_code, answer.json()["status"]) == (200, "active")
    assert service.sandbox.instance.faults.waiting == ()


async def test_a_refresh_that_must_wait_is_told_as_429(service: Service) -> None:
    ada = await service.sign_in("ada")
    await connected(service, ada, "team", workspace="notebook")
    let_access_tokens_die(service)
    service.sandbox.instance.faults.add(Fault(TOKEN, "status", status=429, code="rate_limited", retry_after=17))
    answer = await verify(ada, "team")
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert answer.headers["retry-after"] == "17"
    assert (await verify(ada, "team")).json()["status"] == "active"


@pytest.mark.parametrize("code", [*RFC_6749, "validation_error", "unauthorized", "restricted_resource"])
async def test_a_refused_refresh_blames_the_grant(service: Service, code: str) -> None:
    ada = await service.sign_in("ada")
    await connected(service, ada, "team", workspace="notebook")
    let_access_tokens_die(service)
    service.sandbox.instance.faults.add(Fault(TOKEN, "status", status=400, code=code))
    answer = await verify(ada, "team")
    assert (answer.status_code, answer.json()["status"]) == (200, "needs_reauth")
    (row,) = await service.rows("SELECT * FROM audit_events WHERE event = 'notion:credential:refused'")
    assert (row["outcome"], row["tenant_id"]) == (code, "team")
    assert len(row["notion_request_id"]) == 36


async def test_each_refresh_has_its_audit_row(service: Service) -> None:
    ada = await service.sign_in("ada")
    await connected(service, ada, "team", workspace="notebook")
    let_access_tokens_die(service)
    assert (await verify(ada, "team")).json()["status"] == "active"
    (row,) = await service.rows("SELECT * FROM audit_events WHERE event = 'service:credential:refreshed'")
    assert (row["outcome"], row["actor_kind"], row["tenant_id"]) == ("success", "service", "team")
    assert row["account_id"] == int(ada.me["id"])
    assert row["notion_request_id"]


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (429, "rate_limited", "rate_limited"),
        (503, "service_unavailable", "outcome_unknown"),
        (401, "invalid_client", "invalid_client"),
        (400, "invalid_grant", "invalid_grant"),
    ],
)
async def test_a_refresh_that_brings_nothing_has_its_audit_row(
    service: Service, status: int, code: str, outcome: str
) -> None:
    ada = await service.sign_in("ada")
    await connected(service, ada, "team", workspace="notebook")
    let_access_tokens_die(service)
    service.sandbox.instance.faults.add(Fault(TOKEN, "status", status=status, code=code))
    await verify(ada, "team")
    (row,) = await service.rows("SELECT * FROM audit_events WHERE event = 'service:credential:refreshed'")
    assert (row["outcome"], row["tenant_id"]) == (outcome, "team")
