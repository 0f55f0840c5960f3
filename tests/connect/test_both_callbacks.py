"""What both ways of a consent, a sign-in and a tenant's, must decide alike."""

from dataclasses import replace
from typing import Any

import pytest

from ivgraph_auth.core.secrets import random_token
from ivgraph_auth.keys.errors import CredentialUnavailable
from ivgraph_auth.keys.keyring import generate_key
from ivgraph_auth.sandbox import oauth
from ivgraph_auth.sandbox.faults import Fault, Kind
from ivgraph_auth.sandbox.identity import token_answer
from tests.conftest import MakeService
from tests.connect.kit import CALLBACK as CONNECT_CALLBACK
from tests.connect.kit import ask, state_of
from tests.signin.kit import new_state
from tests.support.service import CALLBACK, Service, Session, fragment_of

TOKEN = "/v1/oauth/token"
# Seconds to wait for Notion where it does not answer. What comes before must fit in, on a busy machine too.
PATIENCE = {"hang": 3, "drip": 3}
HARBOUR = "11111111-2222-4333-8444-555555555555"


async def state_for(flow: str, session: Session) -> tuple[str, str]:
    """A callback, and a state that is good there."""
    if flow == "signin":
        return CALLBACK, await new_state(session.client)
    return CONNECT_CALLBACK, state_of((await ask(session, "team"))["authorizationUrl"])


@pytest.mark.parametrize("flow", ["signin", "connect"])
@pytest.mark.parametrize("given", [{}, {"code": ""}], ids=["none", "empty"])
async def test_a_callback_without_a_code_is_the_callers_fault(
    service: Service, flow: str, given: dict[str, str]
) -> None:
    ada = await service.sign_in("ada")
    callback, state = await state_for(flow, ada)
    answer = await ada.client.get(callback, params={"state": state, **given})
    if flow == "signin":
        assert fragment_of(answer)["error"] == "invalid_request"
    else:
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert (await service.audit())[-1][1] == "no_code"


@pytest.mark.parametrize("flow", ["signin", "connect"])
@pytest.mark.parametrize(
    ("error", "told", "status"),
    [
        ("invalid_request", "invalid_request", 400),
        ("unauthorized_client", "unauthorized_client", 400),
        ("invalid_scope", "invalid_scope", 400),
        ("temporarily_unavailable", "temporarily_unavailable", 503),
        ("server_error", "server_error", 502),
        ("<script>", "server_error", 502),
    ],
)
async def test_what_notion_says_of_a_failed_consent_is_told(
    service: Service, flow: str, error: str, told: str, status: int
) -> None:
    """RFC 6749 §4.1.2.1."""
    ada = await service.sign_in("ada")
    callback, state = await state_for(flow, ada)
    answer = await ada.client.get(callback, params={"state": state, "error": error})
    if flow == "signin":
        assert fragment_of(answer)["error"] == told
    else:
        assert (answer.status_code, answer.json()["error"]) == (status, told)
    assert (await service.audit())[-1][1] == told


async def test_an_account_that_is_disabled_is_given_back_what_it_brought(service: Service) -> None:
    ada = await service.sign_in("ada", workspace="lighthouse")
    composition = service.app.composition
    await composition.suspension.disable(int(ada.me["id"]))
    service.sandbox.instance.calls.clear()
    refused = await service.arrive(await service.browser(), person="ada", workspace="notebook")
    assert fragment_of(refused)["error"] == "access_denied"
    assert [call.path for call in service.sandbox.instance.calls if call.path == "/v1/oauth/revoke"] != []
    # What its connection holds is left alone.
    service.sandbox.instance.calls.clear()
    await service.arrive(await service.browser(), person="ada", workspace="lighthouse")
    assert [call.path for call in service.sandbox.instance.calls if call.path == "/v1/oauth/revoke"] == []


@pytest.mark.parametrize("flow", ["signin", "connect"])
async def test_what_a_tenant_holds_is_not_given_back(make_service: MakeService, flow: str) -> None:
    keys = {"secret_key": random_token(), "encryption_keys": generate_key("shared")}
    ada = await (await make_service(**keys)).sign_in("ada")
    strict = await make_service(allowed_workspaces=(HARBOUR,), **keys)
    mine = await strict.browser()
    granted = strict.sandbox.instance.state
    alive = len(granted.grants)
    if flow == "signin":
        assert fragment_of(await strict.arrive(mine, person="ada"))["error"] == "access_denied"
    else:
        again = await strict_session(strict, ada)
        asked = await ask(again, "team")
        back = await strict.consent(asked["authorizationUrl"], person="ada")
        assert (await again.client.get(back)).status_code == 403
    assert len(granted.grants) == alive + 1
    assert not [call for call in strict.sandbox.instance.calls if call.path == "/v1/oauth/revoke"]


async def strict_session(strict: Service, ada: Session) -> Session:
    """The same session, at the service that takes no other workspace."""
    return Session(await strict.browser(), ada.fragment, ada.access, ada.refresh, ada.me)


