"""Notion's lists, a hundred at once, for one grant."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ivgraph_auth.graph.background_calls import BackgroundCalls
from ivgraph_auth.graph.reader.objects import read_object
from ivgraph_auth.graph.reader.readings import ObjectReading
from ivgraph_auth.notion.errors import NotionRefused
from ivgraph_auth.notion.operations import NotionRequest

_PAGE_SIZE = 100
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class NotionLists:
    grant_id: int
    calls: BackgroundCalls

    async def batches(self, path: str, body: Mapping[str, Any] | None = None) -> AsyncIterator[Mapping[str, Any]]:
        """Every batch of a list; none when the connection does not see it. With a `body` it is asked for by POST.
        Raises what `BackgroundCalls.ask` raises.
        """
        cursor: str | None = None
        while True:
            try:
                answer = await self.batch(path, body, cursor)
            except NotionRefused as refused:
                if refused.status != _NOT_FOUND:
                    raise
                return
            yield answer
            before, cursor = cursor, next_cursor(answer)
            # One that is answered again would be followed for ever.
            if cursor is None or cursor == before:
                return

    async def batch(self, path: str, body: Mapping[str, Any] | None, cursor: str | None) -> Mapping[str, Any]:
        paging = {"page_size": _PAGE_SIZE, **({"start_cursor": cursor} if cursor else {})}
        if body is None:
            return await self.calls.ask(self.grant_id, NotionRequest("GET", path, urlencode(paging)))
        return await self.calls.ask(self.grant_id, NotionRequest("POST", path, body={**body, **paging}))


def results_of(answer: Mapping[str, Any]) -> list[Any]:
    results = answer.get("results")
    return results if isinstance(results, list) else []


def objects_of(answer: Mapping[str, Any]) -> list[ObjectReading]:
    return [found for found in map(read_object, results_of(answer)) if found is not None]


def next_cursor(answer: Mapping[str, Any]) -> str | None:
    cursor = answer.get("next_cursor")
    return cursor if answer.get("has_more") is True and isinstance(cursor, str) and cursor else None
