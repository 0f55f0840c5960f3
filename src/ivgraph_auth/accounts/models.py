import uuid
from dataclasses import dataclass
from datetime import datetime

from ivgraph_auth.core.principal import Role


@dataclass(frozen=True, slots=True)
class Person:
    """Who Notion says signed in. Only the id is always there."""

    notion_user_id: uuid.UUID
    email: str | None = None
    email_verified: bool = False
    name: str | None = None
    avatar_url: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    notion_user_id: uuid.UUID
    email: str | None
    name: str | None
    role: Role
    disabled_at: datetime | None
    created_at: datetime
    last_login_at: datetime
