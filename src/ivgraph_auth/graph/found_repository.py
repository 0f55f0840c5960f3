"""What a run must ask Notion for by itself, since blocks, databases or rows told of it."""

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import ARRAY, Uuid, any_, bindparam, delete, select, text

from ivgraph_auth.database.connection import Connection
from ivgraph_auth.graph.models import NodeType, Run
from ivgraph_auth.graph.reader.readings import Child
from ivgraph_auth.graph.removal_repository import lock
from ivgraph_auth.graph.tables import graph_found

_found = graph_found.c
_IDS = any_(bindparam("ids", type_=ARRAY(Uuid)))
_NOTE = text(
    """
    INSERT INTO graph_found (graph_id, notion_id, type)
    SELECT :graph_id, id, type FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[])) AS given (id, type)
    ON CONFLICT DO NOTHING
    """
)
# What stands where it stood is left to the search and to its turn.
_NOTE_CHILDREN = text(
    """
    WITH inside AS (SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[])) AS given (id, type)),
    known AS (
        SELECT child.notion_id AS id, child.type FROM graph_nodes AS container
        JOIN graph_edges AS edge ON edge.source = container.id AND edge.kind IN ('child', 'source')
        JOIN graph_nodes AS child ON child.id = edge.target
        WHERE container.graph_id = :graph_id AND container.notion_id = :container
    )
    INSERT INTO graph_found (graph_id, notion_id, type)
    SELECT :graph_id, id, type FROM inside WHERE id NOT IN (SELECT id FROM known)
    UNION ALL SELECT :graph_id, id, type FROM known WHERE id NOT IN (SELECT id FROM inside)
    ON CONFLICT DO NOTHING
    """
)
_NOTE_PARENT = text(
    """
    INSERT INTO graph_found (graph_id, notion_id, type)
    SELECT CAST(:graph_id AS bigint), CAST(:id AS uuid), CAST(:type AS text)
    WHERE NOT EXISTS (SELECT FROM graph_nodes WHERE graph_id = :graph_id AND notion_id = :id AND NOT hidden)
    ON CONFLICT DO NOTHING
    """
)
_NOTE_MISSING_ROWS = text(
    """
    INSERT INTO graph_found (graph_id, notion_id, type)
    SELECT :graph_id, page.notion_id, page.type FROM graph_nodes AS source
    JOIN graph_edges AS edge ON edge.source = source.id AND edge.kind = 'row'
    JOIN graph_nodes AS page ON page.id = edge.target AND page.seen_run <> :run_id
    WHERE source.graph_id = :graph_id AND source.notion_id = :data_source
    ON CONFLICT DO NOTHING
    """
)


async def note_found(connection: Connection, run: Run, found: Iterable[Child]) -> None:
    """Like the others here, nothing is noted when the graph is gone."""
    given = _columns(found)
    if given["ids"] and await lock(connection, run.graph_id):
        await connection.execute(_NOTE, {"graph_id": run.graph_id, **given})


async def note_children(connection: Connection, run: Run, container: uuid.UUID, inside: Iterable[Child]) -> None:
    """`inside` is all that the container holds now: what is new there is to be asked for, and what is there no more."""
    if await lock(connection, run.graph_id):
        values = {"graph_id": run.graph_id, "container": container, **_columns(inside)}
        await connection.execute(_NOTE_CHILDREN, values)


async def note_parent(connection: Connection, run: Run, parent: Child) -> None:
    """To be asked for unless it shows: where Notion's search was cut, the pages above were perhaps not in it."""
    if await lock(connection, run.graph_id):
        values = {"graph_id": run.graph_id, "id": parent.id, "type": parent.type.value}
        await connection.execute(_NOTE_PARENT, values)


async def note_missing_rows(connection: Connection, run: Run, data_source: uuid.UUID) -> None:
    """Once all of its rows were listed: those of before that were not among them."""
    if await lock(connection, run.graph_id):
        values = {"graph_id": run.graph_id, "run_id": run.id, "data_source": data_source}
        await connection.execute(_NOTE_MISSING_ROWS, values)


async def list_found(connection: Connection, run: Run, most: int) -> list[Child]:
    query = select(_found.type, _found.notion_id).where(_found.graph_id == run.graph_id)
    rows = await connection.execute(query.order_by(_found.notion_id).limit(most))
    return [Child(row.notion_id, NodeType(row.type)) for row in rows]


async def forget_found(connection: Connection, run: Run, ids: Sequence[uuid.UUID]) -> None:
    statement = delete(graph_found).where(_found.graph_id == run.graph_id, _found.notion_id == _IDS)
    await connection.execute(statement, {"ids": list(ids)})


def _columns(children: Iterable[Child]) -> dict[str, list[object]]:
    # In one order, so that two processes that note the same do not wait for each other.
    given = sorted({child.id: child.type.value for child in children}.items())
    return {"ids": [child_id for child_id, _ in given], "types": [kind for _, kind in given]}
