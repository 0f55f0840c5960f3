from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, DateTime, ForeignKey, Identity, Table, Text, Uuid

from ivgraph_auth.database.metadata import metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    # The only identity: never the e-mail, which Notion may leave out, and people may change.
    Column("notion_user_id", Uuid, nullable=False, unique=True),
    Column("email", Text),
    Column("email_verified", Boolean, nullable=False),
    Column("name", Text),
    Column("avatar_url", Text),
    Column("role", Text, nullable=False),
    Column("disabled_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("last_login_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("role IN ('viewer', 'member', 'admin')", name="role"),
)

# Which workspaces an account has now. Derived from its connections, in the transaction that changes those.
account_workspaces = Table(
    "account_workspaces",
    metadata,
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("workspace_id", Uuid, primary_key=True),
    Column("name", Text),
    Column("icon", Text),
    Column("status", Text, nullable=False),
    CheckConstraint("status IN ('active', 'needs_reauth')", name="status"),
)
