"""The services that tools for agents are made of."""

from dataclasses import dataclass

from ivgraph_auth.authz.service import ExplainService
from ivgraph_auth.connect.grant_lookup import GrantLookup
from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.paging import Cursors
from ivgraph_auth.gateway.rate_limiter import RateLimiter
from ivgraph_auth.gateway.service import Gateway
from ivgraph_auth.graph.content_service import ContentService
from ivgraph_auth.graph.lookup import GraphLookup
from ivgraph_auth.graph.service import GraphService


@dataclass(frozen=True, slots=True)
class Toolbox:
    """`public_url` is the service's; `version` is Notion's API version."""

    clock: Clock
    graph: GraphService
    lookup: GraphLookup
    content: ContentService
    gateway: Gateway
    explain: ExplainService
    grant_lookup: GrantLookup
    rate_limiter: RateLimiter
    cursors: Cursors
    public_url: str
    version: str
