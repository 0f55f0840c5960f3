from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from ivgraph_auth.core.principal import ClientInfo

SUCCESS = "success"
NOT_SUCCESS = "!success"


class Event(StrEnum):
    """`subject:object:action`. The outcome is `success` or the reason of a refusal."""

    SIGNED_IN = "account:session:opened"
    SIGNIN_REFUSED = "browser:session:refused"
    SESSION_ENDED = "account:session:ended"
    ALL_SESSIONS_ENDED = "account:sessions:ended"
    REFRESH_REUSED = "session:refresh:reused"
    TOKEN_MINTED = "account:token:minted"  # noqa: S105 -- the name of an event
    TOKEN_RENAMED = "account:token:renamed"  # noqa: S105 -- the name of an event
    TOKEN_REVOKED = "account:token:revoked"  # noqa: S105 -- the name of an event
    CONNECTION_MADE = "account:connection:made"
    CONSENT_REFUSED = "browser:connection:refused"
    CONNECTION_VERIFIED = "account:connection:verified"
    CONNECTION_RESUMED = "account:connection:resumed"
    CONNECTION_REMOVED = "account:connection:removed"
    NOTION_CALLED = "agent:notion:called"
    CREDENTIAL_REFRESHED = "service:credential:refreshed"
    CREDENTIAL_LOST = "notion:credential:refused"
    CREDENTIAL_RESTORED = "notion:credential:accepted"
    ACCOUNT_DELETED = "account:account:deleted"
    ROLE_CHANGED = "operator:role:changed"
    ACCOUNT_DISABLED = "operator:account:disabled"
    ACCOUNT_ENABLED = "operator:account:enabled"


class Outcome(StrEnum):
    """Those that are known beforehand. The list is open: what Notion refuses has the code that Notion gave."""

    SUCCESS = "success"
    # Calls to Notion.
    STARTED = "started"  # it goes on; or its process died meanwhile
    REPEATED = "repeated"
    RATE_LIMITED = "rate_limited"
    INSUFFICIENT_SCOPE = "insufficient_scope"
    WORKSPACE_NOT_ALLOWED = "workspace_not_allowed"
    MISSING_CAPABILITY = "missing_capability"
    OAUTH_EXPIRED = "oauth_expired"
    UNKNOWN_TOOL = "unknown_tool"
    UNKNOWN_TENANT = "unknown_tenant"
    UNCLEAR_TENANT = "unclear_tenant"
    INVALID_REQUEST_URL = "invalid_request_url"
    INVALID_PARAMETERS = "invalid_parameters"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    IDEMPOTENCY_IN_PROGRESS = "idempotency_in_progress"
    OUTCOME_UNKNOWN = "outcome_unknown"
    UPSTREAM_ERROR = "upstream_error"
    UPSTREAM_TIMEOUT = "upstream_timeout"
    CREDENTIAL_UNAVAILABLE = "credential_unavailable"
    UNAVAILABLE = "unavailable"
    CALLER_GONE = "caller_gone"
    SHUTDOWN = "shutdown"
    INTERNAL_ERROR = "internal_error"
    # The same, refused by Notion: the codes that callers meet most.
    OBJECT_NOT_FOUND = "object_not_found"
    VALIDATION_ERROR = "validation_error"
    CONFLICT_ERROR = "conflict_error"
    RESTRICTED_RESOURCE = "restricted_resource"
    # Sign-ins and consents.
    ACCESS_DENIED = "access_denied"
    ACCOUNT_DISABLED = "account_disabled"
    OTHER_WORKSPACE = "other_workspace"
    STATE_UNKNOWN = "state_unknown"
    STATE_USED = "state_used"
    STATE_EXPIRED = "state_expired"
    STATE_OF_OTHER_BROWSER = "state_of_other_browser"
    STATE_OF_OTHER_FLOW = "state_of_other_flow"
    NO_CODE = "no_code"
    NO_PERSON = "no_person"
    INVALID_GRANT = "invalid_grant"
    INVALID_REQUEST = "invalid_request"
    INVALID_SCOPE = "invalid_scope"
    UNAUTHORIZED_CLIENT = "unauthorized_client"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"
    SERVER_ERROR = "server_error"
    NOTION_UNAVAILABLE = "notion_unavailable"
    # Credentials, connections and sessions.
    INVALID_CLIENT = "invalid_client"
    NEEDS_REAUTH = "needs_reauth"
    NO_REFRESH_TOKEN = "no_refresh_token"  # noqa: S105 -- the name of an outcome
    UNAUTHORIZED_AFTER_REFRESH = "unauthorized_after_refresh"
    NOT_PAUSED = "not_paused"
    SESSION_ENDED = "session_ended"


@dataclass(frozen=True, slots=True)
class Actor:
    """`kind` is browser, account, session, service_token, app, operator or service (this one, by itself); `id` tells
    which one, where there is one.
    """

    kind: str
    id: str | None = None


BROWSER = Actor("browser")
OPERATOR = Actor("operator")
SERVICE = Actor("service")


class Place(NamedTuple):
    """Where a row stands in the trail."""

    at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a call before it is made."""

    event: Event
    account_id: int
    actor: Actor
    caller: ClientInfo
    tenant_id: str | None
    operation: str | None


@dataclass(frozen=True, slots=True)
class Completion:
    """How an entry that was `started` ended."""

    id: int
    outcome: str
    notion_request_id: str | None


@dataclass(frozen=True, slots=True)
class AuditRecord:
    id: int
    at: datetime
    event: str
    outcome: str
    account_id: int | None
    actor: Actor
    tenant_id: str | None
    operation: str | None
    notion_request_id: str | None
    request_id: str | None
    address: str | None
    user_agent: str | None

    @property
    def place(self) -> Place:
        return Place(self.at, self.id)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """None passes everything. `within` is the one account whose rows the reader may see, `account_id` the one asked
    for. An outcome may be NOT_SUCCESS. Of an actor the kind, or kind and id; `since` is included, `until` is not.
    """

    within: int | None
    account_id: int | None = None
    event: Event | None = None
    outcome: str | None = None
    actor: Actor | None = None
    tenant_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
