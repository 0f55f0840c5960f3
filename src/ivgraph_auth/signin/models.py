from dataclasses import dataclass
from typing import NamedTuple

from ivgraph_auth.accounts.models import Person
from ivgraph_auth.connect.models import AuthorizedGrant
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.sessions.models import TokenPair

# Where a sign-in may go on in this service: pages that need the browser's cookie, and no tokens. By prefix and not by
# the route table, since such a path is no request yet, and one below `/oauth2/` need not have a route.
OWN_PAGES = ("/oauth/", "/oauth2/", "/device")


@dataclass(frozen=True, slots=True)
class Start:
    authorization_url: str
    state: Secret
    expires_in: int


class Consent(NamedTuple):
    """Who is behind a code, and what it has brought."""

    person: Person
    grant: AuthorizedGrant
    notion_request_id: str | None


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
    redirect_uri: str
    admin_emails: frozenset[str]
    hand_over_code: bool
    notion_seconds: float
