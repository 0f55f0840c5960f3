import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Flow(StrEnum):
    SIGN_IN = "signin"
    CONNECT = "connect"


@dataclass(frozen=True, slots=True)
class StateRequest:
    """What an authorization request must remember until Notion sends the browser back."""

    flow: Flow
    browser: str
    next_path: str | None = None
    client_state: str | None = None
    code_challenge: str | None = None


@dataclass(frozen=True, slots=True)
class StateUse:
    """Where and by whom a state is used: hashes of the state and of the browser's cookie."""

    flow: Flow
    state_hash: bytes
    browser_hash: bytes
    now: datetime


@dataclass(frozen=True, slots=True)
class ClaimedState:
    next_path: str | None
    client_state: str | None
    code_challenge: str | None


@dataclass(frozen=True, slots=True)
class Connection:
    """One Notion authorization held for one tenant, as its owner sees it."""

    tenant_id: str
    workspace_id: uuid.UUID
    workspace_name: str | None
    workspace_icon: str | None
    bot_id: str
    owner_notion_user_id: uuid.UUID | None
    owner_name: str | None
    capabilities: tuple[str, ...]
    status: str
    created_at: datetime
    last_used_at: datetime | None
    last_validated_at: datetime | None
    usage_count: int
