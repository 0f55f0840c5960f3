"""The steps of `demo --once` in the graph of the sample workspace, as an agent goes them with a service token."""

import asyncio
from typing import Any, Protocol

from ivgraph_auth.core.clock import Clock

_GRAPH = "/api/v1/graph"
_SYNC = "/api/notion-graph/sync/"
_LOOK_SECONDS = 0.1
_MOST_SECONDS = 60.0
# The page that the tour begins at, what stands on it, and a page at the other end of the workspace.
_START, _START_SAYS, _END = "Handbook", "Welcome aboard!", "Winter stores"


class TourFailed(Exception):
    """Something was not as it should be; the message says what, and holds no token."""


class Call(Protocol):
    """The JSON of an answer with this status, or one of them. Raises TourFailed, UpstreamError."""

    async def __call__(
        self,
        method: str,
        path: str,
        bearer: str = "",
        body: dict[str, Any] | None = None,
        *,
        status: int | tuple[int, ...] = 200,
    ) -> Any: ...  # noqa: ANN401 -- JSON is anything


class GraphTour:
    """Raises TourFailed at what is wrong."""

    def __init__(self, call: Call, clock: Clock) -> None:
        self._call = call
        self._clock = clock
        self._start = ""

    async def synchronize(self, access: str, token: str, workspace_id: str) -> None:
        """To the end of a run: of the one that began with the sign-in, or of one that is started here."""
        until = self._clock.monotonic() + _MOST_SECONDS
        run = await self._call("POST", _SYNC, access, {"workspace_id": workspace_id}, status=(202, 409))
        while not await self._is_read(run, access, token):
            if self._clock.monotonic() > until:
                raise TourFailed(f"The workspace was not read within {_MOST_SECONDS:.0f} seconds.")
            await asyncio.sleep(_LOOK_SECONDS)

    async def _is_read(self, run: dict[str, Any], access: str, token: str) -> bool:
        if "id" in run:
            followed = await self._call("GET", f"{_SYNC}{run['id']}", access)
            if followed["status"] not in ("running", "done"):
                raise TourFailed(f"The synchronization has {followed['status']}: {followed['error']}.")
            if followed["status"] == "running":
                return False
        return (await self._search(token, _START))["as_of"] is not None

    async def search(self, token: str) -> None:
        self._start = await self._find(token, _START)

    async def read(self, token: str) -> None:
        node = (await self._call("GET", f"{_GRAPH}/nodes/{self._start}", token))["node"]
        if node["title"] != _START or not node["counts"]["out"]:
            raise TourFailed(f"The page {_START} is not as it should be.")

    async def read_content(self, token: str) -> None:
        content = await self._call("GET", f"{_GRAPH}/nodes/{self._start}/content", token)
        if _START_SAYS not in content["markdown"]:
            raise TourFailed(f"The page {_START} does not say {_START_SAYS!r}.")

    async def walk(self, token: str) -> None:
        found = await self._call("GET", f"{_GRAPH}/nodes/{self._start}/neighbors?direction=out", token)
        if not found["results"] or any(each["edge"]["from"] != self._start for each in found["results"]):
            raise TourFailed(f"The page {_START} has no neighbours.")

    async def find_path(self, token: str) -> None:
        end = await self._find(token, _END)
        found = await self._call("GET", f"{_GRAPH}/paths?from={self._start}&to={end}", token)
        if not found["paths"]:
            raise TourFailed(f"There is no path from {_START} to {_END}.")

    async def _find(self, token: str, title: str) -> str:
        results = (await self._search(token, title))["results"]
        if not results or results[0]["title"] != title:
            raise TourFailed(f"The search does not find {title}.")
        node_id: str = results[0]["id"]
        return node_id

    async def _search(self, token: str, title: str) -> Any:  # noqa: ANN401 -- JSON is anything
        return await self._call("GET", f"{_GRAPH}/search?q={title.replace(' ', '%20')}", token)
