"""Authorizing, exchanging, refreshing, asking about and ending a credential, against the real sandbox."""

from typing import Literal
from urllib.parse import parse_qs, urlsplit

import pytest

from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.integrations import (
    AuthManager,
    AuthorizationNeeded,
    InvalidParameters,
    NotionUserCredentials,
    OAuthRefused,
    WorkspaceDiffers,
)
from tests.integrations.kit import REDIRECT_URI, SUBJECT, Someone, shown
from tests.support.service import CLIENT_ID, Json


async def test_the_authorization_url() -> None:
    auth = AuthManager(notion={"client_id": "an-app", "redirect_uri": REDIRECT_URI, "default_scope": "read write"})
    step = await auth.notion.oauth2.authorize(state="docs-sync")
    assert step.state == "docs-sync"
    assert step.url.startswith("https://api.notion.com/v1/oauth/authorize?")
    assert parse_qs(urlsplit(step.url).query) == {
        "client_id": ["an-app"],
        "redirect_uri": [REDIRECT_URI],
        "response_type": ["code"],
        "owner": ["user"],
        "state": ["docs-sync"],
        "scope": ["read write"],
    }


async def test_a_state_is_made_when_none_is_given() -> None:
    flow = AuthManager(notion={"client_id": "an-app"}).notion.oauth2
    first, second = await flow.authorize(), await flow.authorize()
    assert len(first.state) == 43
    assert first.state != second.state
    assert first.state in first.url
    assert "redirect_uri" not in first.url


@pytest.mark.parametrize("state", ["", "x" * 501, "a\0b", "\ud800"])
async def test_a_state_that_no_url_carries_is_refused(state: str) -> None:
    with pytest.raises(InvalidParameters):
        await AuthManager(notion={"client_id": "an-app"}).notion.oauth2.authorize(state=state)


async def test_from_consent_to_a_call(someone: Someone) -> None:
    auth = AuthManager(notion=someone.app)
    token = await someone.authorizes(auth, SUBJECT)
    assert isinstance(token, NotionUserCredentials)
    assert token.token_type == "Bearer"
    assert (token.scope, token.expires_in, token.expires_at, token.id_token) == (None, None, None, None)
    assert token.raw["workspace_id"] == token.workspace_id
    assert token.raw["token_type"] == "bearer"
    assert token.workspace_name
    await auth.store_credentials("notion", SUBJECT, token)
    async with auth.session(subject=SUBJECT) as integrations:
        me = await integrations.notion.get_self()
    assert me["object"] == "user"
    assert me["bot"]["workspace_id"] == token.workspace_id


async def test_a_code_works_once_and_its_refusal_does_not_show_it(someone: Someone) -> None:
    auth = AuthManager(notion=someone.app)
    step = await auth.notion.oauth2.authorize()
    code = (await someone.consents(step.url))["code"]
    await auth.notion.oauth2.exchange(code=code)
    with pytest.raises(OAuthRefused) as caught:
        await auth.notion.oauth2.exchange(code=code)
    assert caught.value.code == "invalid_grant"
    assert caught.value.request_id
    assert code not in shown(caught.value)


async def test_both_error_shapes_of_notion_are_understood(someone: Someone) -> None:
    auth = AuthManager(notion=someone.app)
    shapes: tuple[Literal["live", "rest"], ...] = ("live", "rest")
    for shape in shapes:
        someone.sandbox.instance.oauth_error_shape = shape
        with pytest.raises(OAuthRefused) as caught:
            await auth.notion.oauth2.exchange(code="made-up")
        assert caught.value.code == "invalid_grant"
        wrong = AuthManager(notion={**someone.app, "client_secret": "wrong"})
        with pytest.raises(OAuthRefused) as caught:
            await wrong.notion.oauth2.introspect("ntn_x")
        assert caught.value.code == "invalid_client"
        assert someone.sandbox.client_secret not in shown(caught.value)


async def test_a_refresh_gives_a_new_pair_and_spends_the_old(someone: Someone) -> None:
    auth = AuthManager(notion=someone.app)
    flow = auth.notion.oauth2
    old = await someone.authorizes(auth)
    new = await flow.refresh(old)
    assert new.access_token != old.access_token
    assert new.refresh_token not in (None, old.refresh_token)
    assert (new.workspace_id, new.workspace_name) == (old.workspace_id, old.workspace_name)
    with pytest.raises(AuthorizationNeeded, match="Authorize notion again") as caught:
        await flow.refresh(old)
    assert old.refresh_token is not None
    assert old.refresh_token not in shown(caught.value)
    async with auth.with_credentials("notion", new) as integrations:
        assert (await integrations.notion.get_self())["type"] == "bot"


async def test_without_a_refresh_token_there_is_no_refresh(someone: Someone) -> None:
    someone.sandbox.instance.null_refresh_token = True
    auth = AuthManager(notion=someone.app)
    token = await someone.authorizes(auth)
    assert token.refresh_token is None
    with pytest.raises(AuthorizationNeeded):
        await auth.notion.oauth2.refresh(token)
    assert someone.refreshes() == 0


