"""DPoP: a code that is worth nothing without a key (RFC 9449 §10)."""

import re

from ivgraph_auth.provider.authorization.request import Draft, Parameters
from ivgraph_auth.provider.errors import AuthorizationError
from ivgraph_auth.provider.models import App

_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")


def check_dpop_jkt(parameters: Parameters, _app: App, draft: Draft) -> None:
    thumbprint = parameters.get("dpop_jkt")
    if thumbprint is not None and not _THUMBPRINT.fullmatch(thumbprint):
        raise AuthorizationError("invalid_request", "dpop_jkt should be a SHA-256 thumbprint (RFC 7638).")
    draft.dpop_jkt = thumbprint
