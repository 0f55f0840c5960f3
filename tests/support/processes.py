"""`ivgraph-auth` as processes of their own: a clean environment each, and waiting for events alone."""

import json
import os
import queue
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pytest

STARTER = Path(__file__).parents[1] / "cli" / "starter.py"
_LAST_SECONDS = 3.0
PATIENCE = 60.0  # seconds, for what takes two or three
# Certificates are looked for where there are none. Nothing here speaks TLS to the wide world, and to read those of all
# its authorities, as every HTTP client does when it is made, takes longer than most tests.
NO_AUTHORITIES = {"SSL_CERT_FILE": "", "SSL_CERT_DIR": str(Path(__file__).parent)}


@dataclass(frozen=True)
class Finished:
    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


class Running:
    """What it prints is read at once, so that it never waits for us."""

    def __init__(self, out: int, err: int, status: int) -> None:
        self._status = os.fdopen(status, encoding="utf-8")
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._out: list[str] = []
        self._err: list[str] = []
        self._readers = [
            threading.Thread(target=self._read_out, args=[os.fdopen(out, encoding="utf-8")]),
            threading.Thread(target=self._read_err, args=[os.fdopen(err, encoding="utf-8")]),
        ]
        for reader in self._readers:
            reader.start()
        self.pid = int(self._status.readline())
        self._finished: Finished | None = None

    def line(self, pattern: str) -> re.Match[str]:
        """The next line of standard output in which the pattern is found."""
        while True:
            line = self._lines.get(timeout=PATIENCE)
            assert line is not None, f"{pattern!r} never came:\n{self.output}"
            found = re.search(pattern, line)
            if found:
                return found

    @property
    def output(self) -> str:
        return "".join(self._out + self._err)

    @property
    def lines(self) -> list[str]:
        """All of standard output so far."""
        return "".join(self._out).splitlines()

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def end(self, number: signal.Signals = signal.SIGINT) -> Finished:
        self.send(number)
        return self.wait()

    def wait(self) -> Finished:
        if self._finished is None:
            ready, _, _ = select.select([self._status], [], [], PATIENCE)
            assert ready, f"still running:\n{self.output}"
            code = int(self._status.readline())
            for reader in self._readers:
                reader.join(PATIENCE)
            self._status.close()
            self._finished = Finished(code, "".join(self._out), "".join(self._err))
        return self._finished

    def close(self) -> None:
        """Also of one that ended unasked."""
        if self._finished is None:
            with suppress(ProcessLookupError):
                self.send(signal.SIGKILL)
            self.wait()

    def _read_out(self, stream: TextIO) -> None:
        with stream:
            for line in stream:
                self._out.append(line)
                self._lines.put(line)
        self._lines.put(None)

    def _read_err(self, stream: TextIO) -> None:
        with stream:
            self._err.extend(stream)


class Starter:
    """Another process, which starts the command for us."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, str(STARTER), str(theirs.fileno())]
            environment = {"PATH": os.environ["PATH"]}
            self._process = subprocess.Popen(command, env=environment, pass_fds=[theirs.fileno()])  # noqa: S603
        self._channel = ours

    def start(self, arguments: list[str], environment: dict[str, str], directory: Path, *, fresh: bool) -> Running:
        order = {"arguments": arguments, "environment": environment, "directory": str(directory), "fresh": fresh}
        pipes = [os.pipe() for _ in range(3)]
        socket.send_fds(self._channel, [json.dumps(order).encode()], [write for _, write in pipes])
        for _, write in pipes:
            os.close(write)
        return Running(*(read for read, _ in pipes))

    def close(self) -> None:
        self._channel.close()
        self._process.wait(PATIENCE)


@pytest.fixture(scope="session")
def starter() -> Iterator[Starter]:
    """One for all tests of a worker: its start takes two seconds."""
    starter = Starter()
    yield starter
    starter.close()


class Commands:
    """Each runs in an empty directory, so that no `.env` is read but the one a test puts there."""

    def __init__(self, starter: Starter, home: Path) -> None:
        self._starter = starter
        self._started: list[Running] = []
        self.home = home

    def start(self, *arguments: str, **environment: str) -> Running:
        return self._start(arguments, environment, fresh=False)

    def start_fresh(self, *arguments: str, **environment: str) -> Running:
        """By an interpreter of its own, which takes two seconds longer."""
        return self._start(arguments, environment, fresh=True)

    def run(self, *arguments: str, **environment: str) -> Finished:
        return self.start(*arguments, **environment).wait()

    def close(self) -> None:
        for running in self._started:
            running.close()

    def _start(self, arguments: Sequence[str], environment: dict[str, str], *, fresh: bool) -> Running:
        # The protocol's package takes a second to load, and few tests ask for it.
        clean = {"PATH": os.environ["PATH"], "HOME": str(self.home), "IVGRAPH_MCP": "false"}
        if not fresh:
            clean |= NO_AUTHORITIES
        running = self._starter.start(list(arguments), clean | environment, self.home, fresh=fresh)
        self._started.append(running)
        return running


@contextmanager
def open_commands(starter: Starter) -> Iterator[Commands]:
    with tempfile.TemporaryDirectory(prefix="ivgraph-home-") as home:
        commands = Commands(starter, Path(home))
        try:
            yield commands
        finally:
            commands.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def left_behind(*places: Path) -> list[str]:
    """Processes that name one of the places and stay. One that is on its way out, as a server's last child may be when
    the server has ended already, is waited for.
    """
    return [command for process, command in processes_of(*places).items() if not _ends(process)]


def processes_of(*places: Path) -> dict[int, str]:
    """Processes that name one of the places, in their command line or in their environment."""
    names = [os.fsencode(place) for place in places]
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            known = [(process / "cmdline").read_bytes(), (process / "environ").read_bytes()]
        except OSError:
            continue
        if int(process.name) != os.getpid() and any(name in text for name in names for text in known):
            found[int(process.name)] = known[0].replace(b"\0", b" ").decode(errors="replace")
    return found


def _ends(process: int) -> bool:
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], _LAST_SECONDS)[0])
    finally:
        os.close(descriptor)


def listening(pid: int) -> set[tuple[str, int]]:
    """Where a process listens: the address in /proc's own notation, and the port."""
    inodes: set[str] = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        # Others come and go while we look.
        with suppress(FileNotFoundError):
            found = re.fullmatch(r"socket:\[(\d+)\]", str(descriptor.readlink()))
            inodes.update(found.groups() if found else ())
    places = set()
    for table in ("tcp", "tcp6"):
        for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = row.split()[:10]
            address, port = local.split(":")
            if state == "0A" and inode in inodes:
                places.add((address, int(port, 16)))
    return places
