"""Which way a call goes out, by the environment alone; and what no call could use is refused by name."""

import asyncio
from pathlib import Path

import pytest

from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.http import AUTHORITIES, HttpClient, UpstreamError, check_environment
from ivgraph_auth.core.proxies import VARIABLES


@pytest.fixture(autouse=True)
def _nothing_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", [name for name in VARIABLES if name.lower() != "no_proxy"])
@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("socks5://hush:hush@proxy.test:1080", "SOCKS"),
        ("socks5h://proxy.test", "SOCKS"),
        ("socks://proxy.test:1080", "SOCKS"),
        ("ftp://hush@proxy.test", "no URL of a proxy"),
        ("http://", "no URL of a proxy"),
        ("http://hush:port", "no URL of a proxy"),
        ("http://[::1", "no URL of a proxy"),
        ("http://hüsh.test", "no URL of a proxy"),
        ("://", "no URL of a proxy"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(name, value)
    for work in (check_environment, HttpClient):
        with pytest.raises(ConfigurationError, match=rf"^{name} .*{says}") as refusal:
            work()
        assert "hush" not in refusal.value.detail


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SSL_CERT_FILE", "/nonexistent"),
        ("SSL_CERT_FILE", __file__),
        ("SSL_CERT_FILE", "/"),
        ("SSL_CERT_DIR", "/nonexistent"),
    ],
)
def test_authorities_that_cannot_be_read_are_refused_by_their_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    for each in AUTHORITIES:
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=rf"^{name} "):
        check_environment()


async def call(url: str) -> None:
    client = HttpClient()
    try:
        await client.request("GET", url, deadline=5.0)
    finally:
        await client.close()


@pytest.mark.parametrize(
    ("variables", "proxied"),
    [
        ({"HTTP_PROXY": "{}"}, True),
        ({"http_proxy": "{}"}, True),
        ({"ALL_PROXY": "{}"}, True),
        ({"all_proxy": "{}", "HTTP_PROXY": ""}, True),
        ({"HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "{}"}, True),
        ({"HTTPS_PROXY": "{}"}, False),
        ({"HTTP_PROXY": "{}", "NO_PROXY": "*"}, False),
        ({"HTTP_PROXY": "{}", "NO_PROXY": "elsewhere, .invalid"}, False),
        ({"HTTP_PROXY": "{}", "NO_PROXY": "notion.invalid:8080"}, True),
        ({"HTTP_PROXY": "{}", "NO_PROXY": "otion.invalid"}, True),
        # httpx itself ends in a traceback at these.
        ({"HTTP_PROXY": "{}", "NO_PROXY": "[::1],[fe80::/10,::/129, ,<local>"}, True),
        ({"HTTP_PROXY": "{}", "no_proxy": "notion.invalid", "NO_PROXY": ""}, False),
    ],
)
async def test_a_call_takes_the_way_that_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], *, proxied: bool
) -> None:
    asked: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        writer.close()

    async with await asyncio.start_server(proxy, "127.0.0.1", 0) as server:
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for name, value in variables.items():
            monkeypatch.setenv(name, value.format(address))
        if proxied:
            await call("http://notion.invalid/v1")
            assert asked == [b"GET http://notion.invalid/v1 HTTP/1.1"]
        else:
            with pytest.raises(UpstreamError):
                await call("http://notion.invalid/v1")
            assert asked == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_what_lies_on_this_machine_needs_no_proxy(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        writer.close()

    asked: list[bytes] = []
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        await call(f"http://{host}:{server.sockets[0].getsockname()[1]}/here")
    assert asked == [b"GET /here HTTP/1.1"]


async def test_no_credential_of_a_netrc_goes_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    heads: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        writer.close()

    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password hush\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        await call(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    assert b"authorization" not in heads[0].lower()
