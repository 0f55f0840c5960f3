"""What failures below mean to whoever made the call."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ivgraph_auth.connect.errors import NeedsConsent, UnknownConnection
from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.gateway.errors import (
    AnswerUnreadable,
    CapabilityMissing,
    GrantNotActive,
    MissingCapability,
    NotionSaidNo,
    OAuthExpired,
    RateLimited,
    RateLimitReached,
    UnknownTenant,
    UpstreamFailed,
    UpstreamTimedOut,
    WriteUncertain,
)
from ivgraph_auth.notion.errors import NotionError, NotionRefused, NotionTimeout, NotionUnavailable
from ivgraph_auth.notion.errors import RateLimited as NotionRateLimited
from ivgraph_auth.vault.errors import GrantGone


@contextmanager
def map_errors(reauthorize_url: Callable[[], str], *, writes: bool) -> Iterator[None]:
    """Raises errors of `errors.py` in place of those of Notion, the vault and connections. Nobody is told to try a
    write again that may have been carried out.
    """
    try:
        yield
    except (NeedsConsent, GrantNotActive) as dead:
        raise OAuthExpired(reauthorize_url()) from dead
    except (UnknownConnection, GrantGone) as gone:
        raise UnknownTenant from gone
    except CapabilityMissing as missing:
        raise MissingCapability(missing.capability) from missing
    except RateLimitReached as spent:
        raise RateLimited(retry_after=spent.retry_after) from spent
    except NotionError as failure:
        raise _of_notion(failure, writes=writes) from failure


def _of_notion(failure: NotionError, *, writes: bool) -> ServiceError:
    match failure:
        case NotionRefused():
            return NotionSaidNo(failure)
        case NotionRateLimited():
            return RateLimited(retry_after=failure.retry_after or 1)
        case NotionTimeout():
            return UpstreamTimedOut()
        case NotionUnavailable():
            return _of_an_outage(failure, writes=writes)
    return UpstreamFailed()


def _of_an_outage(failure: NotionUnavailable, *, writes: bool) -> ServiceError:
    if writes and failure.accepted:
        return AnswerUnreadable()
    if writes and not failure.answered and not failure.overloaded:
        return WriteUncertain(retry_after=failure.retry_after)
    return UpstreamFailed(retry_after=failure.retry_after)
