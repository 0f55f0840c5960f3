from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from ivgraph_auth.database.metadata import metadata

# Counts the consents and removals of a tenant, and outlives its connection: a link made before any of them is no good.
tenants = Table(
    "tenants",
    metadata,
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("tenant_id", Text, primary_key=True),
    Column("generation", Integer, nullable=False),
)

# A tenant of an account, and the grant that acts for it.
connections = Table(
    "connections",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("tenant_id", Text, nullable=False),
    Column("workspace_id", Uuid, nullable=False),
    Column("grant_id", BigInteger, ForeignKey("grants.id"), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("last_used_at", DateTime(timezone=True)),
    Column("usage_count", BigInteger, nullable=False),
    UniqueConstraint("account_id", "tenant_id", name="uq_connections_account_id_tenant_id"),
    Index("ix_connections_grant_id", "grant_id"),
)

# `state` of an authorization request to Notion (RFC 6749 §10.12): only its hash, for ten minutes, for one use.
authorization_states = Table(
    "authorization_states",
    metadata,
    Column("state_hash", LargeBinary, primary_key=True),
    Column("flow", Text, nullable=False),
    Column("browser_hash", LargeBinary, nullable=False),
    Column("next_path", Text),
    Column("client_state", Text),
    Column("code_challenge", Text),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE")),
    Column("tenant_id", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("claimed_at", DateTime(timezone=True)),
    CheckConstraint("flow IN ('signin', 'connect')", name="flow"),
    Index("ix_authorization_states_expires_at", "expires_at"),
    Index("ix_authorization_states_account_id", "account_id"),
)

# A code from Notion that waits, sealed, until the person at the browser has said whom it is for.
pending_consents = Table(
    "pending_consents",
    metadata,
    Column("id_hash", LargeBinary, primary_key=True),
    Column("browser_hash", LargeBinary, nullable=False),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("tenant_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index("ix_pending_consents_expires_at", "expires_at"),
    Index("ix_pending_consents_account_id", "account_id"),
    Index("ix_pending_consents_key_id", "key_id"),
)
