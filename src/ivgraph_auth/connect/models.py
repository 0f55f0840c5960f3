import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement

from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.vault.models import GrantDetails, GrantKey, SealedCredential

_CONSENT_ERRORS = frozenset(
    {"access_denied", "invalid_request", "unauthorized_client", "invalid_scope", "temporarily_unavailable"}
)


def known_error(error: str) -> str:
    """What Notion may say of a cancelled or failed consent (RFC 6749 §4.1.2.1); anything else is a `server_error`."""
    return error if error in _CONSENT_ERRORS else "server_error"


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
    tenant: "Tenant | None" = None


@dataclass(frozen=True, slots=True)
class Tenant:
    """(account, tenant_id) is the name of a connection; another account's tenant of the same name is another one."""

    account_id: int
    tenant_id: str


@dataclass(frozen=True, slots=True)
class StateUse:
    """Where and by whom a state is used: hashes of the state and of the browser's cookie."""

    flow: Flow
    state_hash: bytes
    browser_hash: bytes
    now: ColumnElement[datetime]


@dataclass(frozen=True, slots=True)
class ClaimedState:
    next_path: str | None
    client_state: str | None
    code_challenge: str | None


@dataclass(frozen=True, slots=True)
class ClaimedConsent:
    """`same_browser`: it was this browser that asked."""

    tenant: Tenant
    same_browser: bool


@dataclass(frozen=True, slots=True)
class PendingConsent:
    tenant: Tenant
    browser_hash: bytes
    sealed: SealedCredential


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who would get a workspace, in words that a person knows."""

    tenant: Tenant
    account: str


@dataclass(frozen=True, slots=True)
class Consenting:
    """Where to send the browser, and the link that can be sent to people instead."""

    authorization_url: str
    connect_url: str
    state: Secret
    expires_in: int


@dataclass(frozen=True, slots=True)
class Callback:
    """What Notion sent the browser back with (RFC 6749 §4.1.2), and the browser's own cookie. `visitor_id` is the
    account that is signed in there, if one is; it counts for a tenant's consent alone.
    """

    state: str
    browser: str
    code: str | None
    error: str | None
    visitor_id: int | None = None


@dataclass(frozen=True, slots=True)
class Connected:
    tenant: Tenant
    workspace_name: str | None


@dataclass(frozen=True, slots=True)
class Question:
    """To be answered before anything is stored. `visitor` is who is signed in at the browser, if that is another."""

    pending: Secret
    addressee: Addressee
    visitor: str | None


@dataclass(frozen=True, slots=True)
class Cancelled:
    pass


@dataclass(frozen=True, slots=True)
class AuthorizedGrant:
    """What a code has brought, to be adopted."""

    key: GrantKey
    sealed: SealedCredential
    details: GrantDetails


@dataclass(frozen=True, slots=True)
class AuthorizationPolicy:
    """An empty `allowed_workspaces` allows any. `notion_seconds` is how long a browser may wait for Notion."""

    client_id: str
    authorization_url: str
    allowed_workspaces: frozenset[uuid.UUID]
    notion_seconds: float


@dataclass(frozen=True, slots=True)
class TenantConnection:
    """One Notion authorization held for one tenant, as its owner sees it. `generation` is its tenant's."""

    id: int
    grant_id: int
    generation: int
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


@dataclass(frozen=True, slots=True)
class AccountGrants:
    """All that an account's connections act by."""

    account_id: int
    grants: "tuple[TenantGrant, ...]"


@dataclass(frozen=True, slots=True)
class TenantGrant:
    """From a tenant to the grant that acts for it. `generation` is the tenant's."""

    connection_id: int
    tenant: Tenant
    workspace_id: uuid.UUID
    grant_id: int
    generation: int

    @property
    def account_id(self) -> int:
        return self.tenant.account_id
