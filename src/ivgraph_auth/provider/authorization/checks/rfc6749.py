"""OAuth 2.1 §4.1.1: the code flow, each parameter once, scopes that the app may ask for."""

from ivgraph_auth.provider.authorization.request import Draft, Parameters
from ivgraph_auth.provider.errors import AuthorizationError
from ivgraph_auth.provider.models import App, GrantType
from ivgraph_auth.provider.scopes import OFFLINE_ACCESS, in_order, split_scope

_MOST_CHARACTERS = 2000


def check_repeated(parameters: Parameters, _app: App, _draft: Draft) -> None:
    """RFC 6749 §3.1."""
    if parameters.repeated is not None:
        raise AuthorizationError("invalid_request", "A parameter is given more than once.")


def check_response_type(parameters: Parameters, app: App, _draft: Draft) -> None:
    """RFC 6749 §3.1.1: `code` alone. The implicit grant is gone from OAuth 2.1."""
    response_type = parameters.get("response_type")
    if response_type is None:
        raise AuthorizationError("invalid_request", "response_type is missing. It should be code.")
    if response_type != "code":
        raise AuthorizationError("unsupported_response_type", "response_type should be code.")
    if GrantType.AUTHORIZATION_CODE not in app.grant_types:
        raise AuthorizationError("unauthorized_client", "This app may not use the authorization code flow.")


def check_response_mode(parameters: Parameters, _app: App, _draft: Draft) -> None:
    """OAuth 2.0 Multiple Response Types §2.1."""
    if parameters.get("response_mode") not in (None, "query"):
        raise AuthorizationError("invalid_request", "response_mode should be query, or left out.")


def check_scope(parameters: Parameters, app: App, draft: Draft) -> None:
    """RFC 6749 §3.3. What the app may not ask for is left out, unless nothing remains."""
    asked = parameters.get("scope")
    if asked is None:
        draft.scopes = tuple(scope for scope in app.scopes if scope != OFFLINE_ACCESS)
    else:
        scopes = split_scope(asked)
        if scopes is None:
            raise AuthorizationError("invalid_scope", "scope should be names with a blank between two.")
        draft.scopes = in_order(scope for scope in scopes if scope in app.scopes)
    if not draft.scopes:
        raise AuthorizationError("invalid_scope", "This app may ask for none of these scopes.")


def check_lengths(parameters: Parameters, _app: App, _draft: Draft) -> None:
    """What must be kept for the answer."""
    for name in ("state", "nonce"):
        value = parameters.get(name)
        if value is not None and (len(value) > _MOST_CHARACTERS or "\0" in value):
            raise AuthorizationError("invalid_request", f"{name} should have at most {_MOST_CHARACTERS} characters.")
