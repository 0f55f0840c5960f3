"""How commands write to a terminal, a pipe or a file."""

from datetime import datetime

from ivgraph_auth.core.clock import rfc3339


def say(line: str) -> None:
    """At once: whoever reads a pipe must not wait until it is full."""
    print(line, flush=True)


def printable(text: str | None) -> str:
    """People choose their names; a terminal must not obey them, nor a list fall apart."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text or "-")


def time_or_dash(moment: datetime | None) -> str:
    return rfc3339(moment) if moment else "-"
