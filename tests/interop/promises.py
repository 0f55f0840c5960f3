"""What both of Notion's clients promise those who use them: typed errors, another attempt, whole lists."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from ivgraph_auth.sandbox.app import Fault
from ivgraph_auth.sandbox.content import lighthouse
from tests.interop.notion_target import Connect, Door, Refused, Sdk, Target
from tests.sandbox.api import NEW, OLD, paragraph, title_of, words
from tests.support.service import Json

_NOBODY = "00000000-0000-4000-8000-000000000000"
_NEW_PAGE = {"parent": {"page_id": lighthouse.ROADMAP}, "properties": {"title": words("Bells")}}
_ROWS = {"data_source_id": lighthouse.TASKS_SOURCE}


@dataclass(frozen=True)
class Refusal:
    status: int
    code: str
    call: str
    args: Json
    door: Callable[[Target], Door] = field(default=lambda target: target.door)
    version: str = NEW


REFUSALS = {
    "a bad token": Refusal(401, "unauthorized", "users.me", {}, lambda target: target.door.with_a_wrong_token()),
    "a missing capability": Refusal(
        403, "restricted_resource", "pages.create", _NEW_PAGE, lambda target: target.reader
    ),
    "an unknown page": Refusal(404, "object_not_found", "pages.retrieve", {"page_id": _NOBODY}),
    "a malformed id": Refusal(400, "validation_error", "comments.list", {"block_id": "AAA"}),
    "a text that is too long": Refusal(
        400, "validation_error", "pages.create", {**_NEW_PAGE, "properties": {"title": words("x" * 2001)}}
    ),
    "another version's call": Refusal(
        400, "invalid_request_url", "data_sources.retrieve", {"data_source_id": lighthouse.TASKS_SOURCE}, version=OLD
    ),
}
every_refusal = pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)


def _rate_limited(path: str, retry_after: int, times: int | None = 1) -> Fault:
    return Fault(path, "status", status=429, code="rate_limited", retry_after=retry_after, times=times)


def _down(path: str) -> Fault:
    return Fault(path, "status", status=503, code="service_unavailable", retry_after=0)


async def refusal_of(answer: Awaitable[Json]) -> Refused:
    with pytest.raises(Refused) as caught:
        await answer
    return caught.value


async def is_a_typed_error(target: Target, connect: Connect, expected: Refusal) -> None:
    sdk = connect(expected.door(target), expected.version)
    refused = await refusal_of(sdk.call(expected.call, **expected.args))
    assert (refused.status, refused.code) == (expected.status, expected.code)
    assert (refused.known, refused.kind) == (True, "APIResponseError")
    assert refused.request_id
    assert target.door.token not in refused.message


async def a_rate_limit_is_told(target: Target, connect: Connect) -> None:
    target.instance.faults.add(_rate_limited("/v1/pages/*", 7))
    sdk = connect(target.door, NEW, retry=False)
    refused = await refusal_of(sdk.call("pages.retrieve", page_id=lighthouse.ROADMAP))
    assert (refused.status, refused.code, refused.retry_after) == (429, "rate_limited", "7")
    assert (refused.known, refused.kind) == (True, "APIResponseError")
    assert target.statuses() == [429]


async def a_rate_limit_is_waited_for(target: Target, connect: Connect) -> None:
    """A write is made again, and once."""
    sdk = connect(target.door, NEW)
    target.instance.faults.add(_rate_limited("/v1/pages", 0, times=2))
    made = await sdk.call("pages.create", **_NEW_PAGE)
    assert target.statuses() == [429, 429, 200]
    assert [each["id"] for each in await sdk.collect("search", query="Bells")] == [made["id"]]
    target.instance.calls.clear()
    target.instance.faults.add(_rate_limited("/v1/search", 0, times=None))
    refused = await refusal_of(sdk.call("search"))
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert target.statuses() == [429, 429, 429]


async def only_a_read_is_made_again_after_a_failure(target: Target, connect: Connect) -> None:
    sdk = connect(target.door, NEW)
    target.instance.faults.add(_down("/v1/pages/**"))
    assert title_of(await sdk.call("pages.retrieve", page_id=lighthouse.ROADMAP)) == "Roadmap"
    assert target.statuses() == [503, 200]
    target.instance.calls.clear()
    target.instance.faults.add(_down("/v1/pages"))
    refused = await refusal_of(sdk.call("pages.create", **_NEW_PAGE))
    assert (refused.status, refused.code, refused.known) == (503, "service_unavailable", True)
    assert target.statuses() == [503]


async def a_body_too_large_has_no_code(target: Target, sdk: Sdk) -> None:
    """Notion's own code never sees it, and so it is not Notion's error body that comes back."""
    section = {"toggle": {"rich_text": words("x"), "children": [paragraph("x" * 1999)] * 99}}
    refused = await refusal_of(sdk.call("pages.create", **_NEW_PAGE, children=[section] * 3))
    assert (refused.status, refused.known, refused.kind) == (413, False, "UnknownHTTPResponseError")
    assert target.statuses() == [413]


async def lists_are_whole(target: Target, sdk: Sdk) -> None:
    whole = await sdk.call("search", page_size=100)
    assert not whole["has_more"]
    target.instance.calls.clear()
    assert await sdk.collect("search", page_size=10) == whole["results"]
    assert len(target.instance.calls) == -(-len(whole["results"]) // 10) > 3
    children = await sdk.call("blocks.children.list", block_id=lighthouse.ROADMAP)
    target.instance.calls.clear()
    asked = {"block_id": lighthouse.ROADMAP, "page_size": 2}
    assert await sdk.collect("blocks.children.list", **asked) == children["results"]
    assert len(target.instance.calls) == -(-len(children["results"]) // 2) > 3
    target.instance.page_limit = 3  # fewer than are asked for
    assert await sdk.collect("blocks.children.list", block_id=lighthouse.ROADMAP) == children["results"]
    assert await sdk.collect("search", page_size=10) == whole["results"]


async def one_query_tells_so_many_rows(target: Target, sdk: Sdk) -> None:
    """At the cap a list only seems to end; one member of the last answer says that it did not."""
    whole = await sdk.collect("data_sources.query", **_ROWS)
    target.instance.row_limit = 10
    assert await sdk.collect("data_sources.query", **_ROWS, page_size=4) == whole[:10]
    last = await sdk.call("data_sources.query", **_ROWS)
    assert (last["has_more"], last["next_cursor"]) == (False, None)
    assert last["request_status"] == {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}
