"""Where the server's Unix socket lies."""

import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path

from ivgraph_auth.embedded.errors import DirectoryError
from ivgraph_auth.embedded.owner import Owner, user_name

PORT = 5432
LONGEST = 107  # bytes of sun_path, without the closing zero
PRIVATE = 0o700
AMBIGUOUS = frozenset(',"')  # unix_socket_directories is a list, and so is a URL's host


def socket_directory(directory: Path, owner: Owner) -> Path:
    """Inside `directory` where that fits, else a short one that is always the same for the same directory."""
    inside = directory / "socket"
    if len(os.fsencode(inside / f".s.PGSQL.{PORT}")) <= LONGEST and AMBIGUOUS.isdisjoint(str(inside)):
        return inside
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    # Only root can write to /run, so nobody else can take the name first; /tmp needs the check below.
    root = Path("/run") if owner.stands_in and Path("/run").is_dir() else Path("/tmp")  # noqa: S108
    return root / f"ivgraph-auth-{owner.uid}-{digest}"


def prepare_socket_directory(place: Path, owner: Owner) -> None:
    """Make it, or check that the one there is the owner's own and nobody else's. Raises DirectoryError."""
    try:
        place.mkdir(mode=PRIVATE)
    except FileExistsError:
        _check(place, owner)
    except OSError as error:
        raise DirectoryError(f"Cannot create {place} for PostgreSQL's socket: {error.strerror}.") from error
    owner.give(place)


def drop_socket_directory(place: Path) -> None:
    """Leave nothing in /run or /tmp. The server has taken its socket away; with anything else in it, it stays."""
    with suppress(OSError):
        place.rmdir()


def _check(place: Path, owner: Owner) -> None:
    status = place.lstat()
    # One that is still ours was left by a start killed before it was given away.
    if stat.S_ISDIR(status.st_mode) and status.st_uid in (owner.uid, os.geteuid()):
        return
    raise DirectoryError(
        f"{place}, where PostgreSQL's socket belongs, is not a directory of {user_name(owner.uid)}. "
        "Look at who made it, then remove it; or set IVGRAPH_DATA_DIR to a shorter path."
    )
