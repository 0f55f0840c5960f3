"""Each method to the letter, and what each answer of Notion is taken for."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest
import respx

from ivgraph_auth.integrations import (
    AuthManager,
    Integrations,
    InvalidParameters,
    NotionRefused,
    NotionUnavailable,
    RateLimited,
)
from ivgraph_auth.integrations.binding import NotionBinding
from ivgraph_auth.notion.tools import TOOLS
from tests.integrations.kit import API, APP, OLD, SECRETS, notion, shown
from tests.support.clock import ManualClock
from tests.support.service import Json

PAGE = "0a0a0a0a-1111-4222-8333-444455556666"
BLOCK = "0b0b0b0b-1111-4222-8333-444455556666"
BASE = "0d0d0d0d-1111-4222-8333-444455556666"
TEXT = [{"text": {"content": "Hello"}}]
CHILD = {"paragraph": {"rich_text": TEXT}}
CALLS: list[tuple[str, Json, str, str, Json]] = [
    ("search", {"query": "plan", "page_size": 5}, "POST", "/v1/search", {"query": "plan", "page_size": 5}),
    (
        "get_page",
        {"page_id": PAGE, "filter_properties": ["%40x"]},
        "GET",
        f"/v1/pages/{PAGE}?filter_properties=%40x",
        None,
    ),
    ("get_page_markdown", {"page_id": PAGE}, "GET", f"/v1/pages/{PAGE}/markdown", None),
    (
        "create_page",
        {"parent": {"page_id": PAGE}, "properties": {"title": TEXT}},
        "POST",
        "/v1/pages",
        {"parent": {"page_id": PAGE}, "properties": {"title": TEXT}},
    ),
    ("update_page", {"page_id": PAGE, "icon": None}, "PATCH", f"/v1/pages/{PAGE}", {"icon": None}),
    ("get_block", {"block_id": BLOCK}, "GET", f"/v1/blocks/{BLOCK}", None),
    (
        "get_block_children",
        {"block_id": BLOCK, "start_cursor": "a b", "page_size": 7},
        "GET",
        f"/v1/blocks/{BLOCK}/children?start_cursor=a%20b&page_size=7",
        None,
    ),
    (
        "append_block_children",
        {"block_id": BLOCK, "children": [CHILD]},
        "PATCH",
        f"/v1/blocks/{BLOCK}/children",
        {"children": [CHILD]},
    ),
    ("update_block", {"block_id": BLOCK, **CHILD}, "PATCH", f"/v1/blocks/{BLOCK}", CHILD),
    ("delete_block", {"block_id": BLOCK}, "DELETE", f"/v1/blocks/{BLOCK}", None),
    ("get_database", {"database_id": BASE}, "GET", f"/v1/databases/{BASE}", None),
    ("get_data_source", {"data_source_id": BASE}, "GET", f"/v1/data_sources/{BASE}", None),
    ("query_data_source", {"data_source_id": BASE}, "POST", f"/v1/data_sources/{BASE}/query", {}),
    ("get_user", {"user_id": PAGE}, "GET", f"/v1/users/{PAGE}", None),
    ("list_users", {"page_size": 1}, "GET", "/v1/users?page_size=1", None),
    ("get_self", {}, "GET", "/v1/users/me", None),
    ("list_comments", {"block_id": PAGE}, "GET", f"/v1/comments?block_id={PAGE}", None),
    (
        "create_comment",
        {"parent": {"page_id": PAGE}, "rich_text": TEXT},
        "POST",
        "/v1/comments",
        {"parent": {"page_id": PAGE}, "rich_text": TEXT},
    ),
    ("get_comment", {"comment_id": BLOCK}, "GET", f"/v1/comments/{BLOCK}", None),
    ("update_comment", {"comment_id": BLOCK, "markdown": "a"}, "PATCH", f"/v1/comments/{BLOCK}", {"markdown": "a"}),
    ("delete_comment", {"comment_id": BLOCK}, "DELETE", f"/v1/comments/{BLOCK}", None),
    (
        "list_data_source_templates",
        {"data_source_id": BASE, "name": "a b"},
        "GET",
        f"/v1/data_sources/{BASE}/templates?name=a%20b",
        None,
    ),
    ("list_views", {"database_id": BASE, "page_size": 1}, "GET", f"/v1/views?database_id={BASE}&page_size=1", None),
    ("get_view", {"view_id": PAGE}, "GET", f"/v1/views/{PAGE}", None),
    ("query_view", {"view_id": PAGE, "page_size": 2}, "POST", f"/v1/views/{PAGE}/queries", {"page_size": 2}),
    (
        "get_view_query_results",
        {"view_id": PAGE, "query_id": BLOCK, "start_cursor": "a"},
        "GET",
        f"/v1/views/{PAGE}/queries/{BLOCK}?start_cursor=a",
        None,
    ),
    ("list_custom_emojis", {"name": "lamp"}, "GET", "/v1/custom_emojis?name=lamp", None),
    ("get_async_task", {"task_id": "task_1"}, "GET", "/v1/async_tasks/task_1", None),
    ("query_meeting_notes", {"limit": 1}, "POST", "/v1/blocks/meeting_notes/query", {"limit": 1}),
    (
        "create_meeting_note",
        {"source": {"type": "block", "block_id": BLOCK}},
        "POST",
        "/v1/blocks/meeting_notes",
        {"source": {"type": "block", "block_id": BLOCK}},
    ),
]


@pytest.fixture
def wire() -> Iterator[respx.MockRouter]:
    with notion() as router:
        yield router


@pytest.fixture
async def integrations(clock: ManualClock, wire: respx.MockRouter) -> AsyncIterator[Integrations]:
    assert not wire.calls
    async with AuthManager(notion=APP, clock=clock).with_credentials("notion", OLD) as opened:
        yield opened


@pytest.mark.parametrize(("name", "given", "method", "target", "body"), CALLS, ids=lambda value: str(value)[:20])
async def test_each_method_to_the_letter(
    wire: respx.MockRouter, integrations: Integrations, name: str, given: Json, method: str, target: str, body: Json
) -> None:
    wire.route().respond(json={"object": "thing", "request_id": "r-1"})
    assert await getattr(integrations.notion, name)(**given) == {"object": "thing", "request_id": "r-1"}
    sent = wire.calls.last.request
    assert (sent.method, sent.url.raw_path.decode()) == (method, target)
    assert str(sent.url).startswith(API)
    assert sent.headers["authorization"] == f"Bearer {OLD.access_token}"
    assert sent.headers["notion-version"] == "2026-03-11"
    assert (json.loads(sent.content) if sent.content else None) == body


def test_every_tool_has_its_method() -> None:
    def snake(tool_id: str) -> str:
        name = tool_id.removeprefix("notion.")
        return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)

    assert {snake(tool_id) for tool_id in TOOLS} == {call[0] for call in CALLS}
    assert all(hasattr(NotionBinding, snake(tool_id)) for tool_id in TOOLS)


async def test_what_notion_would_refuse_is_not_sent(wire: respx.MockRouter, integrations: Integrations) -> None:
    given: Json = {"page_id": f"non{'sense'}"}  # so that a traceback's source lines do not hold it
    with pytest.raises(InvalidParameters) as caught:
        await integrations.notion.get_page(**given)
    assert caught.value.errors[0]["loc"] == ["page_id"]
    assert "nonsense" not in shown(caught.value)
    assert wire.calls.call_count == 0


async def test_a_refusal_is_told_in_notions_words(wire: respx.MockRouter, integrations: Integrations) -> None:
    message = f"Could not find page with ID: {PAGE}. {OLD.access_token}\x1b[31m"
    body = {"object": "error", "status": 404, "code": "object_not_found", "message": message, "request_id": "r-7"}
    wire.route().respond(404, json=body)
    with pytest.raises(NotionRefused) as caught:
        await integrations.notion.get_page(page_id=PAGE)
    refused = caught.value
    assert (refused.status, refused.code, refused.request_id) == (404, "object_not_found", "r-7")
    assert refused.message == f"Could not find page with ID: {PAGE}. ***[31m"
    assert not any(secret in shown(refused) for secret in SECRETS)
    assert wire.calls.call_count == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("0", 0), (None, None), ("soon", None), ("-1", None), ("999999999", 86400), ("1e9", None)],
)
async def test_a_rate_limit_says_how_long_to_wait(
    wire: respx.MockRouter, integrations: Integrations, header: str | None, seconds: int | None
) -> None:
    body = {"object": "error", "status": 429, "code": "rate_limited", "message": "Later.", "request_id": "r-1"}
    wire.route().respond(429, json=body, headers={} if header is None else {"Retry-After": header})
    with pytest.raises(RateLimited) as caught:
        await integrations.notion.get_self()
    assert (caught.value.retry_after, caught.value.request_id) == (seconds, "r-1")
    assert wire.calls.call_count == 1


@pytest.mark.parametrize(("ahead", "seconds"), [(90, 90), (-90, 0)])
async def test_a_date_to_wait_for_is_counted_from_now(
    wire: respx.MockRouter, integrations: Integrations, clock: ManualClock, ahead: int, seconds: int
) -> None:
    moment = clock.now().replace(microsecond=0) + timedelta(seconds=ahead)
    wire.route().respond(429, headers={"Retry-After": format_datetime(moment, usegmt=True)})
    with pytest.raises(RateLimited) as caught:
        await integrations.notion.get_self()
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("status", [201, 204, 302, 500, 502, 503, 504, 529])
async def test_failures_are_unavailability_and_not_repeated(
    wire: respx.MockRouter, integrations: Integrations, status: int
) -> None:
    body = {"object": "error", "status": status, "code": "service_overload", "message": "?", "request_id": "r-1"}
    wire.route().respond(status, json=body)
    with pytest.raises(NotionUnavailable) as caught:
        await integrations.notion.get_self()
    assert (caught.value.status, caught.value.request_id) == (status, "r-1")
    assert wire.calls.call_count == 1


@pytest.mark.parametrize("content", [b"", b"[]", b"7", b"null", b"{", b"\xff", b"[" * 200_000])
async def test_an_answer_that_makes_no_sense(
    wire: respx.MockRouter, integrations: Integrations, content: bytes
) -> None:
    wire.route().respond(200, content=content)
    with pytest.raises(NotionUnavailable):
        await integrations.notion.get_self()


async def test_a_cut_connection_tells_nothing_of_the_call(wire: respx.MockRouter, integrations: Integrations) -> None:
    wire.route().mock(side_effect=httpx.ConnectError(OLD.access_token))
    with pytest.raises(NotionUnavailable) as caught:
        await integrations.notion.get_self()
    assert caught.value.status is None
    assert not any(secret in shown(caught.value) for secret in SECRETS)


async def test_an_answer_larger_than_a_megabyte_is_read(wire: respx.MockRouter, integrations: Integrations) -> None:
    wire.route().respond(json={"object": "list", "results": ["x" * 2_000_000]})
    assert len((await integrations.notion.list_users())["results"][0]) == 2_000_000


# Databases, whatever the version


def page_of(results: list[Json], cursor: str | None) -> httpx.Response:
    return httpx.Response(
        200, json={"object": "list", "results": results, "next_cursor": cursor, "has_more": bool(cursor)}
    )


def source(number: int, database: int, **more: Json) -> Json:
    return {
        "object": "data_source",
        "id": f"s-{number}",
        "title": [{"plain_text": f"Source {number}"}],
        "parent": {"type": "database_id", "database_id": f"d-{database}"},
        "database_parent": {"type": "workspace", "workspace": True},
        **more,
    }


async def databases(version: str) -> list[Json]:
    async with AuthManager(notion={**APP, "version": version}).with_credentials("notion", OLD) as opened:
        return await opened.notion.list_databases()


async def test_databases_until_2022(wire: respx.MockRouter) -> None:
    found = [{"object": "database", "id": f"d-{number}"} for number in (1, 2)]
    wire.route().side_effect = [page_of(found[:1], "next"), page_of([*found[1:], {"object": "page"}], None)]
    assert await databases("2022-06-28") == found
    sent = [json.loads(call.request.content) for call in wire.calls]
    wanted = {"filter": {"property": "object", "value": "database"}, "page_size": 100}
    assert sent == [wanted, {**wanted, "start_cursor": "next"}]


@pytest.mark.parametrize("version", ["2025-09-03", "2026-03-11"])
async def test_databases_by_their_data_sources(wire: respx.MockRouter, version: str) -> None:
    orphan = source(9, 9, parent={"type": "workspace"})
    wire.route().side_effect = [
        page_of([source(1, 1), source(2, 2)], "next"),
        page_of([orphan, source(3, 1, title=[])], None),
    ]
    first, second = await databases(version)
    assert (first["object"], first["id"], second["id"]) == ("database", "d-1", "d-2")
    assert first["parent"] == {"type": "workspace", "workspace": True}
    assert first["data_sources"] == [{"id": "s-1", "name": "Source 1"}, {"id": "s-3", "name": ""}]
    assert [each["plain_text"] for each in second["title"]] == ["Source 2"]
    assert json.loads(wire.calls[0].request.content)["filter"]["value"] == "data_source"


async def test_pages_that_go_in_a_circle_end(wire: respx.MockRouter) -> None:
    wire.route().mock(side_effect=lambda _: page_of([], "again"))
    with pytest.raises(NotionUnavailable):
        await databases("2026-03-11")
    assert wire.calls.call_count == 2
