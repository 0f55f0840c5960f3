"""Gaps of a graph counted as they are written; what is still to be hidden; who started a run; changes that are gone."""

import sqlalchemy as sa
from alembic import op

revision = "20261128_1400"
down_revision = "20261128_1300"
branch_labels = None
depends_on = None

# Whoever writes to a graph holds its row, so that its counts are changed by one transaction at a time. Of a graph that
# is gone nothing is counted: its rows are pruned.
COUNT = """
CREATE FUNCTION {function}() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO graph_gap_counts AS counts (graph_id, reason, count)
    SELECT changed.graph_id, changed.reason, sum(changed.by) FROM ({changed}) AS changed
        JOIN graphs ON graphs.id = changed.graph_id
    GROUP BY changed.graph_id, changed.reason HAVING sum(changed.by) <> 0
    ON CONFLICT (graph_id, reason) DO UPDATE SET count = counts.count + excluded.count;
    RETURN NULL;
END
$$
"""
GAPS = "SELECT graph_id, reason, {by} AS by FROM {rows}"
FILL = """
INSERT INTO graph_gap_counts (graph_id, reason, count)
SELECT found.graph_id, found.reason, sum(found.by) FROM ({found}) AS found JOIN graphs ON graphs.id = found.graph_id
GROUP BY found.graph_id, found.reason
"""
# Edges from a node that shows to what is not seen.
EDGES = "SELECT graph_id, 'unresolved' AS reason, {by} AS by FROM {rows} WHERE source IS NOT NULL AND target IS NULL"
ADDED, REMOVED = {"by": "1", "rows": "new_rows"}, {"by": "-1", "rows": "old_rows"}
TRIGGERS = (
    ("graph_gaps", "insert", "NEW TABLE AS new_rows", GAPS.format(**ADDED)),
    ("graph_gaps", "delete", "OLD TABLE AS old_rows", GAPS.format(**REMOVED)),
    ("graph_edges", "insert", "NEW TABLE AS new_rows", EDGES.format(**ADDED)),
    ("graph_edges", "delete", "OLD TABLE AS old_rows", EDGES.format(**REMOVED)),
    (
        "graph_edges",
        "update",
        "OLD TABLE AS old_rows NEW TABLE AS new_rows",
        f"{EDGES.format(**ADDED)} UNION ALL {EDGES.format(**REMOVED)}",
    ),
)


def upgrade() -> None:
    op.add_column("graphs", sa.Column("pruned_seq", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("graph_runs", sa.Column("started_by", sa.BigInteger()))
    op.drop_index("ix_graph_runs_graph_id", "graph_runs")
    op.create_index("ix_graph_runs_graph_id", "graph_runs", ["graph_id", "id"])
    op.create_table(
        "graph_hiding",
        sa.Column("graph_id", sa.BigInteger(), nullable=False),
        sa.Column("node", sa.BigInteger(), nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["graph_id"], ["graphs.id"], name="fk_graph_hiding_graph_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("graph_id", "node", name="pk_graph_hiding"),
    )
    count_gaps()


def count_gaps() -> None:
    op.drop_index("ix_graph_gaps_graph_id", "graph_gaps")
    op.create_index("ix_graph_gaps_graph_id", "graph_gaps", ["graph_id", "node"])
    op.create_index(
        "ix_graph_edges_unresolved",
        "graph_edges",
        ["graph_id", "source"],
        postgresql_where=sa.text("target IS NULL AND source IS NOT NULL"),
    )
    op.create_table(
        "graph_gap_counts",
        sa.Column("graph_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["graph_id"], ["graphs.id"], name="fk_graph_gap_counts_graph_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("graph_id", "reason", name="pk_graph_gap_counts"),
    )
    op.execute("LOCK TABLE graph_gaps, graph_edges IN SHARE ROW EXCLUSIVE MODE")
    for table, operation, rows, changed in TRIGGERS:
        function = f"{table}_count_{operation}"
        op.execute(COUNT.format(function=function, changed=changed))
        op.execute(
            f"CREATE TRIGGER count_gaps_{operation} AFTER {operation} ON {table} REFERENCING {rows} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        )
    found = f"{GAPS.format(by=1, rows='graph_gaps')} UNION ALL {EDGES.format(by=1, rows='graph_edges')}"
    op.execute(FILL.format(found=found))


def downgrade() -> None:
    for table, operation, _, _ in TRIGGERS:
        op.execute(f"DROP TRIGGER count_gaps_{operation} ON {table}")
        op.execute(f"DROP FUNCTION {table}_count_{operation}()")
    for table in ("graph_gap_counts", "graph_hiding"):
        op.drop_table(table)
    op.drop_index("ix_graph_edges_unresolved", "graph_edges")
    op.drop_index("ix_graph_gaps_graph_id", "graph_gaps")
    op.create_index("ix_graph_gaps_graph_id", "graph_gaps", ["graph_id"])
    op.drop_index("ix_graph_runs_graph_id", "graph_runs")
    op.create_index("ix_graph_runs_graph_id", "graph_runs", ["graph_id"])
    op.drop_column("graph_runs", "started_by")
    op.drop_column("graphs", "pruned_seq")
