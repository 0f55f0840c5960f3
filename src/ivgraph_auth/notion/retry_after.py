"""Retry-After (RFC 9110 §10.2.3): seconds, or a date."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_MOST = 86400
_SECONDS = re.compile(r"[0-9]+", re.ASCII)
_MOST_DIGITS = 10


def retry_after(headers: Mapping[str, str], now: datetime) -> int | None:
    """Whole seconds, at most a day and never below zero; None when there is none that makes sense. A date is held
    against the answer's own `Date`, since the clocks of two machines differ, and against `now` where there is none.
    """
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        digits = text.lstrip("0")
        return _MOST if len(digits) > _MOST_DIGITS else min(int(digits or "0"), _MOST)
    moment = _date(text)
    if moment is None:
        return None
    seconds = moment - (_date(headers.get("date", "")) or now)
    return min(max(math.ceil(seconds.total_seconds()), 0), _MOST)


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
