"""What is special about a route, declared where the route is defined, and the table in which it is looked up once."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol, runtime_checkable

from starlette.routing import compile_path

from ivgraph_auth.core.principal import Principal

KIBIBYTE = 1024


class ErrorForm(StrEnum):
    """What an error looks like."""

    PROBLEM = "problem"  # RFC 9457
    PAGE = "page"  # for a browser; a problem for everybody else
    TOOL = "tool"
    NOTION = "notion"
    OAUTH = "oauth"  # RFC 6749
    MCP = "mcp"  # JSON-RPC 2.0


class CrossOrigin(StrEnum):
    """Which pages of other origins may call (Fetch standard, CORS)."""

    NONE = "none"
    ALLOWED_ORIGINS = "allowed_origins"
    ANY = "any"


class RateLimit(StrEnum):
    """What counts against the attempts of an address in a minute."""

    START = "start"  # every request
    FAILURE = "failure"  # those that fail


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePolicy:
    """`body_limit` is in bytes.

    `fast`: answered without the framework's solving of dependencies; see `fast_routes.py`.
    `popup`: may be opened in a popup by a page of another origin. `Cross-Origin-Opener-Policy: same-origin` would cut
    that window from its opener for good, and one answer on the way that says so is enough.
    `safe_get`: GET changes nothing (RFC 9110 §9.2.1), so that HEAD may be answered as GET would be.
    `plain_http`: answered over http too where https is required.
    `streamed`: the route reads its body while it arrives, and passes it on.
    """

    errors: ErrorForm = ErrorForm.PAGE
    body_limit: int = 64 * KIBIBYTE
    cross_origin: CrossOrigin = CrossOrigin.NONE
    rate_limit: RateLimit | None = None
    fast: bool = False
    popup: bool = False
    safe_get: bool = True
    plain_http: bool = False
    streamed: bool = False


PAGE = RoutePolicy()
API = RoutePolicy(errors=ErrorForm.PROBLEM, cross_origin=CrossOrigin.ALLOWED_ORIGINS)
WELL_KNOWN = RoutePolicy(cross_origin=CrossOrigin.ANY)
OAUTH = RoutePolicy(errors=ErrorForm.OAUTH, cross_origin=CrossOrigin.ALLOWED_ORIGINS)
HEALTH = RoutePolicy(plain_http=True)
TOOL = RoutePolicy(
    errors=ErrorForm.TOOL, body_limit=1024 * KIBIBYTE, cross_origin=CrossOrigin.ALLOWED_ORIGINS, fast=True
)
# Not limited per address: whoever guesses signatures must not lock Notion out, which may come by the same proxy.
WEBHOOK = RoutePolicy(errors=ErrorForm.PROBLEM, body_limit=1024 * KIBIBYTE)
MCP = RoutePolicy(errors=ErrorForm.MCP, body_limit=1024 * KIBIBYTE, cross_origin=CrossOrigin.ALLOWED_ORIGINS, fast=True)
NOTION = RoutePolicy(errors=ErrorForm.NOTION, body_limit=1024 * KIBIBYTE)
# Notion's own figure for a file, or a part of one; and what a multipart body has around it.
NOTION_UPLOAD = replace(NOTION, body_limit=20 * 1024 * KIBIBYTE + 64 * KIBIBYTE, streamed=True)


@dataclass(frozen=True, slots=True)
class Exempt:
    """A call below a prefix for which something else holds. `path` is a pattern for the whole path as it came."""

    method: str
    path: bytes
    policy: RoutePolicy


@dataclass(frozen=True, slots=True)
class Area:
    """What holds below a prefix for paths at which no route is, but for the `exempt` ones. `template` stands for all of
    them in metrics.
    """

    prefix: str
    policy: RoutePolicy
    template: str = "none"
    exempt: tuple[Exempt, ...] = ()


@runtime_checkable
class RouteCheck(Protocol):
    """Who may call a route. `rule` is a sentence."""

    rule: str

    def check(self, principal: Principal) -> None:
        """Raises WrongCredentialKind, InsufficientScope, InsufficientRole."""


@dataclass(slots=True)
class RouteRow:
    """One path. `template` is the path as the contract writes it. A method without a check is for everybody."""

    template: str
    policies: dict[str, RoutePolicy] = field(default_factory=dict)
    checks: dict[str, RouteCheck] = field(default_factory=dict)

    @property
    def methods(self) -> frozenset[str]:
        return frozenset(self.policies)

    def policy(self, method: str) -> RoutePolicy:
        """For another method than those it answers to: that of the first one."""
        return self.policies.get(method) or next(iter(self.policies.values()))


@dataclass(frozen=True, slots=True)
class FoundRoute:
    template: str
    policy: RoutePolicy
    methods: frozenset[str] = frozenset()
    check: RouteCheck | None = None


class RouteTable:
    """`rows` by path as it is asked for, with and without the closing slash; the first of the `areas` that fits counts.

    The drop-in's area is found by the path as it came: what is decoded could be read in two ways.
    """

    def __init__(self, rows: Mapping[str, RouteRow], areas: Iterable[Area], drop_in: Area) -> None:
        self._rows = rows
        self._patterns = [(compile_path(path)[0], row) for path, row in rows.items() if "{" in path]
        self._areas = [(area.prefix, FoundRoute(area.template, area.policy)) for area in areas]
        self._drop_in = FoundRoute(drop_in.template, drop_in.policy)
        self._exempt = [
            (item.method, re.compile(item.path), FoundRoute(drop_in.template, item.policy)) for item in drop_in.exempt
        ]
        self._drop_in_prefix = drop_in.prefix.encode()
        self._known = {
            (method, path): FoundRoute(row.template, row.policy(method), row.methods, row.checks.get(method))
            for path, row in rows.items()
            if "{" not in path
            for method in row.policies
        }

    def find(self, method: str, path: str, raw_path: bytes) -> FoundRoute:
        if self.is_drop_in(raw_path):
            return self._find_below_drop_in(method, raw_path)
        known = self._known.get((method, path))
        if known is not None:
            return known
        row = self._row(path)
        if row is not None:
            return FoundRoute(row.template, row.policy(method), row.methods, row.checks.get(method))
        return next((found for prefix, found in self._areas if path.startswith(prefix)), _NOWHERE)

    def _find_below_drop_in(self, method: str, raw_path: bytes) -> FoundRoute:
        fitting = (
            found for its_method, path, found in self._exempt if its_method == method and path.fullmatch(raw_path)
        )
        return next(fitting, self._drop_in)

    def is_drop_in(self, raw_path: bytes) -> bool:
        prefix = self._drop_in_prefix
        return raw_path.startswith(prefix) and raw_path[len(prefix) : len(prefix) + 1] in (b"", b"/")

    def _row(self, path: str) -> RouteRow | None:
        if path in self._rows:
            return self._rows[path]
        return next((row for pattern, row in self._patterns if pattern.match(path)), None)


_NOWHERE = FoundRoute("none", PAGE)
