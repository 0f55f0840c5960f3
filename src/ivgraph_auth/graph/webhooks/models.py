"""What webhooks tell, and what is kept of them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.graph.models import NodeType
from ivgraph_auth.graph.reader.readings import Child


class EventOutcome(StrEnum):
    """What became of a webhook whose signature was right. All but `REPEATED` stand in a row."""

    MARKED = "marked"  # what it names is to be read again
    IGNORED = "ignored"  # of something that is not in graphs
    NOBODY = "nobody"  # no graph here is of that workspace
    UNKNOWN = "unknown"  # of a type that is newer than this version
    MALFORMED = "malformed"  # not as Notion's documentation has it
    STALE = "stale"  # older than what is remembered: it may have counted before
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """`entity` is what is to be read again, and `inside` what it names within that, None and empty where there is
    nothing of that kind. `readers` are ids of people and bots; None where it does not say whose it is.
    """

    id: uuid.UUID
    type: str
    outcome: EventOutcome
    sent_at: datetime | None = None
    workspace_id: uuid.UUID | None = None
    entity: Child | None = None
    inside: tuple[Child, ...] = ()
    readers: frozenset[uuid.UUID] | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class DueMark:
    """`marks` is how often it had been made when it was claimed."""

    graph_id: int
    grant_id: int
    notion_id: uuid.UUID
    type: NodeType
    told: bool
    marks: int
    attempts: int


@dataclass(frozen=True, slots=True)
class KeptSubscription:
    id: uuid.UUID
    token: Secret
    confirmed: bool


@dataclass(frozen=True, slots=True)
class EventCount:
    type: str
    outcome: str
    count: int


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """As it is stored. `sealed` and `key_id` hold its verification token."""

    id: uuid.UUID
    sealed: bytes = field(repr=False)
    key_id: str
    received_at: datetime
    shown_at: datetime | None
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class SubscriptionState:
    """`door_open_until` is None while the door is shut; `events` are those of the last day, the most frequent first."""

    door_open_until: datetime | None
    token_received_at: datetime | None
    token_shown_at: datetime | None
    confirmed_at: datetime | None
    last_event_at: datetime | None
    events: Sequence[EventCount]
