from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Table, Uuid

from ivgraph_auth.database.metadata import metadata

# A process that may answer from its cache, for as long as its lease lasts.
process_leases = Table(
    "process_leases",
    metadata,
    Column("process_id", Uuid, primary_key=True),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

# Something of an account changed: whatever is cached of it must go.
invalidations = Table(
    "invalidations",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("account_id", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Index("ix_invalidations_created_at", "created_at"),
)
