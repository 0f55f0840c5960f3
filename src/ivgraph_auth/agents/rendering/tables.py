"""Rows of a data source as a Markdown table: the title first, the id last, no column in which nothing stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ivgraph_auth.agents.rendering.values import Names, value_text
from ivgraph_auth.graph.json_values import as_id, as_name, as_object, encodable, member

ID = "id"
_NO_COLUMN = ("button",)


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` have a cell for each of `columns`, the last of them the row's id. `empty`: columns left out."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: tuple[str, ...]


def table_of(rows: Sequence[object], wanted: Sequence[str], names: Names) -> Table:
    """`rows` are Notion's pages, `wanted` the columns besides the title; none are all of them."""
    columns = _columns(rows, wanted)
    cells = [[*(value_text(_holder(row, name), names) for name in columns), _row_id(row)] for row in rows]
    # The title stays: a table of nothing but ids says nothing.
    kept = [index for index, _ in enumerate(columns) if index == 0 or any(line[index] for line in cells)]
    shown = tuple(tuple(line[index] for index in (*kept, -1)) for line in cells)
    empty = tuple(name for index, name in enumerate(columns) if index not in kept)
    return Table((*(encodable(columns[index]) for index in kept), ID), shown, tuple(map(encodable, empty)))


def head_lines(table: Table) -> list[str]:
    return [table_line(table.columns), "|".join("---" for _ in table.columns)]


def table_line(cells: Sequence[str]) -> str:
    return " | ".join(cell.replace("|", "\\|").replace("\n", "<br>") for cell in cells)


def column_names(rows: Sequence[object]) -> list[str]:
    """As the first row has them, the title first."""
    found = as_object(member(rows[0], "properties")) if rows else {}
    named = [name for name, holder in found.items() if as_name(member(holder, "type")) not in _NO_COLUMN]
    return sorted(named, key=lambda name: member(found[name], "type") != "title")


def _columns(rows: Sequence[object], wanted: Sequence[str]) -> list[str]:
    every = column_names(rows)
    return [name for name in every if not wanted or name in wanted or _is_title(rows, name)]


def _is_title(rows: Sequence[object], name: str) -> bool:
    return member(_holder(rows[0], name), "type") == "title"


def _holder(row: object, name: str) -> Mapping[str, object]:
    return as_object(as_object(member(row, "properties")).get(name))


def _row_id(row: object) -> str:
    return str(as_id(member(row, "id")) or "")
