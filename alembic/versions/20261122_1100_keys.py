"""Which encryption keys each serving process has loaded."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1100"
down_revision = "20261122_1000"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "key_holders",
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("key_ids", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("process_id", name=op.f("pk_key_holders")),
    )


def downgrade() -> None:
    op.drop_table("key_holders")
