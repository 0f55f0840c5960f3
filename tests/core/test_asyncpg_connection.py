"""What asyncpg's own connection is asked is answered as SQLAlchemy's answers it, or refused before it is sent."""

import enum
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Enum, bindparam, column, literal, select, text, values
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.types import BigInteger, Interval, LargeBinary, PickleType

from ivgraph_auth.database.connection import Connection
from ivgraph_auth.database.engine import Database


class Colour(enum.Enum):
    RED = "red"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture(params=["engine", "asyncpg"])
async def connection(database: Database, request: pytest.FixtureRequest) -> AsyncIterator[Connection]:
    async with database.read() if request.param == "engine" else database.direct() as connection:
        yield connection


_NUMBERS = select(values(column("n", BigInteger), name="numbers").data([(1,), (2,)]).c.n)


async def test_one_is_none_or_one_and_never_the_first_of_many(connection: Connection) -> None:
    with pytest.raises(MultipleResultsFound):
        (await connection.execute(_NUMBERS)).one_or_none()
    with pytest.raises(MultipleResultsFound):
        (await connection.execute(_NUMBERS)).scalar_one()
    none = select(literal(1).label("n")).where(text("false"))
    assert (await connection.execute(none)).one_or_none() is None
    assert (await connection.execute(none)).scalar_one_or_none() is None
    with pytest.raises(NoResultFound):
        (await connection.execute(none)).scalar_one()
    assert list((await connection.execute(_NUMBERS)).scalars()) == [1, 2]


@pytest.mark.parametrize(
    "statement",
    [
        select(literal(1).label("n")).where(column("n").in_(bindparam("numbers", expanding=True))),
        select(literal(Colour.RED, Enum(Colour)).label("colour")),
        select(literal({"a": 1}, PickleType()).label("pickled")),
    ],
    ids=["a-list-that-is-expanded", "an-enum", "a-pickle"],
)
async def test_what_only_sqlalchemy_carries_is_refused(database: Database, statement: object) -> None:
    async with database.direct() as connection:
        with pytest.raises(TypeError, match=r"expanded|converts"):
            await connection.execute(statement, {"numbers": [1]})  # type: ignore[arg-type]  # a select


async def test_types_that_need_no_conversion_pass(database: Database) -> None:
    async with database.direct() as connection:
        statement = select(literal(b"bytes", LargeBinary()).label("raw"), literal(None, Interval()).label("pause"))
        assert (await connection.execute(statement)).one().raw == b"bytes"
