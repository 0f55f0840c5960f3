"""Which pages on other origins may call us (Fetch standard, CORS). Credentials are headers, never cookies."""

from starlette.responses import Response
from starlette.types import Message, Receive, Send

from ivgraph_auth.database.errors import DatabaseUnavailable
from ivgraph_auth.web.context import Handler, RequestContext
from ivgraph_auth.web.policy import CrossOrigin

_METHODS = "GET, POST, PATCH, DELETE"
_ALLOWED = (
    "Authorization, Content-Type, X-Request-ID, Idempotency-Key, Notion-Version, "
    "X-Ivgraph-Tenant, X-Ivgraph-Workspace, X-Ivgraph-Timeout, DPoP, "
    "MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id, Last-Event-ID"
)
_EXPOSED = "WWW-Authenticate, Retry-After, X-Request-ID"
_MAX_AGE = "600"


class Cors:
    def __init__(self, following: Handler, origins: tuple[str, ...]) -> None:
        self._following = following
        self._origins = frozenset(origins)

    async def __call__(self, context: RequestContext, receive: Receive, send: Send) -> None:
        rule = context.policy.cross_origin
        if rule is CrossOrigin.NONE:
            await self._following(context, receive, send)
            return
        origin = context.text_header(b"origin")
        allowed = await self._allowed(context, rule, origin) if origin else None
        if context.method == "OPTIONS" and context.header(b"access-control-request-method") is not None:
            await _answer_preflight(allowed)(context.scope, receive, send)
            return
        # With every answer, or a cache would give one origin's to another.
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

        await self._following(context, receive, send_with_cors)

    async def _allowed(self, context: RequestContext, rule: CrossOrigin, origin: str) -> str | None:
        if rule is CrossOrigin.ANY:
            return "*"
        if origin in self._origins:
            return origin
        try:
            return origin if await context.services.provider.origins.has(origin) else None
        except DatabaseUnavailable:
            # Whoever asks is told by the answer itself that the database is away, if it needs it.
            return None


def _answer_preflight(allowed: str | None) -> Response:
    response = Response(status_code=204, headers={"Vary": "Origin"})
    if allowed:
        response.headers["Access-Control-Allow-Origin"] = allowed
        response.headers["Access-Control-Allow-Methods"] = _METHODS
        response.headers["Access-Control-Allow-Headers"] = _ALLOWED
        response.headers["Access-Control-Max-Age"] = _MAX_AGE
    return response
