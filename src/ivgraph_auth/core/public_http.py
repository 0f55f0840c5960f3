"""GET from a host that a stranger has named: by https, at a public address, and at the very address that was checked.

A name is resolved once, so that it cannot be another address by the time of the connection (DNS rebinding).
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from ivgraph_auth.core.http import Answer, HttpClient, UpstreamError, UpstreamTimeoutError
from ivgraph_auth.core.proxies import Proxies
from ivgraph_auth.core.variables import variables

_PORT = 443
_MOST_ADDRESSES = 4
_AT_ONCE = 20
# Its own few threads: resolvers that hang keep nobody waiting but those who ask here.
_RESOLVING_THREADS = 4
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_SPECIAL = tuple(
    ipaddress.ip_network(block)
    for block in (
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # relays of 6to4
        "168.63.129.16/32",  # a cloud's own services, which every machine in it can reach
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: holds an IPv4 address, whichever
        "3fff::/20",  # documentation
    )
)

Resolve = Callable[[str], Awaitable[Sequence[str]]]


class AddressRefused(UpstreamError):
    """The host is not one of the public internet, or cannot be found there."""


def is_public(text: str) -> bool:
    """Whether an address is one that anybody on the internet could reach; no other form of an IPv4 address is."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if any(address in block for block in _SPECIAL if block.version == address.version):
        return False
    if isinstance(address, ipaddress.IPv6Address) and (address.scope_id or address not in _GLOBAL_UNICAST):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


class PublicHttp:
    """`resolve` answers the addresses of a host; `place` where an address that was checked is connected to. Tests put
    their own there, and a `client` that trusts their authority.
    """

    def __init__(self, client: HttpClient | None = None) -> None:
        self.client = client or HttpClient(connections=_AT_ONCE)
        self.resolve: Resolve = self._resolve
        self.place: Callable[[str], tuple[str, int]] = _at_https
        self._behind_proxy = bool(Proxies.of(variables()).for_call("https", "example.com", _PORT))
        self._threads = ThreadPoolExecutor(_RESOLVING_THREADS, thread_name_prefix="resolve")

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        await self.client.close()

    async def get(self, url: str, *, deadline: float, max_bytes: int) -> Answer:
        """`deadline`, in seconds, covers finding the host too. The answer is the first one, a redirect as well.

        Raises AddressRefused, UpstreamTimeoutError, UpstreamError.
        """
        if self._behind_proxy:
            # It would resolve the name once more, and go wherever it likes.
            raise AddressRefused("Strangers' hosts are not asked through a proxy.")
        try:
            async with asyncio.timeout(deadline):
                return await self._get(url, deadline, max_bytes)
        except TimeoutError:
            raise UpstreamTimeoutError(f"No whole answer within {deadline:g} s.") from None

    async def _get(self, url: str, deadline: float, max_bytes: int) -> Answer:
        parts = urlsplit(url)
        addresses = list(dict.fromkeys(await self.resolve(parts.hostname or "")))
        if not addresses or not all(map(is_public, addresses)):
            raise AddressRefused("Its host has no public address, or not only such.")
        target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}".encode("ascii")
        failure: UpstreamError | None = None
        for address in addresses[:_MOST_ADDRESSES]:
            try:
                return await self.client.request(
                    "GET", url, target=target, place=self.place(address), deadline=deadline, max_bytes=max_bytes
                )
            except UpstreamTimeoutError:
                raise
            except UpstreamError as problem:
                failure = problem
        raise failure or AddressRefused("Its host has no address.")

    async def _resolve(self, host: str) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(
                self._threads, lambda: socket.getaddrinfo(host, _PORT, type=socket.SOCK_STREAM)
            )
        except OSError:
            raise AddressRefused("Its host cannot be found.") from None
        return [str(sockaddr[0]) for *_, sockaddr in found]


def _at_https(address: str) -> tuple[str, int]:
    return address, _PORT
