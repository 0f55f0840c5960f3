"""A PostgreSQL of our own, for `demo`, `serve --embedded` and the tests."""

import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Self
from urllib.parse import quote

from ivgraph_auth.embedded.binaries import Binaries, SearchPlaces, find_binaries
from ivgraph_auth.embedded.cluster import MAINTENANCE, ROLE, prepare_cluster
from ivgraph_auth.embedded.errors import CommandFailedError, NotStartedError, StartFailedError
from ivgraph_auth.embedded.lock import DirectoryLock
from ivgraph_auth.embedded.owner import Owner, prepare_directory
from ivgraph_auth.embedded.postmaster import Postmaster, forget_dead_server
from ivgraph_auth.embedded.settings import server_command
from ivgraph_auth.embedded.sockets import PORT, drop_socket_directory, prepare_socket_directory, socket_directory

START_PATIENCE = 300.0  # seconds; recovery after a crash may take long
# What a server says that finds processes of one that was killed; they notice, and end by themselves.
ORPHANS = "pre-existing shared memory block"
ORPHAN_PATIENCE = 10  # seconds
LOG_LINES = 20
DATABASE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
EVERYWHERE = SearchPlaces()


class EmbeddedPostgres:
    """One server on `directory`, reachable by a private Unix socket only. Synchronous; one run at a time.

    `durable=False` gives up crash safety for speed: only for data that can be made again. `settings` are further ones
    of PostgreSQL's, by their names, and win.
    """

    def __init__(
        self,
        directory: Path,
        *,
        durable: bool = True,
        places: SearchPlaces = EVERYWHERE,
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._directory = directory.resolve()
        self._data = self._directory / "postgres"
        self._log = self._directory / "postgres.log"
        self._durable = durable
        self._settings = settings
        self._places = places
        self._owner = Owner.for_server()
        # The directory of the socket: mode 0700, its owner is the user PostgreSQL runs as.
        self.socket = socket_directory(self._directory, self._owner)
        self._lock = DirectoryLock(self._directory / "lock")
        self._running: tuple[Binaries, Postmaster] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def binaries(self) -> Binaries:
        """Raises NotStartedError."""
        return self._require_running()[0]

    @property
    def pid(self) -> int:
        """Raises NotStartedError."""
        return self._require_running()[1].pid

    def _require_running(self) -> tuple[Binaries, Postmaster]:
        if self._running is None:
            raise NotStartedError("The embedded PostgreSQL is not running: call start() first.")
        return self._running

    def start(self) -> None:
        """Return when the server takes connections: a new one, or the one that a killed run left on the directory.

        Raises any of errors.py but StopFailedError, NotStartedError and CommandFailedError.
        """
        prepare_directory(self._directory, self._owner)
        self._lock.acquire()
        try:
            binaries = find_binaries(self._owner, self._places, copies=self._directory)
            prepare_cluster(self._data, self._owner, binaries, durable=self._durable)
            prepare_socket_directory(self.socket, self._owner)
            command = server_command(binaries, self._data, self.socket, durable=self._durable, further=self._settings)
            self._running = binaries, self._adopt(command) or self._launch(command)
        except BaseException:
            self._lock.release()
            raise

    def stop(self) -> None:
        """Return when the server has ended; nothing to do when it is not running. Raises StopFailedError."""
        running, self._running = self._running, None
        if running is None:
            return
        try:
            running[1].stop()
            drop_socket_directory(self.socket)
        finally:
            self._lock.release()

    def database_url(self, name: str = "ivgraph") -> str:
        """For `create_async_engine`, and with `postgresql` as the scheme for asyncpg itself and libpq.

        The port is spelt out because clients would otherwise take it from PGPORT.
        """
        return f"postgresql+asyncpg://{ROLE}@/{_check_name(name)}?host={quote(str(self.socket))}&port={PORT}"

    def ensure_database(self, name: str = "ivgraph") -> None:
        """Create it unless it is there. Raises CommandFailedError, NotStartedError."""
        statement = (
            f"SELECT 'CREATE DATABASE {_check_name(name)}' "  # noqa: S608  # the name is checked
            f"WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{name}') \\gexec\n"
        )
        order = ("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", MAINTENANCE)
        try:
            self._run_client(*order, text_in=statement)
        except CommandFailedError:
            # A killed run's order may still have been under way on the adopted server; it is done by now.
            self._run_client(*order, text_in=statement)

    def dump(self, name: str = "ivgraph") -> bytes:
        """The database as plain SQL. Raises CommandFailedError, NotStartedError."""
        return self._run_client("pg_dump", "--format=plain", _check_name(name))

    def _run_client(self, program: str, *arguments: str, text_in: str = "") -> bytes:
        where = [f"--host={self.socket}", f"--port={PORT}", f"--username={ROLE}", "--no-password"]
        done = self._owner.run([self.binaries.program(program), *where, *arguments], text_in=text_in.encode())
        if done.returncode != 0:
            raise CommandFailedError(f"{program} failed:\n{done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def _adopt(self, command: list[str]) -> Postmaster | None:
        left = Postmaster.find_left_running(self._data, self._owner)
        if left is None:
            return None
        if list(left.command) == command and left.wait_ready(START_PATIENCE):
            return left
        # Other settings (another version of us, tests' speed instead of safety), or on its way down.
        left.stop()
        return None

    def _launch(self, command: list[str]) -> Postmaster:
        for _ in range(ORPHAN_PATIENCE):
            try:
                return self._try_to_launch(command)
            except StartFailedError as failure:
                if ORPHANS not in str(failure):
                    raise
            time.sleep(1.0)
        return self._try_to_launch(command)

    def _try_to_launch(self, command: list[str]) -> Postmaster:
        forget_dead_server(self._data, self.socket, self._owner)
        # Each server starts a new log, so that it cannot grow without end.
        log = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        try:
            postmaster = Postmaster.start(self._data, self._owner, command, log)
        except OSError as error:
            raise StartFailedError(f"PostgreSQL cannot be run: {error}") from error
        finally:
            os.close(log)
        ready = False
        try:
            ready = postmaster.wait_ready(START_PATIENCE)
        finally:
            if not ready:
                postmaster.stop()
        if not ready:
            lines = self._log.read_text(errors="replace").splitlines()[-LOG_LINES:]
            raise StartFailedError("PostgreSQL did not start. Its log says:\n" + "\n".join(lines))
        return postmaster


def _check_name(name: str) -> str:
    if not DATABASE_NAME.fullmatch(name):
        raise ValueError(f"not a database name: {name!r}")
    return name
