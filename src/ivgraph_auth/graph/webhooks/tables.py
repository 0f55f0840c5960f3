from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from ivgraph_auth.database.metadata import metadata

# While the row is there and `open_until` is to come, the token of a new subscription is taken, once.
webhook_doors = Table(
    "webhook_doors",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("open_until", DateTime(timezone=True), nullable=False),
    CheckConstraint("id = 1", name="single"),
)

# The one subscription that Notion has for all workspaces of a connection, with its verification token.
webhook_subscriptions = Table(
    "webhook_subscriptions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("single", Boolean, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("shown_at", DateTime(timezone=True)),
    Column("confirmed_at", DateTime(timezone=True)),
    CheckConstraint("single", name="single"),
    UniqueConstraint("single", name="uq_webhook_subscriptions_single"),
    Index("ix_webhook_subscriptions_key_id", "key_id"),
)

# The webhooks of the last two days, so that each counts once.
webhook_events = Table(
    "webhook_events",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("type", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("notion_id", Uuid),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Index("ix_webhook_events_received_at", "received_at"),
    Index("ix_webhook_events_notion_id", "notion_id"),
)

# When a workspace was last told of: only as long as webhooks arrive may it be synchronized less often.
webhook_workspaces = Table(
    "webhook_workspaces",
    metadata,
    Column("workspace_id", Uuid, primary_key=True),
    Column("last_event_at", DateTime(timezone=True), nullable=False),
)
