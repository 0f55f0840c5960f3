"""Indexes of the audit trail, in the order of its pages."""

from alembic import op

revision = "20261122_1300"
down_revision = "20261122_1200"
branch_labels = None
depends_on = None

TABLE = "audit_events"


def upgrade() -> None:
    op.drop_index("ix_audit_events_account_id", table_name=TABLE)
    op.drop_index("ix_audit_events_at", table_name=TABLE)
    op.create_index("ix_audit_events_at", TABLE, ["at", "id"])
    op.create_index("ix_audit_events_account_id", TABLE, ["account_id", "at", "id"])
    op.create_index("ix_audit_events_actor", TABLE, ["actor_kind", "actor_id", "at", "id"])


def downgrade() -> None:
    for name in ("actor", "account_id", "at"):
        op.drop_index(f"ix_audit_events_{name}", table_name=TABLE)
    op.create_index("ix_audit_events_at", TABLE, ["at"])
    op.create_index("ix_audit_events_account_id", TABLE, ["account_id", "id"])
