"""A running server process, a child of ours or one that a killed run left."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ivgraph_auth.core.clock import SystemClock
from ivgraph_auth.embedded.errors import StopFailedError
from ivgraph_auth.embedded.owner import Owner

PAUSE = 0.01  # seconds between two looks
STATUS_LINE = 8
# Fast shutdown; then immediate, after which the next start recovers from the log.
PATIENCE = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 15.0))


@dataclass(frozen=True, slots=True)
class PidFile:
    pid: int
    status: str

    @classmethod
    def read(cls, data: Path) -> Self | None:
        try:
            lines = (data / "postmaster.pid").read_text(errors="replace").splitlines()
            return cls(pid=int(lines[0]), status=lines[STATUS_LINE - 1].strip() if len(lines) >= STATUS_LINE else "")
        except (FileNotFoundError, IndexError, ValueError):
            return None


class Postmaster:
    def __init__(self, data: Path, pid: int, command: Sequence[str], child: subprocess.Popen[bytes] | None) -> None:
        self.pid = pid
        self.command = tuple(command)
        self._data = data
        self._child = child
        self._clock = SystemClock()

    @classmethod
    def start(cls, data: Path, owner: Owner, command: Sequence[str], log: int) -> Self:
        """Raises OSError when the program cannot be executed."""
        child = owner.spawn(command, log=log)
        return cls(data, child.pid, command, child)

    @classmethod
    def find_left_running(cls, data: Path, owner: Owner) -> Self | None:
        """The server that `postmaster.pid` names, if that process really is one, of this directory and this user."""
        file = PidFile.read(data)
        command = _command_line(file.pid, owner) if file else ()
        if file is None or not command or Path(command[0]).name != "postgres" or _directory_of(command) != str(data):
            return None
        return cls(data, file.pid, command, None)

    def alive(self) -> bool:
        if self._child is not None:
            return self._child.poll() is None
        return _command_line(self.pid, None) == self.command

    def wait_ready(self, patience: float) -> bool:
        """Until it takes connections; False when it ended, is ending or took longer than `patience` seconds."""
        deadline = self._clock.monotonic() + patience
        while self.alive() and self._clock.monotonic() < deadline:
            file = PidFile.read(self._data)
            status = file.status if file and file.pid == self.pid else ""
            if status in ("ready", "stopping"):
                return status == "ready"
            time.sleep(PAUSE)
        return False

    def stop(self) -> None:
        """Raises StopFailedError."""
        for number, patience in PATIENCE:
            if self.alive():
                os.kill(self.pid, number)
            if self._wait_gone(patience):
                return
        raise StopFailedError(f"PostgreSQL (process {self.pid}) does not end. Look at it, then end it by hand.")

    def _wait_gone(self, patience: float) -> bool:
        deadline = self._clock.monotonic() + patience
        while self.alive():
            if self._clock.monotonic() > deadline:
                return False
            time.sleep(PAUSE)
        return True


def forget_dead_server(data: Path, socket: Path, owner: Owner) -> None:
    """Let the server start although the process that its lock files name exists, when that is no server of `data`.

    The id may have gone to another process, or the dead server's parent may not have reaped it; the server refuses to
    start while its own user has a process of that id. `postmaster.pid` also names the shared memory by which the
    server notices orphans still writing to the data, so that file stays, and only the id changes: to ours, the
    parent's, which the server passes over.
    """
    if not Path("/proc/self/cmdline").exists():
        return  # nothing to tell by, so the server decides
    file = PidFile.read(data)
    if file is not None and _may_serve(_command_line(file.pid, owner), data):
        return
    for leftover in socket.glob(".s.PGSQL.*"):
        leftover.unlink(missing_ok=True)
    if file is None:
        return
    path = data / "postmaster.pid"
    rest = path.read_text(errors="replace").split("\n", 1)[1:]
    # Written beside the data directory and moved in: as root, never write through a name another user can set.
    draft = data.parent / ".postmaster.pid"
    draft.write_text("\n".join([str(os.getpid()), *rest]))
    if owner.stands_in:
        os.chown(draft, owner.uid, owner.gid)
    draft.replace(path)


def _command_line(pid: int, owner: Owner | None) -> tuple[str, ...]:
    """Empty when there is no such process, when it has ended but not been reaped, or when it is another user's."""
    process = Path(f"/proc/{pid}")
    try:
        if owner is not None and process.stat().st_uid != owner.uid:
            return ()
        line = (process / "cmdline").read_bytes()
    except OSError:
        return ()
    return tuple(part.decode(errors="surrogateescape") for part in line.split(b"\0")[:-1])


def _directory_of(command: Sequence[str]) -> str | None:
    return command[command.index("-D") + 1] if "-D" in command[:-1] else None


def _may_serve(command: Sequence[str], data: Path) -> bool:
    """Also for one that somebody started by hand, in a way that does not tell."""
    if not command:
        return False
    directory = _directory_of(command)
    elsewhere = directory is not None and Path(directory).is_absolute() and Path(directory).resolve() != data
    return Path(command[0]).name in ("postgres", "postmaster") and not elsewhere
