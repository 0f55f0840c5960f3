from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Table, Text

from ivgraph_auth.core.database import metadata

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
    Index("ix_audit_events_account_id", "account_id", "id"),
    Index("ix_audit_events_at", "at"),
)
