import uuid
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import TypeAlias

from sqlalchemy import text

from ivgraph_auth.database.connection import Connection
from ivgraph_auth.graph import repository
from ivgraph_auth.graph.models import Edge, EdgeKind, Gap, Node, NodeType, Parent
from ivgraph_auth.graph.rows import NodeReading

Transaction: TypeAlias = Callable[[], AbstractAsyncContextManager[Connection]]
NOW = datetime(2026, 11, 28, tzinfo=UTC)
WORKSPACE = uuid.UUID("11111111-2222-4333-8444-555555555555")
_ADD_GRANT = text(
    "INSERT INTO grants (client_id, workspace_id, bot_id, owner, status, sealed, key_id, created_at, updated_at) "
    "VALUES ('client', gen_random_uuid(), gen_random_uuid()::text, 'owner', 'active', '', 'main', now(), now()) "
    "RETURNING id"
)


_EDITED_AT = text("SELECT notion_id, edited_at FROM graph_nodes WHERE graph_id = :graph_id AND NOT hidden")


async def edited_at_of(connection: Connection, graph_id: int) -> dict[uuid.UUID, datetime | None]:
    """Of all that show."""
    rows = await connection.execute(_EDITED_AT, {"graph_id": graph_id})
    return {row.notion_id: row.edited_at for row in rows}


async def add_grant(connection: Connection) -> int:
    grant_id: int = (await connection.execute(_ADD_GRANT)).scalar_one()
    return grant_id


async def add_graph(connection: Connection, workspace_id: uuid.UUID = WORKSPACE) -> tuple[int, int]:
    """Ids of a new grant, and of its graph."""
    grant_id = await add_grant(connection)
    return grant_id, await repository.ensure_graph(connection, grant_id, workspace_id, NOW)


def reading(
    node_id: uuid.UUID,
    title: str = "",
    *,
    parent: uuid.UUID | None = None,
    links: tuple[uuid.UUID, ...] = (),
    gaps: tuple[Gap, ...] = (),
    edited_at: datetime | None = NOW,
    in_trash: bool = False,
    type: NodeType = NodeType.PAGE,  # noqa: A002 -- as the field
) -> NodeReading:
    node = Node(
        id=node_id,
        type=type,
        title=title,
        url=f"https://www.notion.so/{node_id.hex}",
        icon=None,
        parent=Parent("page_id", parent) if parent else None,
        created_at=NOW,
        edited_at=edited_at,
        in_trash=in_trash,
    )
    return NodeReading(node, parent, tuple(Edge(EdgeKind.LINK, node_id, other) for other in links), gaps)


def new_id() -> uuid.UUID:
    return uuid.uuid4()
