"""Who reads what was written down: the newest first, in pages."""

from collections.abc import AsyncIterator

from ivgraph_auth.audit import repository
from ivgraph_auth.audit.models import AuditFilter, AuditRecord
from ivgraph_auth.core.database import Database
from ivgraph_auth.core.paging import Cursors

_EXPORT_PAGE = 1000
# A rare event among millions of rows is looked for longer than a request may take.
_EXPORT_SECONDS = 60.0


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

    async def export(self, wanted: AuditFilter) -> AsyncIterator[AuditRecord]:
        """Everybody's, the oldest first, a page in memory at a time. Of the filter, only event and times count."""
        last: AuditRecord | None = None
        while True:
            async with self._database.transaction(seconds=_EXPORT_SECONDS) as connection:
                found = await repository.export(connection, wanted, after=last, most=_EXPORT_PAGE)
            for record in found:
                yield record
            if len(found) < _EXPORT_PAGE:
                return
            last = found[-1]
