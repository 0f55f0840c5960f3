"""The forms of database URL that hosters hand out."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.secrets import random_token
from ivgraph_auth.database.engine import Database, make_engine
from ivgraph_auth.database.errors import DatabaseUnavailable
from ivgraph_auth.database.listener import Listener
from tests.support.postgres import TestDatabases

_HOW_MANY = text("SELECT count(*) FROM accounts WHERE id = :id")


@pytest.fixture(scope="module")
async def url(migrated: TestDatabases) -> AsyncIterator[str]:
    made = await migrated.create()
    yield made
    await migrated.drop(made)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
@pytest.mark.parametrize(
    "parameter", ["", "sslmode=disable", "sslmode=prefer", "statement_cache_size=0", "channel_binding=prefer"]
)
async def test_every_form_connects(url: str, scheme: str, parameter: str) -> None:
    address, _, query = url.partition("://")[2].partition("?")
    given = "&".join(filter(None, (query, parameter)))
    full = f"{scheme}://{address}" + (f"?{given}" if given else "")
    database = Database(full)
    for _ in range(2):
        async with database.transaction() as connection, database.direct() as direct:
            for way in (connection, direct):
                assert (await way.execute(_HOW_MANY, {"id": 7})).scalar_one() == 0
    await database.close()
    (await Listener.open(full, "somewhere", lambda _: None)).close()


SSL_REQUEST = bytes.fromhex("00000008 04d2162f")


async def test_a_demand_for_tls_is_made_and_not_given_up() -> None:
    asked: list[bytes] = []
    left = asyncio.Event()

    async def without_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readexactly(8))
        writer.write(b"N")
        asked.append(await reader.read())
        writer.close()
        left.set()

    server = await asyncio.start_server(without_tls, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    database = Database(f"postgres://somebody:{random_token()}@127.0.0.1:{port}/name?sslmode=require")
    for way in (database.read, database.direct):
        with pytest.raises(DatabaseUnavailable):
            async with way():
                pass
    await left.wait()
    await database.close()
    server.close()
    # Told that there is no TLS, it leaves without a word more.
    assert asked == 2 * [SSL_REQUEST, b""]


@pytest.mark.parametrize(
    "url",
    [
        "mysql://somebody:{}@host/name",
        "sqlite://",
        "postgresql+psycopg2://somebody:{}@host/name",
        "http://{}@host/",
        "{}",
    ],
)
def test_any_other_url_is_refused_by_the_settings_name_and_not_repeated(url: str) -> None:
    password = random_token()
    with pytest.raises(ConfigurationError, match="DATABASE_URL") as refusal:
        Database(url.format(password))
    assert password not in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://somebody:{}@host:port/name",
        "postgresql://somebody@host/name?statement_cache_size={}",
        "postgresql://somebody:{}@host/name?port=many",
    ],
)
def test_a_malformed_url_is_refused_by_the_settings_name_and_not_repeated(url: str) -> None:
    password = random_token()
    with pytest.raises(ConfigurationError, match="DATABASE_URL") as refusal:
        Database(url.format(password))
    assert password not in str(refusal.value)


async def test_an_engine_shows_no_password() -> None:
    password = random_token()
    engine = make_engine(f"postgresql://somebody:{password}@127.0.0.1/name?sslmode=require")
    assert password not in f"{engine!r} {engine.url} {engine.url!r}"
    assert "127.0.0.1" in str(engine.url)
    await engine.dispose()
