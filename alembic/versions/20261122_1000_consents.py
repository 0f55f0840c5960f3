"""Tenants with a generation, consents that wait for a decision, and the journal of refreshes."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_1000"
down_revision = "20261121_1300"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tenants",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_tenants_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "tenant_id", name=op.f("pk_tenants")),
    )
    op.execute(
        "INSERT INTO tenants (account_id, tenant_id, generation) "
        "SELECT account_id, tenant_id, generation FROM connections"
    )
    op.drop_column("connections", "generation")
    op.add_column("authorization_states", sa.Column("account_id", sa.BigInteger(), nullable=True))
    op.add_column("authorization_states", sa.Column("tenant_id", sa.Text(), nullable=True))
    op.create_foreign_key(
        op.f("fk_authorization_states_account_id"),
        "authorization_states",
        "accounts",
        ["account_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_table(
        "pending_consents",
        sa.Column("id_hash", sa.LargeBinary(), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_pending_consents_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_pending_consents")),
    )
    op.create_index("ix_pending_consents_expires_at", "pending_consents", ["expires_at"], unique=False)
    op.create_index("ix_pending_consents_key_id", "pending_consents", ["key_id"], unique=False)
    op.create_index("ix_pending_consents_account_id", "pending_consents", ["account_id"], unique=False)
    op.create_index("ix_authorization_states_account_id", "authorization_states", ["account_id"], unique=False)
    op.create_table(
        "grant_refreshes",
        sa.Column("grant_id", sa.BigInteger(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("interrupted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["grants.id"], name=op.f("fk_grant_refreshes_grant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("grant_id", name=op.f("pk_grant_refreshes")),
    )


def downgrade() -> None:
    op.drop_table("grant_refreshes")
    op.drop_index("ix_authorization_states_account_id", table_name="authorization_states")
    op.drop_index("ix_pending_consents_key_id", table_name="pending_consents")
    op.drop_index("ix_pending_consents_account_id", table_name="pending_consents")
    op.drop_index("ix_pending_consents_expires_at", table_name="pending_consents")
    op.drop_table("pending_consents")
    op.drop_constraint(op.f("fk_authorization_states_account_id"), "authorization_states", type_="foreignkey")
    op.drop_column("authorization_states", "tenant_id")
    op.drop_column("authorization_states", "account_id")
    op.add_column("connections", sa.Column("generation", sa.Integer(), nullable=False, server_default="1"))
    op.alter_column("connections", "generation", server_default=None)
    op.drop_table("tenants")
