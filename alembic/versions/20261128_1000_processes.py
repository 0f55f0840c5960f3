"""One table of the processes that serve, where leases and loaded keys had one each."""

import sqlalchemy as sa
from alembic import op

revision = "20261128_1000"
down_revision = "20261127_1000"
branch_labels = None
depends_on = None

# An older process that still runs cannot renew its lease from here on, but trusts it until it has run out: newer ones
# must know of it.
TAKE_OVER = """
    INSERT INTO processes (id, seen_at, lease_expires_at, key_ids)
    SELECT process_id, coalesce(seen_at, clock_timestamp()), expires_at, coalesce(key_ids, '{}')
    FROM process_leases FULL JOIN key_holders USING (process_id)
"""
LEASES = """
    INSERT INTO process_leases (process_id, expires_at)
    SELECT id, lease_expires_at FROM processes WHERE lease_expires_at IS NOT NULL
"""
KEYS = "INSERT INTO key_holders (process_id, key_ids, seen_at) SELECT id, key_ids, seen_at FROM processes"


def upgrade() -> None:
    op.execute("LOCK TABLE process_leases, key_holders")
    op.create_table(
        "processes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_expires_at", sa.DateTime(timezone=True)),
        sa.Column("key_ids", sa.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_processes"),
    )
    op.execute(TAKE_OVER)
    op.drop_table("process_leases")
    op.drop_table("key_holders")


def downgrade() -> None:
    op.create_table(
        "key_holders",
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("key_ids", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("process_id", name="pk_key_holders"),
    )
    op.create_table(
        "process_leases",
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("process_id", name="pk_process_leases"),
    )
    op.execute(LEASES)
    op.execute(KEYS)
    op.drop_table("processes")
