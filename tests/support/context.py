"""A request's context for what is tested below the routes."""

from typing import cast

from starlette.types import Receive

from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.policy import PAGE, RoutePolicy
from ivgraph_auth.web.services import Services


def bare_context(receive: Receive, policy: RoutePolicy = PAGE) -> RequestContext:
    return RequestContext(
        scope={"type": "http"},
        receive=receive,
        method="GET",
        path="/",
        raw_path=b"/",
        query=b"",
        headers=[],
        peer=None,
        client=ClientInfo("an-id", None, None),
        started=0.0,
        template="/",
        policy=policy,
        methods=frozenset(),
        services=cast("Services", None),
    )
