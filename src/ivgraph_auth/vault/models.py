import uuid
from dataclasses import dataclass

from ivgraph_auth.core.secrets import Secret


@dataclass(frozen=True, slots=True)
class Credential:
    """What Notion gave: the only thing in this service that must never be stored or shown as it is."""

    access_token: Secret
    refresh_token: Secret | None


@dataclass(frozen=True, slots=True)
class GrantKey:
    """What Notion keys a token pair by."""

    client_id: str
    workspace_id: uuid.UUID
    bot_id: str


@dataclass(frozen=True, slots=True)
class GrantDetails:
    """What is known of a grant beside its credential."""

    workspace_name: str | None
    workspace_icon: str | None
    owner_notion_user_id: uuid.UUID | None
    owner_name: str | None


@dataclass(frozen=True, slots=True)
class SealedGrant:
    id: int
    key: GrantKey
    sealed: bytes
