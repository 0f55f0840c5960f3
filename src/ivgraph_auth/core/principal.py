"""Who acts: the words that every feature shares about people, credentials and what they may do."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    VIEWER = "viewer"
    MEMBER = "member"
    ADMIN = "admin"


class Scope(StrEnum):
    GRAPH_SEARCH = "graph:search"
    GRAPH_READ = "graph:read"
    GRAPH_NEIGHBORS = "graph:neighbors"
    NOTION_READ = "notion:read"
    NOTION_WRITE = "notion:write"
    NOTION_COMMENT = "notion:comment"
    NOTION_CONNECT = "notion:connect"


_VIEWER_SCOPES = (Scope.GRAPH_SEARCH, Scope.GRAPH_READ, Scope.GRAPH_NEIGHBORS)

SCOPES_OF_ROLE: dict[Role, tuple[Scope, ...]] = {
    Role.VIEWER: _VIEWER_SCOPES,
    Role.MEMBER: tuple(Scope),
    Role.ADMIN: tuple(Scope),
}


class CredentialKind(StrEnum):
    SESSION = "session"
    SERVICE_TOKEN = "service_token"  # noqa: S105 -- the name of a kind
    APP = "app"


# These two are what a database row said once: compared by identity, which is all that a cache of answers needs.
@dataclass(frozen=True, slots=True, eq=False)
class Workspace:
    id: uuid.UUID
    name: str | None
    icon: str | None
    status: str


@dataclass(frozen=True, slots=True, eq=False)
class AccountSnapshot:
    """What an account is and has *now*: everything that caps its credentials, and its profile."""

    account_id: int
    notion_user_id: uuid.UUID
    role: Role
    disabled: bool
    workspaces: tuple[Workspace, ...]
    email: str | None
    email_verified: bool
    name: str | None
    avatar_url: str | None
    created_at: datetime
    last_login_at: datetime
    # A platform has thousands, and every call of an agent asks for one of them.
    by_id: Mapping[uuid.UUID, Workspace] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {workspace.id: workspace for workspace in self.workspaces})

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return SCOPES_OF_ROLE[self.role]

    @property
    def workspace_ids(self) -> tuple[uuid.UUID, ...]:
        return tuple(workspace.id for workspace in self.workspaces)


@dataclass(frozen=True, slots=True)
class Principal:
    """A verified credential with what it may do at this moment. Made by the resolvers in `api`, and nowhere else."""

    kind: CredentialKind
    credential_id: str
    snapshot: AccountSnapshot
    scopes: tuple[Scope, ...]
    workspaces: tuple[Workspace, ...]
    expires_at: datetime | None
    # Of OpenID Connect, for apps alone: `profile` and `email` open what the person is.
    identity_scopes: tuple[str, ...] = ()
    # What an app's token is for (RFC 8707); empty for credentials that are good everywhere.
    audience: tuple[str, ...] = ()
    # How the audit trail names an app, with whoever acts for it.
    actor_id: str = ""

    @property
    def account_id(self) -> int:
        return self.snapshot.account_id

    @property
    def workspace_ids(self) -> tuple[uuid.UUID, ...]:
        return tuple(workspace.id for workspace in self.workspaces)

    def reaches(self, workspace_id: uuid.UUID) -> bool:
        if self.workspaces is self.snapshot.workspaces:
            return workspace_id in self.snapshot.by_id
        return any(workspace.id == workspace_id for workspace in self.workspaces)


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """Where a request came from, as audit rows and session lists tell it. All None for the command line."""

    request_id: str | None = None
    address: str | None = None
    user_agent: str | None = None
