"""Which redirect URIs an app may register, and which URI of a request is one of them (RFC 6749 §3.1.2, RFC 8252 §7).

A URI is taken apart by one strict expression, not by a lenient parser: what this and a browser could read in two ways
is no redirect URI.
"""

import re
from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

_MOST_CHARACTERS = 2000
# RFC 3986's unreserved, sub-delims and percent-encoded octets, of which none stands for a control character, a slash or
# a backslash.
_PLAIN = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%(?!2[Ff]|5[Cc]|0|1|7[Ff])[0-9A-Fa-f]{2})"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HTTP = re.compile(
    rf"(?P<scheme>https?)://(?P<host>{_LABEL}(?:\.{_LABEL})*|\[::1\])(?::(?P<port>[1-9][0-9]{{0,4}}))?"
    rf"(?P<rest>(?P<path>(?:/{_PLAIN}*)*)(?:\?(?:{_PLAIN}|[/?])*)?)"
)
# RFC 8252 §7.1: the reverse of a domain name its app has. Schemes without a dot belong to anybody, or to the browser.
_PRIVATE_USE = re.compile(
    rf"(?P<scheme>[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+):/{{0,2}}(?P<rest>{_PLAIN}*(?:/{_PLAIN}*)*(?:\?(?:{_PLAIN}|[/?])*)?)"
)
# Without a dot, and in use: each to the letter.
_KNOWN_NATIVE = frozenset({"cursor://anysphere.cursor-mcp/oauth/callback"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_MOST_PORT = 65535
_DOTS = re.compile(r"/(?:\.|%2[Ee]){1,2}(?:/|$)")
# The last label of an IPv4 address in any of its spellings, of which browsers know many.
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")


class UriType(StrEnum):
    CALLBACK = "callback"
    ORIGIN = "origin"
    LOGOUT = "logout"


class AppType(StrEnum):
    REGULAR_WEB = "regular_web"
    SPA = "spa"
    NATIVE = "native"


class UriRefused(ValueError):
    """Says why, in words for whoever registers it."""


class _Http(NamedTuple):
    scheme: str
    host: str
    port: str | None
    path: str
    rest: str


def check_redirect_uri(uri: str, uri_type: UriType, app_type: AppType) -> None:
    """Raises UriRefused."""
    if len(uri) > _MOST_CHARACTERS:
        raise UriRefused(f"It has more than {_MOST_CHARACTERS} characters.")
    if "#" in uri:
        raise UriRefused("It has a fragment (RFC 6749 §3.1.2).")
    if "*" in uri:
        raise UriRefused("It has a wildcard. Register each URI.")
    found = _http(uri)
    if found is None:
        if uri_type is UriType.ORIGIN or app_type is not AppType.NATIVE or not _is_private_use(uri):
            raise UriRefused(_refusal(uri_type, app_type))
        return
    if found.scheme == "http" and found.host not in _LOOPBACK:
        raise UriRefused("http is for localhost, 127.0.0.1 and [::1] only. Use https.")
    if uri_type is UriType.ORIGIN and (found.rest or found.host != found.host.lower() or _has_default_port(found)):
        raise UriRefused("An origin is scheme, host and port, as browsers write it: https://app.example.com.")


def is_loopback(uri: str) -> bool:
    found = _http(uri)
    return found is not None and found.scheme == "http" and found.host in _LOOPBACK


def is_private_use(uri: str) -> bool:
    return _http(uri) is None and _is_private_use(uri)


def host_of(uri: str) -> str:
    """What people are shown of it: the host, or the scheme of a private-use URI."""
    found = _http(uri)
    return found.host.lower() if found else uri.partition(":")[0]


def matches(given: str, registered: Collection[str], *, any_loopback_port: bool) -> bool:
    """To the letter (RFC 9700 §2.1), but for the port of a native app on loopback (RFC 8252 §7.3)."""
    if given in registered:
        return True
    if not any_loopback_port or len(given) > _MOST_CHARACTERS or not is_loopback(given):
        return False
    without_port = _without_port(given)
    return any(is_loopback(uri) and _without_port(uri) == without_port for uri in registered)


def _without_port(uri: str) -> tuple[str, str]:
    found = _http(uri)
    return (found.host, found.rest) if found else ("", uri)


def _http(uri: str) -> _Http | None:
    found = _HTTP.fullmatch(uri)
    if found is None or _DOTS.search(found["path"]):
        return None
    if found["port"] is not None and int(found["port"]) > _MOST_PORT:
        return None
    host = found["host"]
    if host not in _LOOPBACK and _NUMBER.fullmatch(host.rpartition(".")[2]):
        return None
    return _Http(found["scheme"], host, found["port"], found["path"], found["rest"])


def _is_private_use(uri: str) -> bool:
    if uri in _KNOWN_NATIVE:
        return True
    found = _PRIVATE_USE.fullmatch(uri)
    return found is not None and not _DOTS.search("/" + found["rest"])


def _has_default_port(found: _Http) -> bool:
    return (found.scheme, found.port) in (("http", "80"), ("https", "443"))


def _refusal(uri_type: UriType, app_type: AppType) -> str:
    if app_type is AppType.NATIVE and uri_type is not UriType.ORIGIN:
        return (
            "It is neither https, nor http on loopback, nor of a private-use scheme with a dot, such as"
            " com.example.app:/callback (RFC 8252 §7.1)."
        )
    return "It is not an https URL (or http on loopback) in plain ASCII, without user, fragment and dots in its path."