@pytest.mark.parametrize("flow", ["signin", "connect"])
async def test_a_workspace_that_cannot_be_is_given_back(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch, flow: str
) -> None:
    service = await make_service()
    ada = await service.sign_in("ada", workspace="lighthouse")

    def nonsense(*given: Any) -> dict[str, object]:
        return {**token_answer(*given), "workspace_id": "no-UUID"}

    monkeypatch.setattr(oauth, "token_answer", nonsense)
    service.sandbox.instance.calls.clear()
    if flow == "signin":
        refused = await service.arrive(await service.browser(), person="ada", workspace="notebook")
        assert fragment_of(refused)["error"] == "temporarily_unavailable"
    else:
        asked = await ask(ada, "team")
        back = await service.consent(asked["authorizationUrl"], person="ada", workspace="notebook")
        assert (await ada.client.get(back)).status_code == 503
    assert [call.path for call in service.sandbox.instance.calls].count("/v1/oauth/revoke") == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["hang", "drip", "drop", "status", "garbage"])
async def test_what_a_sign_in_brought_is_given_back_when_its_person_cannot_be_asked(
    make_service: MakeService, kind: Kind
) -> None:
    service = await make_service(notion_seconds=PATIENCE.get(kind, 10))
    service.sandbox.instance.faults.add(Fault("/v1/users/me", kind, status=500))
    # Of Deniz Notion tells an id alone, so that `users/me` is asked.
    refused = await service.arrive(await service.browser(), person="deniz")
    assert fragment_of(refused)["error"] == "temporarily_unavailable"
    assert [call.path for call in service.sandbox.instance.calls].count("/v1/oauth/revoke") == 1
    assert service.sandbox.instance.state.grants == ()


@pytest.mark.slow
@pytest.mark.parametrize("flow", ["signin", "connect"])
@pytest.mark.parametrize(
    ("fault", "told", "status", "outcome"),
    [
        (Fault(TOKEN, "status", status=429, code="rate_limited"), "temporarily_unavailable", 503, "notion_unavailable"),
        (Fault(TOKEN, "status", status=503), "temporarily_unavailable", 503, "notion_unavailable"),
        (Fault(TOKEN, "hang"), "temporarily_unavailable", 503, "notion_unavailable"),
        (Fault(TOKEN, "garbage"), "temporarily_unavailable", 503, "notion_unavailable"),
        (Fault(TOKEN, "drop"), "temporarily_unavailable", 503, "notion_unavailable"),
        (Fault(TOKEN, "status", status=400, code="invalid_grant"), "invalid_grant", 400, "invalid_grant"),
        (Fault(TOKEN, "status", status=400, code="invalid_request"), "server_error", 502, "notion_invalid_request"),
        (Fault(TOKEN, "status", status=401, code="invalid_client"), "server_error", 502, "notion_invalid_client"),
    ],
    ids=lambda given: f"{given.kind}-{given.status}-{given.code}" if isinstance(given, Fault) else "",
)
async def test_what_stops_the_exchange_of_the_code_is_told_alike(
    make_service: MakeService, flow: str, fault: Fault, told: str, status: int, outcome: str
) -> None:
    service = await make_service(notion_seconds=PATIENCE.get(fault.kind, 10))
    ada = await service.sign_in("ada")
    if flow == "signin":
        browser = await service.browser()
        service.sandbox.instance.faults.add(replace(fault))
        assert fragment_of(await service.arrive(browser, person="ada"))["error"] == told
    else:
        asked = await ask(ada, "team")
        back = await service.consent(asked["authorizationUrl"], person="ada")
        service.sandbox.instance.faults.add(replace(fault))
        answer = await ada.client.get(back)
        assert (answer.status_code, answer.json()["error"]) == (status, told)
    assert (await service.audit())[-1][1] == outcome


@pytest.mark.parametrize("flow", ["signin", "connect"])
async def test_a_code_exchanged_with_another_success_than_200_connects(service: Service, flow: str) -> None:
    ada = await service.sign_in("ada")
    if flow == "signin":
        browser = await service.browser()
        service.sandbox.instance.faults.add(Fault(TOKEN, "success", status=201))
        assert "access" in fragment_of(await service.arrive(browser, person="ada"))
    else:
        asked = await ask(ada, "team")
        back = await service.consent(asked["authorizationUrl"], person="ada")
        service.sandbox.instance.faults.add(Fault(TOKEN, "success", status=201))
        assert (await ada.client.get(back)).status_code == 200
    assert (await service.audit())[-1][1] == "success"


@pytest.mark.parametrize("flow", ["signin", "connect"])
async def test_a_credential_that_cannot_be_kept_is_never_asked_for(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch, flow: str
) -> None:
    """Exchanged first, it would be left alive at Notion."""
    service = await make_service()
    ada = await service.sign_in("ada")
    exchanges = service.sandbox.exchanges()

    async def fail(*_: Any) -> None:
        raise CredentialUnavailable

    monkeypatch.setattr(service.app.composition.encryption.verifier, "verify_current", fail)
    if flow == "signin":
        assert fragment_of(await service.arrive(await service.browser(), person="ada"))["error"] == "server_error"
    else:
        asked = await ask(ada, "team")
        back = await service.consent(asked["authorizationUrl"], person="ada")
        answer = await ada.client.get(back)
        assert (answer.status_code, answer.json()["error"]) == (502, "server_error")
    assert (await service.audit())[-1][1] == "credential_unavailable"
    assert service.sandbox.exchanges() == exchanges
