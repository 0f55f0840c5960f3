import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ivgraph_auth.audit.models import Entry
from ivgraph_auth.notion.streamed_body import StreamedBody
from ivgraph_auth.vault.models import SealedCredential, SealedGrant


@dataclass(frozen=True, slots=True)
class ToolCall:
    """`deadline` is in seconds, for everything. `tenant_id` None: the only one that the credential leads to; of the
    workspace `workspace`, where that is given.
    """

    tool_id: str
    tenant_id: str | None
    parameters: dict[str, Any] = field(repr=False)
    deadline: float
    idempotency_key: str | None
    workspace: str | None = None


@dataclass(frozen=True, slots=True)
class HttpCall:
    """What came to the drop-in address, undecoded. `path` begins with `/v1/`, or is not one that is passed on.
    `deadline` is in seconds, for everything.
    """

    method: str
    path: str
    query: str = field(repr=False)
    body: bytes | StreamedBody = field(repr=False)
    content_type: str | None
    version: str | None
    tenant: str | None
    workspace: str | None
    idempotency_key: str | None
    deadline: float


@dataclass(frozen=True, slots=True)
class RateLimitState:
    """`remaining` calls may go out at once; in `reset` seconds it is full again, if nobody calls meanwhile."""

    remaining: int
    reset: int


@dataclass(slots=True)
class Progress:
    """What is to be told of a call however it ends. Filled in on the way. `tenant_id` is of the one that acts."""

    attempts: int = 0
    notion_request_id: str | None = None
    tenant_id: str | None = None
    budget: RateLimitState | None = None
    caller_gone: bool = False


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a call would find now that takes nothing: `state` before it, and in how many seconds it would go out."""

    state: RateLimitState
    wait_seconds: int


@dataclass(frozen=True, slots=True)
class Reply:
    """JSON text, of Notion's own making. `sent` is the digest of a streamed body that it answers."""

    status: int
    body: bytes = field(repr=False)
    notion_request_id: str | None
    retry_after: int | None = None
    sent: str | None = None


@dataclass(frozen=True, slots=True)
class CallKey:
    """Digests of an Idempotency-Key in its account, tenant and operation, and of what was asked under it."""

    account_id: int
    key_hash: bytes
    body_hash: bytes


@dataclass(frozen=True, slots=True)
class KnownCall:
    body_hash: bytes
    process_id: uuid.UUID | None
    answer: SealedCredential | None


@dataclass(frozen=True, slots=True)
class BucketRow:
    """What is stored, from now on: see `rate_limiter.py`. Durations below zero are over."""

    issued: int
    until_full: timedelta
    stopped_for: timedelta


@dataclass(frozen=True, slots=True)
class ReservationRequest:
    """`max_wait` is how many seconds the caller would wait. `entry` is written to the audit trail as started; None for
    a further attempt of the same call. `needs` are capabilities of which Notion must not be known to withhold all.
    """

    grant_id: int
    needs: tuple[str, ...]
    max_wait: float
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Reservation:
    """A call's place, and for how long it waited when it was given. `audit_id` is the row of its entry."""

    grant: SealedGrant
    number: int
    due: timedelta
    at_once: bool
    state: RateLimitState
    audit_id: int | None
