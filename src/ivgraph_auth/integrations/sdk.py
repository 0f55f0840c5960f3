"""The three calls that Notion's own SDKs have, typed with what Notion really answers."""

from typing import Any, Literal, NotRequired, TypedDict, cast

from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.integrations.wire import OAuthWire
from ivgraph_auth.notion.errors import InvalidParameters
from ivgraph_auth.notion.json_limits import problem


class Person(TypedDict):
    email: NotRequired[str]


class PersonUser(TypedDict):
    object: Literal["user"]
    id: str
    type: Literal["person"]
    name: str | None
    avatar_url: str | None
    person: Person


class PartialUser(TypedDict):
    """All that a connection without user capabilities is told."""

    object: Literal["user"]
    id: str


class UserOwner(TypedDict):
    type: Literal["user"]
    user: PersonUser | PartialUser


class WorkspaceOwner(TypedDict):
    type: Literal["workspace"]
    workspace: Literal[True]


class OAuthTokenAnswer(TypedDict):
    access_token: str
    token_type: Literal["bearer"]
    refresh_token: str | None
    bot_id: str
    workspace_id: str
    workspace_name: str | None
    workspace_icon: str | None
    owner: UserOwner | WorkspaceOwner
    duplicated_template_id: str | None
    request_id: NotRequired[str]


class OAuthIntrospectAnswer(TypedDict):
    """`scope` lists capabilities with blanks between them, `iat` is in milliseconds since 1970."""

    active: bool
    scope: NotRequired[str]
    iat: NotRequired[int]
    request_id: NotRequired[str]


class OAuthRevokeAnswer(TypedDict):
    request_id: NotRequired[str]


class ExternalAccount(TypedDict):
    key: str
    name: str


class NotionOAuthCalls:
    """Client credentials that are not given are those of the app. The answers are Notion's objects; their repr shows
    no token.

    Every call raises ConfigurationError, InvalidParameters, OAuthRefused and NotionUnavailable.
    """

    def __init__(self, wire: OAuthWire) -> None:
        self._wire = wire

    async def token(
        self,
        *,
        grant_type: Literal["authorization_code", "refresh_token"],
        client_id: str | None = None,
        client_secret: str | None = None,
        code: str | None = None,
        redirect_uri: str | None = None,
        refresh_token: str | None = None,
        external_account: ExternalAccount | None = None,
    ) -> OAuthTokenAnswer:
        """RFC 6749 §4.1.3 and §6."""
        if grant_type == "authorization_code":
            body: dict[str, Any] = {"code": code, "redirect_uri": redirect_uri, "external_account": external_account}
            _require("code", code)
        else:
            body = {"refresh_token": refresh_token}
            _require("refresh_token", refresh_token)
        sent = {"grant_type": grant_type} | {name: value for name, value in body.items() if value is not None}
        answer = await self._wire.answer("token", sent, client=_check_client(client_id, client_secret))
        return cast("OAuthTokenAnswer", answer)

    async def introspect(
        self, *, token: str, client_id: str | None = None, client_secret: str | None = None
    ) -> OAuthIntrospectAnswer:
        answer = await self._wire.answer("introspect", {"token": token}, client=_check_client(client_id, client_secret))
        return cast("OAuthIntrospectAnswer", answer)

    async def revoke(
        self, *, token: str, client_id: str | None = None, client_secret: str | None = None
    ) -> OAuthRevokeAnswer:
        answer = await self._wire.answer("revoke", {"token": token}, client=_check_client(client_id, client_secret))
        return cast("OAuthRevokeAnswer", answer)


def _require(name: str, value: str | None) -> None:
    if not value:
        raise InvalidParameters([problem((name,), "Should be given", "missing")])


def _check_client(client_id: str | None, client_secret: str | None) -> tuple[str, Secret] | None:
    """None: neither was given."""
    if client_id is None and client_secret is None:
        return None
    if client_id is None or client_secret is None:
        raise InvalidParameters([problem(("client_id",), "Belongs together with client_secret", "missing")])
    if not (client_id + client_secret).isascii() or ":" in client_id:
        raise InvalidParameters([problem(("client_id",), "HTTP Basic cannot carry these credentials", "not_valid")])
    return client_id, Secret(client_secret)
