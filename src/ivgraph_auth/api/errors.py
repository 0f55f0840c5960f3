"""The one renderer of errors: problem details (RFC 9457), a page where a browser arrives, and for calls to Notion the
tools' envelope or Notion's own error body.
"""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException  # noqa: TID251 -- what the framework itself raises is rendered here
from starlette.responses import JSONResponse, Response

from ivgraph_auth.api.envelope import failed, is_invocation
from ivgraph_auth.api.notion_errors import is_drop_in, refusal
from ivgraph_auth.api.pages import render_page
from ivgraph_auth.core.errors import (
    Forbidden,
    InsufficientScope,
    InvalidRequest,
    NotFound,
    ServiceError,
    Unavailable,
    Unprocessable,
)

_PROBLEM = "application/problem+json"
_REALM = 'Bearer realm="ivgraph"'
# The two under /api/ that a browser opens.
_PAGES = ("/api/integrations/auth/notion", "/api/integrations/auth/notion/callback")
_JSON = re.compile(r"application/(?:json|[^/]+\+json)")
_SAFE_LOCATION = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class WrongCredentialKind(Forbidden):
    code = "wrong_credential_kind"
    detail = "This needs a session token: sign in with Notion."


class InvalidJson(InvalidRequest):
    code = "invalid_json"
    detail = "The body is not well-formed JSON."


class UnsupportedMediaType(ServiceError):
    status = 415
    code = "unsupported_media_type"
    detail = "Send the body as JSON, with Content-Type: application/json."


class ContentTooLarge(ServiceError):
    status = 413
    code = "content_too_large"
    detail = "The body is larger than this route takes."


class MethodNotAllowed(ServiceError):
    status = 405
    code = "method_not_allowed"
    detail = "This path does not answer to that method; Allow lists those it does."


class HttpsRequired(Forbidden):
    code = "https_required"
    detail = "Use https."


class ShuttingDown(Unavailable):
    code = "shutting_down"
    detail = "The service is stopping and did not finish this. What it was to change may have been changed."


def problem(request: Request, error: ServiceError) -> Response:
    """The answer for an error, with the headers that belong to it."""
    headers = {"Cache-Control": "no-store", **_headers(error)}
    if is_invocation(request):
        return failed(request, error, headers)
    if is_drop_in(request):
        return refusal(request, error, headers)
    caller = request.scope["caller"]
    if _is_page(request):
        return render_page(
            "error.html",
            status=error.status,
            headers=headers,
            title=HTTPStatus(error.status).phrase,
            detail=error.detail,
            request_id=caller.request_id,
        )
    body = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "request_id": caller.request_id,
        **error.extra,
    }
    return JSONResponse(body, error.status, headers, media_type=_PROBLEM)


async def on_service_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, ServiceError):
        raise error
    count_failure(request, error)
    return problem(request, error)


async def on_validation_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    _forget_frames(error)
    errors = error.errors()
    if any(item["type"] == "json_invalid" for item in errors):
        return problem(request, InvalidJson())
    if _body_is_not_json(request, errors):
        return problem(request, UnsupportedMediaType())
    unprocessable = Unprocessable()
    unprocessable.extra = {"errors": [_describe(item) for item in errors]}
    return problem(request, unprocessable)


async def on_http_exception(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    known: dict[int, ServiceError] = {
        400: InvalidJson(),
        404: NotFound("There is nothing at this path."),
        405: MethodNotAllowed(),
        413: ContentTooLarge(),
    }
    response = problem(request, known.get(error.status_code, InvalidRequest()))
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        found = request.app.state.methods_at(request.scope["path"])
        methods = ", ".join(sorted(found | {"HEAD"} if "GET" in found else found))
        # Files are not ours to route: there the framework knows.
        response.headers["Allow"] = methods or (error.headers or {}).get("Allow", "")
    return response


def _forget_frames(error: Exception) -> None:
    """The framework's frame holds the error, and the error's traceback the frame, and so the request and its body: all
    of it would wait for the garbage collector, which counts objects and not how large they are.
    """
    for each in (error, error.__cause__, error.__context__):
        if each is not None:
            each.__traceback__ = None


def count_failure(request: Request, error: ServiceError) -> None:
    """Failures of an attempt that is limited per address count against it; see `limits.py`."""
    limiter = getattr(request.state, "attempts", None)
    if limiter is not None and HTTPStatus.BAD_REQUEST <= error.status < HTTPStatus.NOT_FOUND:
        limiter.count("failure", request.scope["caller"].address)


def _headers(error: ServiceError) -> dict[str, str]:
    headers: dict[str, str] = {}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = (
            _REALM if error.code == "not_authenticated" else f'{_REALM}, error="invalid_token"'
        )
    if isinstance(error, InsufficientScope):
        headers["WWW-Authenticate"] = f'{_REALM}, error="insufficient_scope", scope="{error.scope}"'
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return headers


def _is_page(request: Request) -> bool:
    # Not `request.url`, which cannot be had when the query is not UTF-8.
    path = request.scope["path"]
    return "text/html" in request.headers.get("accept", "") and (
        not path.startswith("/api/") or path.removesuffix("/") in _PAGES
    )


def _body_is_not_json(request: Request, errors: Sequence[Mapping[str, Any]]) -> bool:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return not _JSON.fullmatch(media_type) and any(
        tuple(item["loc"]) == ("body",) and item["type"] != "missing" for item in errors
    )


def _describe(item: Mapping[str, Any]) -> dict[str, Any]:
    """Where and what, never the input; a field name that was sent is repeated only when it is a plain word."""
    location = [part if isinstance(part, int) or _SAFE_LOCATION.fullmatch(str(part)) else "?" for part in item["loc"]]
    return {"loc": location, "msg": item["msg"], "type": item["type"]}
