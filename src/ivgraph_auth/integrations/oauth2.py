"""The way to a credential: consent, exchange, and what is done with it afterwards."""

from contextlib import suppress
from dataclasses import dataclass

from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.secrets import Secret, random_token
from ivgraph_auth.core.urls import with_query
from ivgraph_auth.integrations.app import NotionApp
from ivgraph_auth.integrations.credentials import NotionUserCredentials
from ivgraph_auth.integrations.errors import AuthorizationNeeded, WorkspaceDiffers
from ivgraph_auth.integrations.store import CredentialStore, check_subject
from ivgraph_auth.integrations.wire import OAuthWire
from ivgraph_auth.notion.errors import InvalidParameters, NotionError, OAuthRefused
from ivgraph_auth.notion.json_limits import find_problems, problem
from ivgraph_auth.notion.models import Introspection
from ivgraph_auth.notion.oauth import code_grant, refresh_grant

PROVIDER = "notion"
_MAX_STATE = 500


@dataclass(frozen=True, slots=True)
class AuthorizationStep:
    """Where to send the person, and what has to come back from there unchanged."""

    url: str
    state: str


class OAuth2Flow:
    """Every call but `authorize` raises ConfigurationError, InvalidParameters, OAuthRefused and NotionUnavailable."""

    def __init__(self, *, app: NotionApp, wire: OAuthWire, store: CredentialStore) -> None:
        self._app = app
        self._wire = wire
        self._store = store

    async def authorize(self, *, state: str | None = None) -> AuthorizationStep:
        """`state` is made when none is given. RFC 6749 §4.1.1; Notion wants `owner=user` beside it.

        Raises ConfigurationError, InvalidParameters.
        """
        if self._app.client_id is None:
            raise ConfigurationError("The consent needs client_id (NOTION_CLIENT_ID).")
        state = random_token() if state is None else _check_state(state)
        parameters = {"client_id": self._app.client_id, "response_type": "code", "owner": "user", "state": state}
        if self._app.redirect_uri is not None:
            parameters["redirect_uri"] = self._app.redirect_uri
        if self._app.default_scope:
            parameters["scope"] = " ".join(self._app.default_scope)
        return AuthorizationStep(with_query(self._app.authorization_url, **parameters), state)

    async def exchange(self, *, code: str, subject: str | None = None) -> NotionUserCredentials:
        """Stores nothing. With `subject`, a consent for another workspace than the one already stored for it is given
        back to Notion and refused: what a subject sees does not change workspaces by one click.

        Raises WorkspaceDiffers.
        """
        # Before the code is spent.
        held = None if subject is None else await self._store.load(PROVIDER, check_subject(subject))
        body = code_grant(code, self._app.redirect_uri)
        credentials = NotionUserCredentials.of(await self._wire.answer("token", body))
        if subject is None or held is None or held.workspace_id in (None, credentials.workspace_id):
            return credentials
        with suppress(NotionError):
            await self.revoke(credentials)
        raise WorkspaceDiffers(subject)

    async def refresh(self, credentials: NotionUserCredentials) -> NotionUserCredentials:
        """The new pair; the old one is spent. Stores nothing.

        Raises AuthorizationNeeded when there is no refresh token or Notion does not take it.
        """
        if credentials.refresh_token is None:
            raise AuthorizationNeeded(PROVIDER, None, "Notion gave no refresh token.")
        try:
            answer = await self._wire.answer("token", refresh_grant(Secret(credentials.refresh_token)))
        except OAuthRefused as refused:
            # Wrong client credentials are this program's mistake, which no consent mends.
            if refused.code == "invalid_client":
                raise
            raise AuthorizationNeeded(
                PROVIDER, None, f"Notion refused the refresh: {refused.code}.", request_id=refused.request_id
            ) from refused
        return NotionUserCredentials.of(answer)

    async def introspect(self, token: NotionUserCredentials | str) -> Introspection:
        """Whether the access token lives, what it may do, and when it was issued (`iat`, milliseconds)."""
        return Introspection.model_validate(await self._wire.answer("introspect", {"token": _access_token(token)}))

    async def revoke(self, token: NotionUserCredentials | str) -> None:
        await self._wire.answer("revoke", {"token": _access_token(token)})


def _access_token(token: NotionUserCredentials | str) -> str:
    return token.access_token if isinstance(token, NotionUserCredentials) else token


def _check_state(state: str) -> str:
    problems = find_problems({"state": state})
    if not problems and not 1 <= len(state) <= _MAX_STATE:
        problems = [problem(("state",), f"Should have 1 to {_MAX_STATE} characters", "length")]
    if problems:
        raise InvalidParameters(problems)
    return state
