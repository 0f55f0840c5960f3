"""The sandbox's own endpoints, for scripts in another process. A body must call itself JSON: a page in somebody's
browser cannot send that across origins without asking, and is never told yes.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ivgraph_auth.sandbox.faults import Fault
from ivgraph_auth.sandbox.incoming import BadJsonError, BodyTooLargeError, parse_json, read_body
from ivgraph_auth.sandbox.instance import Sandbox

_Endpoint = Callable[[Request], Awaitable[Response]]


class _ControlError(Exception):
    pass


def control_routes(instance: Sandbox) -> list[Route]:
    async def add_fault(request: Request) -> Response:
        """POST /sandbox/faults: the members of `Fault`, `path` and `kind` at least. 201 with the fault as taken."""
        try:
            fault = Fault.parse(await _members(request))
        except ValueError as error:
            raise _ControlError(str(error)) from error
        instance.faults.add(fault)
        return JSONResponse(asdict(fault), 201)

    async def clear_faults(_: Request) -> Response:
        """DELETE /sandbox/faults: none waits any more. 204."""
        instance.faults.clear()
        return Response(status_code=204)

    async def calls(_: Request) -> Response:
        """GET /sandbox/calls: {"calls": [{method, path, status, grant_type, fault, grant, at}]}, the oldest first."""
        return JSONResponse({"calls": [asdict(call) for call in instance.calls]})

    async def expire(request: Request) -> Response:
        """POST /sandbox/expire: {"person"?, "workspace"?, "authorization"?}, or {"access_token"} for that one alone.
        Access tokens stop working; with "authorization": true everything granted ends, as if removed in Notion's
        settings. {"expired": how many}.
        """
        members = await _members(request)
        token = _name(members, "access_token")
        if token is not None and len(members) == 1:
            return JSONResponse({"expired": int(instance.state.expire_access_token(token))})
        unknown = sorted(set(members) - {"person", "workspace", "authorization"})
        if unknown:
            raise _ControlError(f"unknown members: {', '.join(unknown)}")
        person, workspace = _name(members, "person"), _name(members, "workspace")
        end = (
            instance.state.revoke_authorization
            if members.get("authorization") is True
            else instance.state.expire_access_tokens
        )
        return JSONResponse({"expired": end(person=person, workspace=workspace)})

    return [
        Route("/sandbox/faults", _guarded(add_fault), methods=["POST"]),
        Route("/sandbox/faults", _guarded(clear_faults), methods=["DELETE"]),
        Route("/sandbox/calls", _guarded(calls), methods=["GET"]),
        Route("/sandbox/expire", _guarded(expire), methods=["POST"]),
    ]


def _guarded(endpoint: _Endpoint) -> _Endpoint:
    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except _ControlError as error:
            return JSONResponse({"detail": str(error)}, 400)

    return guarded


async def _members(request: Request) -> dict[str, object]:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise _ControlError("the body should be application/json")
    try:
        parsed = parse_json(request.headers, await read_body(request))
    except (BadJsonError, BodyTooLargeError) as error:
        raise _ControlError("the body should be a JSON object") from error
    if not isinstance(parsed, dict):
        raise _ControlError("the body should be a JSON object")
    return parsed


def _name(members: dict[str, object], member: str) -> str | None:
    value = members.get(member)
    if value is not None and not isinstance(value, str):
        raise _ControlError(f"{member} should be a string, instead was {json.dumps(value)}")
    return value
