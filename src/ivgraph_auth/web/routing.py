"""Routes as the contract writes them, answering with and without the closing slash alike, each with its policy."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from ivgraph_auth.web.context import context_of
from ivgraph_auth.web.policy import API, RateLimit, RouteCheck, RoutePolicy, RouteRow

_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])


class _Decorator(Protocol):
    def __call__(self, endpoint: _Endpoint, /) -> _Endpoint: ...


class Router(APIRouter):
    """Each path is taken in its other form too, without a redirect, which `curl -X POST` would not follow. OpenAPI
    lists the written form only. `policy` holds for every route that names none of its own.
    """

    def __init__(self, *, policy: RoutePolicy = API, tags: list[str] | None = None) -> None:
        super().__init__(tags=list(tags or ()), redirect_slashes=False)
        self._policy = policy
        self.rows: dict[str, RouteRow] = {}

    # The framework's options are passed on as they are.
    def get(self, path: str, *, policy: RoutePolicy | None = None, **options: Any) -> _Decorator:  # noqa: ANN401
        return self._route("GET", path, policy, options)

    def post(self, path: str, *, policy: RoutePolicy | None = None, **options: Any) -> _Decorator:  # noqa: ANN401
        return self._route("POST", path, policy, options)

    def patch(self, path: str, *, policy: RoutePolicy | None = None, **options: Any) -> _Decorator:  # noqa: ANN401
        return self._route("PATCH", path, policy, options)

    def delete(self, path: str, *, policy: RoutePolicy | None = None, **options: Any) -> _Decorator:  # noqa: ANN401
        return self._route("DELETE", path, policy, options)

    def _route(self, method: str, path: str, policy: RoutePolicy | None, options: dict[str, Any]) -> _Decorator:
        policy = policy or self._policy
        steps = {RateLimit.START: _limit_starts, RateLimit.FAILURE: _limit_failures}
        dependencies = [Depends(steps[policy.rate_limit])] if policy.rate_limit else []

        def declare(endpoint: _Endpoint, /) -> _Endpoint:
            for number, form in enumerate(_forms(path)):
                shown = options if number == 0 else {**options, "include_in_schema": False}
                self.add_api_route(form, endpoint, methods=[method], dependencies=dependencies, **shown)
                row = self.rows.setdefault(form, RouteRow(path))
                row.policies[method] = policy
                row.checks.update((method, check) for check in _checks_of(self.routes[-1]))
            return endpoint

        return declare


def rows_of(routers: Iterable[Router]) -> dict[str, RouteRow]:
    """Every path with all its methods, whichever router has them."""
    rows: dict[str, RouteRow] = {}
    for router in routers:
        for path, row in router.rows.items():
            known = rows.setdefault(path, RouteRow(row.template))
            known.policies.update(row.policies)
            known.checks.update(row.checks)
    return rows


def _checks_of(route: BaseRoute) -> Iterable[RouteCheck]:
    """At most one: the resolver of the credential, which stands in the signature."""
    dependencies = route.dependant.dependencies if isinstance(route, APIRoute) else ()
    calls: Iterable[object] = (item.call for item in dependencies)
    return (call for call in calls if isinstance(call, RouteCheck))


def _forms(path: str) -> tuple[str, ...]:
    other = path.removesuffix("/") if path.endswith("/") else f"{path}/"
    return (path, other) if other else (path,)


async def _limit_starts(request: Request) -> None:
    context = context_of(request.scope)
    limiter, address = context.services.limiter, context.client.address
    limiter.check(RateLimit.START, address)
    limiter.count(RateLimit.START, address)


async def _limit_failures(request: Request) -> None:
    """Refuses once there were too many failures; `errors/handlers.py` counts them."""
    context = context_of(request.scope)
    context.services.limiter.check(RateLimit.FAILURE, context.client.address)
    context.counts_failures = True
