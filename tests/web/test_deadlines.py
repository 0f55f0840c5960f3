"""Connections that say nothing, or take nothing, end by themselves; those that move do not."""

import asyncio
import socket
from itertools import repeat

import pytest

from ivgraph_auth.web.deadlines import Watch
from tests.hostile.wire import Answer, parse
from tests.web.conftest import LOOK, PATIENCE, SOON, App, served, until
from tests.web.test_pipelining import get, post

POST = b"POST /one HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
CHUNKED = b"POST /one HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
DRIPS = LOOK  # seconds between two bytes


async def end_of(port: int, *said: bytes, drip: bytes = b"") -> list[Answer]:
    """What the server says until it hangs up, while one byte after the other comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def dripping() -> None:
        for _ in repeat(None) if drip else ():
            writer.write(drip)
            await asyncio.sleep(DRIPS)

    for piece in said:
        writer.write(piece)
    task = asyncio.create_task(dripping())
    try:
        async with asyncio.timeout(PATIENCE):
            received = await reader.read()
    except ConnectionResetError:
        received = b""
    finally:
        task.cancel()
        writer.transport.abort()
    return parse(received)


async def test_a_head_that_does_not_end_is_told_so() -> None:
    app = App()
    heads = [(b"GET / HT", b""), (b"GET / HTTP/1.1\r\nX: ", b"x"), (b"GET /", b"x"), (b"P", b"")]
    async with served(app, head=SOON) as port:
        found = await asyncio.gather(*(end_of(port, said, drip=drip) for said, drip in heads))
    for (answer,) in found:
        assert (answer.status, answer.headers["connection"], answer.media_type) == (408, "close", "text/plain")
    assert len(found) == len(heads)
    assert app.begun == []


async def test_a_connection_that_never_asks_is_closed() -> None:
    """Silent, or with nothing but empty lines."""
    async with served(App(), head=SOON) as port:
        assert await asyncio.gather(*(end_of(port, drip=drip) for drip in (b"", b"\r\n"))) == [[], []]


async def test_the_second_head_has_its_deadline_and_the_first_answer_is_not_lost() -> None:
    app = App()
    app.goes.set()
    async with served(app, head=SOON) as port:
        assert [answer.status for answer in await end_of(port, get("/one"), b"GET /tw")] == [200, 408]


async def test_a_half_head_waits_for_the_answer_before_it() -> None:
    """The request under way is not told off for the one behind it."""
    app = App()
    async with served(app, head=SOON) as port:
        asyncio.get_running_loop().call_later(2 * SOON, app.goes.set)
        answers = await end_of(port, post("/one", b"x"), b"GET /tw")
    assert [answer.status for answer in answers] == [200, 408]
    assert app.answered == ["/one"]


async def test_a_body_that_stalls_is_told_so_and_its_application_let_go() -> None:
    app = App()
    heads = [POST, CHUNKED, CHUNKED + b"ff\r\nx", POST + b"x"]
    async with served(app, body_stall=SOON) as port:
        found = await asyncio.gather(*(end_of(port, head) for head in heads))
        await until(lambda: len(app.gone) == len(heads))
    assert [[answer.status for answer in answers] for answers in found] == [[408]] * len(heads)
    assert app.gone == ["/one"] * len(heads)


async def test_a_body_that_drips_for_ever_ends_too() -> None:
    app = App()
    async with served(app, body=SOON) as port:
        assert [answer.status for answer in await end_of(port, CHUNKED, drip=b"1\r\nx\r\n")] == [408]


async def test_the_rest_of_a_body_that_was_answered_is_not_waited_for() -> None:
    app = App()
    app.goes.set()
    async with served(app, body_stall=SOON) as port:
        answers = await end_of(port, POST.replace(b"/one", b"/unread"))
    assert [answer.status for answer in answers] == [200]


@pytest.mark.slow
async def test_a_slow_body_that_moves_arrives() -> None:
    """Slower in all than what may pass between two pieces, which come a tenth of that apart."""
    app = App()
    app.goes.set()
    stall = 1.2
    async with served(app, body_stall=stall, head=stall, keep_alive=stall) as port:
        loop = asyncio.get_running_loop()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(CHUNKED.replace(b"/one", b"/slow"))
        end = loop.time() + 1.5 * stall
        while loop.time() < end:
            writer.write(b"1\r\nx\r\n")
            await asyncio.sleep(stall / 10)
        writer.write(b"0\r\n\r\n")
        async with asyncio.timeout(PATIENCE):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        writer.close()


@pytest.mark.slow
async def test_an_application_may_take_its_time() -> None:
    app = App()
    short = dict.fromkeys(("head", "keep_alive", "body_stall", "body", "answer_stall", "answer"), SOON)
    requests = [get("/one"), post("/one", b"x"), b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"]
    async with served(app, **short) as port:
        asyncio.get_running_loop().call_later(3 * SOON, app.goes.set)
        for answers in await asyncio.gather(*(end_of(port, request) for request in requests)):
            assert [answer.status for answer in answers] == [200]


async def test_an_idle_connection_is_kept_for_so_long_and_then_closed() -> None:
    app = App()
    app.goes.set()
    async with served(app, keep_alive=SOON) as port:
        assert [answer.status for answer in await end_of(port, get("/one"), get("/two"))] == [200, 200]


@pytest.mark.slow
@pytest.mark.parametrize("limit", ["answer_stall", "answer"])
@pytest.mark.parametrize("close", [(), ("Connection: close",)], ids=["kept", "closing"])
async def test_an_answer_that_nobody_takes_is_given_up(limit: str, close: tuple[str, ...]) -> None:
    app = App(size=64 * 1024 * 1024)
    app.goes.set()
    async with served(app, **{limit: SOON}) as port:
        with socket.create_connection(("127.0.0.1", port)) as deaf:
            deaf.setblocking(False)
            deaf.sendall(get("/large", *close) + get("/two"))
            await until(lambda: app.answered and not is_connected(port))
            await until(lambda: not app.running)


def is_connected(port: int) -> bool:
    """As the server sees it: what the kernel still has for the client says nothing."""
    return any(each.server[1] == port for server in Watch._of for each in server.connections)  # type: ignore[union-attr,index]


@pytest.mark.slow
async def test_an_answer_that_is_taken_slowly_arrives() -> None:
    """Slower in all than the deadline; every pause between two readings is a tenth of it."""
    app = App(size=32 * 1024 * 1024)
    app.goes.set()
    stall = 1.2
    async with served(app, answer_stall=stall) as port:
        loop = asyncio.get_running_loop()
        with socket.create_connection(("127.0.0.1", port)) as slow:
            slow.setblocking(False)
            slow.sendall(get("/large", "Connection: close"))
            begun = loop.time()
            received = bytearray()
            async with asyncio.timeout(PATIENCE):
                while piece := await loop.sock_recv(slow, 1024 * 1024):
                    received += piece
                    if loop.time() - begun < 1.5 * stall:
                        # The server still has some of it to give.
                        assert is_connected(port)
                        await asyncio.sleep(stall / 10)
    assert loop.time() - begun > stall
    assert len(parse(bytes(received))[0].body) > app.size
