"""What can go wrong between us and Notion.

NotionError
|- NotionUnavailable     out of reach, 5xx, or an answer that makes no sense
|  |- NotionTimeout      no whole answer in time
|  `- RateLimited        429
|- OAuthRefused          an OAuth endpoint said no (RFC 6749 §5.2); `code` says why
|- NotionRefused         the REST API said no in its own error body
|- UnknownTool           no tool has this id; Notion was not asked
`- InvalidParameters     a tool's parameters would be refused; Notion was not asked
"""

from collections.abc import Sequence

from ivgraph_auth.notion.json_limits import Problem

_SUCCESSES = range(200, 300)
_SERVER_ERRORS = 500
_OVERLOADED = 529


class NotionError(Exception):
    """The message never holds a token, a code or what Notion sent."""

    def __init__(self, message: str, *, request_id: str | None = None) -> None:
        super().__init__(message)
        self.request_id = request_id


class NotionUnavailable(NotionError):
    """`status` is None when there was no answer at all; `retry_after`, in seconds, when Notion did not tell it."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        retry_after: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, request_id=request_id)
        self.status = status
        self.retry_after = retry_after

    @property
    def answered(self) -> bool:
        """Refused before anything was done. A 5xx may come from a proxy that had passed the request on."""
        return self.status is not None and self.status < _SERVER_ERRORS and not self.accepted

    @property
    def overloaded(self) -> bool:
        """Notion turned the call away before it looked at it, and takes any method again."""
        return self.status == _OVERLOADED

    @property
    def accepted(self) -> bool:
        """A success by its status, with an answer that cannot be read."""
        return self.status in _SUCCESSES


class NotionTimeout(NotionUnavailable):
    pass


class RateLimited(NotionUnavailable):
    def __init__(self, message: str, *, retry_after: int | None, request_id: str | None = None) -> None:
        super().__init__(message, status=429, retry_after=retry_after, request_id=request_id)


class OAuthRefused(NotionError):
    """`notions_own`: told in the error body of Notion's REST API, not in that of RFC 6749."""

    def __init__(self, code: str, *, request_id: str | None = None, notions_own: bool = False) -> None:
        super().__init__(f"Notion's OAuth endpoint refused: {code}.", request_id=request_id)
        self.code = code
        self.notions_own = notions_own


class NotionRefused(NotionError):
    """`message` is Notion's own sentence, for people; it may quote what was sent, never the credential."""

    def __init__(self, status: int, code: str, *, message: str = "", request_id: str | None = None) -> None:
        super().__init__(f"Notion refused: {status} {code}.", request_id=request_id)
        self.status = status
        self.code = code
        self.message = message


class UnknownTool(NotionError):
    """`close`: names of tools that may be meant, the closest first."""

    def __init__(self, close: Sequence[str] = ()) -> None:
        meant = f" Did you mean {' or '.join(close)}?" if close else ""
        super().__init__(f"There is no such tool.{meant}")
        self.close = tuple(close)


class InvalidParameters(NotionError):
    def __init__(self, errors: Sequence[Problem]) -> None:
        places = (f"{'.'.join(map(str, each['loc'])) or 'parameters'}: {each['msg']}" for each in errors)
        super().__init__("; ".join(places))
        self.errors = tuple(errors)
