"""What every query of graphs begins with: the graphs of the principal's grants, and the nodes that show in them.

Where two grants see one Notion object, the row that was edited last is answered.
"""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.selectable import LateralFromClause

from ivgraph_auth.database.connection import Row
from ivgraph_auth.graph.models import NodeType, Parent
from ivgraph_auth.graph.rows import NodeSummary
from ivgraph_auth.graph.tables import graph_nodes, graphs

GRANTS = bindparam("grant_ids", type_=ARRAY(BigInteger))
IS_GRANTED = graphs.c.grant_id == any_(GRANTS)
SUMMARY = (
    graph_nodes.c.notion_id,
    graph_nodes.c.type,
    graph_nodes.c.title,
    graph_nodes.c.url,
    graph_nodes.c.icon,
    graph_nodes.c.parent_type,
    graph_nodes.c.parent_id,
    graph_nodes.c.edited_at,
    graphs.c.workspace_id,
)
_LAST_EDITED_FIRST = (graph_nodes.c.edited_at.desc().nulls_last(), graph_nodes.c.graph_id.desc())


def select_visible(*columns: ColumnElement[Any]) -> Select[Any]:
    """Of rows that show, a row for each grant that sees the object."""
    joined = graph_nodes.join(graphs, graphs.c.id == graph_nodes.c.graph_id)
    return select(*columns).select_from(joined).where(IS_GRANTED, ~graph_nodes.c.hidden)


def last_edited_first(statement: Select[Any]) -> Select[Any]:
    return statement.order_by(*_LAST_EDITED_FIRST)


def summary_of(notion_id: ColumnElement[Any]) -> LateralFromClause:
    """The one row that is answered for an object."""
    return last_edited_first(select_visible(*SUMMARY).where(graph_nodes.c.notion_id == notion_id)).limit(1).lateral()


def to_summary(row: Row) -> NodeSummary:
    return NodeSummary(
        id=row.notion_id,
        type=NodeType(row.type),
        title=row.title,
        url=row.url,
        icon=row.icon,
        parent=None if row.parent_type is None else Parent(row.parent_type, row.parent_id),
        workspace_id=row.workspace_id,
        edited_at=row.edited_at,
    )
