"""What a repository is given: a connection, whichever pool it comes from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from sqlalchemy import Delete, Executable, Update, literal_column

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# Its columns are attributes; a column holds anything.
Row: TypeAlias = Any


class Rows(Protocol):
    """Of one statement. `one_or_none` and `scalar_one_or_none` raise MultipleResultsFound when there are more, `one`
    and `scalar_one` also NoResultFound when there is none.
    """

    def __iter__(self) -> Iterator[Row]: ...
    def one(self) -> Row: ...
    def one_or_none(self) -> Row | None: ...
    def scalar_one(self) -> Any: ...  # noqa: ANN401 -- a column holds anything
    def scalar_one_or_none(self) -> Any | None: ...  # noqa: ANN401 -- a column holds anything
    def scalars(self) -> Iterable[Any]: ...


class Connection(Protocol):
    """Statements are SQLAlchemy's, over the tables of `metadata`."""

    async def execute(self, statement: Executable, values: Mapping[str, Any] | None = None, /) -> Rows: ...


async def count_changed(
    connection: Connection, statement: Update | Delete, values: Mapping[str, Any] | None = None
) -> int:
    """How many rows the statement has changed or removed."""
    return len(list(await connection.execute(statement.returning(literal_column("1")), values)))


def values_of(item: "DataclassInstance") -> dict[str, Any]:
    """A dataclass for a row with columns of the same names. `asdict` would copy what is in it, which takes long."""
    return {name: getattr(item, name) for name in _field_names(type(item))}


@cache
def _field_names(kind: "type[DataclassInstance]") -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
