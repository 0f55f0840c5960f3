"""Who reads what was written down: the newest first, in pages."""

from ivgraph_auth.audit import repository
from ivgraph_auth.audit.models import AuditFilter, AuditRecord
from ivgraph_auth.core.database import Database
from ivgraph_auth.core.paging import Cursors


class AuditReader:
    def __init__(self, *, database: Database, cursors: Cursors) -> None:
        self._database = database
        self._cursors = cursors

    async def page(
        self, wanted: AuditFilter, *, reader_id: int, cursor: str | None, most: int
    ) -> tuple[list[AuditRecord], str | None]:
        """The records and the cursor of the next page, good for this reader and filter. Raises CursorNotValid."""
        binding = f"audit for {reader_id}: {wanted!r}"
        before = int(self._cursors.open(binding, cursor)) if cursor else None
        async with self._database.read() as connection:
            found = await repository.page(connection, wanted, before=before, most=most + 1)
        page = found[:most]
        return page, self._cursors.issue(binding, str(page[-1].id)) if len(found) > most else None
