from ivgraph_auth.core.errors import Unprocessable


class CodeChallengeNeeded(Unprocessable):
    detail = "This service hands over a code: send code_challenge (PKCE S256, RFC 7636) with the start of the sign-in."


class SignInRefused(Exception):
    """`error` goes to the page; `reason` to the audit row. Never leaves this feature."""

    def __init__(self, error: str, reason: str, *, notion_request_id: str | None = None) -> None:
        super().__init__(reason)
        self.error = error
        self.reason = reason
        self.notion_request_id = notion_request_id
