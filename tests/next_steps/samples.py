"""One of each error that is told, as an agent with a narrow service token meets it."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from starlette.types import Message

from ivgraph_auth.agents.errors import InvalidArguments, QueryRefused, UnclearWorkspace, UnknownWorkspaceName
from ivgraph_auth.connect.errors import TenantChoice, WorkspaceNotAllowed
from ivgraph_auth.core.errors import InsufficientScope, ServiceError
from ivgraph_auth.core.principal import AccountSnapshot, CredentialKind, Principal, Role, Scope, Workspace
from ivgraph_auth.gateway import errors as gateway
from ivgraph_auth.gateway.models import Progress
from ivgraph_auth.notion.errors import InvalidParameters, NotionRefused
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.policy import TOOL
from tests.support.context import bare_context

INVOKE = "/api/v1/tools/invoke"
_NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
LIGHTHOUSE = Workspace(uuid.UUID("4be2c7d6-9f0b-4a9d-8d9a-8e1e3a6a3f5b"), "Lighthouse", None, "active")
HARBOUR = Workspace(uuid.UUID("9d8f5c1e-3b7a-4c61-a1f2-5f0d9c7b2a11"), "Harbour", None, "active")
ACCOUNT = AccountSnapshot(
    account_id=7,
    notion_user_id=uuid.UUID(int=7),
    role=Role.MEMBER,
    disabled=False,
    workspaces=(LIGHTHOUSE, HARBOUR),
    email=None,
    email_verified=False,
    name="Ada",
    avatar_url=None,
    created_at=_NOON,
    last_login_at=_NOON,
)
AGENT = Principal(
    kind=CredentialKind.SERVICE_TOKEN,
    credential_id="1",
    snapshot=ACCOUNT,
    scopes=(Scope.GRAPH_READ, Scope.NOTION_READ),
    workspaces=(LIGHTHOUSE,),
    expires_at=None,
)
CHOICES = (TenantChoice(str(LIGHTHOUSE.id), LIGHTHOUSE.id, LIGHTHOUSE.name), TenantChoice("team", LIGHTHOUSE.id, None))


async def _nothing() -> Message:
    raise AssertionError("nothing is read")


def context_of(principal: Principal | None = AGENT, path: str = INVOKE) -> RequestContext:
    return replace(
        bare_context(_nothing, TOOL),
        method="POST",
        path=path,
        template=path,
        methods=frozenset({"POST"}),
        principal=principal,
        progress=Progress(tenant_id="team"),
    )


def every_error(known: type[ServiceError] = ServiceError) -> Iterator[type[ServiceError]]:
    yield known
    for below in known.__subclasses__():
        if below.__module__.startswith("ivgraph_auth."):
            yield from every_error(below)


_MADE: dict[type[ServiceError], ServiceError] = {
    InvalidArguments: InvalidArguments([{"loc": ["limit"], "msg": "Should be at most 50", "type": "too_large"}]),
    UnclearWorkspace: UnclearWorkspace(["Lighthouse", "Harbour"]),
    UnknownWorkspaceName: UnknownWorkspaceName(["Lighthouse", "Harbour"]),
    QueryRefused: QueryRefused(
        gateway.NotionSaidNo(NotionRefused(400, "validation_error", message="Could not find property.")),
        ["Name: title", "State: status (Open, Closed)"],
    ),
    InsufficientScope: InsufficientScope("notion:write"),
    WorkspaceNotAllowed: WorkspaceNotAllowed(choices=CHOICES),
    gateway.UnknownTenant: gateway.UnknownTenant(choices=CHOICES),
    gateway.UnclearTenant: gateway.UnclearTenant("Several connections lead to this workspace.", choices=CHOICES),
    gateway.InvalidParameters: gateway.InvalidParameters(
        InvalidParameters([{"loc": ["page_size"], "msg": "Should be at most 100; was 500", "type": "too_large"}])
    ),
    gateway.MissingCapability: gateway.MissingCapability("insert_content"),
    gateway.NotionSaidNo: gateway.NotionSaidNo(NotionRefused(404, "object_not_found", message="Could not find page.")),
    gateway.OAuthExpired: gateway.OAuthExpired("https://auth.example.com/oauth/connect/…"),
}


def sample(kind: type[ServiceError]) -> ServiceError:
    return _MADE.get(kind) or cast("Any", kind)()
