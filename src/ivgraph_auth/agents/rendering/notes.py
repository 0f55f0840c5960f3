"""How fresh an answer is and what it lacks, in one line; nothing where there is nothing to tell."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from ivgraph_auth.graph.models import Gap

_MOST = 3


def moment(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%dT%H:%MZ") if at else "never"


def waiting_note(names: Sequence[str]) -> str:
    """Of workspaces of which nothing, or not all, has been read."""
    return f"Not read yet, or not all: {', '.join(names)}." if names else ""


def gaps_note(gaps: Iterable[Gap]) -> str:
    """Of a page's content; `detail` holds no content."""
    told = list(dict.fromkeys(gap.detail for gap in gaps))
    return f"Left out: {' '.join(told[:_MOST])}" + (" …" if len(told) > _MOST else "") if told else ""


def go_on(cursor: str | None, what: str) -> str:
    """How to go on, where there is more: with the cursor itself, for who reads the text alone."""
    return f"{what} Call again with cursor: {cursor}" if cursor else ""
