"""Nodes by title, and paths between nodes: what the database's own functions find."""

import uuid
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    column,
    func,
    or_,
    select,
)

from ivgraph_auth.database.connection import Connection, Row
from ivgraph_auth.graph.models import Edge, EdgeKind, NodeType
from ivgraph_auth.graph.node_repository import GRANTS, IS_GRANTED, SUMMARY, to_summary
from ivgraph_auth.graph.rows import Path, PathsFound, SearchPage
from ivgraph_auth.graph.tables import graph_nodes, graphs
from ivgraph_auth.graph.words import search_terms

MOST_RANKED = 2000
MOST_NEIGHBORS = 5000
MOST_VISITED = 200_000
_MOST = bindparam("most", type_=Integer)
_hits = (
    func.graph_search(
        GRANTS,
        bindparam("workspace", type_=Uuid),
        bindparam("type", type_=Text),
        bindparam("key", type_=Text),
        bindparam("query", type_=Text),
        bindparam("most_ranked", type_=Integer),
    )
    .table_valued(
        column("node", BigInteger),
        column("notion", Uuid),
        column("grade", Integer),
        column("edited", BigInteger),
        column("truncated", Boolean),
    )
    .render_derived(name="hits")
)
_found = select(_hits).cte("found")
_is_truncated = select(func.bool_or(_found.c.truncated)).scalar_subquery()
_grade, _edited, _notion = (
    bindparam("after_grade", type_=Integer),
    bindparam("after_edited", type_=BigInteger),
    bindparam("after_notion", type_=Uuid),
)
_is_after = or_(
    _found.c.grade > _grade,
    and_(
        _found.c.grade == _grade,
        or_(_found.c.edited < _edited, and_(_found.c.edited == _edited, _found.c.notion > _notion)),
    ),
)


def _search(hits: Select[Any]) -> Select[Any]:
    page = hits.order_by(_found.c.grade, _found.c.edited.desc(), _found.c.notion).limit(_MOST).subquery()
    return (
        select(page.c.grade, page.c.edited, _is_truncated.label("truncated"), *SUMMARY)
        .select_from(
            page.join(graph_nodes, graph_nodes.c.id == page.c.node).join(graphs, graphs.c.id == graph_nodes.c.graph_id)
        )
        .where(IS_GRANTED)
        .order_by(page.c.grade, page.c.edited.desc(), page.c.notion)
    )


_FIRST_PAGE = _search(select(_found))
_NEXT_PAGE = _search(select(_found).where(_is_after))


async def search(
    connection: Connection,
    grant_ids: Sequence[int],
    query: str,
    *,
    workspace_id: uuid.UUID | None = None,
    type: NodeType | None = None,  # noqa: A002 -- as the contract calls it
    limit: int,
    after: str | None = None,
) -> SearchPage:
    """Titles in which every word of the query stands, or begins a word: first those that are the query, then those that
    begin with it; those edited last first among equals. `after` is `next` of an earlier page, with the same arguments.
    """
    terms = search_terms(query, type)
    if terms is None:
        return SearchPage((), None, truncated=False)
    values: dict[str, object] = {
        "grant_ids": list(grant_ids),
        "workspace": workspace_id,
        "type": type and type.value,
        "key": terms.key,
        "query": terms.query,
        "most": limit + 1,
        "most_ranked": MOST_RANKED,
    }
    statement = _FIRST_PAGE
    if after is not None:
        grade, edited, notion = after.split()
        values |= {"after_grade": int(grade), "after_edited": int(edited), "after_notion": uuid.UUID(notion)}
        statement = _NEXT_PAGE
    rows = list(await connection.execute(statement, values))
    return SearchPage(
        hits=tuple(map(to_summary, rows[:limit])),
        next=_position(rows[limit - 1]) if len(rows) > limit else None,
        truncated=any(row.truncated for row in rows),
    )


def _position(row: Row) -> str:
    return f"{row.grade} {row.edited} {row.notion_id}"


_steps = (
    func.graph_paths(
        GRANTS,
        bindparam("source", type_=Uuid),
        bindparam("target", type_=Uuid),
        bindparam("max_depth", type_=Integer),
        _MOST,
        bindparam("most_neighbors", type_=Integer),
        bindparam("most_visited", type_=Integer),
    )
    .table_valued(
        column("path", Integer),
        column("step", Integer),
        column("node", Uuid),
        column("kind", Text),
        column("edge_source", Uuid),
        column("edge_target", Uuid),
        column("property", Text),
        column("cut_neighbors", Boolean),
        column("cut_visited", Boolean),
    )
    .render_derived(name="steps")
)
_PATHS = select(_steps).order_by(_steps.c.path, _steps.c.step)


async def paths(
    connection: Connection,
    grant_ids: Sequence[int],
    source: uuid.UUID,
    target: uuid.UUID,
    *,
    max_depth: int,
    most: int = 10,
    most_neighbors: int = MOST_NEIGHBORS,
    most_visited: int = MOST_VISITED,
) -> PathsFound:
    """Shortest paths of at most `max_depth` edges, each walked in either direction. From a node to itself there is one,
    without edges.
    """
    values = {
        "grant_ids": list(grant_ids),
        "source": source,
        "target": target,
        "max_depth": max_depth,
        "most": most,
        "most_neighbors": most_neighbors,
        "most_visited": most_visited,
    }
    rows = list(await connection.execute(_PATHS, values))
    steps = (row for row in rows if row.node is not None)
    return PathsFound(
        paths=tuple(_path(group) for _, group in groupby(steps, key=lambda row: row.path)),
        cut_neighbors=rows[0].cut_neighbors,
        cut_visited=rows[0].cut_visited,
    )


def _path(steps: Iterable[Row]) -> Path:
    rows = list(steps)
    return Path(
        nodes=tuple(row.node for row in rows),
        edges=tuple(Edge(EdgeKind(row.kind), row.edge_source, row.edge_target, row.property) for row in rows[:-1]),
    )
