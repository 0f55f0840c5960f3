"""Offers to change the protocol, which Java's client and `curl --http2` make with every first request: ignored, and
the body arrives (RFC 9110 §7.8).
"""

import asyncio

import pytest

from tests.hostile.conftest import Target
from tests.hostile.wire import Answer, exchange, parse

BODY = b'{"refresh": "none"}'
REFRESH = b"POST /api/auth/refresh/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
LENGTH = b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n3\r\n" + BODY[:3] + b"\r\n10\r\n" + BODY[3:] + b"\r\n0\r\n\r\n"
TRAILED = CHUNKED[:-2] + b"X-Sum: 1\r\nUpgrade: h2c\r\n\r\n"
LIVE = b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
OFFERS = {
    "h2c": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAA\r\n",
    "websocket": b"Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Key: eA==\r\n",
    "other-case": b"CONNECTION: keep-alive,uPGRADE\r\nuPgRaDe:  TLS/1.0, h2c  \r\n",
    "twice": b"Connection: Upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n",
    "two-connections": b"Connection: keep-alive\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n",
    "no-connection": b"Upgrade: h2c\r\n",
    "expect": b"Expect: 100-continue\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n",
}
FRAMINGS = {"length": LENGTH, "chunked": CHUNKED, "trailed": TRAILED}


def assert_as_without(answers: list[Answer], requests: int) -> None:
    assert [answer.status for answer in answers] == [401] * requests + [200]
    assert all(b"token_not_valid" in answer.body for answer in answers[:-1])


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("offer", OFFERS)
async def test_an_offer_to_upgrade_is_ignored(target: Target, offer: str, framing: str) -> None:
    request = REFRESH + OFFERS[offer] + FRAMINGS[framing]
    assert_as_without(await exchange(target.port, request * 3 + LIVE), 3)
    target.assert_well()


@pytest.mark.parametrize("framing", FRAMINGS)
async def test_an_offer_that_comes_byte_by_byte(target: Target, framing: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
    for byte in (REFRESH + OFFERS["h2c"] + FRAMINGS[framing]) * 2 + LIVE:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0)
    assert_as_without(parse(await reader.read()), 2)
    writer.close()


async def test_an_offer_without_a_body_is_ignored(target: Target) -> None:
    live = LIVE.replace(b"Connection: close\r\n", OFFERS["h2c"])
    assert [answer.status for answer in await exchange(target.port, live * 3 + LIVE)] == [200] * 4


async def test_an_offer_keeps_nobody_from_closing(target: Target) -> None:
    offer = OFFERS["h2c"].replace(b"Upgrade, ", b"close, Upgrade, ")
    answers = await exchange(target.port, REFRESH + offer + LENGTH)
    assert [(answer.status, answer.headers["connection"]) for answer in answers] == [(401, "close")]


async def test_a_body_is_as_long_as_it_says_beside_an_offer(target: Target) -> None:
    """No request is made of a body, and no two lengths are taken."""
    hidden = LIVE.replace(b"Connection: close\r\n", b"")
    head = REFRESH + OFFERS["h2c"] + b"Content-Length: %d\r\n" % len(hidden)
    assert [each.status for each in await exchange(target.port, head + b"\r\n" + hidden + LIVE)] == [400, 200]
    both = head + b"Transfer-Encoding: chunked\r\n\r\n" + hidden
    assert [answer.from_below for answer in await exchange(target.port, both)] == [True]


async def test_connect_is_refused_and_nothing_behind_it_is_read(target: Target) -> None:
    tunnel = b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n"
    for first in (b"", REFRESH + LENGTH):
        answers = await exchange(target.port, first + tunnel + LIVE)
        assert [answer.status for answer in answers] == ([401, 400] if first else [400])
        assert answers[-1].from_below
    target.assert_well()
