"""Statements over any table with sealed rows."""

from sqlalchemy import ColumnElement, Text, bindparam, case, func, literal, or_, select, update

from ivgraph_auth.database.connection import Connection, count_changed
from ivgraph_auth.keys.models import KeyUse, RowId, SealedRow, SealedTable


def _written_in(sealed: ColumnElement[bytes]) -> ColumnElement[str]:
    """The key id in the record itself (see core/sealing.py), whatever the column beside it says."""
    name = func.encode(func.substr(sealed, 3, func.get_byte(sealed, 1)), "escape", type_=Text)
    return case((func.octet_length(sealed) > 1, name), else_=literal(""))


def _not_under(table: SealedTable, key_id: str) -> ColumnElement[bool]:
    return or_(table.key_id != key_id, _written_in(table.sealed) != key_id)


async def uses(connection: Connection, table: SealedTable) -> list[KeyUse]:
    query = select(table.key_id.label("key"), func.count().label("rows")).group_by(table.key_id).order_by(table.key_id)
    return [KeyUse(row.key, table.row, row.rows) for row in await connection.execute(query)]


async def count_beside(connection: Connection, table: SealedTable, key_id: str) -> int:
    """How many rows are not sealed with this key, by what is written in each."""
    query = select(func.count()).select_from(table.table).where(_not_under(table, key_id))
    count: int = (await connection.execute(query)).scalar_one()
    return count


async def batch_under(
    connection: Connection, table: SealedTable, key_id: str, after: RowId | None, most: int
) -> list[SealedRow]:
    """Rows sealed with this key, by id, from the one behind `after` on."""
    return await _batch(connection, table, table.key_id == key_id, after, most)


async def batch_beside(
    connection: Connection, table: SealedTable, key_id: str, after: RowId | None, most: int
) -> list[SealedRow]:
    """Rows not sealed with this key, by id, from the one behind `after` on."""
    return await _batch(connection, table, _not_under(table, key_id), after, most)


async def swap(connection: Connection, table: SealedTable, row: SealedRow, sealed: bytes, key_id: str) -> bool:
    """Compare-and-swap: False when the row is not what it was, or gone."""
    statement = (
        update(table.table)
        .where(table.id == bindparam("row"), table.sealed == bindparam("before"))
        .values({table.sealed.name: bindparam("after"), table.key_id.name: bindparam("key")})
    )
    values = {"row": row.id, "before": row.sealed, "after": sealed, "key": key_id}
    return await count_changed(connection, statement, values) == 1


async def _batch(
    connection: Connection, table: SealedTable, condition: ColumnElement[bool], after: RowId | None, most: int
) -> list[SealedRow]:
    query = select(table.id.label("id"), table.sealed.label("sealed"), *table.bound_to).where(condition)
    if after is not None:
        query = query.where(table.id > after)
    names = [column.name for column in table.bound_to]
    return [
        SealedRow(row.id, row.sealed, table.identity({name: getattr(row, name) for name in names}))
        for row in await connection.execute(query.order_by(table.id).limit(most))
    ]
