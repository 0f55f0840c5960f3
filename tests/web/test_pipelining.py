"""Requests that are sent without waiting for answers: all are answered, in order, and few of them wait in memory."""

import asyncio
import socket

import pytest

from tests.hostile.wire import parse
from tests.web.conftest import PATIENCE, App, served, until


def get(path: str, *more: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: a", *more, "", ""]).encode()


def post(path: str, body: bytes, *, chunked: bool = False) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\n".encode()
    if chunked:
        return head + b"Transfer-Encoding: chunked\r\n\r\n%b0\r\n\r\n" % (
            b"%x\r\n%b\r\n" % (len(body), body) if body else b""
        )
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


async def answers_to(port: int, app: App, *pieces: bytes) -> list[tuple[int, bytes]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    app.goes.set()

    async def send() -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    async with asyncio.timeout(PATIENCE):
        _, received = await asyncio.gather(send(), reader.read())
    writer.close()
    return [(answer.status, answer.body.rstrip()) for answer in parse(received)]


@pytest.mark.parametrize("step", [1, 7, 100_000])
async def test_all_are_answered_in_order_one_at_a_time(step: int) -> None:
    app = App()
    bodies = [b"", b"{}", b"\r\n\r\n" * 5, b"GET /hidden HTTP/1.1\r\n\r\n", b"x" * 3_000]
    requests = [post(f"/{n}", bodies[n % 5], chunked=n % 2 == 0) if n % 3 else get(f"/{n}") for n in range(60)]
    text = b"".join(requests) + get("/last", "Connection: close")
    expected = [(200, f"POST /{n} ".encode() + bodies[n % 5] if n % 3 else f"GET /{n}".encode()) for n in range(60)]
    async with served(app) as port:
        found = await answers_to(port, app, *(text[at : at + step] for at in range(0, len(text), step)))
    assert found == [(status, body.rstrip()) for status, body in expected] + [(200, b"GET /last")]
    assert app.most_running == 1


async def test_a_client_that_pipelines_without_end_is_not_read() -> None:
    """The first is not answered: what the kernel has no room for stays with the client."""
    app = App()
    async with served(app) as port:
        with socket.create_connection(("127.0.0.1", port)) as flood:
            flood.setblocking(False)
            request, sent, refused = get("/flood") * 1_000, 0, 0
            while refused < 50:
                try:
                    sent += flood.send(request)
                    refused = 0
                except BlockingIOError:
                    refused += 1
                await asyncio.sleep(0.001)
                assert sent < 64 * 1024 * 1024, "it reads on and on"
            assert app.begun == ["/flood"]


@pytest.mark.slow
async def test_a_client_that_never_reads_its_answers_is_not_read_for_ever() -> None:
    app = App(size=50_000)
    app.goes.set()
    async with served(app) as port:
        with socket.create_connection(("127.0.0.1", port)) as flood:
            flood.setblocking(False)
            request, refused = get("/flood") * 100, 0
            while refused < 50:
                try:
                    flood.send(request)
                    refused = 0
                except BlockingIOError:
                    refused += 1
                await asyncio.sleep(0.001)
            # As many as the kernel keeps for the client, and the one that waits.
            assert len(app.answered) * app.size < 32 * 1024 * 1024


@pytest.mark.parametrize(
    "bad", [b"\x00\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"]
)
async def test_what_is_no_request_waits_for_the_answers_before_it(bad: bytes) -> None:
    app = App()
    async with served(app) as port:
        for first in (get("/one") + get("/two"), post("/one", b"x") + post("/two", b"y")):
            found = await answers_to(port, app, first + bad + get("/never"))
            assert [status for status, _ in found] == [200, 200, 400]
    assert "/never" not in app.begun


async def test_a_trailer_is_no_header() -> None:
    app = App()
    request = b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n"
    async with served(app) as port:
        await answers_to(port, app, request + get("/b", "Connection: close"))
    assert app.headers[0] == [(b"transfer-encoding", b"chunked")]


async def test_the_one_under_way_learns_that_its_client_has_gone() -> None:
    """Also when another one waits behind it."""
    app = App()
    async with served(app) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post("/one", b"x") + get("/two"))
        await writer.drain()
        await until(lambda: app.begun == ["/one"])
        writer.transport.abort()
        app.goes.set()
        await until(lambda: not app.running)
