"""What can go wrong with the embedded PostgreSQL.

Every message says in plain English what to do. None carries a statement, a parameter or a secret.
"""


class EmbeddedPostgresError(Exception):
    """Base of all errors of this package."""


class BinariesNotFoundError(EmbeddedPostgresError):
    """No usable PostgreSQL is installed."""


class DirectoryError(EmbeddedPostgresError):
    """The data directory cannot be used as it is."""


class AlreadyRunningError(EmbeddedPostgresError):
    """Another run holds the data directory."""


class WrongVersionError(EmbeddedPostgresError):
    """The data was written by another major version."""


class StartFailedError(EmbeddedPostgresError):
    """initdb or the server gave up."""


class StopFailedError(EmbeddedPostgresError):
    """The server would not end."""


class NotStartedError(EmbeddedPostgresError):
    """Asked of a server that is not running."""


class CommandFailedError(EmbeddedPostgresError):
    """psql or pg_dump refused."""
