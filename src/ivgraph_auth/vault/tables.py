from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from ivgraph_auth.database.metadata import metadata

# One row per authorization at Notion, whoever uses it: (client, workspace, bot) is what Notion keys a token pair by,
# and the owner tells apart people to whom Notion answers the same bot.
grants = Table(
    "grants",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("workspace_id", Uuid, nullable=False),
    Column("bot_id", Text, nullable=False),
    # Empty in rows from before it was part of the key.
    Column("owner", Text, nullable=False, server_default=""),
    Column("workspace_name", Text),
    Column("workspace_icon", Text),
    Column("owner_notion_user_id", Uuid),
    Column("owner_name", Text),
    Column("capabilities", ARRAY(Text)),
    Column("status", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("last_validated_at", DateTime(timezone=True)),
    UniqueConstraint(
        "client_id", "workspace_id", "bot_id", "owner", name="uq_grants_client_id_workspace_id_bot_id_owner"
    ),
    CheckConstraint("status IN ('active', 'needs_reauth', 'revoked')", name="status"),
    Index("ix_grants_key_id", "key_id"),
)

# Written before Notion is asked for a new pair, and gone when that is stored: what is left tells of an answer that may
# be lost. It is the lock, too: whoever holds it until `held_until` asks, and all others wait.
grant_refreshes = Table(
    "grant_refreshes",
    metadata,
    Column("grant_id", BigInteger, ForeignKey("grants.id", ondelete="CASCADE"), primary_key=True),
    Column("attempt_id", Uuid, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("held_until", DateTime(timezone=True), nullable=False),
    Column("interrupted_at", DateTime(timezone=True)),
)
