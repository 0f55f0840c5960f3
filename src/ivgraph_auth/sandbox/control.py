"""The sandbox's own endpoints, for scripts in another process. A body must call itself JSON: a page in somebody's
browser cannot send that across origins without asking, and is never told yes.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ivgraph_auth.sandbox.faults import Fault
from ivgraph_auth.sandbox.incoming import BadJsonError, BodyTooLargeError, parse_json, read_body
from ivgraph_auth.sandbox.instance import Sandbox
from ivgraph_auth.sandbox.state import Grant, State

_Endpoint = Callable[[Request], Awaitable[Response]]


class ControlError(Exception):
    """What is wrong with a call of these endpoints: 400, {"detail"}."""


def control_routes(instance: Sandbox) -> list[Route]:
    async def add_fault(request: Request) -> Response:
        """POST /sandbox/faults: the members of `Fault`, `path` and `kind` at least. 201 with the fault as taken."""
        try:
            fault = Fault.parse(await members_of(request))
        except ValueError as error:
            raise ControlError(str(error)) from error
        instance.faults.add(fault)
        return JSONResponse(asdict(fault), 201)

    async def clear_faults(_: Request) -> Response:
        """DELETE /sandbox/faults: none waits any more. 204."""
        instance.faults.clear()
        return Response(status_code=204)

    async def calls(_: Request) -> Response:
        """GET /sandbox/calls: {"calls": [{method, path, status, grant_type, fault, grant, at}]}, the oldest first."""
        return JSONResponse({"calls": [asdict(call) for call in instance.calls]})

    return [
        Route("/sandbox/files/{upload}", partial(_read_file, instance), methods=["GET"]),
        Route("/sandbox/sharing", guarded(partial(_share, instance.state)), methods=["POST"]),
        Route("/sandbox/faults", guarded(add_fault), methods=["POST"]),
        Route("/sandbox/faults", guarded(clear_faults), methods=["DELETE"]),
        Route("/sandbox/calls", guarded(calls), methods=["GET"]),
        Route("/sandbox/expire", guarded(partial(_expire, instance.state)), methods=["POST"]),
    ]


async def _expire(state: State, request: Request) -> Response:
    """POST /sandbox/expire: {"person"?, "workspace"?, "authorization"?}, or {"access_token"} for that one alone.
    Access tokens stop working; with "authorization": true everything granted ends, as if removed in Notion's
    settings. {"expired": how many}.
    """
    members = await members_of(request)
    token = name_of(members, "access_token")
    if token is not None and len(members) == 1:
        return JSONResponse({"expired": int(state.expire_access_token(token))})
    unknown = sorted(set(members) - {"person", "workspace", "authorization"})
    if unknown:
        raise ControlError(f"unknown members: {', '.join(unknown)}")
    person, workspace = name_of(members, "person"), name_of(members, "workspace")
    end = state.revoke_authorization if members.get("authorization") is True else state.expire_access_tokens
    return JSONResponse({"expired": end(person=person, workspace=workspace)})


async def _read_file(instance: Sandbox, request: Request) -> Response:
    """GET /sandbox/files/<id of a file upload>: what was sent to it, the parts in their order. 404 for another."""
    upload = instance.stored.uploads.get(request.path_params["upload"])
    return Response("", 404) if upload is None else Response(upload.read(), media_type="application/octet-stream")


async def _share(state: State, request: Request) -> Response:
    """POST /sandbox/sharing: {"person", "workspace", "page", "shared"}, as if that person had ticked the page in
    Notion's settings, or taken the tick away. {"grants": how many this concerns}.
    """
    members = await members_of(request)
    page, shared = name_of(members, "page"), members.get("shared")
    if set(members) != {"person", "workspace", "page", "shared"} or page is None or not isinstance(shared, bool):
        raise ControlError("the members should be person, workspace, page and shared")
    if state.content.get(page) is None:
        raise ControlError(f"nothing here has the id {json.dumps(page)}")
    person, workspace = name_of(members, "person"), name_of(members, "workspace")
    found = [each for each in state.grants if _is(each, person, workspace)]
    with state.content.change():
        for grant in found[:1]:  # the choice of pages holds for all of them
            (state.share if shared else state.unshare)(grant, page)
    return JSONResponse({"grants": len(found)})


def _is(grant: Grant, person: str | None, workspace: str | None) -> bool:
    return person in {grant.person.key, grant.person.id} and workspace in {grant.workspace.key, grant.workspace.id}


def guarded(endpoint: _Endpoint) -> _Endpoint:
    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ControlError as error:
            return JSONResponse({"detail": str(error)}, 400)

    return guarded


async def members_of(request: Request) -> dict[str, object]:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise ControlError("the body should be application/json")
    try:
        parsed = parse_json(request.headers, await read_body(request))
    except (BadJsonError, BodyTooLargeError) as error:
        raise ControlError("the body should be a JSON object") from error
    if not isinstance(parsed, dict):
        raise ControlError("the body should be a JSON object")
    return parsed


def name_of(members: dict[str, object], member: str) -> str | None:
    value = members.get(member)
    if value is not None and not isinstance(value, str):
        raise ControlError(f"{member} should be a string, instead was {json.dumps(value)}")
    return value
