"""One run per data directory."""

import fcntl
import os
from pathlib import Path

from ivgraph_auth.embedded.errors import AlreadyRunningError, DirectoryError


class DirectoryLock:
    """An flock held for the life of the run: the kernel drops it however the run ends.

    The descriptor is close-on-exec, as Python opens them all, so PostgreSQL never holds it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Raises AlreadyRunningError, DirectoryError."""
        descriptor = self._open()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
            os.close(descriptor)
            raise AlreadyRunningError(
                f"Another run (process {holder or 'unknown'}) is using the embedded PostgreSQL in {self._path.parent}. "
                "Stop it first, or set IVGRAPH_DATA_DIR to another directory."
            ) from None
        except BaseException:
            os.close(descriptor)
            raise
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise DirectoryError(
                f"Cannot open {self._path}: {error.strerror}. Start as the user whose directory {self._path.parent} "
                "is, or set IVGRAPH_DATA_DIR to another directory."
            ) from error
