"""Trouble with the server, as against mistakes of ours."""

import asyncpg

from ivgraph_auth.core.errors import Unavailable

# Not our own mistakes, but a server that is stopping, starting, full, read-only, or out of reach.
TROUBLE = (
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InterfaceError,
    # A connection that was cut in the middle of something, and does not know it yet.
    asyncpg.InternalClientError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    # Two that waited for each other: one of them tries again.
    asyncpg.DeadlockDetectedError,
    OSError,
)


class DatabaseUnavailable(Unavailable):
    detail = "The database is out of reach for a moment. Try again shortly."
