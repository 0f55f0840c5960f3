"""The schema's versions: applying them once, and telling whether the database has the one this code needs."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.database.engine import Database

_IN_WHEEL = Path(__file__).parents[1] / "_alembic"
_IN_CHECKOUT = Path(__file__).parents[3] / "alembic"


def alembic_config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_IN_WHEEL if _IN_WHEEL.is_dir() else _IN_CHECKOUT).replace("%", "%%"))
    # Not an option: those are logged, and a URL holds a password.
    config.attributes["url"] = url
    return config


def migrate(url: str, revision: str = "head") -> None:
    """Brings the schema to the revision. Processes that start together wait for each other and run it once.

    Raises ConfigurationError when the database is at a revision that this code does not know.
    """
    command.upgrade(alembic_config(url), revision)


def check_known(current: str | None, scripts: ScriptDirectory) -> None:
    """Raises ConfigurationError for a schema that a newer version of this service has made."""
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        raise ConfigurationError(
            f"The database's schema ({current}) is newer than this version of ivgraph-auth. Install the newer version."
        )


class Schema:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._scripts = ScriptDirectory.from_config(alembic_config(""))

    async def problem(self) -> str | None:
        """What is wrong with the schema, in words; None when it is what this code needs. Raises DatabaseUnavailable."""
        async with self._database.read() as connection:
            table = (await connection.execute(text("SELECT to_regclass('alembic_version')::text"))).scalar_one()
        if table is None:
            return "The database is empty. Run `ivgraph-auth migrate`, or start with `serve --migrate`."
        async with self._database.read() as connection:
            current = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()
        try:
            check_known(current, self._scripts)
        except ConfigurationError as error:
            return error.detail
        if current != self._scripts.get_current_head():
            return "The database's schema is older than this version. Run `ivgraph-auth migrate`, or `serve --migrate`."
        return None
