"""Recorded answers of Notion, all that a sign-in may meet, are taken as they are. The recordings are not part of the
repository: where they are missing, these tests are passed over.
"""

import json
import os
from pathlib import Path

import pytest

from ivgraph_auth.notion.errors import NotionRefused, OAuthRefused
from tests.notion.kit import Wire
from tests.support.service import Json

DATA = Path(os.environ.get("IVGRAPH_NOTION_DATA") or Path(__file__).parents[3] / "shared" / "notion_data")
SDK = DATA / "kristaxlab_notion-sdk"
AUTHORIZATION = SDK / "authorization"
TOKENS = [
    AUTHORIZATION / "authorization-token-rs.json",
    AUTHORIZATION / "authorization-refresh-token-rs.json",
    DATA / "jomei_notionapi_testdata" / "create_token.json",
]
BOTS = [*sorted(DATA.glob("*/get-users-me/*.json")), SDK / "users" / "users-retrieve-me-rs.json"]
ERRORS = [*sorted((DATA / "live_errors").glob("*.json")), DATA / "jomei_notionapi_testdata" / "create_token_error.json"]
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no recordings here")


def name(path: Path) -> str:
    return "/".join(path.relative_to(DATA).parts)


def recorded(path: Path) -> Json:
    """The status and the body of an answer; examples are of 200, but for the one of an error."""
    found = json.loads(path.read_text("utf-8"))
    if "response" in found:
        return found["response"]["status"], found["response"]["body"]
    return (400 if "error" in found["object"] else 200), found["object"]


def members_of(taken: Json, theirs: Json) -> bool:
    """Whether all that was taken stands there just so; what does not stand there was taken as null."""
    if isinstance(taken, dict) and isinstance(theirs, dict):
        return all(members_of(value, theirs.get(key)) for key, value in taken.items())
    return bool(taken == theirs)


@pytest.mark.parametrize("path", TOKENS, ids=name)
async def test_token_answers(wire: Wire, path: Path) -> None:
    status, theirs = recorded(path)
    wire.answers(status, json=theirs)
    answer = await wire.call("exchange")
    assert members_of(answer.model_dump(), theirs)
    assert answer.access_token == theirs["access_token"]
    assert answer.workspace_id == theirs["workspace_id"]
    if answer.owner:
        assert answer.owner.user.person.email == theirs["owner"]["user"]["person"]["email"]


async def test_introspection(wire: Wire) -> None:
    status, theirs = recorded(AUTHORIZATION / "authorization-introspect-token-rs.json")
    wire.answers(status, json=theirs)
    assert (await wire.call("introspect")).model_dump() == theirs


async def test_revocation(wire: Wire) -> None:
    status, theirs = recorded(AUTHORIZATION / "authorization-revoke-token-rs.json")
    wire.answers(status, json=theirs)
    assert await wire.call("revoke") is None


@pytest.mark.parametrize("path", BOTS, ids=name)
async def test_users_me(wire: Wire, path: Path) -> None:
    status, theirs = recorded(path)
    wire.answers(status, json=theirs)
    answer = await wire.call("me")
    assert members_of(answer.model_dump(), theirs)
    assert answer.id == theirs["id"]
    # They are of connections that belong to a workspace: there is no person behind them.
    assert (answer.bot.owner.type, answer.bot.owner.user) == ("workspace", None)


@pytest.mark.parametrize("path", ERRORS, ids=name)
async def test_errors(wire: Wire, path: Path) -> None:
    status, theirs = recorded(path)
    wire.answers(status, json=theirs)
    is_rest = theirs.get("object") == "error"
    with pytest.raises(NotionRefused if is_rest else OAuthRefused) as caught:
        await wire.call("me" if is_rest else "exchange")
    refusal = caught.value
    assert isinstance(refusal, NotionRefused | OAuthRefused)
    assert refusal.code == (theirs["code"] if is_rest else theirs["error"])
    assert refusal.request_id == theirs.get("request_id")
    assert getattr(refusal, "status", status) == status


@pytest.mark.parametrize("path", [path for path in ERRORS if path.stem.startswith(("400-invalid", "401-"))], ids=name)
async def test_rest_errors_of_an_oauth_endpoint(wire: Wire, path: Path) -> None:
    """Notion's OAuth endpoints answer in either shape."""
    status, theirs = recorded(path)
    wire.answers(status, json=theirs)
    with pytest.raises(OAuthRefused) as caught:
        await wire.call("introspect")
    assert caught.value.code == theirs.get("error", theirs.get("code"))
