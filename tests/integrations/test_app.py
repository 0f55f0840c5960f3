"""App credentials: where they come from, and that wrong ones are refused by name and never by value."""

from pathlib import Path
from typing import Any

import pytest

from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.integrations import AuthManager, InvalidParameters, MemoryStore, NotionUserCredentials
from ivgraph_auth.integrations.app import load_app
from tests.integrations.kit import NEW_PAIR, OLD, SECRETS, shown

LOCAL = "http://127.0.0.1:8001"


def test_the_defaults_are_notions() -> None:
    app = load_app({})
    assert app.authorization_url == "https://api.notion.com/v1/oauth/authorize"
    assert app.token_url == "https://api.notion.com/v1/oauth/token"
    assert (app.api_url, app.version) == ("https://api.notion.com", "2026-03-11")
    assert (app.client_id, app.client_secret, app.redirect_uri, app.token, app.default_scope) == (None,) * 5


@pytest.mark.parametrize(
    ("name", "field", "text"),
    [
        ("NOTION_AUTHORIZATION_URL", "authorization_url", f"{LOCAL}/authorize"),
        ("NOTION_AUTHORIZE_URL", "authorization_url", f"{LOCAL}/authorize"),
        ("NOTION_TOKEN_URL", "token_url", f"{LOCAL}/token"),
        ("NOTION_ACCESS_TOKEN_URL", "token_url", f"{LOCAL}/token"),
        ("NOTION_CLIENT_ID", "client_id", "an-app"),
        ("NOTION_CLIENT_SECRET", "client_secret", "s3cret"),
        ("NOTION_REDIRECT_URI", "redirect_uri", f"{LOCAL}/back"),
        ("NOTION_TOKEN", "token", "ntn_internal"),
        ("NOTION_INTEGRATION_TOKEN", "token", "ntn_internal"),
        ("NOTION_VERSION", "version", "2022-06-28"),
        ("NOTION_API_VERSION", "version", "2022-06-28"),
        ("NOTION_API_URL", "api_url", LOCAL),
    ],
)
def test_each_falls_back_to_its_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, field: str, text: str
) -> None:
    monkeypatch.setenv(name, text)
    wanted = Secret(text) if field in ("client_secret", "token") else text
    assert getattr(load_app({}), field) == wanted
    monkeypatch.delenv(name)
    (tmp_path / ".env").write_text(f"{name}={text}\n")
    assert getattr(load_app({field: None}), field) == wanted


def test_what_is_given_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTION_VERSION", "2022-06-28")
    monkeypatch.setenv("NOTION_API_URL", "https://elsewhere.test")
    assert load_app({"version": "2025-09-03"}).version == "2025-09-03"
    assert load_app({"api_url": f"{LOCAL}/"}).token_url == f"{LOCAL}/v1/oauth/token"


def test_the_api_is_beside_a_token_endpoint_that_is_not_notions() -> None:
    app = load_app({"token_url": f"{LOCAL}/v1/oauth/token"})
    assert (app.api_url, app.authorization_url) == (LOCAL, f"{LOCAL}/v1/oauth/authorize")
    assert load_app({"token_url": "https://proxy.test/token"}).api_url == "https://api.notion.com"


@pytest.mark.parametrize("scope", ["read write", ("read", "write"), ["read", "write"]])
def test_a_scope_is_words(scope: Any) -> None:
    assert load_app({"default_scope": scope}).default_scope == ("read", "write")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"clientid": "hush-hush"}, "clientid"),
        ({"NOTION_CLIENT_ID": "hush-hush"}, "NOTION_CLIENT_ID"),
        ({"client_id": "hush:hush"}, "client_id"),
        ({"client_id": 7}, "client_id"),
        ({"client_secret": "hush\nhush"}, "client_secret"),
        ({"client_secret": ""}, "client_secret"),
        ({"token": "hush-hush \ud800"}, "token"),
        ({"token_url": "ftp://hush-hush"}, "token_url"),
        ({"authorization_url": "hush-hush"}, "authorization_url"),
        ({"version": "hush-hush"}, "version"),
        ({"redirect_uri": "hush hush"}, "redirect_uri"),
    ],
)
def test_what_is_unknown_or_wrong_is_named_without_its_value(given: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named) as caught:
        AuthManager(notion=given)
    assert "hush" not in shown(caught.value)


def test_a_wrong_name_in_the_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTION_API_VERSION", "newest")
    with pytest.raises(ConfigurationError, match="NOTION_API_VERSION"):
        AuthManager()


# What the credentials show


def test_no_repr_shows_a_token() -> None:
    new = NotionUserCredentials.of(NEW_PAIR)
    app = load_app({"client_id": "an-app", "client_secret": "secret_of_an_app", "token": "ntn_new_new_new"})
    for value in (OLD, new, new.raw, app, [new], {"raw": new.raw}):
        assert not any(secret in shown(value) for secret in SECRETS)
    assert new.raw["access_token"] == "ntn_new_new_new"
    assert "Lighthouse" in repr(new)
    assert "refresh_token=None" in repr(NotionUserCredentials("ntn_x"))


def test_the_documented_defaults() -> None:
    token = NotionUserCredentials("ntn_x")
    assert (token.token_type, token.raw) == ("Bearer", {})
    rest = ("refresh_token", "scope", "expires_in", "expires_at", "id_token", "workspace_id", "workspace_name")
    assert all(getattr(token, name) is None for name in (*rest, "workspace_icon"))
    with pytest.raises(AttributeError):
        token.access_token = "other"  # type: ignore[misc]


@pytest.mark.parametrize("token", ["", "ntn_x\r\nX: y", "ntn_\u00e4", "x" * 5000, "a b", 7, None])
def test_a_token_that_no_header_carries_is_refused(token: Any) -> None:
    with pytest.raises(ValueError, match="access_token"):
        NotionUserCredentials(token)


# Names


@pytest.mark.parametrize("subject", ["", "a b", "x" * 129, "a\0", "\ud800", "a/b", 7])
async def test_a_subject_is_a_name(subject: Any) -> None:
    auth = AuthManager()
    with pytest.raises(InvalidParameters):
        await auth.store_credentials("notion", subject, OLD)
    with pytest.raises(InvalidParameters):
        await auth.remove_credentials("notion", subject)
    with pytest.raises(InvalidParameters):
        await auth.notion.oauth2.exchange(code="x", subject=subject)
    with pytest.raises(InvalidParameters):
        async with auth.session(subject=subject):
            pass


async def test_only_notion_is_known() -> None:
    auth = AuthManager()
    with pytest.raises(InvalidParameters, match="provider"):
        await auth.store_credentials("nation", "me", OLD)
    with pytest.raises(InvalidParameters, match="provider"):
        async with auth.with_credentials("nation", OLD):
            pass


async def test_removing_what_is_not_there_is_no_error() -> None:
    store = MemoryStore()
    auth = AuthManager(store=store)
    await auth.remove_credentials("notion", "me")
    await auth.store_credentials("notion", "me", OLD)
    await auth.remove_credentials("notion", "me")
    assert await store.load("notion", "me") is None
