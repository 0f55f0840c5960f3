from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, LargeBinary, Table, Text, Uuid

from ivgraph_auth.database.metadata import metadata

sessions = Table(
    "sessions",
    metadata,
    Column("id", Uuid, primary_key=True),  # the `sid` claim
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("last_used_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("address", Text),
    Column("user_agent", Text),
    Column("browser_hash", LargeBinary),
    # The claims of the refresh token in force, from which it can be signed again; no token is stored.
    Column("refresh_jti", Text, nullable=False),
    Column("refresh_issued_at", DateTime(timezone=True), nullable=False),
    Column("refresh_expires_at", DateTime(timezone=True), nullable=False),
    # The one before it, which for 30 s is answered with the one in force.
    Column("replaced_jti", Text),
    Column("replaced_at", DateTime(timezone=True)),
    Index("ix_sessions_account_id", "account_id"),
    Index("ix_sessions_expires_at", "expires_at"),
    Index("ix_sessions_browser_hash", "browser_hash", unique=True),
)

# Handed to a page elsewhere instead of tokens, to be exchanged with PKCE (RFC 7636).
handoff_codes = Table(
    "handoff_codes",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    Column("session_id", Uuid, ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    Column("code_challenge", Text, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index("ix_handoff_codes_session_id", "session_id"),
    Index("ix_handoff_codes_expires_at", "expires_at"),
)
