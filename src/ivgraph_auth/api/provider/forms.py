"""Forms of OAuth's endpoints, in which each parameter may come once (RFC 6749 §3.2)."""

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from ivgraph_auth.provider.authorization.request import Parameters
from ivgraph_auth.provider.errors import InvalidRequest
from ivgraph_auth.web.context import RequestContext, context_of

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 100


def read_query(context: RequestContext) -> Parameters:
    """Raises InvalidRequest."""
    return _parse(context.query)


async def read_form(request: Request, context: RequestContext) -> Parameters:
    """Raises InvalidRequest."""
    if context.media_type != _FORM:
        raise InvalidRequest(f"Send a form: Content-Type: {_FORM}.")
    return _parse(await request.body())


def read_authorization(context: RequestContext) -> str | None:
    """What a client proves itself by, if it is a header. Raises InvalidRequest when there are two (RFC 6749 §2.3)."""
    found = [value for name, value in context.headers if name == b"authorization" and value]
    if len(found) > 1:
        raise InvalidRequest("Send one Authorization header.")
    return found[0].decode("latin-1") if found else None


async def _form(request: Request) -> Parameters:
    return await read_form(request, context_of(request.scope))


def _parse(text: bytes) -> Parameters:
    try:
        pairs = parse_qsl(text.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        raise InvalidRequest from None
    if any("\0" in part for pair in pairs for part in pair):
        raise InvalidRequest("A parameter holds a NUL.")
    return Parameters(pairs)


# In a signature, so that the route may be a fast one.
Form = Annotated[Parameters, Depends(_form)]
