from sqlalchemy import ARRAY, Column, DateTime, LargeBinary, Table, Text, Uuid

from ivgraph_auth.database.metadata import metadata

# A known text sealed with each key that was ever used, so that a wrong key under a known id is noticed at once.
key_checks = Table(
    "key_checks",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

# Which keys each serving process has loaded, so that one is put first only when every one can open what it seals.
key_holders = Table(
    "key_holders",
    metadata,
    Column("process_id", Uuid, primary_key=True),
    Column("key_ids", ARRAY(Text), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
)
