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
        ("GET", "/api/v1/graph/search"),
        ("GET", "/api/v1/graph/nodes/{node_id}"),
        ("GET", "/api/v1/graph/nodes/{node_id}/neighbors"),
        ("GET", "/api/v1/graph/nodes/{node_id}/content"),
        ("GET", "/api/v1/graph/paths"),
        ("GET", "/api/v1/graph/changes"),
        ("GET", "/api/v1/graph/gaps"),
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
        returns_no_response, takes_a_header, takes_a_cookie, takes_the_request, takes_background_tasks,
        takes_two_bodies, takes_a_synchronous_step, takes_a_step_of_another, takes_a_step_with_a_query,
    ],
)  # fmt: skip
def test_a_route_that_cannot_be_fast_is_refused_at_start(endpoint: Any) -> None:
    router = Router()
    router.post("/here", policy=FAST)(endpoint)
    with pytest.raises(TypeError, match="/here cannot be a fast route"):
        FastRoutes([router], router)


async def test_parameters_of_path_and_query_are_read_as_the_framework_reads_them(shared_service: Service) -> None:
    ada = await shared_service.guest()
    nobody = "00000000-0000-4000-8000-000000000000"
    for path, status in (
        (f"/api/v1/graph/nodes/{nobody}", 404),
        (f"/api/v1/graph/nodes/{nobody.replace('-', '').upper()}/", 404),
        ("/api/v1/graph/nodes/nonsense", 422),
        (f"/api/v1/graph/nodes/{nobody}/neighbors?kind=link&kind=mention&direction=in", 404),
        (f"/api/v1/graph/nodes/{nobody}/neighbors?kind=nonsense", 422),
        ("/api/v1/graph/search?q=a&limit=2", 200),
        ("/api/v1/graph/search?q=a&limit=2.5", 422),
        ("/api/v1/graph/search", 422),
        (f"/api/v1/graph/paths?from={nobody}&to={nobody}&unknown=1", 404),
    ):
        answer = await ada.client.get(path, headers=ada.bearer)
        assert answer.status_code == status, path
        if status == 422:
            assert answer.json()["errors"][0]["loc"][0] in ("path", "query")
