"""The path of the public URL, where the service shares a host: taken off requests, put before our own links."""

from contextvars import ContextVar

from starlette.types import ASGIApp, Receive, Scope, Send

# Of the service that answers this request; pages put it before their links. Empty where the public URL has no path.
PUBLIC_PATH: ContextVar[str] = ContextVar("public_path", default="")


class PublicPath:
    """The outermost of all: whether the proxy in front strips the path or passes it on, what stands below sees none.

    `root_path` stays unset: Starlette would take it off the path once more.
    """

    def __init__(self, app: ASGIApp, *, path: str) -> None:
        self._app = app
        self._path = path
        self._raw = path.encode("ascii")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            PUBLIC_PATH.set(self._path)
            raw: bytes = scope.get("raw_path") or scope["path"].encode()
            # By the path as it came: the two forms of it must be cut in the same place.
            if raw == self._raw or raw.startswith(self._raw + b"/"):
                scope = {
                    **scope,
                    "path": scope["path"].removeprefix(self._path) or "/",
                    "raw_path": raw.removeprefix(self._raw) or b"/",
                }
        await self._app(scope, receive, send)
