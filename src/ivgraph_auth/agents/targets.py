"""Where something is written: a page, or a data source that gets a row; and what names in its properties stand for."""

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from ivgraph_auth.agents.arguments import Arguments, IdempotencyKey, Workspace
from ivgraph_auth.agents.errors import InvalidArguments, problem
from ivgraph_auth.agents.models import ResourceLink, ToolAnswer, ToolCaller
from ivgraph_auth.agents.named_things import NamedThings
from ivgraph_auth.agents.objects import load
from ivgraph_auth.agents.rendering.pages import title_of, url_of
from ivgraph_auth.agents.sources import Source, find_source, source_of
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.agents.writing.properties import TITLE_ONLY, to_notion
from ivgraph_auth.gateway.recorded_call import RecordedCall
from ivgraph_auth.graph.json_values import as_id, as_name, encodable_text, member
from ivgraph_auth.graph.lookup import Seen
from ivgraph_auth.graph.models import NodeType
from ivgraph_auth.notion.tools import Age, age_of

_SOURCE_PARENTS = ("data_source_id", "database_id")


class WriteArguments(Arguments):
    workspace: Workspace = ""
    idempotency_key: IdempotencyKey = ""


@dataclass(frozen=True, slots=True)
class Target:
    """`page` is the page itself, where the graph or Notion told which; `source` is whose properties count."""

    box: Toolbox
    caller: ToolCaller
    call: RecordedCall
    page: str | None
    source: Source | None

    async def properties(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """In Notion's form. Raises InvalidArguments."""
        if not given:
            return {}
        columns = await self.source.columns() if self.source else TITLE_ONLY
        named = NamedThings(self.box, self.caller, self.call)
        return to_notion(await named.with_ids(given, columns), columns)


def parent_of(target: Target) -> dict[str, str]:
    """As Notion takes it, in the words of the version that is set."""
    if target.source is None:
        return {"page_id": target.page or ""}
    is_old = age_of(target.box.version) is Age.DATABASES
    return {"database_id" if is_old else "data_source_id": target.source.id}


async def find_parent(
    box: Toolbox, caller: ToolCaller, call: RecordedCall, parent: uuid.UUID, seen: Seen | None
) -> Target:
    """What gets a new page: a page, or the data source that is named, or a database's. Raises as `find_source`."""
    if seen is None:
        kind, value = await load(call, parent, [NodeType.PAGE, NodeType.DATA_SOURCE, NodeType.DATABASE])
    else:
        kind, value = seen.node.summary.type, {}
    if kind is NodeType.PAGE:
        return Target(box, caller, call, str(parent), None)
    source = (
        await find_source(box, call, parent, seen, argument="parent")
        if seen
        else source_of(call, kind, value, argument="parent")
    )
    return Target(box, caller, call, None, source)


async def find_page(box: Toolbox, caller: ToolCaller, call: RecordedCall, page: uuid.UUID, seen: Seen | None) -> Target:
    """A page that is to be changed, with the data source of which it is a row, if any. Raises InvalidArguments."""
    if seen is None:
        _, value = await load(call, page, [NodeType.PAGE])
        kind = as_name(member(value, "parent", "type"))
        above = as_id(member(value, "parent", kind))
    else:
        check_is_page(seen)
        parent = seen.node.summary.parent
        kind, above = (parent.type, parent.id) if parent else ("", None)
    source = Source(call, str(above)) if kind in _SOURCE_PARENTS and above else None
    return Target(box, caller, call, str(page), source)


def check_is_page(seen: Seen | None, argument: str = "id") -> None:
    """Raises InvalidArguments."""
    if seen is not None and seen.node.summary.type is not NodeType.PAGE:
        kind = seen.node.summary.type.value.replace("_", " ")
        raise InvalidArguments(
            [problem((argument,), f"This is a {kind}, not a page; create_page makes rows", "wrong_type")]
        )


async def write_once(
    call: RecordedCall, asked: WriteArguments, work: Callable[[], Awaitable[dict[str, Any]]]
) -> dict[str, Any]:
    """Once under its key, whatever the number of requests that it takes."""
    arguments = asked.model_dump(mode="json", exclude={"idempotency_key"})
    body = json.dumps(arguments, sort_keys=True).encode()
    return await call.run_once(asked.idempotency_key or None, body, work)


class Written(BaseModel):
    id: str
    title: str
    url: str


def written_answer(what: str, written: Mapping[str, Any]) -> ToolAnswer:
    """`what` happened, and to which page."""
    structured = {name: str(written.get(name, "")) for name in ("id", "title", "url")}
    link = ResourceLink(f"notion://page/{structured['id']}", structured["title"], structured["title"])
    text = f"{what}: {structured['title']} ({structured['id']}) {structured['url']}".rstrip()
    return ToolAnswer(text, structured, (link,))


def told_page(page: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of a page that was written; nothing where Notion has answered nothing."""
    if page.get("object") != "page":
        return {}
    return {"id": encodable_text(page.get("id")), "title": title_of(page), "url": url_of(page)}
