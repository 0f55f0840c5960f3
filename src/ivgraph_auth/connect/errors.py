"""What can stand in the way of a consent.

NotionNotConfigured            NOTION_CLIENT_ID or _SECRET is not set
InvalidState, InvalidLink      the browser brought something that is not good, or no more
UnknownConnection              no such tenant of this account
WorkspaceNotAllowed            the token does not cover the tenant's workspace
AuthorizationRefused           `error` for the browser (RFC 6749 §4.1.2.1, or ours), `reason` for the audit row
NeedsConsent                   the grant is dead at Notion; only its owner can mend that
NotionOutOfReach               Notion is down, slow, or answers nonsense
NotionAsksToWait               Notion's 429; `retry_after`
CredentialInDoubt              Notion refuses a call as unauthorized, and takes the same credential at users/me
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from ivgraph_auth.core.errors import Conflict, Forbidden, NotFound, ServiceError, TooManyRequests, Unavailable
from ivgraph_auth.notion.errors import NotionUnavailable


class NotionNotConfigured(Unavailable):
    code = "notion_not_configured"
    detail = "Sign-in with Notion is not set up here. Whoever runs this service sets NOTION_CLIENT_ID and _SECRET."

    def __init__(self) -> None:
        super().__init__(retry_after=None)


class InvalidState(Forbidden):
    """One text for every reason; which one it was stands in the audit row."""

    code = "invalid_state"
    detail = "This sign-in was not started in this browser, took too long, or was used before. Start it again."


class InvalidLink(Forbidden):
    code = "invalid_link"
    detail = "This link has run out, was used, or is not whole. Ask whoever sent it to you for a new one."


class UnknownConnection(NotFound):
    detail = "No such connection of yours."


@dataclass(frozen=True, slots=True)
class TenantChoice:
    """A tenant that the caller could have named: one of their own, in a workspace of their credential."""

    tenant_id: str
    workspace_id: uuid.UUID
    workspace_name: str | None


class WorkspaceNotAllowed(Forbidden):
    """`choices` are those that are allowed, where a tenant was to be named."""

    code = "workspace_not_allowed"
    detail = "This credential does not cover that workspace."

    def __init__(self, *, choices: Sequence[TenantChoice] = ()) -> None:
        super().__init__()
        self.choices = tuple(choices)


class AuthorizationRefused(Exception):
    """`because` and `then` are sentences for people: what is wrong, and what to do."""

    def __init__(
        self, error: str, reason: str, because: str = "", then: str = "", notion_request_id: str | None = None
    ) -> None:
        super().__init__(reason)
        self.error = error
        self.reason = reason
        self.words = " ".join(filter(None, (because, "Nothing was stored.", then)))
        self.notion_request_id = notion_request_id


class NeedsConsent(Conflict):
    code = "needs_reauth"
    detail = "Notion no longer accepts this connection. Connect it again by its reauthorize_url."


class NotionOutOfReach(ServiceError):
    status = 502
    code = "upstream_error"
    detail = "Notion did not answer as it should. Nothing was changed; try again shortly."


class NotionAsksToWait(TooManyRequests):
    code = "rate_limited"
    detail = "Notion's rate limit is used up. Wait as long as Retry-After says."


class CredentialInDoubt(NotionUnavailable):
    def __init__(self) -> None:
        super().__init__("Notion refuses the call as unauthorized, and takes the credential at users/me.")
