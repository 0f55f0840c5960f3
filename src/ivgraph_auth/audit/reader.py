"""Who reads what was written down: the newest first, in pages."""

from collections.abc import AsyncIterator
from datetime import datetime

from ivgraph_auth.audit import repository
from ivgraph_auth.audit.models import AuditFilter, AuditRecord, Place
from ivgraph_auth.core.paging import Cursors
from ivgraph_auth.database.engine import Database

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
        binding = f"audit trail for {reader_id}: {wanted!r}"
        before = _read_place(self._cursors.open(binding, cursor)) if cursor else None
        async with self._database.read() as connection:
            found = await repository.page(connection, wanted, before=before, most=most + 1)
        page = found[:most]
        return page, self._cursors.issue(binding, _write_place(page[-1].place)) if len(found) > most else None

    async def export(self, wanted: AuditFilter) -> AsyncIterator[AuditRecord]:
        """The oldest first, a page in memory at a time."""
        last: Place | None = None
        while True:
            async with self._database.transaction(seconds=_EXPORT_SECONDS) as connection:
                found = await repository.export(connection, wanted, after=last, most=_EXPORT_PAGE)
            for record in found:
                yield record
            if len(found) < _EXPORT_PAGE:
                return
            last = found[-1].place


def _write_place(place: Place) -> str:
    return f"{place.id} {place.at.isoformat()}"


def _read_place(position: str) -> Place:
    row_id, _, at = position.partition(" ")
    return Place(datetime.fromisoformat(at), int(row_id))
