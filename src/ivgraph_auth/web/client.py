"""Where a request came from."""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.core.secrets import random_hex

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Headers = Sequence[tuple[bytes, bytes]]

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_MOST_USER_AGENT = 300


def header_of(headers: Headers, name: bytes) -> bytes | None:
    """The first of that name. As Starlette's Headers, which costs ten times as much."""
    for key, value in headers:
        if key == name:
            return value
    return None


def client_of(headers: Headers, peer: str | None, trusted: Sequence[Network]) -> ClientInfo:
    given = (header_of(headers, b"x-request-id") or b"").decode("latin-1")
    agent = header_of(headers, b"user-agent")
    return ClientInfo(
        request_id=given if _REQUEST_ID.fullmatch(given) else random_hex(32),
        address=_address(headers, peer, trusted) if trusted else peer,
        user_agent=_printable(agent) if agent else None,
    )


def is_trusted(address: str | None, trusted: Iterable[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    return any(parsed in network for network in trusted)


@lru_cache(maxsize=1000)
def _printable(agent: bytes) -> str:
    return "".join(filter(str.isprintable, agent.decode("latin-1")))[:_MOST_USER_AGENT]


def _address(headers: Headers, peer: str | None, trusted: Sequence[Network]) -> str | None:
    """The peer, or behind trusted proxies the right-most forwarded entry that is not one of them."""
    address = peer
    forwarded = b",".join(value for name, value in headers if name == b"x-forwarded-for").decode("latin-1").split(",")
    while is_trusted(address, trusted) and forwarded:
        entry = forwarded.pop().strip()
        try:
            address = str(ipaddress.ip_address(entry))
        except ValueError:
            break
    return address
