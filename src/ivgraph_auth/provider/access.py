"""What an access token of an app says, and what it is good for."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ivgraph_auth.core.principal import AccountSnapshot, Scope, Workspace
from ivgraph_auth.provider.models import LivingAuthorization
from ivgraph_auth.provider.scopes import STANDARD, cap, of_api


@dataclass(frozen=True, slots=True)
class AccessClaims:
    authorization_id: uuid.UUID
    account_id: int
    client_id: str
    audience: tuple[str, ...]
    scopes: tuple[str, ...]
    jti: str
    issued_at: datetime
    expires_at: datetime
    workspace_ids: tuple[str, ...] | None
    actor: Mapping[str, Any] | None
    jkt: str | None


# Compared by identity: it is made once for what is remembered of a token and its person.
@dataclass(frozen=True, slots=True, eq=False)
class VerifiedAccess:
    """An access token found good: what it is for, and what its person is now.

    `workspaces` are those that were ticked, that the token names if it names some, and that its person has now.
    """

    claims: AccessClaims
    authorization: LivingAuthorization
    snapshot: AccountSnapshot
    scopes: tuple[str, ...] = field(init=False)
    api_scopes: tuple[Scope, ...] = field(init=False)
    identity_scopes: tuple[str, ...] = field(init=False)
    workspaces: tuple[Workspace, ...] = field(init=False)

    def __post_init__(self) -> None:
        granted = set(self.authorization.granted) & set(self.authorization.scopes)
        scopes = cap(granted & set(self.claims.scopes), self.snapshot)
        ticked, named = set(self.authorization.workspace_ids), self.claims.workspace_ids
        found = {
            "scopes": scopes,
            "api_scopes": of_api(scopes),
            "identity_scopes": tuple(scope for scope in scopes if scope in STANDARD),
            "workspaces": tuple(
                item
                for item in self.snapshot.workspaces
                if item.id in ticked and (named is None or str(item.id) in named)
            ),
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)

    @property
    def account_id(self) -> int:
        return self.authorization.account_id

    @property
    def actor_id(self) -> str:
        """The client; for an exchanged token whoever acts, and for whom."""
        actor = self.claims.actor
        return f"{actor.get('sub')} for {self.claims.client_id}" if actor else self.claims.client_id
