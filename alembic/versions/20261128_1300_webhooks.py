"""Notion's webhooks: the subscription, what came, and what is to be read again."""

import sqlalchemy as sa
from alembic import op

revision = "20261128_1300"
down_revision = "20261128_1200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("graphs", sa.Column("trusted_since", sa.DateTime(timezone=True)))
    op.create_table(
        "graph_due",
        sa.Column("graph_id", sa.BigInteger(), nullable=False),
        sa.Column("notion_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("due_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("marks", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("held_by", sa.Uuid()),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("after_run", sa.BigInteger()),
        sa.PrimaryKeyConstraint("graph_id", "notion_id", name="pk_graph_due"),
        sa.ForeignKeyConstraint(["graph_id"], ["graphs.id"], name="fk_graph_due_graph_id_graphs", ondelete="CASCADE"),
    )
    op.create_index("ix_graph_due_held_until", "graph_due", ["held_until"])
    op.create_index("ix_graph_due_order", "graph_due", ["graph_id", sa.text("told DESC"), "due_since", "notion_id"])
    op.create_index("ix_graph_due_deleted", "graph_due", ["graph_id"], postgresql_where=sa.text("deleted"))
    op.create_table(
        "webhook_doors",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_doors"),
        sa.CheckConstraint("id = 1", name="single"),
    )
    op.create_table(
        "webhook_subscriptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("single", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True)),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_subscriptions"),
        sa.CheckConstraint("single", name="single"),
        sa.UniqueConstraint("single", name="uq_webhook_subscriptions_single"),
    )
    op.create_index("ix_webhook_subscriptions_key_id", "webhook_subscriptions", ["key_id"])
    op.create_table(
        "webhook_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("notion_id", sa.Uuid()),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_events"),
    )
    op.create_index("ix_webhook_events_received_at", "webhook_events", ["received_at"])
    op.create_index("ix_webhook_events_notion_id", "webhook_events", ["notion_id"])
    op.create_table(
        "webhook_workspaces",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("last_event_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", name="pk_webhook_workspaces"),
    )


def downgrade() -> None:
    op.drop_table("webhook_workspaces")
    op.drop_table("webhook_events")
    op.drop_table("webhook_subscriptions")
    op.drop_table("webhook_doors")
    op.drop_table("graph_due")
    op.drop_column("graphs", "trusted_since")
