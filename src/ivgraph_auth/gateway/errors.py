"""Why a call to Notion did not give what was asked for. `api` tells them in the envelope of tools, or as Notion would.

UnknownTool, UnknownTenant                     no such thing
InvalidParameters                              Notion would refuse them; `extra` says which
UnclearTenant                                  whose connection is meant was not said, or said twice
NotOnTheList                                   a path that is not passed on
MissingCapability                              beyond what Notion allows (beyond the credential: connect's errors)
NotionSaidNo                                   Notion's own refusal
OAuthExpired                                   the connection needs a consent; `url` leads to it
RateLimited                                    too many calls; `retry_after`
BodyCutShort, AuthorizationRenewed             of a body that is passed on while it arrives, and so only once
UpstreamFailed, UpstreamTimedOut               Notion is down, nonsensical, late
WriteUncertain                                 the same, of a write that may have been carried out
KeyReused, CallInProgress, OutcomeUnknown      of an Idempotency-Key
AnswerUnreadable                               Notion took a write, and said so in a way that cannot be read
"""

from collections.abc import Sequence

from ivgraph_auth.connect.errors import TenantChoice
from ivgraph_auth.core.errors import (
    Conflict,
    Forbidden,
    InvalidRequest,
    NotFound,
    ServiceError,
    TooManyRequests,
    Unprocessable,
)
from ivgraph_auth.notion.errors import InvalidParameters as Unfit
from ivgraph_auth.notion.errors import NotionRefused

_LISTED = "docs/notion-api.md lists those that it passes on; at Notion itself there may be others."


class UnknownTool(NotFound):
    code = "unknown_tool"
    detail = "There is no such tool. GET /api/v1/tools lists them."

    def __init__(self, close: Sequence[str] = ()) -> None:
        """`close`: names of tools that may be meant."""
        meant = f"Did you mean {' or '.join(close)}?"
        super().__init__(f"There is no such tool. {meant} GET /api/v1/tools lists them." if close else None)


class UnknownTenant(NotFound):
    """`choices` are those that could have been named."""

    code = "unknown_tenant"
    detail = "You have no connection of that name. The one that signing in made has its workspace's id as name."

    def __init__(self, detail: str | None = None, *, choices: Sequence[TenantChoice] = ()) -> None:
        super().__init__(detail)
        self.choices = tuple(choices)


class UnclearTenant(InvalidRequest):
    """`choices` are those that could be meant."""

    code = "unclear_tenant"

    def __init__(self, detail: str | None = None, *, choices: Sequence[TenantChoice] = ()) -> None:
        super().__init__(detail)
        self.choices = tuple(choices)


class NotOnTheList(InvalidRequest):
    """`reason` is the table's, where it has one for this call."""

    code = "invalid_request_url"
    detail = "This service does not pass this call on to Notion."

    def __init__(self, reason: str | None = None) -> None:
        super().__init__(f"{self.detail} {reason or _LISTED}")


class InvalidParameters(Unprocessable):
    code = "invalid_parameters"

    def __init__(self, unfit: Unfit) -> None:
        first, *others = unfit.errors
        place = ".".join(map(str, first["loc"])) or "parameters"
        more = f" (and {len(others)} more, in errors)" if others else ""
        super().__init__(f"Notion would refuse these parameters. {place}: {first['msg']}{more}")
        self.extra = {"errors": [dict(item) for item in unfit.errors]}


class MissingCapability(Forbidden):
    code = "missing_capability"

    def __init__(self, capability: str) -> None:
        super().__init__(f"The Notion integration was not given the capability {capability}.")
        self.capability = capability


class NotionSaidNo(ServiceError):
    def __init__(self, refusal: NotionRefused) -> None:
        super().__init__(refusal.message or "Notion refused.")
        self.status = refusal.status
        self.code = refusal.code
        self.extra = {"notionRequestId": refusal.request_id}


class OAuthExpired(Conflict):
    code = "oauth_expired"
    detail = "Notion authorization has expired or was revoked. Please reauthorize."

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.extra = {"reauthorizeUrl": url}


class RateLimited(TooManyRequests):
    code = "rate_limited"
    detail = "Notion's rate limit is used up. Wait as long as Retry-After says."


class UpstreamFailed(ServiceError):
    status = 502
    code = "upstream_error"
    detail = "Notion did not answer as it should. Try again shortly."


class WriteUncertain(UpstreamFailed):
    detail = "Notion did not answer as it should. The write may have been carried out: look before you send it anew."


class UpstreamTimedOut(ServiceError):
    status = 504
    code = "upstream_timeout"
    detail = "Notion did not answer in time. A write may have been carried out."


class KeyReused(Conflict):
    code = "idempotency_key_reused"
    detail = "This Idempotency-Key was used with another body. Use a new one for each call."


class CallInProgress(Conflict):
    code = "idempotency_in_progress"
    detail = "A call with this Idempotency-Key is still under way."


class OutcomeUnknown(Conflict):
    code = "outcome_unknown"
    detail = "Whether the call with this Idempotency-Key reached Notion is not known. Look before you send it anew."


class AnswerUnreadable(OutcomeUnknown):
    detail = "Notion accepted the write, but what it answered cannot be read. Look before you send it anew."


class BodyCutShort(InvalidRequest):
    """Its caller went away, or kept us waiting for too long. Nothing was done at Notion."""

    code = "caller_gone"
    detail = "The body did not arrive whole."


class AuthorizationRenewed(TooManyRequests):
    """Told as a rate limit, since Notion's clients then send the call again by themselves, whatever its method."""

    code = "authorization_renewed"
    detail = "The connection's access had run out and was renewed. Nothing was uploaded: send it again."


class GrantNotActive(Exception):
    """Notion no longer takes its credential; only a consent helps."""


class CapabilityMissing(Exception):
    """Notion is known to withhold it from this grant."""

    def __init__(self, capability: str) -> None:
        super().__init__(capability)
        self.capability = capability


class RateLimitReached(Exception):
    """`retry_after`: in so many seconds, a call would go out at once, if nobody else calls until then."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(f"in {retry_after} s")
        self.retry_after = retry_after
