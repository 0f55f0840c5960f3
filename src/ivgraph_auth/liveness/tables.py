from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Table

from ivgraph_auth.database.metadata import metadata

# Something of an account changed: whatever is cached of it must go.
invalidations = Table(
    "invalidations",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("account_id", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Index("ix_invalidations_created_at", "created_at"),
)
