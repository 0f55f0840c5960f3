"""The owner of a grant, as part of its key: two people may be answered the same bot."""

import sqlalchemy as sa
from alembic import op

revision = "20261127_1000"
down_revision = "20261122_1300"
branch_labels = None
depends_on = None

BEFORE = "uq_grants_client_id_workspace_id_bot_id"
KEY = ["client_id", "workspace_id", "bot_id"]
# Of people who share a bot one row remains, the newest, as it was before. What was sealed for an owner does not open
# without: its tenants connect again.
MERGE = """
    UPDATE connections SET grant_id = kept.id
    FROM grants JOIN (
      SELECT client_id, workspace_id, bot_id, max(id) AS id FROM grants GROUP BY client_id, workspace_id, bot_id
    ) AS kept USING (client_id, workspace_id, bot_id)
    WHERE connections.grant_id = grants.id AND grants.id <> kept.id
"""
DROP = """
    DELETE FROM grants USING grants AS newer
    WHERE newer.client_id = grants.client_id AND newer.workspace_id = grants.workspace_id
      AND newer.bot_id = grants.bot_id AND newer.id > grants.id
"""


def upgrade() -> None:
    op.add_column("grants", sa.Column("owner", sa.Text, nullable=False, server_default=""))
    op.drop_constraint(BEFORE, "grants")
    op.create_unique_constraint(f"{BEFORE}_owner", "grants", [*KEY, "owner"])


def downgrade() -> None:
    op.execute(MERGE)
    op.execute(DROP)
    op.drop_constraint(f"{BEFORE}_owner", "grants")
    op.create_unique_constraint(BEFORE, "grants", KEY)
    op.drop_column("grants", "owner")
