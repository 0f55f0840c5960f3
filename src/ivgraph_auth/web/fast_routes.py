"""Routes that are asked most: their own resolvers and endpoint, called without the framework's solving of
dependencies, which costs more than the work itself.

A route is one when its policy says so. It must make its response itself, and everything it takes must come from the
request by one step (a credential, the context, the services), be a parameter of the path or the query, or be one JSON
body; any other is refused at start. What is not plainly right goes the framework's way from the start, so that there is
one place that says what is wrong.
"""

import dataclasses
import inspect
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_params_to_args
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
    """Stands before all other routes. `framework` is where a request goes that is not plainly right.

    Raises TypeError for a route that cannot be fast.
    """

    def __init__(self, routers: Sequence[Router], framework: ASGIApp) -> None:
        self._framework = framework
        # By the path as the contract writes it: there is a route for each of its two forms.
        self.routes: defaultdict[tuple[str, str], list[_FastRoute]] = defaultdict(list)
        every = ((router, route) for router in routers for route in router.routes if isinstance(route, APIRoute))
        for router, route in every:
            row = router.rows[route.path]
            for method in route.methods or ():
                if row.policies[method].fast:
                    self.routes[method, row.template].append(_FastRoute(route))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        context = context_of(scope)
        is_fast = context.policy.fast and not context.left_fast_route and context.target in self.routes
        return (Match.FULL if is_fast else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        context = context_of(scope)
        request = Request(scope, receive)
        route = next(found for found in self.routes[context.target] if found.is_at(context.path))
        values = await route.read(request, context)
        if values is None:
            context.left_fast_route = True
            following = replay(await request.body(), receive) if route.body_type else receive
            await self._framework(scope, following, send)
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
        self._path = route.path
        self._pattern = route.path_regex if dependant.path_params else None
        self._path_params, self._query_params = dependant.path_params, dependant.query_params
        self._body_name = dependant.body_params[0].name if dependant.body_params else ""
        self.body_type = _body_type(dependant)

    def is_at(self, path: str) -> bool:
        return path == self._path if self._pattern is None else self._pattern.match(path) is not None

    async def read(self, request: Request, context: RequestContext) -> dict[str, Any] | None:
        """What it takes beside its steps; None when something is not plainly right."""
        values: dict[str, Any] = {}
        if self._pattern is not None:
            found = self._pattern.match(context.path)
            values, errors = request_params_to_args(self._path_params, found.groupdict() if found else {})
            if errors:
                return None
        if self._query_params:
            of_query, errors = request_params_to_args(self._query_params, request.query_params)
            if errors:
                return None
            values |= of_query
        if self.body_type is None:
            return values
        body = await self._body_of(request, context)
        return None if body is None else values | body

    async def _body_of(self, request: Request, context: RequestContext) -> dict[str, Any] | None:
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
    _check_taken(route, route.dependant, "path_params", "query_params", "body_params")
    if route.dependant.body_params and _body_type(route.dependant) is None:
        raise _cannot(route, "its body is not one model")


def _check_taken(route: APIRoute, dependant: Dependant, *allowed: str) -> None:
    """Kinds of parameters that a later version of the framework may bring are refused too."""
    for field in dataclasses.fields(dependant):
        if field.name not in (*_NOT_TAKEN, *allowed) and getattr(dependant, field.name):
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
