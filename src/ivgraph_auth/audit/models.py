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
    SYNC_STARTED = "account:sync:started"
    SYNC_STOPPED = "account:sync:stopped"
    SYNC_ENDED = "service:sync:ended"
    ACCOUNT_DELETED = "account:account:deleted"
    ROLE_CHANGED = "operator:role:changed"
    ACCOUNT_DISABLED = "operator:account:disabled"
    ACCOUNT_ENABLED = "operator:account:enabled"
    SIGNING_KEY_ROTATED = "operator:signing_key:rotated"
    APP_REGISTERED = "account:app:registered"
    APP_CHANGED = "account:app:changed"
    APP_REMOVED = "account:app:removed"
    APP_SECRET_ROTATED = "account:app_secret:rotated"  # noqa: S105 -- the name of an event
    APP_LET_IN = "account:grant:made"
    APP_REFUSED = "account:grant:refused"
    APP_TOKENS_REVOKED = "app:tokens:revoked"
    APP_WITHDRAWN = "account:grant:removed"
    CODE_REPLAYED = "app:code:replayed"
    APP_REFRESH_REUSED = "app:refresh:reused"
    WEBHOOKS_OPENED = "admin:webhooks:opened"
    WEBHOOKS_TOKEN_RECEIVED = "notion:webhooks:received"  # noqa: S105 -- the name of an event
    WEBHOOKS_TOKEN_SHOWN = "admin:webhooks:shown"  # noqa: S105 -- the name of an event
    WEBHOOKS_CONFIRMED = "notion:webhooks:confirmed"
    WEBHOOKS_REMOVED = "admin:webhooks:removed"


# Each value is its name in lower case.
Outcome = StrEnum(
    "Outcome",
    # Calls to Notion. `started`: it goes on; or its process died meanwhile.
    "SUCCESS STARTED REPEATED RATE_LIMITED INSUFFICIENT_SCOPE WORKSPACE_NOT_ALLOWED MISSING_CAPABILITY OAUTH_EXPIRED "
    "UNKNOWN_TOOL UNKNOWN_TENANT UNCLEAR_TENANT INVALID_REQUEST_URL INVALID_PARAMETERS IDEMPOTENCY_KEY_REUSED "
    "IDEMPOTENCY_IN_PROGRESS OUTCOME_UNKNOWN UPSTREAM_ERROR UPSTREAM_TIMEOUT CREDENTIAL_UNAVAILABLE UNAVAILABLE "
    "CALLER_GONE AUTHORIZATION_RENEWED CONTENT_TOO_LARGE TOO_MANY_STREAMS SHUTDOWN INTERNAL_ERROR "
    # The same, refused by Notion: the codes that callers meet most.
    "OBJECT_NOT_FOUND VALIDATION_ERROR CONFLICT_ERROR RESTRICTED_RESOURCE "
    # Sign-ins and consents.
    "ACCESS_DENIED ACCOUNT_DISABLED OTHER_WORKSPACE STATE_UNKNOWN STATE_USED STATE_EXPIRED STATE_OF_OTHER_BROWSER "
    "STATE_OF_OTHER_FLOW NO_CODE NO_PERSON INVALID_GRANT INVALID_REQUEST INVALID_SCOPE UNAUTHORIZED_CLIENT "
    "TEMPORARILY_UNAVAILABLE SERVER_ERROR NOTION_UNAVAILABLE "
    # Credentials, connections and sessions.
    "INVALID_CLIENT NEEDS_REAUTH NO_REFRESH_TOKEN UNAUTHORIZED_AFTER_REFRESH NOT_PAUSED SESSION_ENDED "
    # Synchronizations of graphs; and why one failed, by the codes above.
    "STOPPED",
)
Outcome.__doc__ = (
    "Those that are known beforehand. The list is open: what Notion refuses has the code that Notion gave."
)


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
    """What a row says of an event, whatever comes of it; of a call, what is known before it is made."""

    event: Event
    account_id: int | None
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
