"""No credential, a bad one, or one that may not do that."""

from collections.abc import Iterator
from urllib.parse import urlencode

from ivgraph_auth.core.errors import Forbidden, InsufficientScope, NotAuthenticated, TokenNotValid
from ivgraph_auth.core.principal import SCOPES_OF_ROLE, CredentialKind, Role
from ivgraph_auth.graph.errors import SignatureNotValid
from ivgraph_auth.sessions.errors import FreshSignInNeeded, InvalidCode, NotYourToken
from ivgraph_auth.signin.errors import CodeChallengeNeeded
from ivgraph_auth.web.errors.http_errors import InsufficientRole, WrongCredentialKind
from ivgraph_auth.web.errors.next_steps.models import Call, NextStep
from ivgraph_auth.web.errors.next_steps.situation import Situation, agent, person

_WHERE_TOKENS_COME_FROM = "/.well-known/oauth-protected-resource"
_AUTHORIZATION_SERVER = "/.well-known/oauth-authorization-server"
# Which page of the dashboard does for a person what a path does for their session.
_PAGES = (
    ("/api/tokens", "tokens"),
    ("/api/auth/sessions", "sessions"),
    ("/api/auth/grants", "grants"),
    ("/api/connections", "connections"),
    ("/api/integrations/auth/notion/status", "connections"),
    ("/api/audit", "activity"),
    ("/api/oauth/apps", "apps"),
    ("/api/notion-graph", "graph"),
    ("/api/webhooks", "webhooks"),
)


def send_a_credential(about: Situation, _error: NotAuthenticated) -> Iterator[NextStep]:
    yield agent(
        "Send the header Authorization: Bearer <token>. An app or an MCP client gets one by OAuth: this says where.",
        Call("GET", _WHERE_TOKENS_COME_FROM),
    )
    yield person("Sign in, and make a service token for the agent.", about.dashboard("tokens"))


def replace_the_token(about: Situation, _error: TokenNotValid) -> Iterator[NextStep]:
    """One wording for every reason, so that nobody learns which it is."""
    yield agent(
        "Do not send this token again. A session gets another by its refresh token at POST /api/auth/refresh/, an app "
        "by its own at the token endpoint, which this names; a service token is replaced by its owner.",
        Call("GET", _AUTHORIZATION_SERVER),
    )
    yield person("Make a new service token, or connect the app again.", about.dashboard("tokens"))


def widen(about: Situation, error: InsufficientScope) -> Iterator[NextStep]:
    yield about.look_up_credential()
    yield from _give_scopes(about, error)


def _give_scopes(about: Situation, error: InsufficientScope) -> Iterator[NextStep]:
    principal = about.principal
    if principal is None:
        return
    words = " and ".join(error.scopes)
    of_roles = {scope for scopes in SCOPES_OF_ROLE.values() for scope in scopes}
    beyond = {scope for scope in error.scopes if scope in of_roles} - set(principal.snapshot.scopes)
    if beyond:
        yield person(
            f"Ask whoever runs this service for the role {Role.MEMBER.value}, which has {words}: "
            f"`ivgraph-auth users demote {principal.account_id} --to {Role.MEMBER.value}` gives it."
        )
    if principal.kind is CredentialKind.SERVICE_TOKEN:
        wanted = urlencode({"scopes": ",".join(dict.fromkeys((*principal.scopes, *error.scopes)))}, safe=":,")
        yield person(f"Make a service token that has {words} too.", about.dashboard(f"tokens?{wanted}"))
    elif principal.kind is CredentialKind.APP:
        yield agent(
            f"Ask for {words} in a new authorization request; this names the endpoint.",
            Call("GET", _AUTHORIZATION_SERVER),
        )
        yield person(
            f"Let the app in again and allow it {words}. What you have let in stands here.", about.dashboard("grants")
        )


def sign_in_instead(about: Situation, _error: WrongCredentialKind) -> Iterator[NextStep]:
    yield about.look_up_credential()
    page = next((page for prefix, page in _PAGES if about.asked.path.startswith(prefix)), "account")
    yield person("Do this in the dashboard, signed in.", about.dashboard(page))


def ask_for_the_role(about: Situation, _error: InsufficientRole) -> Iterator[NextStep]:
    yield about.look_up_credential()
    who = about.principal.account_id if about.principal else "<account>"
    yield person(
        f"Ask whoever runs this service to run `ivgraph-auth users promote {who}`.", about.dashboard("account")
    )


def keep_to_what_is_allowed(about: Situation, _error: Forbidden) -> Iterator[NextStep]:
    yield about.look_up_credential()


def leave_the_header_out(_about: Situation, _error: NotYourToken) -> Iterator[NextStep]:
    yield agent("Send it again without the header Authorization, or with an access token of the same person.")


def sign_in_again(about: Situation, _error: FreshSignInNeeded | InvalidCode) -> Iterator[NextStep]:
    yield person("Sign in with Notion again.", about.sign_in)


def bring_a_code_challenge(_about: Situation, _error: CodeChallengeNeeded) -> Iterator[NextStep]:
    yield agent("Start the sign-in with code_challenge: the S256 form of a code_verifier that you keep (RFC 7636 §4).")


def sign_webhooks(about: Situation, _error: SignatureNotValid) -> Iterator[NextStep]:
    yield person(
        "Notion signs its webhooks. Where they are refused, an admin sets the subscription up again.",
        about.dashboard("webhooks"),
    )
