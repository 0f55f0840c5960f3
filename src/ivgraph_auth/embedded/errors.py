"""What can go wrong with the embedded PostgreSQL.

EmbeddedPostgresError
├── BinariesNotFoundError    no usable PostgreSQL is installed
├── DirectoryError           the data directory cannot be used as it is
├── AlreadyRunningError      another run holds the data directory
├── WrongVersionError        the data was written by another major version
├── StartFailedError         initdb or the server gave up
├── StopFailedError          the server would not end
├── NotStartedError          asked of a server that is not running
└── CommandFailedError       psql or pg_dump refused

Every message says in plain English what to do. None carries a statement, a parameter or a secret.
"""


class EmbeddedPostgresError(Exception):
    """Base of all errors of this package."""


class BinariesNotFoundError(EmbeddedPostgresError):
    pass


class DirectoryError(EmbeddedPostgresError):
    pass


class AlreadyRunningError(EmbeddedPostgresError):
    pass


class WrongVersionError(EmbeddedPostgresError):
    pass


class StartFailedError(EmbeddedPostgresError):
    pass


class StopFailedError(EmbeddedPostgresError):
    pass


class NotStartedError(EmbeddedPostgresError):
    pass


class CommandFailedError(EmbeddedPostgresError):
    pass
