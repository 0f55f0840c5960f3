"""The shapes of requests and answers."""

import re
import uuid
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    SecretStr,
    StrictInt,
    WithJsonSchema,
    model_validator,
)

from ivgraph_auth.core.clock import rfc3339
from ivgraph_auth.core.principal import Scope
from ivgraph_auth.core.urls import NOTION_ID, parse_notion_id
from ivgraph_auth.tokens.models import ALL_WORKSPACES, TokenRequest

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

Moment = Annotated[
    datetime,
    PlainSerializer(rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-04-10T12:00:00Z"]}),
]


def _check_name(text: str) -> str:
    if not text.strip():
        raise ValueError("must hold something to read")
    if _CONTROL.search(text):
        raise ValueError("must not hold control characters")
    return text.strip()


def _parse_workspace(text: object) -> uuid.UUID | Literal["*"]:
    if text == "*":
        return "*"
    found = parse_notion_id(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("must be a Notion workspace id (a UUID)")
    return found


# As `_check_name` asks, for OpenAPI alone.
_NAME_PATTERN = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"
Name = Annotated[
    str, Field(min_length=1, max_length=100, json_schema_extra={"pattern": _NAME_PATTERN}), AfterValidator(_check_name)
]
# Any other is refused by the service, which knows the owner's role too.
ScopeName = Annotated[
    str, Field(max_length=100), WithJsonSchema({"type": "string", "enum": [scope.value for scope in Scope]})
]
WorkspaceId = Annotated[
    uuid.UUID | Literal["*"],
    PlainValidator(_parse_workspace),
    WithJsonSchema({"type": "string", "pattern": rf"^(?:\*|{NOTION_ID})$", "description": "a UUID, or alone: `*`"}),
]
# The texts of credentials never stand in a repr or a log.
Credential = Annotated[SecretStr, Field(min_length=1, max_length=8192)]


class In(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Out(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)

    @classmethod
    def of(cls, item: object, **others: object) -> Self:
        """From the attributes that are named as its fields are. `others` are fields that stand otherwise in `item`."""
        # Not `model_fields`, which is a descriptor and slower: lists are made of these.
        for name in cls.__pydantic_fields__:
            if name not in others:
                others[name] = getattr(item, name)
        return cls.model_validate(others)


class RefreshRequest(In):
    refresh: Credential
    rotate: bool = Field(False, description="Ask for a new refresh token, too.", strict=True)


class AccessToken(Out):
    access: str


class RotatedTokens(AccessToken):
    refresh: str


class LogoutRequest(In):
    refresh: Credential


class ExchangeRequest(In):
    code: Annotated[SecretStr, Field(min_length=1, max_length=200)]
    code_verifier: Annotated[SecretStr, Field(min_length=43, max_length=128, description="RFC 7636 §4.1")]


class SessionTokensOut(RotatedTokens):
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 -- RFC 6750
    expires_in: int


class BrowserAccess(AccessToken):
    expires_in: int


class Detail(Out):
    detail: str


class EndedSessions(Detail):
    sessions: int


class Validation(Out):
    valid: Literal[True] = True
    kind: Literal["session", "service_token", "app"]
    user_id: str
    scopes: list[str]
    workspace_ids: list[uuid.UUID]
    expires_at: Moment | None


class WorkspaceOut(Out):
    id: uuid.UUID
    name: str | None
    icon: str | None
    status: Literal["active", "needs_reauth"]


class Me(Out):
    id: str
    notion_user_id: uuid.UUID
    email: str | None
    email_verified: bool
    name: str | None
    avatar_url: str | None
    role: Literal["viewer", "member", "admin"]
    workspaces: list[WorkspaceOut]
    created_at: Moment
    last_login_at: Moment


class SessionOut(Out):
    id: str
    created_at: Moment
    last_used_at: Moment
    expires_at: Moment
    address: str | None
    user_agent: str | None
    current: bool


class SessionPage(Out):
    results: list[SessionOut]
    next_cursor: str | None


class TokenCreate(In):
    name: Name
    scopes: Annotated[list[ScopeName], Field(min_length=1, max_length=50)]
    workspace_ids: Annotated[list[WorkspaceId], Field(min_length=1, max_length=1000)]
    expires_in_days: Annotated[StrictInt, Field(ge=1, le=3650)] | None = None

    @model_validator(mode="after")
    def _star_stands_alone(self) -> Self:
        if ALL_WORKSPACES in self.workspace_ids and len(set(self.workspace_ids)) > 1:
            raise ValueError("`*` in workspace_ids stands alone")
        return self

    def to_request(self) -> TokenRequest:
        return TokenRequest(
            name=self.name,
            scopes=tuple(self.scopes),
            workspace_ids=tuple(item for item in self.workspace_ids if isinstance(item, uuid.UUID)),
            all_workspaces=ALL_WORKSPACES in self.workspace_ids,
            expires_in_days=self.expires_in_days,
        )


class TokenRename(In):
    name: Name


class TokenOut(Out):
    id: int
    name: str
    prefix: str
    scopes: list[str]
    workspace_ids: list[str]
    is_active: bool
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None


class TokenCreated(Out):
    id: int
    name: str
    token: str
    prefix: str
    scopes: list[str]
    workspace_ids: list[str]
    is_active: bool
    created_at: Moment
    expires_at: Moment | None


class StartOut(Out):
    authorizationUrl: str  # noqa: N815 -- the gateway document's name
    state: str
    expiresIn: int  # noqa: N815 -- the gateway document's name


class ConnectionOwner(Out):
    notion_user_id: uuid.UUID | None
    name: str | None


class ConnectionOut(Out):
    tenant_id: str
    workspace_id: uuid.UUID
    workspace_name: str | None
    workspace_icon: str | None
    bot_id: str
    owner: ConnectionOwner
    capabilities: list[str]
    status: Literal["active", "needs_reauth", "revoked"]
    created_at: Moment
    last_used_at: Moment | None
    last_validated_at: Moment | None
    usage_count: int
    reauthorize_url: str


class NotionStatus(Out):
    configured: bool
    connected: bool
    connections: list[ConnectionOut]
