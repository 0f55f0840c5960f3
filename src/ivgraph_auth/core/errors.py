"""Errors a caller can meet. Features derive their own from these families; `web/errors` renders them all.

ServiceError
|- ConfigurationError          a setting is missing or wrong; told at start, never over HTTP
|- InvalidRequest        400
|- NotAuthenticated      401   no credential
|- TokenNotValid         401   bad, expired, revoked, wrong kind: one wording for all
|- Forbidden             403
|  `- InsufficientScope
|- NotFound              404
|- Conflict              409
|- Unprocessable         422
|- TooManyRequests       429
`- Unavailable           503
"""

from collections.abc import Mapping
from typing import Any


class ServiceError(Exception):
    """`code` is stable and read by programs; `detail` is for people and holds no secret and no input."""

    status: int = 500
    code: str = "internal_error"
    detail: str = "Something went wrong here. Quote the request id when you report it."

    def __init__(self, detail: str | None = None, *, retry_after: int | None = None) -> None:
        super().__init__(detail or self.detail)
        self.detail = detail or self.detail
        self.retry_after = retry_after
        # Further members of the answer (RFC 9457 §3.2).
        self.extra: Mapping[str, Any] = {}


class ConfigurationError(ServiceError):
    code = "not_configured"


class InvalidRequest(ServiceError):
    status = 400
    code = "invalid_request"
    detail = "The request is not well formed."


class NotAuthenticated(ServiceError):
    status = 401
    code = "not_authenticated"
    detail = "Send a credential: Authorization: Bearer <token>."


class TokenNotValid(ServiceError):
    status = 401
    code = "token_not_valid"
    detail = "The token is not valid. Sign in again, or use another token."


class Forbidden(ServiceError):
    status = 403
    code = "forbidden"
    detail = "This credential may not do that."


class InsufficientScope(Forbidden):
    """`scope`: all that the call needs, separated by blanks (RFC 6750 §3)."""

    code = "insufficient_scope"

    def __init__(self, scope: str) -> None:
        self.scope = scope
        self.scopes = tuple(scope.split())
        super().__init__(f"This needs the scope{'s' if len(self.scopes) > 1 else ''} {' and '.join(self.scopes)}.")


class NotFound(ServiceError):
    status = 404
    code = "not_found"
    detail = "There is nothing here, or nothing of yours."


class Conflict(ServiceError):
    status = 409
    code = "conflict"
    detail = "The request does not fit what is stored."


class Unprocessable(ServiceError):
    """`field` names the part of the request that is wrong, as a path of keys."""

    status = 422
    code = "validation_error"
    detail = "The request has wrong values."

    def __init__(self, detail: str | None = None, *, field: tuple[str | int, ...] = ()) -> None:
        super().__init__(detail)
        if field:
            self.extra = {"errors": [{"loc": field, "msg": self.detail, "type": self.code}]}


class TooManyRequests(ServiceError):
    status = 429
    code = "too_many_requests"
    detail = "Too many attempts from this address. Wait, then try again."


class Unavailable(ServiceError):
    status = 503
    code = "unavailable"
    detail = "The service is out of reach for a moment. Try again shortly."

    def __init__(self, detail: str | None = None, *, retry_after: int | None = 2) -> None:
        super().__init__(detail, retry_after=retry_after)
