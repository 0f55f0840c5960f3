"""Files that are replaced whole: whoever reads one finds the old content or the new, after a crash too."""

import os
from contextlib import suppress
from pathlib import Path


def replace_file(path: Path, text: str, *, like: os.stat_result | None = None) -> None:
    """For this user alone to read, or under the mode and owner of `like`. Raises OSError."""
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            if like is not None:
                if (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(file.fileno(), like.st_uid, like.st_gid)
                os.fchmod(file.fileno(), like.st_mode & 0o7777)
            os.fsync(file.fileno())
        draft.replace(path)
        sync_directory(path.parent)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def sync_directory(directory: Path) -> None:
    """Else a crash may forget that a file in it got its name."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
