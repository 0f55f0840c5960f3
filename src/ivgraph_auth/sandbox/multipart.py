"""Bodies of `multipart/form-data` (RFC 7578): written to disk as they arrive, and taken apart there."""

import mmap
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser

from ivgraph_auth.sandbox.held import Bytes, DiskFile

MOST_FILE_BYTES = 20 * 1024 * 1024
_MOST_AROUND = 64 * 1024
_BOUNDARY = re.compile(rb"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_MOST_TEXT = 1024


class BadFormError(Exception):
    """It is none, or one of its parts is not well formed."""


class FormTooLargeError(Exception):
    pass


@dataclass(frozen=True, slots=True)
class FormFile:
    filename: str | None
    content_type: str | None
    content: Bytes


@dataclass(frozen=True, slots=True)
class Form:
    texts: dict[str, str] = field(default_factory=dict)
    files: dict[str, FormFile] = field(default_factory=dict)


async def read_form(content_type: str, chunks: AsyncIterator[bytes]) -> Form:
    """Raises BadFormError, FormTooLargeError: for a file, or all of them, of more than 20 MiB."""
    boundary = _boundary(content_type)
    file = DiskFile()
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size <= MOST_FILE_BYTES + _MOST_AROUND:
            file.write(chunk)
    if size > MOST_FILE_BYTES + _MOST_AROUND:
        raise FormTooLargeError
    return _take_apart(file, boundary)


def _boundary(content_type: str) -> bytes:
    head = Message()
    head["content-type"] = content_type
    boundary = (head.get_boundary() or "").encode("latin-1", "replace")
    if head.get_content_type() != "multipart/form-data" or not _BOUNDARY.fullmatch(boundary):
        raise BadFormError
    return boundary


def _take_apart(file: DiskFile, boundary: bytes) -> Form:
    form = Form()
    if file.size == 0:
        raise BadFormError
    with mmap.mmap(file.descriptor, 0, access=mmap.ACCESS_READ) as text:
        for head, start, end in _parts(text, b"--" + boundary):
            name = head.get_param("name", header="content-disposition")
            if not isinstance(name, str):
                raise BadFormError
            if head.get_filename() is None:
                form.texts[name] = text[start : min(end, start + _MOST_TEXT)].decode("utf-8", "replace")
            else:
                kind = head.get_content_type() if "content-type" in head else None
                form.files[name] = FormFile(head.get_filename() or None, kind, Bytes(file, start, end - start))
    if any(each.content.size > MOST_FILE_BYTES for each in form.files.values()):
        raise FormTooLargeError
    return form


def _parts(text: mmap.mmap, delimiter: bytes) -> Iterator[tuple[Message, int, int]]:
    """The head of each, and where its content begins and ends."""
    at = text.find(delimiter)
    while True:
        if at < 0:
            raise BadFormError
        at += len(delimiter)
        if text[at : at + 2] == b"--":
            return
        end_of_head = text.find(b"\r\n\r\n", at)
        start = end_of_head + 4
        end = text.find(b"\r\n" + delimiter, start - 2)
        if end_of_head < 0 or end < 0:
            raise BadFormError
        yield BytesHeaderParser().parsebytes(text[at + 2 : start]), start, max(start, end)
        at = end + 2
