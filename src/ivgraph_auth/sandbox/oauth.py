"""The three calls that the client makes with its own credentials: token, introspect, revoke."""

import base64
import binascii
from collections.abc import Callable

from starlette.responses import Response

from ivgraph_auth.core.secrets import same
from ivgraph_auth.sandbox.answers import failed, json_answer, oauth_error
from ivgraph_auth.sandbox.identity import token_answer
from ivgraph_auth.sandbox.incoming import Incoming
from ivgraph_auth.sandbox.instance import Sandbox
from ivgraph_auth.sandbox.state import Pair

_Body = dict[str, object]


class OAuthRefusalError(Exception):
    def __init__(self, error: str, description: str | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.description = description


def token(instance: Sandbox, call: Incoming) -> Response:
    """POST /v1/oauth/token: HTTP Basic first, then the body."""
    return _answered(instance, call, _token)


def introspect(instance: Sandbox, call: Incoming) -> Response:
    """POST /v1/oauth/introspect. Only a living access token is active; a refresh token is not."""
    return _answered(instance, call, _introspect)


def revoke(instance: Sandbox, call: Incoming) -> Response:
    """POST /v1/oauth/revoke. Nothing but a request id, whether or not the token was known."""
    return _answered(instance, call, _revoke)


def _answered(instance: Sandbox, call: Incoming, action: Callable[[Sandbox, _Body], _Body]) -> Response:
    try:
        _authenticate(instance, call.headers.get("authorization", ""))
        return json_answer(200, action(instance, _members(call.json)), call.request_id)
    except OAuthRefusalError as refusal:
        return oauth_error(instance.oauth_error_shape, refusal.error, call.request_id, description=refusal.description)


def _authenticate(instance: Sandbox, header: str) -> None:
    """HTTP Basic and nothing else; credentials in the body are not looked at."""
    scheme, _, encoded = header.partition(" ")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise OAuthRefusalError("invalid_client") from error
    client_id, colon, client_secret = text.partition(":")
    known = same(client_id, instance.config.client_id) & same(client_secret, instance.config.client_secret.reveal())
    if scheme.lower() != "basic" or not colon or not known:
        raise OAuthRefusalError("invalid_client")


def _members(parsed: object) -> _Body:
    if not isinstance(parsed, dict):
        raise OAuthRefusalError("invalid_request", "body failed validation: body should be an object.")
    return parsed


def _required(body: _Body, name: str) -> str:
    value = body.get(name)
    if name not in body:
        raise OAuthRefusalError("invalid_request", failed("body", name, "defined"))
    if not isinstance(value, str) or not value:
        kind = "a non-empty string" if value == "" else "a string"
        raise OAuthRefusalError("invalid_request", f"body failed validation: body.{name} should be {kind}.")
    return value


def _token(instance: Sandbox, body: _Body) -> _Body:
    grant_type = _required(body, "grant_type")
    if grant_type == "authorization_code":
        pair = _redeemed(instance, body)
    elif grant_type == "refresh_token":
        pair = instance.state.rotate(_required(body, "refresh_token"), with_refresh=not instance.null_refresh_token)
    else:
        raise OAuthRefusalError("unsupported_grant_type")
    if pair is None:
        raise OAuthRefusalError("invalid_grant")
    return token_answer(instance, pair)


def _redeemed(instance: Sandbox, body: _Body) -> Pair | None:
    code, redirect_uri = _required(body, "code"), _required(body, "redirect_uri")
    return instance.state.redeem_code(code, redirect_uri, with_refresh=not instance.null_refresh_token)


def _introspect(instance: Sandbox, body: _Body) -> _Body:
    grant = instance.state.by_access_token(_required(body, "token"))
    if grant is None:
        return {"active": False}
    return {"active": True, "scope": " ".join(instance.config.capabilities), "iat": grant.issued_ms}


def _revoke(instance: Sandbox, body: _Body) -> _Body:
    instance.state.revoke_token(_required(body, "token"))
    return {}
