"""The data directory: made once, whole or not at all."""

import shutil
import tempfile
from pathlib import Path

from ivgraph_auth.core.files import sync_directory
from ivgraph_auth.embedded.binaries import Binaries
from ivgraph_auth.embedded.errors import DirectoryError, StartFailedError, WrongVersionError
from ivgraph_auth.embedded.owner import Owner, user_name

ROLE = "ivgraph"
SUPERUSER = "postgres"
MAINTENANCE = "postgres"
DRAFT = ".postgres-new-"
BUILTIN_SINCE = 17  # the locale provider that needs nothing of the system


def prepare_cluster(data: Path, owner: Owner, binaries: Binaries, *, durable: bool) -> None:
    """Check the data directory, or make it. Raises WrongVersionError, DirectoryError, StartFailedError."""
    # Of killed starts. An initdb that outlives its start still writes into its own and is in nobody's way.
    for leftover in data.parent.glob(f"{DRAFT}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    if data.exists() and any(data.iterdir()):
        _check(data, owner, binaries)
        return
    draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=data.parent))
    try:
        _initialize(draft, owner, binaries, durable=durable)
        draft.rename(data)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    if durable:
        sync_directory(data.parent)


def _check(data: Path, owner: Owner, binaries: Binaries) -> None:
    holder = data.stat().st_uid
    if holder != owner.uid:
        raise DirectoryError(
            f"{data} belongs to {user_name(holder)}, but PostgreSQL would run as {user_name(owner.uid)}. "
            "Start as the user that made it, or set IVGRAPH_DATA_DIR to another directory."
        )
    try:
        version = (data / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise DirectoryError(
            f"{data} is not a PostgreSQL data directory: it has no readable PG_VERSION. "
            "Move it away, or set IVGRAPH_DATA_DIR to another directory."
        ) from error
    if version != str(binaries.major):
        raise WrongVersionError(
            f"{data} was written by PostgreSQL {version}; the programs in {binaries.directory} are "
            f"{binaries.version}. Dump it with PostgreSQL {version} (pg_dumpall) and load it into a new directory, "
            "or set IVGRAPH_DATA_DIR to another directory."
        )


def _initialize(draft: Path, owner: Owner, binaries: Binaries, *, durable: bool) -> None:
    owner.give(draft)
    for locale in _locales(binaries.major):
        made = owner.run(
            [
                binaries.program("initdb"),
                f"--pgdata={draft}",
                f"--username={SUPERUSER}",
                "--encoding=UTF8",
                *locale,
                "--auth-local=trust",
                "--auth-host=reject",
                "--no-instructions",
                *([] if durable else ["--no-sync"]),
            ]
        )
        if made.returncode == 0:
            break
    else:
        raise StartFailedError(f"initdb failed:\n{made.stderr.decode(errors='replace').strip()}")
    _create_role(draft, owner, binaries)


def _create_role(draft: Path, owner: Owner, binaries: Binaries) -> None:
    """The service's own role is no superuser: SQL that reaches the server must not reach its files or a shell."""
    made = owner.run(
        [binaries.program("postgres"), "--single", "-D", str(draft), "-c", "exit_on_error=on", MAINTENANCE],
        text_in=f"CREATE ROLE {ROLE} LOGIN CREATEDB;\n".encode(),
    )
    if made.returncode != 0:
        raise StartFailedError(f"creating the role failed:\n{made.stderr.decode(errors='replace').strip()}")


def _locales(major: int) -> list[list[str]]:
    """What to try in turn: the same everywhere first, then what a system without C.UTF-8 can do."""
    if major >= BUILTIN_SINCE:
        return [
            ["--locale-provider=builtin", "--locale=C.UTF-8"],
            ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"],
        ]
    return [["--locale=C.UTF-8"], ["--locale=C"]]
