"""How much of Notion's rate limit each grant has left, and calls under an Idempotency-Key."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1200"
down_revision = "20261122_1100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "grant_budgets",
        sa.Column("grant_id", sa.BigInteger(), nullable=False),
        sa.Column("issued", sa.BigInteger(), nullable=False),
        sa.Column("full_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["grants.id"], name=op.f("fk_grant_budgets_grant_id_grants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("grant_id", name=op.f("pk_grant_budgets")),
    )
    op.create_table(
        "idempotent_calls",
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("process_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_idempotent_calls_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_idempotent_calls")),
    )
    op.create_index("ix_idempotent_calls_account_id", "idempotent_calls", ["account_id"])
    op.create_index("ix_idempotent_calls_expires_at", "idempotent_calls", ["expires_at"])
    op.create_table(
        "idempotent_answers",
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_hash"],
            ["idempotent_calls.key_hash"],
            name=op.f("fk_idempotent_answers_key_hash_idempotent_calls"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_idempotent_answers")),
    )
    op.create_index("ix_idempotent_answers_key_id", "idempotent_answers", ["key_id"])


def downgrade() -> None:
    op.drop_table("idempotent_answers")
    op.drop_table("idempotent_calls")
    op.drop_table("grant_budgets")
