"""Whether whoever is signed in will do for a request (OpenID Connect Core §3.1.2.1)."""

from datetime import timedelta

from ivgraph_auth.provider.code_repository import WaitingRequest
from ivgraph_auth.sessions.models import BrowserSession


def may_decide(session: BrowserSession, waiting: WaitingRequest) -> bool:
    """Whether it is whom the app means, signed in lately enough."""
    meant = waiting.request.hinted_account_id in (None, session.snapshot.account_id)
    return meant and not _is_too_old(session, waiting)


def may_sign_in(session: BrowserSession | None, waiting: WaitingRequest) -> bool:
    """Whether the person is sent to sign in: not where nobody may be asked, nor again when somebody else than the app
    means has come of it.
    """
    if "none" in waiting.request.prompt:
        return False
    return session is None or _is_too_old(session, waiting) or session.signed_in_at < waiting.created_at


def _is_too_old(session: BrowserSession, waiting: WaitingRequest) -> bool:
    request = waiting.request
    at_most = 0 if "login" in request.prompt else request.max_age
    # Counted from when it was asked: with a `max_age` of 0 nobody could ever have signed in lately enough.
    return at_most is not None and session.signed_in_at < waiting.created_at - timedelta(seconds=at_most)
