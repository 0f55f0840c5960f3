from dataclasses import dataclass
from enum import StrEnum

SUCCESS = "success"


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
    ACCOUNT_DELETED = "account:account:deleted"
    ROLE_CHANGED = "operator:role:changed"
    ACCOUNT_DISABLED = "operator:account:disabled"
    ACCOUNT_ENABLED = "operator:account:enabled"


@dataclass(frozen=True, slots=True)
class Actor:
    """`kind` is browser, account, session, service_token, app or operator; `id` tells which one, where there is one."""

    kind: str
    id: str | None = None


BROWSER = Actor("browser")
OPERATOR = Actor("operator")
