"""What docs/provider.md, docs/connect.md and docs/sign-in-with-ivgraph.md say is so."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivgraph_auth.app.compose import provider as composed
from ivgraph_auth.audit.models import Event
from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.principal import SCOPES_OF_ROLE, Role, Scope
from ivgraph_auth.provider import client_documents, device_service, refresh_tokens, signing, tokens
from ivgraph_auth.provider.authorization import service as authorization
from ivgraph_auth.provider.client_metadata import read_metadata
from ivgraph_auth.provider.client_urls import is_document_url
from ivgraph_auth.provider.errors import OAuthError
from ivgraph_auth.provider.metadata import ProviderMetadata
from ivgraph_auth.provider.models import AuthMethod, GrantType
from ivgraph_auth.provider.redirect_uris import AppType, UriType
from ivgraph_auth.provider.resources import Resources
from ivgraph_auth.provider.scopes import SCOPES, STANDARD, WORDS

ROOT = Path(__file__).parents[1]
PROVIDER, CONNECT, GUIDE = (
    (ROOT / "docs" / name).read_text() for name in ("provider.md", "connect.md", "sign-in-with-ivgraph.md")
)
EXAMPLES = "\n".join(
    path.read_text() for path in (ROOT / "docs/examples/oauth").rglob("*") if path.suffix in (".js", ".py")
)
ISSUER = "https://auth.example.com"
METADATA = ProviderMetadata(
    issuer=ISSUER,
    resources=Resources(ISSUER),
    grant_types=tuple(GrantType),
    auth_methods=tuple(AuthMethod),
    registration=True,
    metadata_documents=True,
).authorization_server()


def rows(page: str, heading: str) -> list[list[str]]:
    """Of the tables below a heading, with their heads."""
    section = page.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def sections(page: str) -> dict[str, str]:
    return dict(part.split("\n", 1) for part in page.split("\n## ")[1:])


def test_scopes_are_told_in_the_words_of_the_consent_page_and_for_their_roles() -> None:
    told = [(name.strip("`"), words, roles) for name, words, roles in rows(PROVIDER, "Scopes")[1:]]
    assert [name for name, _, _ in told] == list(SCOPES)
    assert {name: words for name, words, _ in told} == WORDS
    for name, _, roles in told:
        everybody = name in STANDARD or Scope(name) in SCOPES_OF_ROLE[Role.VIEWER]
        assert roles == ("all" if everybody else "member and up")


def test_lifetimes_are_those_of_the_code() -> None:
    assert {row[0]: row[2].split(".")[0] for row in rows(PROVIDER, "Tokens")[1:6]} == {
        "code": f"{authorization.CODE_LIFETIME.seconds} seconds, once",
        "access token": f"{'an' if tokens.LIFETIME.seconds == 3600 else '?'} hour",
        "ID token": "an hour; with `openid` only, also at each refresh",
        "refresh token": f"{composed._REFRESH_LIFETIME.days} days from when it was made; each refresh makes another",
        "device code": f"{'ten' if device_service._LIFETIME.seconds == 600 else '?'} minutes",
    }
    grace = Settings.model_fields["app_refresh_grace"].default
    assert f"For {grace} seconds (`IVGRAPH_APP_REFRESH_GRACE`)" in PROVIDER
    assert refresh_tokens.UNUSED_GRACE.seconds == 600
    assert "For ten minutes it is, as long as its successor was never used." in PROVIDER
    assert (signing.KEPT.days, signing._LOOK_SECONDS) == (7, 30)
    assert "published for seven days" in PROVIDER
    assert "processes look every 30 seconds" in PROVIDER
    assert client_documents.DEADLINE_SECONDS == 5


def every_error(known: type[OAuthError] = OAuthError) -> Iterator[type[OAuthError]]:
    for below in known.__subclasses__():
        yield below
        yield from every_error(below)


def redirected_errors() -> set[str]:
    """Those that the authorization endpoint may send an app."""
    found: set[str] = set()
    for path in (ROOT / "src/ivgraph_auth/provider/authorization").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "AuthorizationError":
                first = node.args[0]
                found |= {str(first.value)} if isinstance(first, ast.Constant) else set()
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "_refuse_waiting":
                found |= {str(item.value) for item in node.args[2:3] if isinstance(item, ast.Constant)}
    return found


def test_every_error_that_an_app_may_meet_is_told() -> None:
    told = {code for row in rows(PROVIDER, "What goes wrong")[1:] for code in re.findall(r"`(\w+)`", row[1])}
    assert {"login_required", "consent_required", "access_denied"} <= redirected_errors()
    ours = {error.code for error in every_error()} | redirected_errors()
    assert ours - told == set()
    general = {"temporarily_unavailable", "server_error", "token_not_valid", "insufficient_scope"}
    assert told - ours == general | {"request_not_supported", "request_uri_not_supported"}


def test_what_is_written_down_is_all_that_there_is_of_apps() -> None:
    told = set(re.findall(r"`([a-z]+:[a-z_]+:[a-z]+)`", sections(PROVIDER)["What is written down"]))
    assert told == {
        event.value
        for event in Event
        if event.value.startswith(("app:", "account:app", "account:grant", "operator:signing"))
    }


def test_every_endpoint_of_the_metadata_is_told() -> None:
    endpoints = {url.removeprefix(ISSUER) for name, url in METADATA.items() if name.endswith(("_endpoint", "_uri"))}
    assert len(endpoints) > 8
    assert {path for path in endpoints if not re.search(rf"`(?:GET|POST) {re.escape(path)}`", PROVIDER)} == set()
    assert {uri_type.value for uri_type in UriType} == {
        row[0].strip("`") for row in rows(PROVIDER, "Registering an app") if row[0].strip("`") in list(UriType)
    }
    assert {f"`{app_type}`" for app_type in AppType} <= {row[0] for row in rows(PROVIDER, "Registering an app")}


@pytest.mark.parametrize("excerpt", re.findall(r"^```(?:js|python)\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE))
def test_the_guide_shows_what_stands_in_its_examples(excerpt: str) -> None:
    assert excerpt in EXAMPLES


def test_the_pages_lead_to_each_other() -> None:
    clauses, readme = (ROOT / "docs/clauses.md").read_text(), (ROOT / "README.md").read_text()
    assert "](clauses.md)" in PROVIDER
    assert "](provider.md)" in clauses
    for name in ("provider.md", "connect.md", "sign-in-with-ivgraph.md"):
        assert f"](docs/{name})" in readme
    for page in (PROVIDER, CONNECT, GUIDE):
        for target in re.findall(r"\]\(([\w./-]+)\)", page):
            assert (ROOT / "docs" / target).exists(), target


def test_each_client_is_told_of_in_ten_lines() -> None:
    named = {name for row in rows("\n## All\n" + CONNECT, "All")[1:13] for name in row}
    assert {"Cursor", "VS Code", "ChatGPT", "MCP Inspector"} <= named
    for title, body in sections(CONNECT).items():
        if not title.startswith("When it fails"):
            assert len([line for line in body.splitlines() if line]) <= 10, title
            assert "*Fails*" in body, title


def test_document_urls_of_clients_may_be_used() -> None:
    urls = re.findall(r"`(https://[^`]*(?:metadata|client-metadata\.json|client\.json|jwks\.json))`", CONNECT)
    assert len(urls) >= 5
    assert [url for url in urls if not is_document_url(url.replace("<id>", "abc"))] == []


@pytest.mark.parametrize(
    ("client", "count"),
    [("Claude, web and desktop", 2), ("Claude Code", 1), ("Cursor", 3), ("VS Code", 2), ("MCP Inspector", 1)],
)
def test_redirect_uris_of_clients_are_taken(client: str, count: int) -> None:
    found = re.findall(r"`((?:https?|cursor)://[^`]+)`", sections(CONNECT)[client])
    uris = [uri for uri in found if "callback" in uri or "redirect" in uri or uri.startswith("http://127.0.0.1")]
    uris = list(dict.fromkeys(uri.replace("<port>", "8080") for uri in uris))
    assert len(uris) == count
    asked = {"redirect_uris": uris, "grant_types": ["authorization_code", "refresh_token"]}
    assert read_metadata(asked).callbacks == tuple(uris)
    assert read_metadata(asked).refused == ()
