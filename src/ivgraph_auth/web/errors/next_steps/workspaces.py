"""Which workspace or connection is meant, and those that cannot be used as they are."""

from collections.abc import Iterator

from ivgraph_auth.connect.errors import (
    InvalidLink,
    InvalidState,
    NeedsConsent,
    NotionNotConfigured,
    TenantChoice,
    UnknownConnection,
    WorkspaceNotAllowed,
)
from ivgraph_auth.core.principal import CredentialKind, Scope
from ivgraph_auth.gateway.errors import MissingCapability, OAuthExpired, UnclearTenant, UnknownTenant
from ivgraph_auth.graph.errors import UnknownWorkspace
from ivgraph_auth.tokens.errors import WorkspaceNotConnected
from ivgraph_auth.web.errors.next_steps.models import NextStep
from ivgraph_auth.web.errors.next_steps.situation import (
    TENANT_HEADER,
    Situation,
    agent,
    describe_workspaces,
    person,
    plain_name,
)
from ivgraph_auth.web.policy import ErrorForm

_CONNECTIONS = "/api/connections/"
_MOST_CHOICES = 10


def name_another(about: Situation, error: UnknownTenant | UnclearTenant) -> Iterator[NextStep]:
    yield from _choose(about, error.choices)
    if not error.choices:
        yield from _reach_a_workspace(about)


def reach_the_workspace(about: Situation, error: WorkspaceNotAllowed) -> Iterator[NextStep]:
    yield from _choose(about, error.choices)
    yield from _reach_a_workspace(about)


def _choose(about: Situation, choices: tuple[TenantChoice, ...]) -> Iterator[NextStep]:
    """A step each, and none that chooses for the caller."""
    for choice in choices[:_MOST_CHOICES]:
        name, tenant = plain_name(choice.workspace_name), choice.tenant_id
        if about.door is ErrorForm.NOTION:
            yield agent(f"Send {TENANT_HEADER}: {tenant} for {name}.")
        else:
            yield agent(f"Send tenantId {tenant} for {name}.", about.again(body={"tenantId": tenant}))
    if len(choices) > _MOST_CHOICES:
        more = f"There are {len(choices) - _MOST_CHOICES} more."
        listed = about.call("GET", _CONNECTIONS) if about.has(Scope.NOTION_CONNECT) else None
        yield agent(f"{more} This lists them." if listed else f"{more} Their owner knows their names.", listed)


def _reach_a_workspace(about: Situation) -> Iterator[NextStep]:
    principal = about.principal
    if principal is None:
        return
    if principal.workspaces:
        shown = describe_workspaces(principal.workspaces, _MOST_CHOICES)
        yield agent(f"Keep to the workspaces of this credential: {shown}.", about.call("GET", "/api/auth/validate/"))
    if not principal.snapshot.workspaces:
        yield person("Sign in with Notion again and choose a workspace: none is connected now.", about.sign_in)
    elif principal.kind is CredentialKind.SERVICE_TOKEN:
        yield person("Make a service token that covers the workspace.", about.dashboard("tokens"))
    elif principal.kind is CredentialKind.APP:
        yield person(
            "Let the app in again, and tick the workspace. What you have let in stands here.", about.dashboard("grants")
        )
    else:
        yield person("Connect the workspace.", about.dashboard("connections"))


def list_connections(about: Situation, _error: UnknownConnection) -> Iterator[NextStep]:
    listed = about.call("GET", _CONNECTIONS) if about.has(Scope.NOTION_CONNECT) else None
    yield agent("Look up the names of the connections that there are.", listed)
    yield person("Connect a workspace under the name that is wanted.", about.dashboard("connections"))


def name_a_workspace(about: Situation, _error: UnknownWorkspace | WorkspaceNotConnected) -> Iterator[NextStep]:
    """For what only a session may ask."""
    workspaces = about.principal.workspaces if about.principal else ()
    words = describe_workspaces(workspaces, _MOST_CHOICES) or "none"
    yield agent(f"Name one of the workspaces that are connected: {words}.", about.call("GET", "/api/auth/me/"))
    yield person("Connect the workspace.", about.dashboard("connections"))


def reauthorize(_about: Situation, error: OAuthExpired) -> Iterator[NextStep]:
    yield agent("Give your person the link: trying again does not help before it was used.")
    yield person("Open the link and connect the workspace again.", error.url)


def connect_again(about: Situation, _error: NeedsConsent) -> Iterator[NextStep]:
    yield person("Press Reconnect at the connection.", about.dashboard("connections"))


def give_the_capability(about: Situation, error: MissingCapability) -> Iterator[NextStep]:
    yield person(
        f"Whoever runs this service allows {error.capability} in the integration's settings at Notion. Then press "
        "Reconnect or Check at the connection.",
        about.dashboard("connections"),
    )
    tenant = about.asked.tenant_id
    if tenant is not None and about.has(Scope.NOTION_CONNECT):
        yield agent(
            "Once it is allowed, have the connection checked, then send the call again.",
            about.call("POST", f"{_CONNECTIONS}{tenant}/verify/"),
        )
    else:
        yield agent("Once it is allowed and checked, send the call again.")


def set_up_notion(_about: Situation, _error: NotionNotConfigured) -> Iterator[NextStep]:
    yield person("Whoever runs this service sets NOTION_CLIENT_ID and NOTION_CLIENT_SECRET, and starts it again.")


def start_again(about: Situation, _error: InvalidState) -> Iterator[NextStep]:
    yield person("Start the sign-in again, or open the connect link again.", about.sign_in)


def ask_for_another_link(about: Situation, _error: InvalidLink) -> Iterator[NextStep]:
    yield person(
        "Ask whoever sent the link for a new one. If the connection is your own, press Reconnect at it.",
        about.dashboard("connections"),
    )
