"""Leases of processes that answer from memory, and invalidations."""

import sqlalchemy as sa
from alembic import op

revision = "20261121_1300"
down_revision = "20261121_1200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "process_leases",
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("process_id", name=op.f("pk_process_leases")),
    )
    op.create_table(
        "invalidations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invalidations")),
    )
    op.create_index("ix_invalidations_created_at", "invalidations", ["created_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_invalidations_created_at", table_name="invalidations")
    op.drop_table("invalidations")
    op.drop_table("process_leases")
