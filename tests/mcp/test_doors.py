"""Three doors, one verdict: each credential with each kind of tool, over REST, at the drop-in address and over MCP.
Whatever the door, the same is allowed, refused by the same code, and written down once.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from ivgraph_auth.sandbox.content.lighthouse import ROADMAP
from tests.api.credential_kinds import API_SCOPES, Kinds, make_kinds
from tests.gateway.kit import INVOKE
from tests.mcp.kit import Caller
from tests.support.clock import ManualClock
from tests.support.postgres import TestDatabases
from tests.support.service import Json, Service, run_sandbox, run_service

pytestmark = pytest.mark.slow

ALLOWED = "success"
NO_SCOPE, NOT_VALID, NOBODY = "insufficient_scope", "token_not_valid", "not_authenticated"
_UNTOLD = {"token_not_valid", "not_authenticated"}


@dataclass(frozen=True)
class Asked:
    """One call in the words of each door."""

    tool: str
    parameters: Json
    method: str
    path: str
    body: Json = None


TOOLS = (
    Asked("notion_get_page", {"page_id": ROADMAP}, "GET", f"pages/{ROADMAP}"),
    Asked(
        "notion_search", {"query": "Roadmap", "page_size": 1}, "POST", "search", {"query": "Roadmap", "page_size": 1}
    ),
    Asked("notion_list_users", {}, "GET", "users"),
    Asked(
        "notion_update_page",
        {"page_id": ROADMAP, "icon": {"type": "emoji", "emoji": "🗺️"}},
        "PATCH",
        f"pages/{ROADMAP}",
        {"icon": {"type": "emoji", "emoji": "🗺️"}},
    ),
    Asked(
        "notion_create_comment",
        {"parent": {"page_id": ROADMAP}, "rich_text": [{"text": {"content": "Seen."}}]},
        "POST",
        "comments",
        {"parent": {"page_id": ROADMAP}, "rich_text": [{"text": {"content": "Seen."}}]},
    ),
)
SCOPE = {
    "notion_get_page": "notion:read",
    "notion_search": "notion:read",
    "notion_list_users": "notion:read",
    "notion_update_page": "notion:write",
    "notion_create_comment": "notion:comment",
}


@dataclass(frozen=True)
class World:
    kinds: Kinds
    credentials: dict[str, tuple[str | None, frozenset[str]]]

    async def last_rows(self) -> list[tuple[str | None, str]]:
        await self.kinds.service.app.composition.completions.wait_until_written()
        rows = await self.kinds.service.rows(
            "SELECT operation, outcome FROM audit_events WHERE event = 'agent:notion:called' ORDER BY id"
        )
        return [(row["operation"], row["outcome"]) for row in rows]


@pytest.fixture(scope="module")
async def world(migrated: TestDatabases) -> AsyncIterator[World]:
    clock = ManualClock()
    url = await migrated.create()
    async with run_sandbox(clock) as sandbox, run_service(clock, sandbox, database_url=url) as service:
        yield await _make(service)
    await migrated.drop(url)


async def _make(service: Service) -> World:
    kinds = await make_kinds(service)
    everything = frozenset(API_SCOPES)
    credentials: dict[str, tuple[str | None, frozenset[str]]] = {
        "session": (kinds.given["session"], everything),
        "service token": (kinds.given["service token"], everything),
        "app access token": (kinds.given["app access token"], everything),
        "exchanged token": (kinds.given["exchanged token"], everything),
        "nothing": (None, frozenset()),
    }
    for scope in ("notion:read", "notion:write", "notion:comment", "graph:read"):
        token = (await kinds.ada.mint(scope))["token"]
        credentials[f"service token, {scope}"] = (token, frozenset({scope}))
        credentials[f"app, {scope}"] = (await kinds.narrow(scope), frozenset({scope}))
    for name in ("session's refresh token", "ID token", "app's refresh token", "authorization code"):
        credentials[name] = (kinds.given[name], frozenset())
    for name, token in (*kinds.ended.items(), *kinds.forged.items()):
        credentials[name] = (token, frozenset())
    return World(kinds, credentials)


async def by_rest(world: World, token: str | None, asked: Asked) -> str:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = {"toolId": asked.tool, "parameters": asked.parameters}
    answer = await world.kinds.stranger.post(INVOKE, json=body, headers=headers)
    return ALLOWED if answer.status_code == 200 else str(answer.json()["error"]["code"])


async def by_drop_in(world: World, token: str | None, asked: Asked) -> str:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    how = {"json": asked.body} if asked.body is not None else {}
    answer = await world.kinds.stranger.request(asked.method, f"/notion/v1/{asked.path}", headers=headers, **how)
    if answer.status_code == 200:
        return ALLOWED
    if answer.status_code == 401:
        return NOT_VALID if token else NOBODY
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"], answer.text
    return NO_SCOPE


async def by_mcp(world: World, token: str | None, asked: Asked) -> str:
    caller = Caller(world.kinds.stranger, token, address="/mcp?tools=all")
    answer = await caller.ask("tools/call", name=asked.tool, arguments=asked.parameters)
    if answer.status_code == 200:
        result = answer.json()["result"]
        return str(result["structuredContent"]["code"]) if result["isError"] else ALLOWED
    return str(answer.json()["error"]["data"]["code"])


DOORS = (by_rest, by_drop_in, by_mcp)


@pytest.mark.parametrize("asked", TOOLS, ids=lambda asked: asked.tool)
async def test_three_doors_say_the_same_and_write_it_down_once(world: World, asked: Asked) -> None:
    operation = "notion." + "".join(
        part if number == 0 else part.capitalize()
        for number, part in enumerate(asked.tool.removeprefix("notion_").split("_"))
    )
    for name, (token, scopes) in world.credentials.items():
        if SCOPE[asked.tool] in scopes:
            expected = ALLOWED
        elif scopes:
            expected = NO_SCOPE
        else:
            expected = NOT_VALID if token else NOBODY
        for door in DOORS:
            before = await world.last_rows()
            verdict = await door(world, token, asked)
            assert verdict == expected, (name, door.__name__)
            written = (await world.last_rows())[len(before) :]
            # Whose call it was is not known of a credential that is not good.
            assert written == ([] if expected in _UNTOLD else [(operation, expected)]), (name, door.__name__)
