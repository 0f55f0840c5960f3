from sqlalchemy import Column, DateTime, LargeBinary, Table, Text

from ivgraph_auth.database.metadata import metadata

# A known text sealed with each key that was ever used, so that a wrong key under a known id is noticed at once.
key_checks = Table(
    "key_checks",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
