"""A real PostgreSQL for the tests: one server a run, one database a test.

`IVGRAPH_TEST_DATABASE_URL` names an existing server, whose role must be allowed to create databases. Without it the
embedded one is started in a directory of its own; when there are no binaries, that is an error.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import URL, make_url

from ivgraph_auth.core.secrets import random_hex
from ivgraph_auth.embedded.binaries import SearchPlaces, find_binaries
from ivgraph_auth.embedded.errors import EmbeddedPostgresError
from ivgraph_auth.embedded.lock import DirectoryLock
from ivgraph_auth.embedded.owner import Owner
from ivgraph_auth.embedded.server import EmbeddedPostgres

# Where the user that stands in for root can go, unlike pytest's own directories. In memory a database is made and
# dropped in half the time or less.
MEMORY, DISK = Path("/dev/shm"), Path("/tmp")  # noqa: S108
ROOM_NEEDED = 2**31  # bytes
PREFIX = "ivgraph-tests-"


class TestDatabases:
    """Databases on one server, each a copy of a template that was migrated once."""

    __test__ = False

    def __init__(self, url: str, *, strategy: str = "WAL_LOG") -> None:
        """`url` names a database that exists, to give the orders from; `strategy` is CREATE DATABASE's.

        FILE_COPY is the fast one where nothing waits for the disk (fsync off), and the slow one elsewhere.
        """
        self._url = make_url(url)
        self._strategy = strategy
        self._template = f"ivgraph_template_{random_hex(12)}"
        self._template_made = False
        self._names: set[str] = set()

    async def create_template(self, migrate: Callable[[str], Awaitable[None]]) -> None:
        """Create the template and have `migrate(url)` fill it; `migrate` leaves no connection open. Only once."""
        if self._template_made:
            return
        await self._order(f'CREATE DATABASE "{self._template}"')
        self._names.add(self._template)
        await migrate(self._named(self._template))
        self._template_made = True

    async def create(self) -> str:
        """A fresh database's URL, for `create_async_engine`: a copy of the template, empty when there is none."""
        name = f"ivgraph_test_{random_hex(12)}"
        copied = f' TEMPLATE "{self._template}"' if self._template_made else ""
        await self._order(f'CREATE DATABASE "{name}"{copied} STRATEGY {self._strategy}')
        self._names.add(name)
        return self._named(name)

    async def drop(self, url: str) -> None:
        """Also when connections to it are open; they are cut."""
        name = make_url(url).database
        if name not in self._names:
            raise ValueError("not one of these databases")
        await self._order(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._names.discard(name)

    async def drop_all(self) -> None:
        for name in sorted(self._names):
            await self.drop(self._named(name))

    def dump(self, url: str) -> bytes:
        """All of it as plain SQL."""
        owner = Owner.ourselves()
        binaries = find_binaries(owner, SearchPlaces())
        done = owner.run([binaries.program("pg_dump"), "--format=plain", f"--dbname={_plain(make_url(url))}"])
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def _named(self, name: str) -> str:
        url = self._url.set(drivername="postgresql+asyncpg", database=name)
        return url.render_as_string(hide_password=False)

    async def _order(self, statement: str) -> None:
        connection = await asyncpg.connect(_plain(self._url))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def _plain(url: URL) -> str:
    """As asyncpg itself and libpq take it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def new_directory(prefix: str = PREFIX) -> Path:
    """A fresh directory that PostgreSQL can reach also when the tests run as root. The caller removes it."""
    directory = Path(tempfile.mkdtemp(prefix=prefix, dir=MEMORY if memory_will_do() else DISK)).resolve()
    if os.geteuid() == 0:
        directory.chmod(0o755)
    return directory


def memory_will_do() -> bool:
    """Containers often have too little of it, or forbid to execute what lies there, as copied programs do."""
    if not os.access(MEMORY, os.W_OK | os.X_OK):
        return False
    room = os.statvfs(MEMORY)
    return room.f_bavail * room.f_frsize >= ROOM_NEEDED and not room.f_flag & os.ST_NOEXEC


def end_leftovers(prefix: str = PREFIX) -> None:
    """Stop the servers of killed test runs, and remove what they left; a run still alive holds its lock."""
    for lock in [*MEMORY.glob(f"{prefix}*/lock"), *DISK.glob(f"{prefix}*/lock")]:
        directory = lock.parent
        if directory.stat().st_uid != os.geteuid():
            continue
        with suppress(EmbeddedPostgresError):
            if (directory / "postgres" / "postmaster.pid").exists():
                with EmbeddedPostgres(directory, durable=False):
                    pass
            held = DirectoryLock(lock)
            held.acquire()
            shutil.rmtree(directory, ignore_errors=True)
            held.release()


@pytest.fixture(scope="session")
def postgres() -> Iterator[TestDatabases]:
    existing = os.environ.get("IVGRAPH_TEST_DATABASE_URL")
    if existing:
        databases = TestDatabases(existing)
        yield databases
        # A loop of its own in a thread of its own: the session's loop is not running here, and stays as it is.
        with ThreadPoolExecutor(max_workers=1) as pool:
            pool.submit(asyncio.run, databases.drop_all()).result()
        return
    end_leftovers()
    directory = new_directory()
    try:
        with EmbeddedPostgres(directory, durable=False) as server:
            yield TestDatabases(server.database_url("postgres"), strategy="FILE_COPY")
    finally:
        # Another run that tidies up may be at it at the same time.
        shutil.rmtree(directory, ignore_errors=True)
