"""`query`: the rows of a data source as a compact table."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, Field

from ivgraph_auth.agents.arguments import (
    Arguments,
    Cursor,
    JsonObject,
    MaxChars,
    Objects,
    Reference,
    Texts,
    Workspace,
    describe,
)
from ivgraph_auth.agents.connections import Aim, by_connection
from ivgraph_auth.agents.errors import InvalidArguments, QueryRefused, did_you_mean, problem
from ivgraph_auth.agents.filters import UnfitFilterError, is_notions_own, plain_filter, plain_sorts
from ivgraph_auth.agents.listing import Listed, Place, count_fitting, read_list
from ivgraph_auth.agents.models import AgentTool, ToolAnswer, ToolCaller
from ivgraph_auth.agents.named_things import NamedThings
from ivgraph_auth.agents.objects import names_for
from ivgraph_auth.agents.rendering.notes import go_on
from ivgraph_auth.agents.rendering.pages import column_text
from ivgraph_auth.agents.rendering.tables import Table, column_names, head_lines, table_line, table_of
from ivgraph_auth.agents.rendering.values import value_text
from ivgraph_auth.agents.sources import Source, find_source
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.core.paging import BoundCursors
from ivgraph_auth.core.principal import Scope
from ivgraph_auth.gateway.errors import NotionSaidNo
from ivgraph_auth.gateway.recorded_call import RecordedCall
from ivgraph_auth.graph.content.cutting import DEFAULT_CHARS
from ivgraph_auth.graph.json_values import as_object, encodable
from ivgraph_auth.graph.lookup import Seen

_MOST_ROWS = 1000
_TOOL = "notion.queryDataSource"
_INVALID = 400


class QueryArguments(Arguments):
    data_source: Annotated[
        Reference,
        describe(
            "Of a data source, or of a database with one: its id or Notion URL.",
            examples=["7a4ba6460ee04a098c0e12bc72c71a45"],
        ),
    ]
    filter: Annotated[
        JsonObject,
        describe(
            'Values that rows must have, as {"Stage": "Running", "Budget": {"greater_than": 1000}}; several must '
            'all be so, of a list one. Or Notion\'s own: {"or": [{"property": "Due", "date": {"is_empty": true}}]}.',
            examples=[{"Stage": "Running"}],
        ),
    ] = Field(default_factory=dict)
    sorts: Annotated[
        Objects,
        describe(
            "In this order; created_time and last_edited_time are properties here.",
            max_length=20,
            examples=[[{"property": "Due", "direction": "descending"}]],
        ),
    ] = Field(default_factory=list)
    properties: Annotated[
        Texts,
        describe(
            "Names of the properties to answer beside the title; all without it.",
            max_length=100,
            examples=[["Stage", "Due"]],
        ),
    ] = Field(default_factory=list)
    limit: Annotated[int, describe("How many rows to answer at most.", ge=1, le=_MOST_ROWS)] = 100
    max_chars: MaxChars = DEFAULT_CHARS
    cursor: Cursor = ""
    workspace: Workspace = ""


class QueryResult(BaseModel):
    columns: list[str] = Field(description="The title first, the row's id last.")
    rows: list[list[str]] = Field(description="A cell for each column, as people write it.")
    next_cursor: str = Field(default="", description="Absent at the end.")
    note: str = Field(default="", description="How many rows, and columns in which nothing stands.")


@dataclass(frozen=True, slots=True)
class _Rows:
    found: Listed
    begin: Place
    cursors: BoundCursors


async def _query(box: Toolbox, caller: ToolCaller, asked: QueryArguments) -> ToolAnswer:
    node_id = uuid.UUID(asked.data_source)

    async def work(call: RecordedCall, seen: Seen | None) -> ToolAnswer:
        source = await find_source(box, call, node_id, seen)
        rows = await _read(box, caller, source, asked)
        wanted = await _find_properties(source, asked.properties, rows.found)
        names = await names_for(box, call, [_wanted_of(row, wanted) for row in rows.found.items])
        return _answer(asked, rows, table_of(rows.found.items, wanted, names))

    return await by_connection(box, caller, Aim(node_id, asked.workspace, _TOOL), work)


async def _read(box: Toolbox, caller: ToolCaller, source: Source, asked: QueryArguments) -> _Rows:
    question = json.dumps([source.id, asked.filter, asked.sorts, asked.properties], sort_keys=True)
    cursors = BoundCursors(box.cursors, f"agent query for {source.call.grant.account_id}: {question}")
    position = cursors.open(asked.cursor or None)
    begin = Place.read(position) if position else Place()
    wanted: dict[str, Any] = {"data_source_id": source.id}
    if asked.filter:
        wanted["filter"] = (
            asked.filter if is_notions_own(asked.filter) else await _filter(box, caller, source, asked.filter)
        )
    if asked.sorts:
        wanted["sorts"] = plain_sorts(asked.sorts)
    enough = partial(_is_enough, asked)
    return _Rows(await read_list(partial(_ask, source, wanted), begin, asked.limit, enough), begin, cursors)


async def _ask(source: Source, wanted: Mapping[str, Any], paging: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where Notion does not take the question, it is told with the properties that there are."""
    try:
        return await source.call.invoke(_TOOL, {**wanted, **paging})
    except NotionSaidNo as refusal:
        if refusal.status != _INVALID or not ("filter" in wanted or "sorts" in wanted):
            raise
        columns = await source.columns()
        raise QueryRefused(
            refusal, [f"{encodable(name)}: {column_text(column, {})}" for name, column in columns.items()]
        ) from refusal


