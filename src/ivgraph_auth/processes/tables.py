from sqlalchemy import ARRAY, Column, DateTime, Table, Text, Uuid

from ivgraph_auth.database.metadata import metadata

# A process that serves. `lease_expires_at` is until when it may answer from its cache, `key_ids` which encryption keys
# it has loaded: one is put first only when every process can open what it seals.
processes = Table(
    "processes",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("lease_expires_at", DateTime(timezone=True)),
    Column("key_ids", ARRAY(Text), nullable=False),
)
