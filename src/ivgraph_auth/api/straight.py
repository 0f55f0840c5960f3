"""The straight way for what is asked most: a route's own resolver and endpoint, called without the framework's solving
of dependencies, which costs more than the work itself.

A route goes this way when everything it takes comes from the request by one step (a credential, the caller, the
services) or is one JSON body, and when it makes its response itself. A body that is not plainly right goes the
framework's way from the start, so that there is one place that says what is wrong with it.
"""

import inspect
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Message, Receive, Scope, Send

from ivgraph_auth.api.routing import Router

_Step = Callable[[Request], Awaitable[Any]]
_LEFT = "straight_way_left"


class StraightRoutes(BaseRoute):
    """Stands before all other routes."""

    def __init__(self, routers: Sequence[Router]) -> None:
        self._ways: dict[tuple[str, str], _Way] = {}
        for router in routers:
            for route in router.routes:
                if isinstance(route, APIRoute) and _is_straight(route):
                    for method in route.methods or ():
                        self._ways[method, route.path] = _Way(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        way = self._ways.get((scope.get("method", ""), scope["path"]))
        if way is None or _LEFT in scope:
            return Match.NONE, {}
        return Match.FULL, {"straight_way": way}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        way: _Way = scope["straight_way"]
        request = Request(scope, receive)
        found = await way.body_of(request) if way.body_type else {}
        if found is None:
            scope[_LEFT] = True
            await scope["router"].app(scope, _again(await request.body(), receive), send)
            return
        response = await way.answer(request, found)
        await response(scope, receive, send)


class _Way:
    def __init__(self, route: APIRoute) -> None:
        dependant = route.dependant
        self._endpoint: Callable[..., Awaitable[Response]] = route.endpoint
        # In the framework's order: the route's own dependencies first.
        self._steps: list[tuple[str | None, _Step]] = [(item.name, item.call) for item in dependant.dependencies]  # type: ignore[misc]  # each has one
        self._body_name = dependant.body_params[0].name if dependant.body_params else ""
        self.body_type = _body_type(dependant)

    async def body_of(self, request: Request) -> dict[str, Any] | None:
        if request.headers.get("content-type") != "application/json" or self.body_type is None:
            return None
        try:
            return {self._body_name: self.body_type.model_validate(json.loads(await request.body()))}
        except (ValueError, ValidationError, RecursionError):
            return None

    async def answer(self, request: Request, values: dict[str, Any]) -> Response:
        for name, step in self._steps:
            value = await step(request)
            if name is not None:
                values[name] = value
        return await self._endpoint(**values)


def _is_straight(route: APIRoute) -> bool:
    dependant = route.dependant
    steps_are_plain = all(
        _takes_only(step, {"request_param_name"}) and not step.dependencies and inspect.iscoroutinefunction(_call(step))
        for step in dependant.dependencies
    )
    signature = inspect.signature(route.endpoint)
    makes_response = isinstance(signature.return_annotation, type) and issubclass(signature.return_annotation, Response)
    body_is_plain = not dependant.body_params or _body_type(dependant) is not None
    return makes_response and steps_are_plain and body_is_plain and _takes_only(dependant, {"body_params"})


def _takes_only(dependant: Dependant, allowed: set[str]) -> bool:
    everything = {
        "path_params", "query_params", "header_params", "cookie_params", "body_params", "request_param_name",
        "websocket_param_name", "http_connection_param_name", "response_param_name", "background_tasks_param_name",
        "security_scopes_param_name",
    }  # fmt: skip
    return not any(getattr(dependant, name) for name in everything - allowed)


def _call(dependant: Dependant) -> Any:  # noqa: ANN401 -- a function, or an object that is called
    call = dependant.call
    return call if inspect.isroutine(call) else getattr(call, "__call__", None)  # noqa: B004 -- its method is wanted


def _body_type(dependant: Dependant) -> type[BaseModel] | None:
    if len(dependant.body_params) != 1:
        return None
    annotation = dependant.body_params[0].field_info.annotation
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _again(body: bytes, receive: Receive) -> Receive:
    """The body once more, for who reads it next."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again