async def test_a_wrong_client_secret_is_no_reason_to_authorize_again(someone: Someone) -> None:
    token = await someone.authorizes(AuthManager(notion=someone.app))
    wrong = AuthManager(notion={**someone.app, "client_secret": "wrong"})
    with pytest.raises(OAuthRefused) as caught:
        await wrong.notion.oauth2.refresh(token)
    assert caught.value.code == "invalid_client"


async def test_introspection_and_revocation(someone: Someone) -> None:
    auth = AuthManager(notion=someone.app)
    flow = auth.notion.oauth2
    token = await someone.authorizes(auth)
    told = await flow.introspect(token)
    assert told.active
    assert told.scope is not None
    assert "read_content" in told.scope.split()
    assert told.iat == int(someone.sandbox.instance.clock.now().timestamp() * 1000)
    await flow.revoke(token.access_token)
    assert not (await flow.introspect(token)).active
    async with auth.with_credentials("notion", token) as integrations:
        with pytest.raises(AuthorizationNeeded):
            await integrations.notion.get_self()


async def test_a_subject_does_not_change_its_workspace(someone: Someone) -> None:
    """And the pair that nobody keeps is ended at Notion."""
    auth = AuthManager(notion=someone.app)
    person = next(each for each in someone.sandbox.instance.state.world.people if len(each.workspaces) > 1)
    first, second = person.workspaces[:2]
    token = await someone.authorizes(auth, SUBJECT, person=person.key, workspace=first)
    await auth.store_credentials("notion", SUBJECT, token)
    with pytest.raises(WorkspaceDiffers):
        await someone.authorizes(auth, SUBJECT, person=person.key, workspace=second)
    assert someone.sandbox.instance.calls[-1].path == "/v1/oauth/revoke"
    async with auth.session(subject=SUBJECT) as integrations:
        assert (await integrations.notion.get_self())["bot"]["workspace_id"] == token.workspace_id
    again = await someone.authorizes(auth, SUBJECT, person=person.key, workspace=first)
    assert again.workspace_id == token.workspace_id
    await auth.remove_credentials("notion", SUBJECT)
    other = await someone.authorizes(auth, SUBJECT, person=person.key, workspace=second)
    assert other.workspace_id != token.workspace_id


async def test_an_internal_token_needs_no_flow(someone: Someone) -> None:
    token = (await someone.authorizes(AuthManager(notion=someone.app))).access_token
    auth = AuthManager(notion={"token": token, "api_url": someone.sandbox.url})
    for subject in (None, SUBJECT):
        async with auth.session(subject=subject) as integrations:
            assert (await integrations.notion.get_self())["type"] == "bot"
    someone.expires()
    async with auth.session() as integrations:
        with pytest.raises(AuthorizationNeeded) as caught:
            await integrations.notion.get_self()
    assert token not in shown(caught.value)
    with pytest.raises(ConfigurationError, match="NOTION_CLIENT_ID"):
        await auth.notion.oauth2.authorize()


async def test_the_three_calls_of_the_sdk(someone: Someone) -> None:
    auth = AuthManager(notion={"api_url": someone.sandbox.url})
    client: Json = {"client_id": CLIENT_ID, "client_secret": someone.sandbox.client_secret}
    step = await AuthManager(notion=someone.app).notion.oauth2.authorize()
    code = (await someone.consents(step.url))["code"]
    calls = auth.notion.oauth
    first = await calls.token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT_URI, **client)
    assert first["token_type"] == "bearer"
    assert first["owner"]["type"] == "user"
    assert first["refresh_token"] is not None
    assert first["access_token"] not in shown(first)
    assert first["refresh_token"] not in shown(first)
    second = await calls.token(grant_type="refresh_token", refresh_token=first["refresh_token"], **client)
    assert second["bot_id"] == first["bot_id"]
    told = await calls.introspect(token=second["access_token"], **client)
    assert told["active"] is True
    assert told["iat"] % 1000 == 250
    assert set(await calls.revoke(token=second["access_token"], **client)) == {"request_id"}
    assert (await calls.introspect(token=second["access_token"], **client))["active"] is False


async def test_calls_of_the_sdk_that_lack_something() -> None:
    calls = AuthManager().notion.oauth
    with pytest.raises(ConfigurationError, match="client_id"):
        await calls.introspect(token="ntn_x")
    for lacking in ({"client_id": "x"}, {"client_secret": "x"}, {"client_id": "a:b", "client_secret": "x"}):
        with pytest.raises(InvalidParameters):
            await calls.introspect(token="ntn_x", **lacking)
    with pytest.raises(InvalidParameters) as caught:
        await calls.token(grant_type="authorization_code")
    assert caught.value.errors[0]["loc"] == ["code"]
    with pytest.raises(InvalidParameters):
        await calls.token(grant_type="refresh_token", refresh_token="")


async def test_text_that_no_json_carries_is_refused_here(someone: Someone) -> None:
    flow = AuthManager(notion=someone.app).notion.oauth2
    for code in ("a\0b", "\ud800"):
        with pytest.raises(InvalidParameters):
            await flow.exchange(code=code)
    assert not [call for call in someone.sandbox.instance.calls if call.path == "/v1/oauth/token"]
