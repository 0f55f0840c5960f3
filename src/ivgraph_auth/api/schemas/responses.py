"""How errors look in an answer and in OpenAPI."""

from typing import Any, Literal

from ivgraph_auth.api.schemas.models import Out


class FieldProblem(Out):
    loc: list[str | int]
    msg: str
    type: str


class CallOut(Out):
    """A call of this service that works with the same credential. Where method and path are those of the call that was
    refused, it is that call again: `headers` and members of `body` are what to add to it, or to put in place.
    """

    method: str
    path: str
    headers: dict[str, str] | None = None
    body: dict[str, Any] | None = None


class NextStepOut(Out):
    """What to do next: for the `agent` that called, with a call where there is one; for its `person`, with a link."""

    who: Literal["agent", "person"]
    do: str
    call: CallOut | None = None
    url: str | None = None


class Problem(Out):
    """Problem details (RFC 9457). `code` is stable; programs go by it."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str | None
    next: list[NextStepOut]
    errors: list[FieldProblem] | None = None


class InvalidCredential(Problem):
    valid: Literal[False]


_UNAUTHORIZED = 401
_MEANINGS = {
    400: "Not well formed: `invalid_json`, `invalid_cursor`, `invalid_code`.",
    401: "No credential (`not_authenticated`), or one that is not valid (`token_not_valid`).",
    403: "The credential may not do that; `code` says why.",
    404: "There is no such thing, or it is not yours.",
    405: "Another method; `Allow` lists those that work.",
    409: "It does not fit what is stored; `code` says why.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "Wrong values; `errors` says which.",
    429: "Too many attempts from this address.",
    500: "A fault of ours. The request id leads to it.",
    502: "Notion did not answer as it should.",
    503: "Out of reach for a moment (`unavailable`), or not set up.",
    504: "Notion did not answer in time: `upstream_timeout`.",
}


def problems(*statuses: int, invalid: str = "Problem") -> dict[int | str, dict[str, Any]]:
    """What OpenAPI lists beside the good answer. `invalid` names the shape of a 401."""
    return {
        status: {
            "description": _MEANINGS[status],
            "content": {
                "application/problem+json": {
                    "schema": {"$ref": f"#/components/schemas/{invalid if status == _UNAUTHORIZED else 'Problem'}"}
                }
            },
        }
        for status in sorted({*statuses, 413, 500, 503})
    }


# What every route with a JSON body may answer.
BODY = (400, 415, 422)
