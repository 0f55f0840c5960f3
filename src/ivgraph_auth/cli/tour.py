"""`demo --once`: the whole way over HTTP, as a browser and an agent would go it."""

from collections.abc import Awaitable, Callable, Collection
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ivgraph_auth.cli.tour_graph import GraphTour, TourFailed
from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.http import Answer, HttpClient, UpstreamError
from ivgraph_auth.core.secrets import random_hex

_SECONDS = 15.0
_START = "/api/integrations/auth/notion/"


class Tour:
    """`say` gets one line a step."""

    def __init__(self, public_url: str, *, http: HttpClient, clock: Clock, say: Callable[[str], None]) -> None:
        self._public_url = public_url
        self._http = http
        self._clock = clock
        self._say = say
        self._state = random_hex(32)
        self._cookie = ""
        self._access = self._refresh = self._token = ""
        self._token_id = 0
        self._workspaces: list[str] = []
        self._graph = GraphTour(self._call, clock)

    async def run(self) -> None:
        """Raises TourFailed at the first thing that is wrong."""
        steps: tuple[tuple[str, Callable[[], Awaitable[None]]], ...] = (
            ("signed in through the consent page", self._sign_in),
            ("me: who that is", self._ask_who_that_is),
            ("refreshed the access token", self._refresh_access),
            ("rotated the refresh token", self._rotate),
            ("minted a service token", self._mint_token),
            ("used the service token", self._use_token),
            ("called Notion with the service token", self._call_notion),
            ("synchronized the workspace", self._synchronize),
            ("searched the graph", lambda: self._graph.search(self._token)),
            ("read a page of it", lambda: self._graph.read(self._token)),
            ("read what the page says", lambda: self._graph.read_content(self._token)),
            ("walked to its neighbours", lambda: self._graph.walk(self._token)),
            ("found the shortest path", lambda: self._graph.find_path(self._token)),
            ("revoked the service token", self._revoke_token),
            ("the revoked token is refused", self._use_revoked),
            ("logged out", self._log_out),
            ("the ended session is refused", self._use_ended),
        )
        for words, step in steps:
            started = self._clock.monotonic()
            try:
                await step()
            except UpstreamError as failure:
                raise TourFailed(f"{words}: {failure}") from failure
            self._say(f"{words:<38} {(self._clock.monotonic() - started) * 1000:6.0f} ms")

    async def _sign_in(self) -> None:
        start = await self._browse(f"{self._public_url}{_START}?client_state={self._state}")
        _expect(start, 302)
        self._cookie = _cookie_of(start)
        consent_url = start.headers["location"]
        _expect(await self._browse(consent_url), 200)
        allowed = await self._http.request("POST", consent_url, form={"decision": "allow"}, deadline=_SECONDS)
        _expect(allowed, 302)
        arrived = _expect(await self._browse(allowed.headers["location"]), 302)
        fragment = {
            name: values[0] for name, values in parse_qs(urlsplit(arrived.headers["location"]).fragment).items()
        }
        if "access" not in fragment or fragment.get("state") != self._state:
            raise TourFailed(
                f"The sign-in came back with {sorted(fragment)}: {fragment.get('error', 'no error told')}."
            )
        self._access, self._refresh = fragment["access"], fragment["refresh"]

    async def _ask_who_that_is(self) -> None:
        me = await self._call("GET", "/api/auth/me/", self._access)
        self._workspaces = [workspace["id"] for workspace in me["workspaces"]]
        if not self._workspaces:
            raise TourFailed("No workspace is connected after the sign-in.")

    async def _refresh_access(self) -> None:
        answer = await self._call("POST", "/api/auth/refresh/", body={"refresh": self._refresh})
        self._access = answer["access"]

    async def _rotate(self) -> None:
        pair = await self._call("POST", "/api/auth/refresh/", body={"refresh": self._refresh, "rotate": True})
        if pair["refresh"] == self._refresh:
            raise TourFailed("The refresh token is the same after its rotation.")
        self._access, self._refresh = pair["access"], pair["refresh"]

    async def _mint_token(self) -> None:
        body = {
            "name": "tour",
            "scopes": ["graph:search", "graph:read", "graph:neighbors", "notion:read"],
            "workspace_ids": self._workspaces,
            "expires_in_days": 90,
        }
        minted = await self._call("POST", "/api/tokens/", self._access, body, status=201)
        self._token, self._token_id = minted["token"], minted["id"]

    async def _use_token(self) -> None:
        valid = await self._call("GET", "/api/auth/validate/", self._token)
        if valid["kind"] != "service_token":
            raise TourFailed("The service token is taken for something else.")

    async def _call_notion(self) -> None:
        asked = {"toolId": "notion_get_self", "tenantId": self._workspaces[0]}
        told = await self._call("POST", "/api/v1/tools/invoke", self._token, asked)
        direct = await self._call("GET", "/notion/v1/users/me", self._token)
        if told["result"]["id"] != direct["id"]:
            raise TourFailed("A tool and the drop-in address answer differently.")

    async def _synchronize(self) -> None:
        await self._graph.synchronize(self._access, self._token, self._workspaces[0])

    async def _revoke_token(self) -> None:
        await self._call("DELETE", f"/api/tokens/{self._token_id}/", self._access, status=204)

    async def _use_revoked(self) -> None:
        await self._call("GET", "/api/auth/validate/", self._token, status=401)

    async def _log_out(self) -> None:
        await self._call("POST", "/api/auth/logout/", self._access, {"refresh": self._refresh})

    async def _use_ended(self) -> None:
        await self._call("GET", "/api/auth/me/", self._access, status=401)
        await self._call("POST", "/api/auth/refresh/", body={"refresh": self._refresh}, status=401)

    async def _browse(self, url: str) -> Answer:
        """As a browser does: names text/html, and sends the cookie it was given."""
        headers = {"Accept": "text/html", "Cookie": self._cookie}
        return await self._http.request("GET", url, headers=headers, deadline=_SECONDS)

    async def _call(
        self,
        method: str,
        path: str,
        bearer: str = "",
        body: dict[str, Any] | None = None,
        *,
        status: int | Collection[int] = 200,
    ) -> Any:  # noqa: ANN401 -- JSON is anything
        """The JSON of an answer with this status, or one of them; None where it has no body."""
        url, headers = self._public_url + path, {"Authorization": f"Bearer {bearer}"} if bearer else {}
        answer = _expect(await self._http.request(method, url, headers=headers, body=body, deadline=_SECONDS), status)
        try:
            return answer.json() if answer.body else None
        except ValueError:
            raise TourFailed("The answer is not JSON.") from None


def _expect(answer: Answer, status: int | Collection[int]) -> Answer:
    expected = (status,) if isinstance(status, int) else status
    if answer.status not in expected:
        raise TourFailed(f"Expected {' or '.join(map(str, expected))}, got {answer.status}.")
    return answer


def _cookie_of(answer: Answer) -> str:
    cookies = SimpleCookie(answer.headers.get("set-cookie", ""))
    return "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