async def _filter(box: Toolbox, caller: ToolCaller, source: Source, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    columns = await source.columns()
    try:
        return plain_filter(await NamedThings(box, caller, source.call).with_ids(wanted, columns), columns)
    except UnfitFilterError as unfit:
        raise InvalidArguments(unfit.errors) from unfit


async def _find_properties(source: Source, wanted: Sequence[str], found: Listed) -> list[str]:
    """By the names as they are written there. Raises InvalidArguments for those that there are not."""
    if not wanted:
        return []
    there = column_names(found.items) or list(await source.columns())
    folded = {name.casefold(): name for name in there}
    unknown = [name for name in wanted if name not in there and name.casefold() not in folded]
    if unknown:
        raise InvalidArguments(
            [
                problem(("properties", name), f"No such property; {did_you_mean(name, there)}", "unknown")
                for name in unknown
            ]
        )
    return [name if name in there else folded[name.casefold()] for name in wanted]


def _wanted_of(row: Mapping[str, Any], wanted: Sequence[str]) -> Mapping[str, object]:
    holders = as_object(row.get("properties"))
    return {name: holder for name, holder in holders.items() if not wanted or name in wanted}


def _is_enough(asked: QueryArguments, rows: Sequence[Mapping[str, Any]]) -> bool:
    """What was read fills the answer already."""
    return sum(_length(row, asked.properties) for row in rows) > asked.max_chars


def _length(row: Mapping[str, Any], wanted: Sequence[str]) -> int:
    holders = as_object(row.get("properties")).items()
    return sum(len(value_text(holder)) + 3 for name, holder in holders if not wanted or name in wanted)


def _answer(asked: QueryArguments, rows: _Rows, table: Table) -> ToolAnswer:
    head = head_lines(table) if table.rows else []
    lines = [table_line(cells) for cells in table.rows]
    shown = count_fitting(lines, asked.max_chars - sum(len(line) + 1 for line in head))
    following = rows.found.after(shown)
    next_cursor = rows.cursors.issue(str(following) if following else None)
    note = _note(rows, shown, table.empty, is_all=next_cursor is None)
    structured: dict[str, Any] = {"columns": list(table.columns), "rows": [list(cells) for cells in table.rows[:shown]]}
    structured |= {"next_cursor": next_cursor} if next_cursor else {}
    structured |= {"note": note}
    last = " ".join(filter(None, (note, go_on(next_cursor, "There are more."))))
    return ToolAnswer("\n".join([*head, *lines[:shown], last]), structured)


def _note(rows: _Rows, shown: int, empty: Sequence[str], *, is_all: bool) -> str:
    first = not (rows.begin.start or rows.begin.skip)
    count = f"{shown} {'row' if shown == 1 else 'rows'}" + ("." if first and is_all else " here.")
    told = [count if shown else "No rows." if first else "No more rows."]
    told.append(f"Empty: {', '.join(empty)}." if empty else "")
    told.append(
        "Notion gives 10,000 rows of a query: narrow the filter for the others." if rows.found.incomplete else ""
    )
    return " ".join(filter(None, told))


QUERY = AgentTool(
    name="query",
    title="Query a data source",
    description="The rows of a Notion data source (the table of a database), filtered and sorted, as a table: the "
    "title, the properties, each row's id. fetch the database first to see its properties. Ask for those you need.",
    scopes=(Scope.NOTION_READ,),
    takes=QueryArguments,
    answers=QueryResult,
    run=_query,
    endpoint=_TOOL,
    idempotent=True,
    open_world=True,
)
