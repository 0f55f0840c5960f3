"""HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY: which way a call goes out."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from ivgraph_auth.core.environment import check_host, split_list
from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.urls import is_loopback_host

_SCHEMES = ("http", "https", "all")
VARIABLES = tuple(form for name in (*_SCHEMES, "no") for form in (f"{name}_proxy", f"{name}_proxy".upper()))
_ENTRY = re.compile(r"(?:\*?\.)?(?P<host>\[[^\]]*\]|[^:]*)(?::(?P<port>\d+))?")


@dataclass(frozen=True, slots=True)
class Proxies:
    """`by_scheme` holds URLs, with `all` for what has none of its own; `exceptions` are NO_PROXY's."""

    by_scheme: Mapping[str, str]
    exceptions: tuple[str, ...]

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Raises ConfigurationError, naming the variable."""
        found = {}
        for scheme in _SCHEMES:
            name = _name(environment, f"{scheme}_proxy")
            if value := environment.get(name, "").strip():
                found[scheme] = _check(name, value)
        return cls(found, tuple(split_list(environment.get(_name(environment, "no_proxy"), "").lower())))

    def for_call(self, scheme: str, host: str, port: int) -> str | None:
        """The proxy's URL; None: straight. What lies on this machine needs no proxy."""
        if is_loopback_host(host) or any(_covers(entry, host.lower(), port) for entry in self.exceptions):
            return None
        return self.by_scheme.get(scheme, self.by_scheme.get("all"))


def _name(environment: Mapping[str, str], name: str) -> str:
    """As everywhere, the lower-case form wins."""
    return name if name in environment else name.upper()


def _check(name: str, value: str) -> str:
    url = value if "://" in value else f"http://{value}"
    if url.lower().startswith("socks"):
        raise ConfigurationError(
            f"{name} names a SOCKS proxy, which this service cannot use. Name an http:// proxy there, or unset it."
        )
    try:
        scheme = urlsplit(check_host(url)).scheme
    except ValueError:
        scheme = ""
    if scheme not in ("http", "https") or not url.isascii() or not url.isprintable():
        # Without the value, which may hold a password.
        raise ConfigurationError(f"{name} is no URL of a proxy. Write http://proxy.example:3128 there, or unset it.")
    return url


def _covers(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        pass
    found = _ENTRY.fullmatch(entry)
    if found is None or (found["port"] and int(found["port"]) != port):
        return False
    named = found["host"].strip("[]")
    return bool(named) and (host == named or host.endswith(f".{named}"))
