"""A request to authorize: as it came, and as it is kept once it has been checked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from ivgraph_auth.provider.models import App

# RFC 8707 §2, RFC 8693 §2.1, and our own for an exchange.
_SEVERAL = frozenset({"resource", "audience", "workspace"})


class Parameters:
    """Of a query or form, in which each may come once (RFC 6749 §3.1), but for those that name one of several."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            # One without a value counts as left out (RFC 6749 §3.1).
            if value:
                self._values.setdefault(name, []).append(value)

    def all(self, name: str) -> Sequence[str]:
        return self._values.get(name, ())

    def get(self, name: str) -> str | None:
        """The first one: `repeated` tells whether there are more."""
        return next(iter(self.all(name)), None)

    @property
    def repeated(self) -> str | None:
        """One that comes more often than it may."""
        return next((name for name, found in self._values.items() if len(found) > 1 and name not in _SEVERAL), None)


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """`redirect_uri` is where the answer goes; `redirect_uri_sent` is false when the app left it out.

    `max_age` is in seconds, and `hinted_account_id` whom the app means (OpenID Connect Core §3.1.2.1).
    """

    app_id: int
    redirect_uri: str
    redirect_uri_sent: bool
    code_challenge: str
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    state: str | None = None
    nonce: str | None = None
    prompt: tuple[str, ...] = ()
    max_age: int | None = None
    dpop_jkt: str | None = None
    hinted_account_id: int | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        lists = {name: tuple(stored[name]) for name in ("scopes", "resources", "prompt")}
        return cls(**{**stored, **lists})


@dataclass(slots=True)
class Draft:
    """What the checks have read so far."""

    scopes: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    code_challenge: str = ""
    prompt: tuple[str, ...] = ()
    max_age: int | None = None
    dpop_jkt: str | None = None


Check = Callable[[Parameters, App, Draft], None]
