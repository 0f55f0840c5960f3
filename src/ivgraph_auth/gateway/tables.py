from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, LargeBinary, Table, Text, Uuid

from ivgraph_auth.database.metadata import metadata

# A call made under an Idempotency-Key, written before Notion is asked; of the key and the body only digests. Without a
# process and without an answer, it ended in a way that leaves open what Notion did.
idempotent_calls = Table(
    "idempotent_calls",
    metadata,
    Column("key_hash", LargeBinary, primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("body_hash", LargeBinary, nullable=False),
    Column("process_id", Uuid),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index("ix_idempotent_calls_account_id", "account_id"),
    Index("ix_idempotent_calls_expires_at", "expires_at"),
)

# What Notion answered to it.
idempotent_answers = Table(
    "idempotent_answers",
    metadata,
    Column("key_hash", LargeBinary, ForeignKey("idempotent_calls.key_hash", ondelete="CASCADE"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("key_id", Text, nullable=False),
    Index("ix_idempotent_answers_key_id", "key_id"),
)

# How much of Notion's rate limit each grant has left, for all processes: see `rate_limiter.py`.
grant_budgets = Table(
    "grant_budgets",
    metadata,
    Column("grant_id", BigInteger, ForeignKey("grants.id", ondelete="CASCADE"), primary_key=True),
    Column("issued", BigInteger, nullable=False),
    Column("full_at", DateTime(timezone=True), nullable=False),
    Column("stopped_until", DateTime(timezone=True), nullable=False),
)
