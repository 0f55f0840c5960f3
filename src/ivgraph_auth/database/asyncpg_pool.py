"""Asyncpg's own pool, without an engine between, for what nearly every request asks: a third of the cost.

The statements are SQLAlchemy's, over the same tables, and compiled once each.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, cast
from weakref import WeakKeyDictionary

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from sqlalchemy import ARRAY, Boolean, Executable
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

# Texts, for the classes cannot be subscripted when the service runs.
Pool: TypeAlias = "asyncpg.Pool[_Record]"
PooledConnection: TypeAlias = "PoolConnectionProxy[_Record]"
_dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]


class _Record(asyncpg.Record):
    """With columns as attributes, as SQLAlchemy's rows have them."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- a column holds anything
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class _Rows:
    def __init__(self, rows: list[_Record]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[_Record]:
        return iter(self._rows)

    def one(self) -> _Record:
        row = self.one_or_none()
        if row is None:
            raise NoResultFound
        return row

    def one_or_none(self) -> _Record | None:
        if len(self._rows) > 1:
            raise MultipleResultsFound
        return self._rows[0] if self._rows else None

    def scalar_one(self) -> Any:  # noqa: ANN401 -- a column holds anything
        return self.one()[0]

    def scalar_one_or_none(self) -> Any | None:  # noqa: ANN401 -- a column holds anything
        row = self.one_or_none()
        return None if row is None else row[0]

    def scalars(self) -> list[Any]:
        return [row[0] for row in self._rows]


class _Compiled:
    """Raises TypeError for what only SQLAlchemy's own connection carries."""

    def __init__(self, statement: Executable) -> None:
        compiled = cast("ClauseElement", statement).compile(dialect=_dialect)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 -- for the type checker
        if compiled.post_compile_params or compiled.literal_execute_params:
            raise TypeError(
                "A list that is expanded when the statement runs: compare with any_(bindparam(...)) instead."
            )
        types = {name: parameter.type for name, parameter in compiled.binds.items()}
        # What the rows' columns are is told nowhere else.
        types |= {column.keyname: column.type for column in compiled._result_columns}  # noqa: SLF001
        for name, of in types.items():
            if not _is_plain(of):
                raise TypeError(f"{name} is of {of!r}, which SQLAlchemy converts and asyncpg does not.")
        self.sql = str(compiled)
        self._names = tuple(compiled.positiontup or ())
        self._constants = compiled.params

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        return [values[name] if name in values else self._constants[name] for name in self._names]


def _is_plain(of: TypeEngine[Any]) -> bool:
    """Asyncpg takes and gives its values as SQLAlchemy does."""
    if isinstance(of, ARRAY):
        return _is_plain(of.item_type)
    here = of.dialect_impl(_dialect)
    converts = here.bind_processor(_dialect) or here.result_processor(_dialect, None)
    # JSON is the connection's codec here, and a boolean is converted only where a database has none.
    return converts is None or isinstance(of, JSONB) or type(of) is Boolean


_compiled: WeakKeyDictionary[Executable, _Compiled] = WeakKeyDictionary()


class AsyncpgConnection:
    """Meant for statements that stand in a module, since compiling takes longer than running."""

    def __init__(self, connection: PooledConnection) -> None:
        self._connection = connection
        self.transaction = connection.transaction

    async def execute(self, statement: Executable, values: Mapping[str, Any] | None = None, /) -> _Rows:
        compiled = _compiled.get(statement)
        if compiled is None:
            compiled = _compiled[statement] = _Compiled(statement)
        return _Rows(await self._connection.fetch(compiled.sql, *compiled.arguments(values or {})))


async def open_pool(options: Mapping[str, Any], *, size: int) -> Pool:
    """`options` are asyncpg's. Connects when first asked for a connection, and anew where one was cut meanwhile."""
    pool: Pool = await asyncpg.create_pool(
        **options,
        min_size=0,
        max_size=size,
        max_inactive_connection_lifetime=0,
        record_class=_Record,
        init=_decode_json,
        reset=_end_open_transaction,
    )
    return pool


async def _decode_json(connection: "asyncpg.Connection[_Record]") -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


async def _end_open_transaction(connection: "asyncpg.Connection[_Record]") -> None:
    """Instead of a round trip that resets settings nobody changes."""
    if connection.is_in_transaction():
        connection.terminate()
