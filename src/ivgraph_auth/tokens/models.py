import uuid
from dataclasses import dataclass
from datetime import datetime

from ivgraph_auth.core.principal import AccountSnapshot, Scope, Workspace
from ivgraph_auth.core.secrets import Secret

ALL_WORKSPACES = "*"


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What someone asks a token for. `workspace_ids` is empty exactly when `all_workspaces` is set."""

    name: str
    scopes: tuple[str, ...]
    workspace_ids: tuple[uuid.UUID, ...]
    all_workspaces: bool
    expires_in_days: int | None


@dataclass(frozen=True, slots=True)
class ServiceToken:
    id: int
    account_id: int
    name: str
    prefix: str
    scopes: tuple[Scope, ...]
    workspace_ids: tuple[uuid.UUID, ...]
    all_workspaces: bool
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    def active(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class MintedToken:
    """The only time its text is known."""

    token: ServiceToken
    text: Secret


@dataclass(frozen=True, slots=True)
class LivingToken:
    """No more of a token than it takes to know what it may do."""

    id: int
    account_id: int
    scopes: tuple[Scope, ...]
    workspace_ids: tuple[uuid.UUID, ...]
    all_workspaces: bool
    expires_at: datetime | None

    def alive(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """A token found good, with what is left of it under what its owner has now."""

    token: LivingToken
    snapshot: AccountSnapshot
    scopes: tuple[Scope, ...]
    workspaces: tuple[Workspace, ...]
