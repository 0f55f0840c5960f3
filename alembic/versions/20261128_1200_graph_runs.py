"""Synchronizations of graphs, and what they have met and not read yet."""

import sqlalchemy as sa
from alembic import op

revision = "20261128_1200"
down_revision = "20261128_1100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "graph_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("graph_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text()),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("stop_asked", sa.Boolean(), nullable=False),
        sa.Column("held_by", sa.Uuid()),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_graph_runs"),
        sa.ForeignKeyConstraint(["graph_id"], ["graphs.id"], name="fk_graph_runs_graph_id_graphs", ondelete="CASCADE"),
    )
    op.create_index("ix_graph_runs_graph_id", "graph_runs", ["graph_id"])
    op.create_index(
        "uq_graph_runs_running", "graph_runs", ["graph_id"], unique=True, postgresql_where=sa.text("status = 'running'")
    )
    op.create_table(
        "graph_found",
        sa.Column("graph_id", sa.BigInteger(), nullable=False),
        sa.Column("notion_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("graph_id", "notion_id", name="pk_graph_found"),
        sa.ForeignKeyConstraint(["graph_id"], ["graphs.id"], name="fk_graph_found_graph_id_graphs", ondelete="CASCADE"),
    )


def downgrade() -> None:
    op.drop_table("graph_found")
    op.drop_table("graph_runs")
