"""A request's context for what is tested below the routes."""

from types import SimpleNamespace
from typing import cast

from starlette.types import Receive

from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.provider.resources import Resources
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.policy import NOTION, PAGE, Area, RoutePolicy, RouteTable
from ivgraph_auth.web.services import Services

SETTINGS = Settings(public_url="https://auth.example.com")
PROVIDER = SimpleNamespace(resources=Resources(SETTINGS.public_url))


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
        services=cast("Services", SimpleNamespace(settings=SETTINGS, provider=PROVIDER)),
        routes=RouteTable({}, (), Area("/notion", NOTION)),
    )
