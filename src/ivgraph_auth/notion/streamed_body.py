"""A body that is passed on to Notion while it arrives: once, and never held whole."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, nullcontext

_BOUNDARY = re.compile(r"""boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))""", re.IGNORECASE)


class StreamedBody:
    """`length` is what its sender declared, in bytes; None where it did not. `ended` is set once all of it was read.
    `place` is held while it is passed on, and may raise.

    `digest` is of what was read so far. The boundary of a multipart body (RFC 2046 §5.1.1) is another in every attempt,
    so it does not count: the same files and fields have the same digest.
    """

    def __init__(
        self,
        chunks: AsyncIterator[bytes],
        *,
        length: int | None,
        content_type: str | None,
        place: AbstractContextManager[object] | None = None,
    ) -> None:
        self.length = length
        self.place = place or nullcontext()
        self.begun = False
        self.ended = asyncio.Event()
        self._chunks = chunks
        self._hash = hashlib.sha256()
        found = _BOUNDARY.search(content_type or "")
        self._boundary = (found[1] or found[2]).encode("latin-1") if found else b""
        self._tail = b""

    def __repr__(self) -> str:
        return f"StreamedBody(length={self.length})"

    async def read(self) -> AsyncIterator[bytes]:
        """Its pieces, as they come. Raises what its source raises."""
        self.begun = True
        async for chunk in self._chunks:
            self._count(chunk)
            yield chunk
        self._hash.update(self._tail)
        self._tail = b""
        self.ended.set()

    async def drain(self) -> None:
        """Reads it for its digest alone."""
        async for _ in self.read():
            pass

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def _count(self, chunk: bytes) -> None:
        if not self._boundary:
            self._hash.update(chunk)
            return
        # A line end in its place, which no boundary holds: what stands around it never becomes one.
        text = (self._tail + chunk).replace(self._boundary, b"\n")
        # In the last bytes a boundary may begin that the next piece ends.
        sure = max(0, len(text) - len(self._boundary) + 1)
        self._hash.update(text[:sure])
        self._tail = text[sure:]
