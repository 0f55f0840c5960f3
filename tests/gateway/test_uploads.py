"""File uploads on the drop-in address: passed on while they arrive, once, and never held."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from ivgraph_auth.notion.streamed_body import StreamedBody
from ivgraph_auth.sandbox.content.lighthouse import ROADMAP
from ivgraph_auth.sandbox.held import FileUpload
from tests.gateway.kit import Agent, refusal_of
from tests.support.service import Json, run_server

MEBIBYTE = 1024 * 1024
MOST = 20 * MEBIBYTE
TEXT = b"The lamp was lit at dusk."
AROUND = 64 * 1024


async def begin(agent: Agent, **more: Json) -> str:
    made = await agent.notion("POST", "file_uploads", json={"filename": "lamp.txt", **more})
    assert made.status_code == 200, made.text
    found: str = made.json()["id"]
    return found


async def send(agent: Agent, upload: str, content: bytes = TEXT, **how: Json) -> httpx.Response:
    """`how`: `part_number`, and what a call takes."""
    fields = {"part_number": str(how.pop("part_number"))} if "part_number" in how else {}
    return await agent.notion(
        "POST", f"file_uploads/{upload}/send", files={"file": ("lamp.txt", content, "text/plain")}, data=fields, **how
    )


def stored(agent: Agent, upload: str) -> FileUpload:
    return agent.service.sandbox.instance.stored.uploads[upload]


async def test_a_file_is_made_sent_and_put_on_a_page(agent: Agent) -> None:
    upload = await begin(agent)
    sent = await send(agent, upload)
    assert sent.status_code == 200, sent.text
    assert (sent.json()["status"], sent.json()["content_length"]) == ("uploaded", len(TEXT))
    assert sent.headers["x-ivgraph-budget-remaining"] == "28"
    assert stored(agent, upload).read() == TEXT
    found = await agent.notion("GET", "file_uploads", params={"status": "uploaded"})
    assert [each["id"] for each in found.json()["results"]] == [upload]
    assert (await agent.notion("GET", f"file_uploads/{upload}")).json()["filename"] == "lamp.txt"
    block = {"file": {"file_upload": {"id": upload}}}
    put = await agent.notion("PATCH", f"blocks/{ROADMAP}/children", json={"children": [block]})
    assert put.status_code == 200, put.text
    assert put.json()["results"][-1]["file"]["type"] == "file"
    trail = [(row["operation"], row["outcome"]) for row in await agent.trail()]
    assert trail[:2] == [("notion.createFileUpload", "success"), ("notion.sendFileUpload", "success")]


async def test_a_file_in_parts(agent: Agent) -> None:
    """They may come in any order; the last one may be small."""
    upload = await begin(agent, mode="multi_part", number_of_parts=2)
    first, last = b"a" * 5 * MEBIBYTE, b"b"
    assert (await send(agent, upload, last, part_number=2)).json()["number_of_parts"] == {"total": 2, "sent": 1}
    early = await agent.notion("POST", f"file_uploads/{upload}/complete")
    assert refusal_of(early) == (400, "validation_error")
    assert (await send(agent, upload, first, part_number=1)).json()["status"] == "pending"
    done = await agent.notion("POST", f"file_uploads/{upload}/complete")
    assert (done.json()["status"], done.json()["content_length"]) == ("uploaded", 5 * MEBIBYTE + 1)
    assert stored(agent, upload).read() == first + last


async def pieces(size: int, asked: list[int]) -> AsyncIterator[bytes]:
    """A body of so many bytes; `asked` grows with what was taken of it."""
    while size > 0:
        piece = min(size, MEBIBYTE)
        asked.append(piece)
        yield b"x" * piece
        size -= piece


async def test_a_body_that_says_it_is_too_long_is_not_read(agent: Agent) -> None:
    upload = await begin(agent)
    agent.forget()
    asked: list[int] = []
    size = MOST + AROUND + 1
    headers = {"Content-Length": str(size), "Content-Type": "multipart/form-data; boundary=b"}
    path = f"file_uploads/{upload}/send"
    answer = await agent.notion("POST", path, content=pieces(size, asked), headers=headers)
    assert refusal_of(answer) == (400, "validation_error")
    assert asked == []
    assert agent.asked() == []
    # Elsewhere a mebibyte is the most, as before.
    elsewhere = await agent.notion("POST", "file_uploads", content=b"x" * (MEBIBYTE + 1))
    assert refusal_of(elsewhere) == (400, "validation_error")


async def test_a_body_of_no_length_is_cut_where_it_is_too_long(agent: Agent) -> None:
    upload = await begin(agent)
    asked: list[int] = []
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    path = f"file_uploads/{upload}/send"
    answer = await agent.notion("POST", path, content=pieces(2 * MOST, asked), headers=headers)
    assert refusal_of(answer) == (400, "validation_error")
    assert sum(asked) < MOST + 2 * MEBIBYTE
    assert (await agent.trail())[-1]["outcome"] == "content_too_large"
    assert stored(agent, upload).sent == {}


async def test_what_a_token_may_not_do_is_refused_before_a_byte_is_read(agent: Agent) -> None:
    upload = await begin(agent)
    reader = await Agent.of(agent.service, agent.owner, "notion:read", "notion:comment")
    asked: list[int] = []
    path = f"file_uploads/{upload}/send"
    answer = await reader.notion("POST", path, content=pieces(MEBIBYTE, asked))
    assert refusal_of(answer) == (403, "restricted_resource")
    assert asked == []


@pytest.mark.slow
@pytest.mark.parametrize("status", [429, 500, 503])
async def test_there_is_one_attempt(agent: Agent, status: int) -> None:
    upload = await begin(agent)
    agent.forget()
    agent.fault(f"/v1/file_uploads/{upload}/send", "status", status=status, retry_after=0)
    assert (await send(agent, upload)).status_code == status
    assert agent.asked() == [f"POST /v1/file_uploads/{upload}/send"]
    assert (await send(agent, upload)).status_code == 200


async def test_an_access_token_that_ran_out_is_renewed_and_the_part_is_sent_again_by_its_caller(agent: Agent) -> None:
    upload = await begin(agent)
    agent.service.sandbox.instance.state.expire_access_tokens()
    answer = await send(agent, upload)
    # Both of Notion's clients send it again after a 429, whatever its method.
    assert refusal_of(answer) == (429, "rate_limited")
    assert answer.headers["retry-after"] == "1"
    assert "send it again" in answer.json()["message"]
    assert (await send(agent, upload)).status_code == 200
    assert [row["outcome"] for row in await agent.trail()] == ["success", "authorization_renewed", "success"]


@pytest.mark.slow
async def test_a_notion_that_hangs_is_waited_for_as_long_as_the_caller_says(agent: Agent) -> None:
    upload = await begin(agent)
    agent.fault(f"/v1/file_uploads/{upload}/send", "hang")
    answer = await send(agent, upload, headers={"X-Ivgraph-Timeout": "1"})
    assert refusal_of(answer) == (504, "gateway_timeout")
    for seconds, status in (("300", 200), ("301", 400)):
        again = await begin(agent)
        assert (await send(agent, again, headers={"X-Ivgraph-Timeout": seconds})).status_code == status


# Under a key


async def test_the_same_file_under_the_same_key_is_sent_once(agent: Agent) -> None:
    """Its boundary is another each time."""
    upload = await begin(agent)
    key = {"Idempotency-Key": "lamp"}
    first = await send(agent, upload, headers=key)
    agent.forget()
    again = await send(agent, upload, headers=key)
    assert (again.status_code, again.json()) == (200, first.json())
    assert agent.asked() == []
    other = await send(agent, upload, b"Another file.", headers=key)
    assert refusal_of(other) == (409, "conflict_error")
    assert [row["outcome"] for row in await agent.trail()][-2:] == ["repeated", "idempotency_key_reused"]


async def test_another_part_under_the_same_key_is_refused(agent: Agent) -> None:
    upload = await begin(agent, mode="multi_part", number_of_parts=2)
    key = {"Idempotency-Key": "part"}
    content = b"c" * 5 * MEBIBYTE
    assert (await send(agent, upload, content, part_number=1, headers=key)).status_code == 200
    assert refusal_of(await send(agent, upload, content, part_number=2, headers=key)) == (409, "conflict_error")
    assert list(stored(agent, upload).sent) == [1]


async def test_a_key_is_free_again_when_the_file_was_refused(agent: Agent) -> None:
    upload = await begin(agent)
    key = {"Idempotency-Key": "refused"}
    agent.fault(f"/v1/file_uploads/{upload}/send", "status", status=400, code="validation_error")
    assert (await send(agent, upload, headers=key)).status_code == 400
    assert (await send(agent, upload, headers=key)).status_code == 200


# On the wire


@pytest.fixture
async def port(agent: Agent) -> AsyncIterator[int]:
    async with run_server(agent.service.app) as url:
        yield int(url.rpartition(":")[2])


async def begin_on_wire(
    agent: Agent, port: int, upload: str, *more: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A part of which the first bytes have been sent, and no more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = (
        f"POST /notion/v1/file_uploads/{upload}/send HTTP/1.1",
        "Host: a",
        *(f"{name}: {value}" for name, value in agent.headers.items()),
        "Content-Type: multipart/form-data; boundary=b",
        "Content-Length: 1000000",
        *more,
        "",
        "--b\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\nxx",
    )
    writer.write("\r\n".join(lines).encode())
    await writer.drain()
    return reader, writer


async def until_recorded(agent: Agent, count: int) -> list[Json]:
    while len(trail := await agent.trail()) < count or trail[-1]["outcome"] == "started":  # noqa: ASYNC110 -- no event
        await asyncio.sleep(0)
    return trail


async def test_a_caller_that_goes_away_leaves_nothing_behind(agent: Agent, port: int) -> None:
    upload = await begin(agent)
    for _ in range(21):
        _, writer = await begin_on_wire(agent, port, upload)
        writer.transport.abort()
    trail = await until_recorded(agent, 22)
    assert {row["outcome"] for row in trail[1:]} <= {"caller_gone"}
    assert stored(agent, upload).sent == {}
    # More than an account has at once were begun: none of them has kept its place.
    assert (await send(agent, upload)).status_code == 200


@pytest.mark.slow
async def test_a_caller_that_drips_is_told_that_it_is_late(agent: Agent, port: int) -> None:
    upload = await begin(agent)
    reader, writer = await begin_on_wire(agent, port, upload, "X-Ivgraph-Timeout: 1")
    assert (await reader.readline()).startswith(b"HTTP/1.1 504 ")
    writer.transport.abort()
    assert (await agent.trail())[-1]["outcome"] == "upstream_timeout"


async def test_an_account_has_some_under_way_and_no_more(agent: Agent, port: int) -> None:
    upload = await begin(agent)
    slow = [await begin_on_wire(agent, port, upload) for _ in range(21)]
    # Whoever came last, one of them is told at once.
    first, _ = await asyncio.wait(
        {asyncio.ensure_future(reader.readline()) for reader, _ in slow}, return_when=asyncio.FIRST_COMPLETED
    )
    assert {each.result()[:13] for each in first} == {b"HTTP/1.1 429 "}
    assert "too_many_streams" in {row["outcome"] for row in await agent.trail()}
    for _, writer in slow:
        writer.transport.abort()


async def test_the_boundary_does_not_count_wherever_the_pieces_are_cut() -> None:
    async def digest(boundary: str, size: int) -> str:
        body = f"--{boundary}\r\n\r\nabc--\r\n--{boundary}--\r\n".encode()
        cut = [body[at : at + size] for at in range(0, len(body), size)]

        async def chunks() -> AsyncIterator[bytes]:
            for chunk in cut:
                yield chunk

        streamed = StreamedBody(chunks(), length=None, content_type=f'multipart/form-data; boundary="{boundary}"')
        await streamed.drain()
        return streamed.digest

    every = {await digest(boundary, size) for boundary in ("aaaa", "a-b-a-b", "x" * 70) for size in range(1, 90)}
    assert len(every) == 1
