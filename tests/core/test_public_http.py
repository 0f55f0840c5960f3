"""Calls to hosts that strangers name. How documents are fetched by it is in tests/provider."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ivgraph_auth.core.http import UpstreamError
from ivgraph_auth.core.public_http import AddressRefused, PublicHttp, is_public
from tests.provider.documents import ADDRESS, HOST, Hosts, answer, run_hosts


@pytest.fixture
async def hosts(tmp_path: Path) -> AsyncIterator[Hosts]:
    async with run_hosts(tmp_path) as hosts:
        yield hosts


@pytest.fixture
async def http() -> AsyncIterator[PublicHttp]:
    made = PublicHttp()
    client = made.client
    yield made
    await client.close()
    await made.close()


async def get(http: PublicHttp, url: str = f"https://{HOST}/x") -> bytes:
    return (await http.get(url, deadline=5, max_bytes=1000)).body


def found(*addresses: str) -> Any:
    return lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::6810:84e5", "2a00:1450:4001:82a::200e"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


async def test_what_the_system_resolves_is_checked(http: PublicHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    for addresses in (["127.0.0.1"], [ADDRESS, "10.0.0.1"], ["fe80::1%2"], []):
        monkeypatch.setattr(socket, "getaddrinfo", found(*addresses))
        with pytest.raises(AddressRefused):
            await get(http)


async def test_what_the_system_resolves_is_reached_at_443(
    http: PublicHttp, hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", found(ADDRESS, ADDRESS))
    assert http.place(ADDRESS) == (ADDRESS, 443)
    assert hosts.client
    client, http.client, http.place = http.client, hosts.client, hosts.place
    hosts.answers["/x?y=%41"] = answer(b"{}")
    assert await get(http, f"https://{HOST}/x?y=%41") == b"{}"
    # As it was written, and by its name.
    assert (hosts.asked, hosts.reached) == ([(HOST, "/x?y=%41")], [ADDRESS])
    await client.close()


async def test_a_host_that_is_nowhere(http: PublicHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(AddressRefused):
        await get(http)


async def test_hosts_at_one_address_share_no_connection(http: PublicHttp, hosts: Hosts) -> None:
    """Else the second would be asked on a connection whose server had proven to be the first."""
    hosts.lead(http)
    hosts.answers["/x"] = answer(b"{}")
    assert await get(http) == b"{}"
    for _ in range(2):
        with pytest.raises(UpstreamError):
            await get(http, "https://unproven.example.com/x")
    assert hosts.asked == [(HOST, "/x")]


async def test_nobody_is_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    http = PublicHttp()
    http.resolve = None  # type: ignore[assignment]
    with pytest.raises(AddressRefused, match="proxy"):
        await get(http)
    await http.close()
