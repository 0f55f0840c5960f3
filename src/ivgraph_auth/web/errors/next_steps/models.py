"""What can be done about a refusal: by the agent that made the call, or by its person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Call:
    """A call of this service that works with the credential at hand. Where method and path are those of the call that
    was refused, it is that call again: `headers` and members of `body` are then what to add, or to put in place.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        more = {"headers": dict(self.headers), "body": dict(self.body)}
        return {"method": self.method, "path": self.path, **{name: value for name, value in more.items() if value}}


@dataclass(frozen=True, slots=True)
class NextStep:
    """`do` is one or more whole sentences. `url` is for a person to open."""

    who: Literal["agent", "person"]
    do: str
    call: Call | None = None
    url: str | None = None

    def as_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {"who": self.who, "do": self.do}
        if self.call is not None:
            told["call"] = self.call.as_json()
        return told if self.url is None else {**told, "url": self.url}
