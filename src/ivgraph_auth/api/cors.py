"""Which pages on other origins may call us (Fetch standard, CORS). Credentials are headers, never cookies."""

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ivgraph_auth.api.middleware import header

_METHODS = "GET, POST, PATCH, DELETE"
_ALLOWED = (
    "Authorization, Content-Type, X-Request-ID, Idempotency-Key, Notion-Version, "
    "X-Ivgraph-Tenant, X-Ivgraph-Workspace, X-Ivgraph-Timeout"
)
_EXPOSED = "WWW-Authenticate, Retry-After, X-Request-ID"
_MAX_AGE = "600"
# For pages of our own origin alone.
_NEVER = frozenset({"/api/auth/session", "/api/auth/session/"})
_OAUTH = frozenset({"/oauth2/token", "/oauth2/revoke", "/oauth2/userinfo"})


class Cors:
    def __init__(self, app: ASGIApp, *, origins: tuple[str, ...]) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _shared(scope["path"]):
            await self._app(scope, receive, send)
            return
        origin = header(scope, b"origin")
        allowed = self._allowed(scope["path"], origin.decode("latin-1")) if origin else None
        if scope["method"] == "OPTIONS" and header(scope, b"access-control-request-method") is not None:
            await _preflight(allowed)(scope, receive, send)
            return
        added = [(b"vary", b"Origin")]
        if allowed:
            added += [
                (b"access-control-allow-origin", allowed.encode("latin-1")),
                (b"access-control-expose-headers", _EXPOSED.encode()),
            ]

        async def send_with_cors(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].extend(added)
            await send(message)

        await self._app(scope, receive, send_with_cors)

    def _allowed(self, path: str, origin: str) -> str | None:
        if path.startswith("/.well-known/"):
            return "*"
        return origin if origin in self._origins else None


def _shared(path: str) -> bool:
    return (path.startswith(("/api/", "/.well-known/")) and path not in _NEVER) or path.removesuffix("/") in _OAUTH


def _preflight(allowed: str | None) -> Response:
    response = Response(status_code=204, headers={"Vary": "Origin"})
    if allowed:
        response.headers["Access-Control-Allow-Origin"] = allowed
        response.headers["Access-Control-Allow-Methods"] = _METHODS
        response.headers["Access-Control-Allow-Headers"] = _ALLOWED
        response.headers["Access-Control-Max-Age"] = _MAX_AGE
    return response
