"""The machine as a stage: who runs on which core, processes started and stopped, one PostgreSQL for all."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ivgraph_auth.core.secrets import random_token
from ivgraph_auth.database.migrations import migrate
from ivgraph_auth.embedded.cluster import ROLE
from ivgraph_auth.embedded.server import EmbeddedPostgres
from ivgraph_auth.embedded.sockets import PORT
from ivgraph_auth.keys.keyring import generate_key

HERE = Path(__file__).parent
SERVER_CORE, LOAD_CORE = 0, 1
_START_SECONDS = 30
SERVE = [sys.executable, "-c", "from ivgraph_auth.cli.main import main; main()", "serve", "--port"]


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[bytes]
    port: int

    @property
    def memory(self) -> int:
        """Resident, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(row for row in status.splitlines() if row.startswith("VmRSS")).split()[1]) // 1024

    @property
    def cpu_seconds(self) -> float:
        """What it and its children have used so far."""
        return sum(map(_cpu_seconds, _family(self.process.pid)))


class Stage:
    def __init__(self, directory: Path, postgres: EmbeddedPostgres, stack: ExitStack) -> None:
        self.directory = directory
        self.servers: dict[int, Server] = {}
        self._postgres = postgres
        self._stack = stack

    def database(self, name: str) -> dict[str, str]:
        """The environment in which libpq, and all that do as it does, find a database of this name."""
        self._postgres.ensure_database(name)
        return {"PGHOST": str(self._postgres.socket), "PGPORT": str(PORT), "PGUSER": ROLE, "PGDATABASE": name}

    def service(self, port: int = 0) -> Server:
        """One more process of the service, ready and with its cache on."""
        port = port or public_port()
        server = self.start([*SERVE, str(port)], port, "/health/ready")
        until_cache_is_on(port)
        return server

    def yardstick(self, app: str, *, core: int = SERVER_CORE) -> Server:
        port = free_port()
        return self.start(uvicorn(sys.executable, app, HERE, port, "--no-access-log"), port, "/", core=core)

    def start(
        self,
        command: list[str],
        port: int,
        path: str,
        environment: dict[str, str] | None = None,
        *,
        core: int = SERVER_CORE,
    ) -> Server:
        """Answering `path`: with anything but a failure."""
        complaints = self.directory / f"{port}.log"
        process = self._stack.enter_context(_running(command, environment or {}, complaints, core))
        if not _answers(process, f"http://127.0.0.1:{port}{path}"):
            raise SystemExit(f"does not answer: {' '.join(command)}\n{complaints.read_text()[-5000:]}")
        self.servers[port] = Server(process, port)
        return self.servers[port]


@contextmanager
def stage(
    data: Path | None = None,
    database: str = "ivgraph",
    *,
    durable: bool = True,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Stage]:
    """PostgreSQL and whoever calls are on the load's core; the service's settings are in the environment. What is in
    `data` stays. `settings` are PostgreSQL's.
    """
    os.sched_setaffinity(0, {LOAD_CORE})
    directory = Path(tempfile.mkdtemp(prefix="ivgraph-bench-"))
    # PostgreSQL, which is somebody else's where root runs this, must pass.
    directory.chmod(0o755)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        postgres = stack.enter_context(EmbeddedPostgres(data or directory, durable=durable, settings=settings))
        postgres.ensure_database(database)
        os.environ.update(
            {
                "DATABASE_URL": postgres.database_url(database),
                "IVGRAPH_SECRET_KEY": random_token(),
                "IVGRAPH_ENCRYPTION_KEYS": generate_key("bench"),
                "IVGRAPH_RATE_LIMIT": "0",
                "IVGRAPH_SYNC_INTERVAL": "0",
                "IVGRAPH_PUBLIC_URL": f"http://127.0.0.1:{free_port()}",
            }
        )
        migrate(postgres.database_url(database))
        yield Stage(directory, postgres, stack)


@contextmanager
def idle_core() -> Iterator[None]:
    """For work before the load, beside PostgreSQL's."""
    os.sched_setaffinity(0, {SERVER_CORE})
    yield
    os.sched_setaffinity(0, {LOAD_CORE})


def uvicorn(python: str | Path, app: str, directory: Path, port: int, *options: str) -> list[str]:
    return [str(python), "-m", "uvicorn", app, "--app-dir", str(directory), "--port", str(port), *options]


def public_port() -> int:
    """Where the first process of the service listens."""
    return int(os.environ["IVGRAPH_PUBLIC_URL"].rpartition(":")[2])


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def _running(
    command: list[str], environment: dict[str, str], complaints: Path, core: int
) -> Iterator[subprocess.Popen[bytes]]:
    with complaints.open("wb") as log:
        process = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
            stderr=log,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _family(pid: int) -> Iterator[int]:
    yield pid
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, path.read_text().split()):
            yield from _family(child)


def _cpu_seconds(pid: int) -> float:
    # After the name, which may hold anything: user and system time are the 12th and 13th.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _answers(process: subprocess.Popen[bytes], url: str) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).read()
        except urllib.error.HTTPError as error:
            if error.code < 500:
                return True
        except OSError:
            pass
        else:
            return True
        time.sleep(0.1)
    return False


def until_cache_is_on(port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    health: dict[str, Any] = {}
    while time.monotonic() < deadline:
        health = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2))
        if health["cache"] == "on":
            return
        time.sleep(0.1)
    raise SystemExit(f"the service on port {port} runs without its cache: {health}")
