"""Plays the scripted faults."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ivgraph_auth.core.secrets import random_uuid
from ivgraph_auth.sandbox.answers import (
    OAUTH_ERRORS,
    REQUEST_ID_HEADER,
    REST_ERRORS,
    edge_html,
    json_answer,
    oauth_error,
    rest_error,
)
from ivgraph_auth.sandbox.faults import Fault, Garbage
from ivgraph_auth.sandbox.instance import Sandbox

_DEFAULT_STATUS = {"success": 201, "async_task": 202, "status": 503, "html": 403, "redirect": 302}
_CHUNK = 64 * 1024
_GZIP = 31  # zlib's word for it
_JSON = "application/json; charset=utf-8"
_GARBAGE: dict[Garbage, bytes] = {
    "text": b"upstream said something that is not JSON",
    "truncated": b'{"access_token":"ntn_cut","token_type":"bea',
    "list": b'[{"object":"user"}]',
    "number": json.dumps(
        {
            "access_token": 12345,
            "token_type": "bearer",
            "refresh_token": 67890,
            "bot_id": [],
            "workspace_name": {},
            "workspace_icon": False,
            "workspace_id": 1,
            "owner": "somebody",
            "duplicated_template_id": None,
        }
    ).encode(),
    "empty": b"",
    "deep": b"[" * 200_000,
    "binary": b'{"access_token":"\xff\xfe\x00"}',
}


def status_of(fault: Fault) -> int | None:
    """What the client sees; None for no answer at all."""
    if fault.kind in {"hang", "drop"}:
        return None
    return fault.status or _DEFAULT_STATUS.get(fault.kind, 200)


async def play(instance: Sandbox, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
    if fault.kind == "hang":
        async with _watched(instance, receive) as over:
            await asyncio.wait({over})
        await _closing()(scope, receive, send)  # reaches nobody unless the sandbox is being closed
    elif fault.kind == "drop":
        await _drop(receive)
    elif fault.kind == "drip":
        await _drip(instance, fault, receive, send)
    elif fault.kind in {"huge", "gzip"}:
        await _huge(instance, fault, receive, send)
    else:
        await _spoiled(instance, fault)(scope, receive, send)


def _spoiled(instance: Sandbox, fault: Fault) -> Response:
    status = status_of(fault) or 200
    request_id = str(random_uuid())
    if fault.kind == "html":
        return edge_html(status, fault.retry_after)
    if fault.kind == "redirect":
        answer = Response(status_code=status, headers={"location": fault.location or ""})
    elif fault.kind == "garbage":
        body = _GARBAGE[fault.garbage] if fault.body is None else fault.body
        answer = Response(body, status, media_type=_JSON)
    elif fault.kind == "async_task":
        answer = _accepted(status, request_id)
    else:
        answer = _refused(instance, fault, status, request_id)
    answer.headers[REQUEST_ID_HEADER] = request_id
    if fault.retry_after is not None:
        answer.headers["retry-after"] = str(fault.retry_after)
    return answer


def _accepted(status: int, request_id: str) -> Response:
    task = f"task_{random_uuid().hex}"
    members = {"object": "async_task", "id": task, "status": "queued", "status_url": f"/v1/async_tasks/{task}"}
    return json_answer(status, members, request_id)


def _refused(instance: Sandbox, fault: Fault, status: int, request_id: str) -> Response:
    code, message = REST_ERRORS.get(status, ("internal_server_error", "Unexpected error occurred."))
    if fault.path.startswith("/v1/oauth/") and fault.code in OAUTH_ERRORS:
        return oauth_error(instance.oauth_error_shape, fault.code, request_id, description=fault.message, status=status)
    return rest_error(status, fault.code or code, fault.message or message, request_id)


def _closing() -> Response:
    return Response("The sandbox is closing.\n", 503, media_type="text/plain; charset=utf-8")


@asynccontextmanager
async def _watched(instance: Sandbox, receive: Receive) -> AsyncIterator[asyncio.Task[None]]:
    """A task that ends when the client has gone away or the sandbox is closed; it costs nothing meanwhile."""

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            continue

    async def either() -> None:
        waits = {asyncio.create_task(gone()), asyncio.create_task(_wait(instance.closed))}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _cancelled(waits)

    over = asyncio.create_task(either())
    instance.held += 1
    try:
        yield over
    finally:
        instance.held -= 1
        await _cancelled({over})


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def _cancelled(tasks: set[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _start(send: Send, *more: tuple[bytes, bytes]) -> None:
    headers = [(b"content-type", _JSON.encode()), (REQUEST_ID_HEADER.encode(), str(random_uuid()).encode()), *more]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _drip(instance: Sandbox, fault: Fault, receive: Receive, send: Send) -> None:
    """Blanks are allowed before JSON: nothing is wrong with the answer, it only never comes."""
    async with _watched(instance, receive) as over:
        await _start(send)
        while not over.done():
            await send({"type": "http.response.body", "body": b" ", "more_body": True})
            await asyncio.wait({over}, timeout=fault.interval)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _huge(instance: Sandbox, fault: Fault, receive: Receive, send: Send) -> None:
    """One chunk is made once and sent again and again."""
    filler = b" " * _CHUNK
    packing = zlib.compressobj(wbits=_GZIP) if fault.kind == "gzip" else None
    async with _watched(instance, receive) as over:
        await _start(send, *([(b"content-encoding", b"gzip")] if packing else []))
        left = fault.size
        while left > 0 and not over.done():
            piece = packing.compress(filler[:left]) if packing else filler[:left]
            if piece:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.wait({over}, timeout=0)
            left -= _CHUNK
    last = packing.compress(b"{}") + packing.flush() if packing else b"{}"
    await send({"type": "http.response.body", "body": last, "more_body": False})


async def _drop(receive: Receive) -> None:
    """Under uvicorn the connection is cut. Where there is none (a test's in-process transport) the call fails."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionAbortedError("the sandbox dropped the connection, as it was told to")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        continue
