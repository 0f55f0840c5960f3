"""A call as the handlers see it: read whole, bounded, with its JSON parsed as Express parses it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NoReturn

from starlette.datastructures import Headers
from starlette.requests import Request

from ivgraph_auth.sandbox.multipart import Form

BODY_LIMIT = 500 * 1024
_GRANT_TYPES = ("authorization_code", "refresh_token")
_DRAINED = 8 * 1024 * 1024  # how much of an oversized body is read away, so that the client sees the answer


class BodyTooLargeError(Exception):
    pass


class BadJsonError(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Incoming:
    method: str
    path: str  # below the mount point, one trailing slash taken off
    root: str  # the mount point, mostly empty
    query: str
    headers: Headers
    body: bytes
    json: object  # {} where no JSON was sent
    request_id: str
    form: Form | None = None  # of a call whose body is one

    def tidied(self, tidy: Callable[[object], object]) -> "Incoming":
        return replace(self, json=tidy(self.json))

    @property
    def grant_type(self) -> str | None:
        """Of a token call, where it is one of the two that exist."""
        named = self.json.get("grant_type") if isinstance(self.json, dict) else None
        return str(named) if self.path == "/v1/oauth/token" and named in _GRANT_TYPES else None


async def read_body(request: Request) -> bytes:
    kept, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > _DRAINED:
            break
        if size <= BODY_LIMIT:
            kept += chunk
    if size > BODY_LIMIT:
        raise BodyTooLargeError
    return bytes(kept)


def parse_json(headers: Mapping[str, str], body: bytes) -> object:
    """Only a body that calls itself JSON is read as such; only objects and arrays are taken."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" or not body:
        return {}
    try:
        parsed: object = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BadJsonError from error
    if not isinstance(parsed, dict | list):
        raise BadJsonError
    return parsed


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
