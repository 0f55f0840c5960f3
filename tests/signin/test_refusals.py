"""A good state and yet no sign-in: what the dashboard is told, what the operator is told, and that nothing stays."""

from collections.abc import AsyncIterator, Callable
from typing import Literal

import pytest

from ivgraph_auth.core.secrets import random_token
from ivgraph_auth.sandbox.people import HARBOUR, NOTEBOOK
from tests.conftest import MakeService
from tests.signin.kit import (
    PAGE,
    TOKEN,
    begin,
    come_back,
    error_of,
    gained,
    last_refusal,
    new_code,
    new_state,
    newcomer,
    serving,
    switched,
    written,
)
from tests.support.postgres import TestDatabases
from tests.support.service import CALLBACK, CLIENT_ID, DASHBOARD, PUBLIC_URL, Json, Service, fragment_of

Shape = Literal["live", "rest"]
SHAPES = pytest.mark.parametrize("shape", ["live", "rest"])


@pytest.fixture(scope="module")
async def members_only(migrated: TestDatabases) -> AsyncIterator[Service]:
    """Takes Harbour Library and Ada's notebook alone."""
    async with serving(migrated, allowed_workspaces=(HARBOUR.id, NOTEBOOK.id.replace("-", "").upper())) as made:
        yield made


async def spend(service: Service, code: str) -> None:
    answer = await service.notion.post(
        f"{service.sandbox.url}{TOKEN}",
        json={"grant_type": "authorization_code", "code": code, "redirect_uri": PUBLIC_URL + CALLBACK},
        auth=(CLIENT_ID, service.sandbox.client_secret),
    )
    assert answer.status_code == 200


async def test_cancelling_at_notion(shared_service: Service) -> None:
    client = await shared_service.browser()
    before, exchanges = await written(shared_service), shared_service.sandbox.exchanges()
    back = await shared_service.consent(await begin(client), decision="cancel")
    answer = await client.get(back)
    assert answer.headers["location"] == f"{DASHBOARD}#error=access_denied"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert error_of(answer) == "access_denied"
    assert await last_refusal(shared_service) == "access_denied"
    # The state is consumed.
    assert (await client.get(back)).status_code == 403
    assert shared_service.sandbox.exchanges() == exchanges
    assert await gained(shared_service, before) == {}


@pytest.mark.parametrize("error", ["out_of_coffee", "<script>", "a\0b", "x" * 3000, "#access=stolen", "server_error"])
async def test_an_error_nobody_knows_is_a_server_error(shared_service: Service, error: str) -> None:
    client = await shared_service.browser()
    answer = await come_back(client, state=await new_state(client), error=error)
    assert answer.headers["location"] == f"{DASHBOARD}#error=server_error"
    assert await last_refusal(shared_service) == "server_error"


async def test_an_error_counts_even_beside_a_code(shared_service: Service) -> None:
    client = await shared_service.browser()
    answer = await come_back(
        client, state=await new_state(client), error="access_denied", code=new_code(shared_service)
    )
    assert error_of(answer) == "access_denied"


@pytest.mark.parametrize("given", [{}, {"code": ""}])
async def test_without_a_code_nobody_is_signed_in(shared_service: Service, given: dict[str, str]) -> None:
    client = await shared_service.browser()
    before, exchanges = await written(shared_service), shared_service.sandbox.exchanges()
    state = await new_state(client)
    assert error_of(await come_back(client, state=state, **given))
    assert await last_refusal(shared_service) == "no_code"
    assert (await come_back(client, state=state, code=new_code(shared_service))).status_code == 403
    assert shared_service.sandbox.exchanges() == exchanges
    assert await gained(shared_service, before) == {}


@SHAPES
async def test_a_used_code(shared_service: Service, shape: Shape) -> None:
    client = await shared_service.browser()
    state, code = await new_state(client), new_code(shared_service, newcomer(shared_service))
    await spend(shared_service, code)
    before = await written(shared_service)
    with switched(shared_service, "oauth_error_shape", value=shape):
        assert error_of(await come_back(client, state=state, code=code)) == "invalid_grant"
    assert await last_refusal(shared_service) == "invalid_grant"
    assert await gained(shared_service, before) == {}


async def test_an_expired_code(shared_service: Service) -> None:
    client = await shared_service.browser()
    code = new_code(shared_service)
    shared_service.clock.advance(minutes=10, seconds=10)
    assert error_of(await come_back(client, state=await new_state(client), code=code)) == "invalid_grant"


@pytest.mark.parametrize("code", ["unheard-of", "a\0b", "\N{SNOWMAN}", '"}', "x" * 20_000])
async def test_a_code_that_never_was(shared_service: Service, code: str) -> None:
    client = await shared_service.browser()
    assert error_of(await come_back(client, state=await new_state(client), code=code)) == "invalid_grant"


