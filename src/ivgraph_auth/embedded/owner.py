"""The system user PostgreSQL runs as."""

import os
import pwd
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from ivgraph_auth.embedded.errors import DirectoryError, StartFailedError

STAND_IN = "nobody"
# PostgreSQL needs nothing of the service's environment, and must not get its secrets or a stray PGPORT.
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


@dataclass(frozen=True, slots=True)
class Owner:
    uid: int
    gid: int
    stands_in: bool
    """We are root, and PostgreSQL runs as somebody else."""

    @classmethod
    def ourselves(cls) -> Self:
        return cls(uid=os.geteuid(), gid=os.getegid(), stands_in=False)

    @classmethod
    def for_server(cls) -> Self:
        """Ourselves; but PostgreSQL refuses root, so then `nobody`."""
        if os.geteuid() != 0:
            return cls.ourselves()
        try:
            entry = pwd.getpwnam(STAND_IN)
        except KeyError:
            raise StartFailedError(
                f"PostgreSQL refuses to run as root, and this system has no user named {STAND_IN}. "
                "Start as an ordinary user, or set DATABASE_URL to a PostgreSQL server."
            ) from None
        return cls(uid=entry.pw_uid, gid=entry.pw_gid, stands_in=True)

    def run(self, command: Sequence[str], *, text_in: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run to the end as this user. Raises OSError when this user cannot execute the file."""
        return subprocess.run(  # noqa: S603  # fixed programs, no shell
            command, input=text_in, capture_output=True, check=False, **self._process_options()
        )

    def spawn(self, command: Sequence[str], *, log: int) -> subprocess.Popen[bytes]:
        """Start as this user in a session of its own, so that Ctrl-C in the terminal reaches the service alone."""
        return subprocess.Popen(  # noqa: S603  # fixed programs, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **self._process_options(),
        )

    def _process_options(self) -> dict[str, Any]:
        somebody_else = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.stands_in else {}
        return {"cwd": "/", "env": ENVIRONMENT, "umask": 0o077, **somebody_else}

    def give(self, path: Path) -> None:
        """Make a directory of ours this user's alone."""
        if self.stands_in:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)
        path.chmod(0o700)

    def may_enter(self, directory: Path) -> bool:
        status = directory.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def prepare_directory(directory: Path, owner: Owner) -> None:
    """Create what is missing, and see to it that `owner` can reach it. Raises DirectoryError."""
    try:
        missing = []
        for place in (directory, *directory.parents):
            if not place.exists():
                missing.append(place)
            elif owner.stands_in and not owner.may_enter(place):
                raise DirectoryError(
                    f"PostgreSQL refuses to run as root, so it runs as {STAND_IN}, and {STAND_IN} cannot enter "
                    f"{place}. Set IVGRAPH_DATA_DIR to another directory than {directory}, such as "
                    f"/var/lib/ivgraph-auth, or let other users pass through: chmod o+x {place}"
                )
        for place in reversed(missing):
            place.mkdir()
            place.chmod(0o755 if owner.stands_in else 0o700)  # whatever the umask
    except OSError as error:
        raise DirectoryError(
            f"Cannot use {directory} for the embedded PostgreSQL: {error.strerror} ({error.filename}). "
            "Set IVGRAPH_DATA_DIR to a directory that can be written."
        ) from error
