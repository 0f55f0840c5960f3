"""Runs migrations over asyncpg, one process at a time."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text

from ivgraph_auth.app.metadata import metadata
from ivgraph_auth.core.config import load_settings
from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.database.engine import make_engine
from ivgraph_auth.database.migrations import check_known

# Held while migrating, so that processes which start together take turns, and all but the first find nothing to do.
ADVISORY_LOCK = 0x1176_A074


def run(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
    # The lock is the connection's, not the transaction's; Alembic opens transactions of its own only outside of one.
    connection.commit()
    try:
        context.configure(
            connection=connection, target_metadata=metadata, compare_server_default=True, transaction_per_migration=True
        )
        check_known(context.get_context().get_current_revision(), context.script)
        connection.commit()
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})
        connection.commit()


async def main() -> None:
    engine = make_engine(database_url(), pool_size=1)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(run)
    finally:
        await engine.dispose()


def database_url() -> str:
    given = context.config.attributes.get("url")
    if given:
        return str(given)
    settings = load_settings()
    url = settings.database_direct_url or settings.database_url
    if url is None:
        raise ConfigurationError("DATABASE_URL is not set.")
    return url.get_secret_value()


asyncio.run(main())
