"""The file of IVGRAPH_ENCRYPTION_KEYS_FILE, read and replaced whole."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.files import replace_file

_SETTING = "IVGRAPH_ENCRYPTION_KEYS_FILE"


def read_keys(path: Path) -> str:
    """Raises ConfigurationError."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigurationError(f"{_SETTING} cannot be read: {type(problem).__name__}.") from None


@contextlib.contextmanager
def rotating(path: Path) -> Iterator[None]:
    """One at a time changes the file. Raises ConfigurationError when another one does."""
    try:
        directory = os.open(path.resolve().parent, os.O_RDONLY)
    except OSError as problem:
        raise ConfigurationError(f"{_SETTING} cannot be read: {type(problem).__name__}.") from None
    try:
        _lock(directory)
        yield
    finally:
        os.close(directory)


def _lock(directory: int) -> None:
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ConfigurationError("Another `keys rotate` is at work on this file. Wait for it.") from None


def replace_keys(path: Path, text: str) -> None:
    """Readers find the old content or the new one, under the old mode and owner. Call it inside `rotating`.

    Raises ConfigurationError.
    """
    place = path.resolve()
    try:
        replace_file(place, text + "\n", like=place.stat())
    except OSError as problem:
        raise ConfigurationError(
            f"{_SETTING} cannot be replaced: {problem.strerror}. Run this where the file can be written."
        ) from None
