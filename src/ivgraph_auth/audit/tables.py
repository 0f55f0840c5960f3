from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Table, Text

from ivgraph_auth.database.metadata import metadata

# Written out, since a planner that knows a parameter alone cannot tell whether the index has the rows.
# No foreign key: the record outlives the account, of which it then keeps the id alone.
audit_events = Table(
    "audit_events",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("event", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("account_id", BigInteger),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text),
    Column("tenant_id", Text),
    Column("operation", Text),
    Column("notion_request_id", Text),
    Column("request_id", Text),
    Column("address", Text),
    Column("user_agent", Text),
    # Each ends with the order of the pages, so that times and cursors narrow it too. No more of them, and none over the
    # outcome: every call to Notion adds a row and completes it.
    Index("ix_audit_events_at", "at", "id"),
    Index("ix_audit_events_account_id", "account_id", "at", "id"),
    Index("ix_audit_events_actor", "actor_kind", "actor_id", "at", "id"),
)
