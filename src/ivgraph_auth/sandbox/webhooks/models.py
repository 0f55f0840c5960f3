"""A subscription to webhooks, the events that go there, and how badly they are delivered."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from ivgraph_auth.core.secrets import random_uuid, sha256
from ivgraph_auth.sandbox.content.node import Json
from ivgraph_auth.sandbox.models import Workspace

API_VERSION = "2026-03-11"
_LISTS = ("updated_blocks", "updated_properties")


@dataclass(frozen=True, slots=True)
class Subscription:
    """`active`: its verification token was taken by whoever listens at `url`."""

    id: str
    url: str
    token: str = field(repr=False)
    active: bool

    @classmethod
    def revived(cls, raw: Json) -> "Subscription":
        """TypeError where this is not what `dump` made."""
        found = cls(**raw)
        if not all(isinstance(text, str) for text in (found.id, found.url, found.token)):
            raise TypeError("subscription")
        return found

    def dump(self) -> Json:
        return {"id": self.id, "url": self.url, "token": self.token, "active": self.active}


@dataclass(slots=True)
class Event:
    """Changes of one kind to one thing within a moment. `authors` and `accessible_by` are {id, type} by id."""

    type: str
    entity: Json
    workspace: Workspace
    at: datetime
    authors: dict[str, Json]
    accessible_by: dict[str, Json]
    data: Json
    id: str = field(default_factory=lambda: str(random_uuid()))

    @property
    def key(self) -> tuple[str, str]:
        return self.type, self.entity["id"]

    def take_in(self, later: "Event") -> None:
        self.at = later.at
        self.authors |= later.authors
        self.accessible_by = later.accessible_by
        lists = {name: self.data[name] for name in _LISTS if name in self.data}
        self.data |= later.data
        for name, before in lists.items():
            self.data[name] = before + [each for each in later.data.get(name, []) if each not in before]

    def told(self, subscription: Subscription, integration: str, attempt: int) -> Json:
        moment = f"{self.at:%Y-%m-%dT%H:%M:%S}.{self.at.microsecond // 1000:03}Z"
        return {
            "id": self.id,
            "timestamp": moment,
            "workspace_id": self.workspace.id,
            "workspace_name": self.workspace.name,
            "subscription_id": subscription.id,
            "integration_id": integration,
            "authors": list(self.authors.values()),
            "accessible_by": list(self.accessible_by.values()),
            "attempt_number": attempt,
            "api_version": API_VERSION,
            "entity": self.entity,
            "type": self.type,
            "data": self.data,
        }


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Which share of the events, from 0 to 1, meets what. The same seed chooses the same events, by their number."""

    drop: float = 0.0  # never sent
    double: float = 0.0  # sent twice
    delay: float = 0.0  # sent one pass later than those that were made with them
    reorder: bool = False  # those of one pass are mixed
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("drop", "double", "delay"):
            share = getattr(self, name)
            if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
                raise ValueError(f"{name} should be a number from 0 to 1")
        if not isinstance(self.reorder, bool):
            raise ValueError("reorder should be true or false")  # noqa: TRY004 -- one error for all
        if isinstance(self.seed, bool) or not isinstance(self.seed, int):
            raise ValueError("seed should be a whole number")  # noqa: TRY004 -- as above

    @classmethod
    def parse(cls, members: Mapping[str, Any]) -> "Disturbance":
        """From JSON; what is left out is as it is by default. ValueError says what is wrong with it."""
        unknown = sorted(set(members) - {each.name for each in fields(cls)})
        if unknown:
            raise ValueError(f"unknown members: {', '.join(unknown)}")
        return cls(**members)

    def meets(self, share: float, what: str, number: int) -> bool:
        return self.lot(what, number) < share

    def lot(self, what: str, number: int) -> float:
        """From 0 to below 1."""
        return int.from_bytes(sha256(f"{self.seed} {what} {number}")[:6]) / 2**48
