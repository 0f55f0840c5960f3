"""Notion's answers: JSON whose last member is the request id, and its errors in three shapes."""

import json
from collections.abc import Mapping
from typing import Literal

from starlette.responses import Response

from ivgraph_auth.core.secrets import random_hex, random_uuid

REQUEST_ID_HEADER = "x-notion-request-id"
_JSON = "application/json; charset=utf-8"
_ECHOED = 120

REST_ERRORS = {
    400: ("validation_error", "body failed validation."),
    401: ("unauthorized", "API token is invalid."),
    403: ("restricted_resource", "Insufficient permissions for this endpoint."),
    404: ("object_not_found", "Could not find the object."),
    409: ("conflict_error", "Conflict occurred while saving. Please try again."),
    429: ("rate_limited", "You have been rate limited. Please try again in a few minutes."),
    500: ("internal_server_error", "Unexpected error occurred."),
    502: ("bad_gateway", "Bad gateway."),
    503: ("service_unavailable", "Notion is unavailable. Please try again later."),
    504: ("gateway_timeout", "Gateway timeout."),
    529: ("service_overload", "Notion is overloaded. Please try again later."),
}
OAUTH_ERRORS = {
    "invalid_request": "The request is missing something or is malformed.",
    "invalid_client": "The client could not be authenticated.",
    "invalid_grant": "Invalid code: this code has been revoked.",
    "unauthorized_client": "The client may not use this grant.",
    "unsupported_grant_type": "The grant type is not supported.",
    "invalid_scope": "The scope is not known.",
}


def json_answer(
    status: int,
    members: Mapping[str, object],
    request_id: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    return json_text(status, {**members, "request_id": request_id}, headers)


def json_text(status: int, members: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Response:
    return Response(json.dumps(members, ensure_ascii=False, separators=(",", ":")), status, headers, _JSON)


def rest_error(
    status: int, code: str, message: str, request_id: str, headers: Mapping[str, str] | None = None
) -> Response:
    members = {"object": "error", "status": status, "code": code, "message": message}
    return json_answer(status, members, request_id, headers)


def oauth_error(
    shape: Literal["live", "rest"],
    error: str,
    request_id: str,
    *,
    description: str | None = None,
    status: int | None = None,
) -> Response:
    """The live shape is bare; only `invalid_request` is known to carry a description."""
    headers = {"www-authenticate": 'Basic realm="OAuth"'} if error == "invalid_client" else None
    figure = status or (401 if error == "invalid_client" else 400)
    if shape == "rest":
        return rest_error(figure, error, description or OAUTH_ERRORS[error], request_id, headers)
    members = {"error": error} if description is None else {"error": error, "error_description": description}
    return json_answer(figure, members, request_id, headers)


def too_large() -> Response:
    """Express answers here before Notion's own code does: another shape, and no request id in it."""
    members = {
        "isNotionError": False,
        "errorId": str(random_uuid()),
        "name": "PayloadTooLargeError",
        "message": "request entity too large",
        "code": 413,
    }
    return Response(json.dumps(members, separators=(",", ":")), 413, media_type=_JSON)


def edge_html(status: int, retry_after: int | str | None) -> Response:
    """What the proxy in front of Notion answers by itself."""
    headers = {"server": "cloudflare", "cf-ray": f"{random_hex(16)}-FRA"}
    if retry_after is not None:
        headers["retry-after"] = str(retry_after)
    page = (
        "<!DOCTYPE html>\n<html>\n<head><title>Request refused</title></head>\n"
        f"<body><h1>Error {status}</h1><p>The proxy in front of this site did not pass the request on.</p></body>\n"
        "</html>\n"
    )
    return Response(page, status, headers, "text/html; charset=UTF-8")


def failed(where: str, name: str, should: str, was: object = None) -> str:
    """Notion's sentence for a value that does not fit. `was` None stands for a value that was not there."""
    place = f"{where}.{name}" if name else where
    return f"{where} failed validation: {place} should be {should}, instead was `{_shown(was)}`."


def _shown(value: object) -> str:
    if value is None:
        return "undefined"
    text = json.dumps(value)
    return text if len(text) <= _ECHOED else f"{text[:_ECHOED]}..."
