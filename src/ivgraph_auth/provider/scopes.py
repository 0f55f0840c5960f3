"""Scopes of apps: OpenID Connect's four, and those of service tokens (RFC 6749 §3.3)."""

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from ivgraph_auth.core.principal import AccountSnapshot, Scope
from ivgraph_auth.provider.errors import InvalidScope

OPENID, PROFILE, EMAIL, OFFLINE_ACCESS = STANDARD = ("openid", "profile", "email", "offline_access")
SCOPES = (*STANDARD, *(scope.value for scope in Scope))
# What the consent page says of each.
WORDS = {
    OPENID: "Know that it is you",
    PROFILE: "See your name and picture",
    EMAIL: "See your e-mail address",
    OFFLINE_ACCESS: "Stay connected while you are away",
    Scope.GRAPH_SEARCH.value: "Search the titles of your pages",
    Scope.GRAPH_READ.value: "Read your pages, and how they change",
    Scope.GRAPH_NEIGHBORS.value: "Follow the links between your pages",
    Scope.NOTION_READ.value: "Read in Notion",
    Scope.NOTION_WRITE.value: "Write in Notion",
    Scope.NOTION_COMMENT.value: "Write and change comments in Notion",
    Scope.NOTION_CONNECT.value: "Connect Notion workspaces",
}
# What an app that nobody has verified is given only by people who tick it themselves.
NEVER_TICKED = frozenset({Scope.NOTION_WRITE.value, Scope.NOTION_COMMENT.value, Scope.NOTION_CONNECT.value})
_NAME = r"[\x21\x23-\x5b\x5d-\x7e]+"
_FORM = re.compile(rf"{_NAME}(?: {_NAME})*")


class ScopeChoice(NamedTuple):
    """One of those that a person is asked for; `ticked` beforehand, or not."""

    scope: str
    words: str
    ticked: bool


def choices(scopes: Iterable[str], *, verified: bool) -> list[ScopeChoice]:
    """As every page asks that lets an app in, which somebody has `verified` or nobody has."""
    return [ScopeChoice(scope, WORDS[scope], verified or scope not in NEVER_TICKED) for scope in scopes]


def split_scope(text: str) -> tuple[str, ...] | None:
    """The scopes of a `scope` parameter, each once; None when it is none."""
    return tuple(dict.fromkeys(text.split(" "))) if _FORM.fullmatch(text) else None


def narrow_scopes(text: str | None, held: tuple[str, ...]) -> tuple[str, ...]:
    """RFC 6749 §6: what a `scope` parameter asks for, of what there is; without one all of it. Raises InvalidScope."""
    if text is None:
        return held
    asked = split_scope(text)
    if asked is None or not set(asked) <= set(held):
        raise InvalidScope
    return asked


def in_order(scopes: Iterable[str]) -> tuple[str, ...]:
    """Those that there are, as they are listed everywhere."""
    held = set(scopes)
    return tuple(scope for scope in SCOPES if scope in held)


def cap(scopes: Collection[str], snapshot: AccountSnapshot) -> tuple[str, ...]:
    """What of them the role of their person allows now."""
    return in_order(scope for scope in scopes if scope in STANDARD or scope in snapshot.scopes)


def of_api(scopes: Iterable[str]) -> tuple[Scope, ...]:
    """Those that the API knows."""
    return tuple(Scope(scope) for scope in scopes if scope not in STANDARD)
