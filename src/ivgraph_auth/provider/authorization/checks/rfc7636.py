"""Proof Key for Code Exchange, with S256, from every app (OAuth 2.1 §7.5.1)."""

import re

from ivgraph_auth.provider.authorization.request import Draft, Parameters
from ivgraph_auth.provider.errors import AuthorizationError
from ivgraph_auth.provider.models import App

# Base64url of 32 bytes, without padding (RFC 7636 §4.2).
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


def check_code_challenge(parameters: Parameters, _app: App, draft: Draft) -> None:
    """RFC 7636 §4.3 and §4.4.1."""
    challenge = parameters.get("code_challenge")
    if challenge is None:
        raise AuthorizationError("invalid_request", "code_challenge is missing (PKCE, RFC 7636).")
    if parameters.get("code_challenge_method") != "S256":
        raise AuthorizationError("invalid_request", "code_challenge_method should be S256.")
    if not _CHALLENGE.fullmatch(challenge):
        raise AuthorizationError("invalid_request", "code_challenge should be 43 characters of base64url.")
    draft.code_challenge = challenge
