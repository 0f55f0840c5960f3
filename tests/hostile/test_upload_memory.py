"""Parts of files, several at once: they pass through, and are not held."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.hostile.conftest import Target

pytestmark = pytest.mark.slow

PART = 20 * 1024 * 1024
AT_ONCE = 6
ROUNDS = 3
_HEAD = (
    b'--b\r\nContent-Disposition: form-data; name="part_number"\r\n\r\n%d\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
)
_END = b"\r\n--b--\r\n"
_PIECE = b"x" * 64 * 1024


async def body(head: bytes) -> AsyncIterator[bytes]:
    yield head
    for _ in range(PART // len(_PIECE)):
        yield _PIECE
    yield _END


async def send(client: httpx.AsyncClient, upload: str, number: int) -> None:
    head = _HEAD % number
    length = {"Content-Length": str(len(head) + PART + len(_END))}
    headers = {**length, "Content-Type": "multipart/form-data; boundary=b", "X-Ivgraph-Timeout": "300"}
    answer = await client.post(f"/notion/v1/file_uploads/{upload}/send", content=body(head), headers=headers)
    assert answer.status_code == 200, answer.text


async def send_all(client: httpx.AsyncClient, target: Target) -> int:
    """All parts of a file at once; the most memory that was held meanwhile."""
    about = {"mode": "multi_part", "filename": "a.txt", "number_of_parts": AT_ONCE}
    made = (await client.post("/notion/v1/file_uploads", json=about)).json()["id"]
    parts = asyncio.gather(*(send(client, made, number) for number in range(1, AT_ONCE + 1)))
    most = 0
    while not parts.done():
        await asyncio.wait({parts}, timeout=0.05)
        most = max(most, target.resident)
    await parts
    done = await client.post(f"/notion/v1/file_uploads/{made}/complete")
    assert done.json()["content_length"] == AT_ONCE * PART
    return most


async def test_memory_stays_flat_while_large_parts_pass(target: Target) -> None:
    headers = {
        "Authorization": f"Bearer {target.ada.access}",
        "X-Ivgraph-Workspace": target.ada.me["workspaces"][0]["id"],
    }
    async with httpx.AsyncClient(base_url=target.url, headers=headers, timeout=300) as client:
        assert (await client.get("/notion/v1/users/me")).status_code == 200
        before = target.resident
        most = [await send_all(client, target) for _ in range(ROUNDS)]
    print([held >> 20 for held in (before, *most)], "MiB")  # noqa: T201 -- for who reads along
    # Less than one of the six parts, and no more with each round.
    assert max(most) < before + PART
    target.assert_well()
