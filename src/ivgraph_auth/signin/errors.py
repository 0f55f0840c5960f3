import structlog

from ivgraph_auth.connect.errors import AuthorizationRefused
from ivgraph_auth.core.errors import Unprocessable

_log = structlog.get_logger(__name__)
# A `server_error` tells the page nothing more; of these reasons an operator can do something.
_HINTS = {
    "no_person": "The Notion connection is authorized for a workspace (owner = workspace), so there is no person to "
    "sign in. Use a public connection, which people authorize for themselves.",
    "server_error": "Notion sent the browser back with an error. Look at the connection's settings at Notion.",
}


class CodeChallengeNeeded(Unprocessable):
    detail = "This service hands over a code: send code_challenge (PKCE S256, RFC 7636) with the start of the sign-in."


def log_refusal(refusal: AuthorizationRefused) -> None:
    hint = _HINTS.get(refusal.reason)
    if hint:
        _log.error("signin.failed", reason=refusal.reason, hint=hint, notion_request_id=refusal.notion_request_id)
    elif not refusal.reason.startswith("notion_"):  # those have their line where Notion was asked
        _log.info("signin.refused", reason=refusal.reason, notion_request_id=refusal.notion_request_id)
