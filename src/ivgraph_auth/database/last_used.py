"""When credentials were last used, written down in batches."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, DateTime, Table, Update, bindparam, func, select, update

from ivgraph_auth.database.connection import Connection


def last_used_statement(table: Table) -> Update:
    """For a table with `id` and `last_used_at`: one statement for any number of rows. A row that somebody else is
    changing is passed over, so that nobody ever waits for this.
    """
    used = (
        func.unnest(
            bindparam("ids", type_=ARRAY(table.c.id.type)), bindparam("moments", type_=ARRAY(DateTime(timezone=True)))
        )
        .table_valued("id", "at")
        .render_derived(name="used")
    )
    free = (
        select(table.c.id, used.c.at)
        .join(used, used.c.id == table.c.id)
        .with_for_update(of=table, key_share=True, skip_locked=True)
        .cte("free")
    )
    later = func.greatest(table.c.last_used_at, free.c.at)
    return update(table).where(table.c.id == free.c.id).values(last_used_at=later)


async def execute_last_used(connection: Connection, statement: Update, used: Mapping[Any, datetime]) -> None:
    await connection.execute(statement, {"ids": list(used), "moments": list(used.values())})
