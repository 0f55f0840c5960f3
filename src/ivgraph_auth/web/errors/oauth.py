"""RFC 6749 §5.2: `error` and `error_description`."""

from starlette.responses import JSONResponse, Response


def render(status: int, error: str, description: str, details: dict[str, str] | None = None) -> Response:
    """`details` is an extension member, left out when empty."""
    body: dict[str, object] = {"error": error, "error_description": description}
    if details:
        body["details"] = details
    return JSONResponse(body, status)
