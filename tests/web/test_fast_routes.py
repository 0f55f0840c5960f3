"""Which routes are fast is declared, and one that cannot be is refused when the service starts."""

from dataclasses import replace
from typing import Annotated, Any

import pytest
from fastapi import BackgroundTasks, Cookie, Depends, Header, Query, Request, Response
from pydantic import BaseModel

from ivgraph_auth.web.fast_routes import FastRoutes
from ivgraph_auth.web.policy import API
from ivgraph_auth.web.routing import Router
from tests.support.service import Service

FAST = replace(API, fast=True)


class Body(BaseModel):
    name: str


def step(_: Request) -> str:
    return "synchronous"


async def nested(_: Annotated[str, Depends(step)]) -> str:
    return "of another"


async def with_a_query(q: str) -> str:
    return q


async def returns_no_response(_: Body) -> dict[str, str]:
    return {}


async def takes_a_query(q: Annotated[str, Query()]) -> Response:
    return Response(q)


async def takes_a_header(x_name: Annotated[str, Header()]) -> Response:
    return Response(x_name)


async def takes_a_cookie(name: Annotated[str, Cookie()]) -> Response:
    return Response(name)


async def takes_the_request(request: Request) -> Response:
    return Response(request.method)


async def takes_background_tasks(tasks: BackgroundTasks) -> Response:
    return Response(str(tasks))


async def takes_two_bodies(one: Body, two: Body) -> Response:
    return Response(one.name + two.name)


async def takes_a_synchronous_step(text: Annotated[str, Depends(step)]) -> Response:
    return Response(text)


async def takes_a_step_of_another(text: Annotated[str, Depends(nested)]) -> Response:
    return Response(text)


async def takes_a_step_with_a_query(text: Annotated[str, Depends(with_a_query)]) -> Response:
    return Response(text)


async def test_these_routes_are_fast(shared_service: Service) -> None:
    assert {(method, path.removesuffix("/")) for method, path in shared_service.app.fast_routes.routes} == {
        ("GET", "/api/auth/me"),
        ("GET", "/api/auth/validate"),
        ("POST", "/api/auth/refresh"),
        ("POST", "/api/tokens"),
        ("GET", "/api/v1/tools"),
        ("POST", "/api/v1/tools/invoke"),
        ("POST", "/mcp"),
        ("POST", "/oauth2/token"),
        ("POST", "/oauth2/introspect"),
        ("POST", "/oauth2/revoke"),
        ("GET", "/oauth2/userinfo"),
        ("POST", "/oauth2/userinfo"),
    }


@pytest.mark.parametrize(
    "endpoint",
    [
        returns_no_response, takes_a_query, takes_a_header, takes_a_cookie, takes_the_request, takes_background_tasks,
        takes_two_bodies, takes_a_synchronous_step, takes_a_step_of_another, takes_a_step_with_a_query,
    ],
)  # fmt: skip
def test_a_route_that_cannot_be_fast_is_refused_at_start(endpoint: Any) -> None:
    router = Router()
    router.post("/here", policy=FAST)(endpoint)
    with pytest.raises(TypeError, match="/here cannot be a fast route"):
        FastRoutes([router], router)


def test_a_path_parameter_is_refused_too() -> None:
    async def takes_a_path_parameter(name: str) -> Response:
        return Response(name)

    router = Router()
    router.get("/of/{name}", policy=FAST)(takes_a_path_parameter)
    with pytest.raises(TypeError, match="cannot be a fast route"):
        FastRoutes([router], router)
