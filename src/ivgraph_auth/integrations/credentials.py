"""What Notion gave for one subject, and how it shows itself: never with a token."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.notion.models import TokenAnswer

_TOKENS = ("access_token", "refresh_token", "id_token")
_HEADER_SAFE = re.compile(r"[\x21-\x7e]{1,4096}")
_MASK = "***"


class NotionAnswer(dict[str, Any]):
    """What Notion answered; the repr shows no token."""

    def __repr__(self) -> str:
        return repr({name: _mask(name, value) for name, value in self.items()})


def _mask(name: str, value: object) -> object:
    return _MASK if name in _TOKENS and value is not None else value


@dataclass(frozen=True, slots=True, repr=False)
class NotionUserCredentials:
    """Notion tells no expiry and no scope: `expires_in`, `expires_at` and `scope` stay None. `expires_in` is in
    seconds, `expires_at` in seconds since 1970.

    Raises ValueError for tokens that no header could carry.
    """

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 -- RFC 6750's word, no token
    refresh_token: str | None = None
    scope: tuple[str, ...] | None = None
    expires_in: int | None = None
    expires_at: float | None = None
    id_token: str | None = None
    raw: dict[str, Any] = field(default_factory=NotionAnswer, compare=False)
    workspace_id: str | None = None
    workspace_name: str | None = None
    workspace_icon: str | None = None

    def __post_init__(self) -> None:
        for name in ("access_token", "refresh_token"):
            token = getattr(self, name)
            if token is None and name == "refresh_token":
                continue
            if not isinstance(token, str) or not _HEADER_SAFE.fullmatch(token):
                raise ValueError(f"{name} should be 1 to 4096 visible ASCII characters")
        object.__setattr__(self, "raw", NotionAnswer(self.raw))

    def __repr__(self) -> str:
        shown = (f"{each.name}={_mask(each.name, getattr(self, each.name))!r}" for each in fields(self))
        return f"{type(self).__name__}({', '.join(shown)})"

    @property
    def bearer(self) -> Secret:
        return Secret(self.access_token)

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> "NotionUserCredentials":
        """From the answer of POST /v1/oauth/token. Notion writes `bearer`; RFC 6750's header wants `Bearer`."""
        answer = TokenAnswer.model_validate(raw)
        return cls(
            access_token=answer.access_token,
            refresh_token=answer.refresh_token,
            raw=dict(raw),
            workspace_id=answer.workspace_id,
            workspace_name=answer.workspace_name,
            workspace_icon=answer.workspace_icon,
        )
