import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import make_url

from ivgraph_auth.core.secrets import random_token
from ivgraph_auth.keys.keyring import generate_key
from tests.support.postgres import TestDatabases, end_leftovers, new_directory
from tests.support.processes import Commands, Finished, Running, Starter, free_port, open_commands

PREFIX = "ivgraph-cli-"  # out of the reach of other runs that tidy up


@pytest.fixture
def commands(starter: Starter) -> Iterator[Commands]:
    with open_commands(starter) as commands:
        yield commands


@pytest.fixture(scope="module")
def module_commands(starter: Starter) -> Iterator[Commands]:
    """For what a whole module shares."""
    with open_commands(starter) as commands:
        yield commands


def remove(directory: Path) -> None:
    for name in (directory.name, f"{directory.name}/demo"):
        end_leftovers(name)
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    directory = new_directory(PREFIX)
    yield directory
    remove(directory)


@dataclass(frozen=True)
class Toured:
    """`demo --once` on a fresh directory, as somebody runs it who has just installed this."""

    finished: Finished
    directory: Path
    home: Path


@pytest.fixture(scope="session")
def toured(starter: Starter) -> Iterator[Toured]:
    directory = new_directory(PREFIX)
    with open_commands(starter) as commands:
        finished = commands.start_fresh("demo", "--once", "--port", "0", IVGRAPH_DATA_DIR=str(directory)).wait()
        yield Toured(finished, directory, commands.home)
    remove(directory)


@pytest.fixture
def demo_dir(toured: Toured, data_dir: Path) -> Path:
    """A demo's data directory at rest, of the test's own; making one takes longest of all."""
    return copied(toured, data_dir)


def copied(toured: Toured, place: Path) -> Path:
    source = toured.directory / "demo"
    subprocess.run(["/bin/cp", "-a", str(source), str(place)], check=True)  # noqa: S603  # unlike shutil, keeps owners
    return place


@pytest.fixture
async def empty_database(postgres: TestDatabases) -> AsyncIterator[str]:
    """Of a set of databases that has no template."""
    databases = TestDatabases(postgres._url.render_as_string(hide_password=False), strategy=postgres._strategy)
    yield await databases.create()
    await databases.drop_all()


def secrets() -> dict[str, str]:
    return {"IVGRAPH_SECRET_KEY": random_token(), "IVGRAPH_ENCRYPTION_KEYS": generate_key("test")}


async def rows(database_url: str, query: str, *values: Any) -> list[dict[str, Any]]:
    """Straight from the database; also for statements that answer nothing."""
    url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(url)
    try:
        return [dict(row) for row in await connection.fetch(query, *values)]
    finally:
        await connection.close()


def refusal(finished: Finished) -> str:
    """What it says when it ends for a reason that its user can do something about."""
    assert finished.code == 1, finished.text
    assert "Traceback" not in finished.text
    return finished.err


LISTENS = "Application startup complete"


@dataclass(frozen=True)
class House:
    """A `serve` and its Notion, a `sandbox`: two processes on one database."""

    serve: Running
    sandbox: Running
    url: str
    sandbox_url: str
    database_url: str
    settings: dict[str, str]


@pytest.fixture(scope="session")
def house_commands(starter: Starter) -> Iterator[Commands]:
    with open_commands(starter) as commands:
        yield commands


@pytest.fixture(scope="session")
async def house(migrated: TestDatabases, house_commands: Commands) -> AsyncIterator[House]:
    """Shared by all; a test leaves other tests' people alone."""
    port, sandbox_port = free_port(), free_port()
    notion = {"NOTION_CLIENT_ID": "a-client", "NOTION_CLIENT_SECRET": random_token()}
    sandbox = house_commands.start("sandbox", "--port", str(sandbox_port), **notion)
    sandbox_url = sandbox.line(r"Sandbox Notion on (http://\S+)/").group(1)
    database_url = await migrated.create()
    settings = {
        **secrets(),
        **notion,
        "NOTION_API_URL": sandbox_url,
        "DATABASE_URL": database_url,
        "IVGRAPH_LOG_LEVEL": "DEBUG",
        "IVGRAPH_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    serve = house_commands.start("serve", "--port", str(port), **settings)
    serve.line(LISTENS)
    yield House(serve, sandbox, settings["IVGRAPH_PUBLIC_URL"], sandbox_url, database_url, settings)
    serve.end()
    await migrated.drop(database_url)
