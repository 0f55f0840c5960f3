import uuid
from dataclasses import dataclass
from typing import NamedTuple

from ivgraph_auth.accounts.models import Person
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.notion.models import TokenAnswer
from ivgraph_auth.sessions.models import TokenPair
from ivgraph_auth.vault.models import Credential, GrantDetails


@dataclass(frozen=True, slots=True)
class Start:
    authorization_url: str
    state: Secret
    expires_in: int


@dataclass(frozen=True, slots=True)
class Callback:
    """What Notion sent the browser back with (RFC 6749 §4.1.2), and the browser's own cookie."""

    state: str
    browser: str
    code: str | None
    error: str | None


class Consent(NamedTuple):
    """A code exchanged, and who is behind it."""

    answer: TokenAnswer
    person: Person
    workspace_id: uuid.UUID

    @property
    def credential(self) -> Credential:
        refresh = self.answer.refresh_token
        return Credential(Secret(self.answer.access_token), Secret(refresh) if refresh else None)

    @property
    def details(self) -> GrantDetails:
        answer, person = self.answer, self.person
        return GrantDetails(answer.workspace_name, answer.workspace_icon, person.notion_user_id, person.name)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Exactly one of `pair` and `code` is set, by how tokens are handed over, unless the browser goes on to `path`."""

    browser_token: Secret
    session_ends_in: int
    client_state: str | None
    next_path: str | None
    pair: TokenPair | None = None
    code: Secret | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """`error` is for the page, in the words of RFC 6749 §4.1.2.1 and §5.2."""

    error: str
    client_state: str | None


class SignInPolicy(NamedTuple):
    client_id: str
    authorization_url: str
    redirect_uri: str
    admin_emails: frozenset[str]
    allowed_workspaces: frozenset[uuid.UUID]
    hand_over_code: bool
    notion_seconds: float
