"""Routes that are asked most: their own resolvers and endpoint, called without the framework's solving of
dependencies, which costs more than the work itself.

A route is one when its policy says so. It must make its response itself, and everything it takes must come from the
request by one step (a credential, the context, the services) or be one JSON body; any other is refused at start. A body
that is not plainly right goes the framework's way from the start, so that there is one place that says what is wrong.
"""

import dataclasses
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from ivgraph_auth.web.body_replay import replay
from ivgraph_auth.web.context import RequestContext, context_of
from ivgraph_auth.web.routing import Router

_Step = Callable[[Request], Awaitable[Any]]
# Fields of a Dependant that say how it is used, and not what it takes from the request.
_NOT_TAKEN = frozenset({"name", "call", "path", "use_cache", "dependencies", "scope", "concurrency"})


class FastRoutes(BaseRoute):
    """Stands before all other routes. `framework` is where a request goes whose body is not plainly right.

    Raises TypeError for a route that cannot be fast.
    """

    def __init__(self, routers: Sequence[Router], framework: ASGIApp) -> None:
        self._framework = framework
        self.routes: Mapping[tuple[str, str], _FastRoute] = {
            (method, route.path): _FastRoute(route)
            for router in routers
            for route in router.routes
            if isinstance(route, APIRoute)
            for method in route.methods or ()
            if router.rows[route.path].policies[method].fast
        }

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        context = context_of(scope)
        is_fast = context.policy.fast and not context.left_fast_route and context.target in self.routes
        return (Match.FULL if is_fast else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        context = context_of(scope)
        route = self.routes[context.target]
        request = Request(scope, receive)
        values = await route.body_of(request, context) if route.body_type else {}
        if values is None:
            context.left_fast_route = True
            await self._framework(scope, replay(await request.body(), receive), send)
            return
        response = await route.answer(request, values)
        await response(scope, receive, send)


class _FastRoute:
    def __init__(self, route: APIRoute) -> None:
        _check(route)
        dependant = route.dependant
        self._endpoint: Callable[..., Awaitable[Response]] = route.endpoint
        # In the framework's order: the route's own dependencies first.
        self._steps: list[tuple[str | None, _Step]] = [(item.name, item.call) for item in dependant.dependencies]  # type: ignore[misc]  # each has one
        self._body_name = dependant.body_params[0].name if dependant.body_params else ""
        self.body_type = _body_type(dependant)

    async def body_of(self, request: Request, context: RequestContext) -> dict[str, Any] | None:
        if context.header(b"content-type") != b"application/json" or self.body_type is None:
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


def _check(route: APIRoute) -> None:
    returned = inspect.signature(route.endpoint).return_annotation
    if not (isinstance(returned, type) and issubclass(returned, Response)):
        raise _cannot(route, "it does not return a Response")
    for step in route.dependant.dependencies:
        if step.dependencies or not inspect.iscoroutinefunction(_call(step)):
            raise _cannot(route, f"{step.name} is not one async step")
        _check_taken(route, step, "request_param_name")
    _check_taken(route, route.dependant, "body_params")
    if route.dependant.body_params and _body_type(route.dependant) is None:
        raise _cannot(route, "its body is not one model")


def _check_taken(route: APIRoute, dependant: Dependant, allowed: str) -> None:
    """Kinds of parameters that a later version of the framework may bring are refused too."""
    for field in dataclasses.fields(dependant):
        if field.name not in _NOT_TAKEN and field.name != allowed and getattr(dependant, field.name):
            raise _cannot(route, f"{dependant.name or 'it'} takes {field.name}")


def _cannot(route: APIRoute, reason: str) -> TypeError:
    return TypeError(f"{route.path} cannot be a fast route: {reason}.")


def _call(dependant: Dependant) -> Any:  # noqa: ANN401 -- a function, or an object that is called
    call = dependant.call
    return call if inspect.isroutine(call) else getattr(call, "__call__", None)  # noqa: B004 -- its method is wanted


def _body_type(dependant: Dependant) -> type[BaseModel] | None:
    if len(dependant.body_params) != 1:
        return None
    annotation = dependant.body_params[0].field_info.annotation
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