async def test_a_code_that_somebody_else_has_used_up(shared_service: Service) -> None:
    victim, thief = await shared_service.browser(), await shared_service.browser()
    code = new_code(shared_service, "bruno")
    assert "access" in fragment_of(await come_back(victim, state=await new_state(victim), code=code))
    assert error_of(await come_back(thief, state=await new_state(thief), code=code)) == "invalid_grant"


@SHAPES
async def test_wrong_client_credentials_are_the_operators_business(
    make_service: MakeService, log_lines: Callable[[], list[Json]], shape: Shape
) -> None:
    wrong = random_token()
    service = await make_service(notion_client_secret=wrong)
    service.sandbox.instance.oauth_error_shape = shape
    client = await service.browser()
    state, code = await new_state(client), new_code(service)
    answer = await come_back(client, state=state, code=code)
    assert answer.headers["location"] == f"{DASHBOARD}#error=server_error"
    assert error_of(answer) == "server_error"
    assert set((await written(service)).values()) == {0}
    assert await last_refusal(service) == "notion_invalid_client"
    lines = log_lines()
    (told,) = [line for line in lines if line["level"] == "error"]
    assert "NOTION_CLIENT_ID" in str(told)
    assert "NOTION_CLIENT_SECRET" in str(told)
    assert told["request_id"] == answer.headers["x-request-id"]
    assert not any(secret in str(lines) for secret in (wrong, state, code, client.cookies["ivg_browser"]))


async def test_a_good_sign_in_logs_no_secret(shared_service: Service, log_lines: Callable[[], list[Json]]) -> None:
    client = await shared_service.browser()
    state, code = await new_state(client), new_code(shared_service)
    fragment = fragment_of(await come_back(client, state=state, code=code))
    logged = str(log_lines())
    assert CALLBACK in logged
    secrets = [state, code, fragment["access"], fragment["refresh"], *client.cookies.values(), "ntn_", "nrt_"]
    assert not any(secret in logged for secret in secrets)


@pytest.mark.parametrize(
    ("person", "workspace", "welcome"),
    [
        ("ada", "lighthouse", False),
        ("ada", "notebook", True),
        ("bruno", "lighthouse", False),
        ("deniz", "harbour", True),
    ],
)
async def test_only_the_allowed_workspaces(
    members_only: Service, person: str, workspace: str, *, welcome: bool
) -> None:
    before, grants = await written(members_only), members_only.sandbox.instance.state.grants
    members_only.sandbox.instance.calls.clear()
    client = await members_only.browser()
    arrived = await members_only.arrive(client, person=person, workspace=workspace)
    if welcome:
        assert "access" in fragment_of(arrived)
        return
    assert error_of(arrived) == "access_denied"
    assert await last_refusal(members_only) == "workspace_not_allowed"
    assert await gained(members_only, before) == {}
    # What was granted is given back, not left alive with nobody holding it.
    assert [call.path for call in members_only.sandbox.instance.calls][-1] == "/v1/oauth/revoke"
    assert members_only.sandbox.instance.state.grants == grants


async def test_a_disabled_account(shared_service: Service) -> None:
    who = newcomer(shared_service)
    session = await shared_service.sign_in(who)
    identity = {"id": int(session.me["id"])}
    await shared_service.execute("UPDATE accounts SET disabled_at = now() WHERE id = :id", **identity)
    before = await written(shared_service)
    client = await shared_service.browser()
    assert error_of(await shared_service.arrive(client, person=who)) == "access_denied"
    assert await last_refusal(shared_service) == "account_disabled"
    assert await gained(shared_service, before) == {}
    await shared_service.execute("UPDATE accounts SET disabled_at = NULL WHERE id = :id", **identity)
    assert "access" in fragment_of(await shared_service.arrive(client, person=who))


@pytest.mark.parametrize(
    ("outcome", "error"),
    [({"error": "access_denied"}, "access_denied"), ({"error": "?"}, "server_error"), ({"code": "?"}, "invalid_grant")],
)
async def test_client_state_comes_back_with_errors_too(
    shared_service: Service, outcome: dict[str, str], error: str
) -> None:
    client = await shared_service.browser()
    state = await new_state(client, client_state="mine~1", next="/reports")
    fragment = fragment_of(await come_back(client, accept=PAGE, state=state, **outcome))
    assert fragment["error"] == error
    assert fragment["state"] == "mine~1"
    assert not {"access", "refresh", "code"} & set(fragment)


async def test_a_refusal_is_audited_with_notions_request_id(shared_service: Service) -> None:
    client = await shared_service.browser()
    state = await new_state(client)
    await client.get(CALLBACK, params={"state": state, "code": "none"}, headers={"X-Request-ID": "refused-1"})
    (row,) = await shared_service.rows("SELECT * FROM audit_events WHERE request_id = 'refused-1'")
    assert (row["event"], row["outcome"]) == ("browser:session:refused", "invalid_grant")
    assert len(row["notion_request_id"]) == 36
    assert state not in str(row)
