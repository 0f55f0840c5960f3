"""Installed with FORCE_HTTPS."""

from starlette.responses import RedirectResponse
from starlette.types import Receive, Send

from ivgraph_auth.core.config import Settings
from ivgraph_auth.web.client import is_trusted
from ivgraph_auth.web.context import Handler, RequestContext
from ivgraph_auth.web.errors.http_errors import HttpsRequired
from ivgraph_auth.web.errors.renderer import render


class RequireHttps:
    """Believes a trusted proxy that says the client came by http."""

    def __init__(self, following: Handler, settings: Settings) -> None:
        self._following = following
        self._trusted = settings.trusted_proxies
        self._public_url = settings.public_url

    async def __call__(self, context: RequestContext, receive: Receive, send: Send) -> None:
        if context.policy.plain_http or not self._came_by_http(context):
            await self._following(context, receive, send)
        elif context.method in ("GET", "HEAD"):
            query = context.query.decode("latin-1")
            target = self._public_url + context.raw_path.decode("latin-1") + (f"?{query}" if query else "")
            await RedirectResponse(target, 308)(context.scope, receive, send)
        else:
            await render(context, HttpsRequired())(context.scope, receive, send)

    def _came_by_http(self, context: RequestContext) -> bool:
        forwarded = context.text_header(b"x-forwarded-proto")
        return forwarded.strip().lower() == "http" and is_trusted(context.peer, self._trusted)
