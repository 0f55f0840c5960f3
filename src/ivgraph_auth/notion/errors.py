"""What can go wrong between us and Notion.

NotionError
|- NotionUnavailable     out of reach, too slow, 5xx, 429, or an answer that makes no sense
|- OAuthRefused          an OAuth endpoint said no (RFC 6749 §5.2); `code` says why
`- NotionRefused         the REST API said no in its own error body
"""


class NotionError(Exception):
    """The message never holds a token, a code or what Notion sent."""

    def __init__(self, message: str, *, request_id: str | None = None) -> None:
        super().__init__(message)
        self.request_id = request_id


class NotionUnavailable(NotionError):
    """`answered` tells that somebody did answer and refused or was overloaded: what was asked for was not done. Without
    it nobody knows.
    """

    def __init__(self, message: str, *, request_id: str | None = None, answered: bool = False) -> None:
        super().__init__(message, request_id=request_id)
        self.answered = answered


class OAuthRefused(NotionError):
    def __init__(self, code: str, *, request_id: str | None = None) -> None:
        super().__init__(f"Notion's OAuth endpoint refused: {code}.", request_id=request_id)
        self.code = code


class NotionRefused(NotionError):
    def __init__(self, status: int, code: str, *, request_id: str | None = None) -> None:
        super().__init__(f"Notion refused: {status} {code}.", request_id=request_id)
        self.status = status
        self.code = code
