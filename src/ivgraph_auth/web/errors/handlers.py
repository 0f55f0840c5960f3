"""What the framework calls for an error: the feature's own, its own, and those of a request that does not validate."""

import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException  # noqa: TID251 -- what the framework itself raises is rendered here
from starlette.responses import Response

from ivgraph_auth.core.errors import InvalidRequest, NotFound, ServiceError, Unprocessable
from ivgraph_auth.database.errors import DatabaseUnavailable
from ivgraph_auth.web.context import RequestContext, context_of
from ivgraph_auth.web.errors.http_errors import ContentTooLarge, InvalidJson, MethodNotAllowed, UnsupportedMediaType
from ivgraph_auth.web.errors.renderer import render
from ivgraph_auth.web.policy import RateLimit

_JSON = re.compile(r"application/(?:json|[^/]+\+json)")
_SAFE_LOCATION = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


async def _on_service_error(request: Request, error: ServiceError) -> Response:
    context = context_of(request.scope)
    if isinstance(error, DatabaseUnavailable) and context.services.metrics:
        context.services.metrics.count_unavailable()
    count_failure(context, error)
    return render(context, error)


async def _on_validation_error(request: Request, error: RequestValidationError) -> Response:
    _forget_frames(error)
    context = context_of(request.scope)
    errors = error.errors()
    if any(item["type"] == "json_invalid" for item in errors):
        return render(context, InvalidJson())
    if _body_is_not_json(context, errors):
        return render(context, UnsupportedMediaType())
    unprocessable = Unprocessable()
    unprocessable.extra = {"errors": [_describe(item) for item in errors]}
    return render(context, unprocessable)


async def _on_http_exception(request: Request, error: HTTPException) -> Response:
    known: dict[int, ServiceError] = {
        400: InvalidJson(),
        404: NotFound("There is nothing at this path."),
        405: MethodNotAllowed(),
        413: ContentTooLarge(),
    }
    context = context_of(request.scope)
    response = render(context, known.get(error.status_code, InvalidRequest()))
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        found = context.methods
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


def count_failure(context: RequestContext, error: ServiceError) -> None:
    """Failures of an attempt that is limited per address count against it; see `rate_limits.py`."""
    if context.counts_failures and HTTPStatus.BAD_REQUEST <= error.status < HTTPStatus.NOT_FOUND:
        context.services.limiter.count(RateLimit.FAILURE, context.client.address)


def _body_is_not_json(context: RequestContext, errors: Sequence[Mapping[str, Any]]) -> bool:
    return not _JSON.fullmatch(context.media_type) and any(
        tuple(item["loc"]) == ("body",) and item["type"] != "missing" for item in errors
    )


def _describe(item: Mapping[str, Any]) -> dict[str, Any]:
    """Where and what, never the input; a field name that was sent is repeated only when it is a plain word."""
    location = [part if isinstance(part, int) or _SAFE_LOCATION.fullmatch(str(part)) else "?" for part in item["loc"]]
    return {"loc": location, "msg": item["msg"], "type": item["type"]}


HANDLERS: dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]] = {
    ServiceError: _on_service_error,
    RequestValidationError: _on_validation_error,
    HTTPException: _on_http_exception,
}
