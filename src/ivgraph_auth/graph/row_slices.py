"""The rows of a data source, also of one with more than the 10,000 that Notion gives of a query.

They are asked for in the order in which they were made. Where Notion cuts the list, the next query begins with the
minute of the last row: Notion tells and compares times by the minute, so the rows of that one come twice.
"""

import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ivgraph_auth.graph.models import Gap, NodeType
from ivgraph_auth.graph.notion_lists import NotionLists, objects_of
from ivgraph_auth.graph.reader.lists import read_request_status
from ivgraph_auth.graph.reader.readings import ObjectReading
from ivgraph_auth.notion.errors import NotionRefused

_MINUTE = timedelta(minutes=1)
_BAD_REQUEST = 400
_BY_CREATION = {"sorts": [{"timestamp": "created_time", "direction": "ascending"}]}


@dataclass(slots=True)
class RowSlices:
    """`gaps` gets what could not be read: of a minute with more rows than a query gives, and what is behind the first
    10,000 where Notion refuses to sort or to filter.
    """

    lists: NotionLists
    data_source: uuid.UUID
    gaps: list[Gap]
    _last: datetime | None = field(default=None, init=False)
    _cut: Gap | None = field(default=None, init=False)

    async def batches(self) -> AsyncIterator[list[ObjectReading]]:
        """Raises what `BackgroundCalls.ask` raises."""
        body: Mapping[str, Any] = _BY_CREATION
        since: datetime | None = None
        while True:
            cut = self._cut
            try:
                async for rows in self._slice(body):
                    yield rows
            except NotionRefused as refused:
                if refused.status != _BAD_REQUEST or not body:
                    raise
                if cut is not None:
                    self._tell(cut)
                    return
                body = {}
                continue
            since = self._following(since, may_filter=bool(body))
            if since is None:
                return
            body = _made_since(since)

    def _following(self, since: datetime | None, *, may_filter: bool) -> datetime | None:
        """Where the next slice begins; None at the end."""
        if self._cut is None:
            return None
        if not may_filter or self._last is None or (since is not None and self._last < since):
            # Notion does not sort by time, or has not kept to the filter.
            self._tell(self._cut)
            return None
        if since is not None and self._last < since + _MINUTE:
            self._tell(self._cut)
            return since + _MINUTE
        return self._last

    async def _slice(self, body: Mapping[str, Any]) -> AsyncIterator[list[ObjectReading]]:
        self._cut, self._last = None, None
        async for answer in self.lists.batches(f"/v1/data_sources/{self.data_source}/query", body):
            found = objects_of(answer)
            self._cut = read_request_status(answer) or self._cut
            self._last = next((row.node.created_at for row in reversed(found) if row.node.created_at), self._last)
            yield [row for row in found if row.node.type is NodeType.PAGE]

    def _tell(self, cut: Gap) -> None:
        self.gaps.append(cut._replace(node=self.data_source))


def _made_since(moment: datetime) -> Mapping[str, Any]:
    told = moment.strftime("%Y-%m-%dT%H:%M:00.000Z")
    return {**_BY_CREATION, "filter": {"timestamp": "created_time", "created_time": {"on_or_after": told}}}
