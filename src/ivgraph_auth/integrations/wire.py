"""Calls to Notion's OAuth endpoints, each over a connection of its own unless the program shares one."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from ivgraph_auth.core.http import HttpClient
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.integrations.app import NotionApp
from ivgraph_auth.integrations.credentials import NotionAnswer
from ivgraph_auth.notion.errors import InvalidParameters
from ivgraph_auth.notion.json_limits import find_problems
from ivgraph_auth.notion.oauth import NotionOAuth, OAuthCall

_OAUTH_SECONDS = 10.0


@asynccontextmanager
async def open_client(shared: HttpClient | None) -> AsyncIterator[HttpClient]:
    """A client that is not shared is closed again, so that nothing is left open and any event loop will do."""
    if shared is not None:
        yield shared
        return
    own = HttpClient()
    try:
        yield own
    finally:
        await own.close()


class OAuthWire:
    def __init__(self, app: NotionApp, http: HttpClient | None) -> None:
        self._app = app
        self._http = http

    async def answer(
        self, call: OAuthCall, body: Mapping[str, Any], *, client: tuple[str, Secret] | None = None
    ) -> NotionAnswer:
        """Raises ConfigurationError, InvalidParameters, OAuthRefused, NotionUnavailable."""
        client_id, client_secret = client or self._app.client()
        problems = find_problems(body)
        if problems:
            raise InvalidParameters(problems)
        async with open_client(self._http) as http:
            oauth = NotionOAuth(
                http=http,
                client_id=client_id,
                client_secret=client_secret,
                token_url=self._app.token_url,
                api_url=self._app.api_url,
                version=self._app.version,
            )
            return NotionAnswer(await oauth.answer(call, body, deadline=_OAUTH_SECONDS))
