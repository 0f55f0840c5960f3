"""Retry-After (RFC 9110 §10.2.3): seconds, or a date."""

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_MOST = 86400
_SECONDS = re.compile(r"[0-9]{1,9}")


def retry_after(header: str | None, now: datetime) -> int | None:
    """Whole seconds from now, at most a day; None when there is none that makes sense."""
    text = (header or "").strip()
    if _SECONDS.fullmatch(text):
        return min(int(text), _MOST)
    try:
        moment = parsedate_to_datetime(text)
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    except (ValueError, OverflowError):
        return None
    return min(max(math.ceil(seconds.total_seconds()), 0), _MOST)
