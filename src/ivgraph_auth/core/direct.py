"""The short way to PostgreSQL, for what nearly every request asks: asyncpg's own pool, without an engine between.

The statements are SQLAlchemy's, over the same tables, and compiled once; a repository function takes either connection.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, cast
from weakref import WeakKeyDictionary

import asyncpg
from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

_dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]


class DirectRow(asyncpg.Record):  # type: ignore[misc]
    """With columns as attributes, as SQLAlchemy's rows have them."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- a column holds anything
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class DirectRows:
    """What repositories ask of a result, under SQLAlchemy's names."""

    def __init__(self, rows: list[DirectRow]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[DirectRow]:
        return iter(self._rows)

    def one_or_none(self) -> DirectRow | None:
        return self._rows[0] if self._rows else None

    def scalar_one_or_none(self) -> Any | None:  # noqa: ANN401 -- a column holds anything
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:  # noqa: ANN401 -- a column holds anything
        return self._rows[0][0]


class _Compiled:
    def __init__(self, statement: Executable) -> None:
        compiled = cast(ClauseElement, statement).compile(dialect=_dialect)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 -- for the type checker
        self.sql = str(compiled)
        self._names = tuple(compiled.positiontup or ())
        self._constants = compiled.params

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        return [values[name] if name in values else self._constants[name] for name in self._names]


_compiled: WeakKeyDictionary[Executable, _Compiled] = WeakKeyDictionary()


class Direct:
    """A connection. Meant for statements that stand in a module, since compiling takes longer than running."""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 -- asyncpg's proxy of a pooled connection
        self._connection = connection

    def transaction(self) -> AbstractAsyncContextManager[None]:
        transaction: AbstractAsyncContextManager[None] = self._connection.transaction()
        return transaction

    async def execute(self, statement: Executable, values: Mapping[str, Any]) -> DirectRows:
        compiled = _compiled.get(statement)
        if compiled is None:
            compiled = _compiled[statement] = _Compiled(statement)
        return DirectRows(await self._connection.fetch(compiled.sql, *compiled.arguments(values)))


async def open_pool(options: Mapping[str, Any], *, size: int) -> Any:  # noqa: ANN401 -- asyncpg is not typed
    """`options` are asyncpg's. Connects when first asked for a connection, and anew where one was cut meanwhile."""
    return await asyncpg.create_pool(
        **options,
        min_size=0,
        max_size=size,
        max_inactive_connection_lifetime=0,
        record_class=DirectRow,
        init=_decode_json,
        reset=_nothing_left_open,
    )


async def _decode_json(connection: Any) -> None:  # noqa: ANN401 -- asyncpg is not typed
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


async def _nothing_left_open(connection: Any) -> None:  # noqa: ANN401 -- asyncpg is not typed
    """Instead of a round trip that resets settings nobody changes."""
    if connection.is_in_transaction():
        connection.terminate()
