"""Every table there is, for Alembic."""

from ivgraph_auth.accounts import tables as accounts
from ivgraph_auth.audit import tables as audit
from ivgraph_auth.connect import tables as connect
from ivgraph_auth.database.metadata import metadata
from ivgraph_auth.gateway import tables as gateway
from ivgraph_auth.graph import tables as graph
from ivgraph_auth.graph.webhooks import tables as webhooks
from ivgraph_auth.keys import tables as keys
from ivgraph_auth.liveness import tables as liveness
from ivgraph_auth.processes import tables as processes
from ivgraph_auth.provider import tables as provider
from ivgraph_auth.sessions import tables as sessions
from ivgraph_auth.tokens import tables as tokens
from ivgraph_auth.vault import tables as vault

TABLES = (
    accounts,
    audit,
    connect,
    gateway,
    graph,
    keys,
    liveness,
    processes,
    provider,
    sessions,
    tokens,
    vault,
    webhooks,
)

__all__ = ["TABLES", "metadata"]
