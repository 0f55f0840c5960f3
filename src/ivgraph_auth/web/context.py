"""What is known of one request: made once, in front of everything, by the only code that reads ASGI's scope."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import cast

from starlette.types import Message, Receive, Scope, Send

from ivgraph_auth.core.principal import ClientInfo, Principal
from ivgraph_auth.gateway.models import Progress
from ivgraph_auth.web.client import Headers, Network, client_of, header_of
from ivgraph_auth.web.policy import RoutePolicy, RouteTable
from ivgraph_auth.web.services import Services
from ivgraph_auth.web.stopping import EXTENSION, Stopping

_KEY = "ivgraph_auth.context"


@dataclass(slots=True)
class RequestContext:
    """`path` and `raw_path` are without the path of the public URL. `started` is the monotonic clock's, in seconds.

    `progress` is there once it is known which call to Notion this is, `principal` once the credential was found good.
    `routes` are all that there are. `counts_failures`: an answer from 400 to 403
    counts against the address; see `rate_limits.py`.
    """

    scope: Scope
    receive: Receive
    method: str
    path: str
    raw_path: bytes
    query: bytes
    headers: Headers
    peer: str | None
    client: ClientInfo
    started: float
    template: str
    policy: RoutePolicy
    methods: frozenset[str]
    services: Services
    routes: RouteTable
    progress: Progress | None = None
    principal: Principal | None = None
    counts_failures: bool = False
    left_fast_route: bool = False

    @property
    def target(self) -> tuple[str, str]:
        """The method by which a route is looked for, and its path as the contract writes it."""
        return ("GET" if self.method == "HEAD" else self.method), self.template

    def header(self, name: bytes) -> bytes | None:
        """The first of that name, in lower case."""
        return header_of(self.headers, name)

    def text_header(self, name: bytes) -> str:
        return (header_of(self.headers, name) or b"").decode("latin-1")

    @property
    def stopping(self) -> Stopping:
        """Of the server that this came in by; never, where another one than ours serves it."""
        found: Stopping | None = self.scope.get("extensions", {}).get(EXTENSION)
        return found or Stopping()

    @property
    def media_type(self) -> str:
        """Of the body, without its parameters."""
        return self.text_header(b"content-type").partition(";")[0].strip().lower()

    @property
    def accepts_html(self) -> bool:
        return any(name == b"accept" and b"text/html" in value for name, value in self.headers)

    @property
    def budget_headers(self) -> dict[str, str]:
        """What the grant may still ask of Notion, where it is known which one acts. Reset is in seconds."""
        budget = self.progress.budget if self.progress else None
        if budget is None:
            return {}
        return {"X-Ivgraph-Budget-Remaining": str(budget.remaining), "X-Ivgraph-Budget-Reset": str(budget.reset)}

    def ask_with(self, method: str, headers: Headers) -> None:
        """What stands behind sees another method and other headers."""
        # A copy: the HTTP server goes by its own to leave out the body.
        self.scope = {**self.scope, "method": method, "headers": list(headers)}

    def release(self) -> None:
        """At the end. ASGI's scope holds this and is held by it, with all that was read: nothing of it waits for the
        garbage collector.
        """
        self.scope, self.receive = {}, _nothing


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


Handler = Callable[[RequestContext, Receive, Send], Awaitable[None]]


class ContextFactory:
    def __init__(self, services: Services, table: RouteTable) -> None:
        self._services = services
        self._table = table
        self._trusted: Sequence[Network] = services.settings.trusted_proxies
        self._public_path = services.settings.public_path
        self._raw_public_path = self._public_path.encode("ascii")

    def make(self, scope: Scope, receive: Receive) -> RequestContext:
        if self._public_path:
            scope = self._without_public_path(scope)
        method, path, headers = scope["method"], scope["path"], scope["headers"]
        raw_path = scope.get("raw_path") or path.encode()
        found = self._table.find("GET" if method == "HEAD" else method, path, raw_path)
        # A socket for both families tells IPv4 peers in IPv6's notation.
        peer = scope["client"][0].removeprefix("::ffff:") if scope.get("client") else None
        context = scope[_KEY] = RequestContext(
            scope=scope,
            receive=receive,
            method=method,
            path=path,
            raw_path=raw_path,
            query=scope["query_string"],
            headers=headers,
            peer=peer,
            client=client_of(headers, peer, self._trusted),
            started=self._services.clock.monotonic(),
            template=found.template,
            policy=found.policy,
            methods=found.methods,
            services=self._services,
            routes=self._table,
        )
        return context

    def _without_public_path(self, scope: Scope) -> Scope:
        """Whether the proxy in front strips the path of the public URL or passes it on, what stands behind sees none.

        By the path as it came: its two forms must be cut in the same place. `root_path` stays unset, or Starlette would
        take it off once more.
        """
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        if raw != self._raw_public_path and not raw.startswith(self._raw_public_path + b"/"):
            return scope
        path = scope["path"].removeprefix(self._public_path) or "/"
        return {**scope, "path": path, "raw_path": raw.removeprefix(self._raw_public_path) or b"/"}


def is_http(scope: Scope) -> bool:
    return bool(scope["type"] == "http")


def context_of(scope: Scope) -> RequestContext:
    """Of any request that came in through the front."""
    return cast("RequestContext", scope[_KEY])
