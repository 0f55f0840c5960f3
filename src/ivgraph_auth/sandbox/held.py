"""What the sandbox holds beside pages and blocks: file uploads, views, their queries, async tasks. None of it is in the
state file: it lives as long as the process.
"""

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from tempfile import TemporaryFile

from ivgraph_auth.sandbox.content.node import Json

UPLOAD_LIFETIME = timedelta(hours=1)
QUERY_LIFETIME = timedelta(minutes=15)
_IMPORTED_BYTES = 1024  # nothing is fetched here


class DiskFile:
    """Bytes on the disk of this machine, without a name, for as long as somebody holds this."""

    def __init__(self) -> None:
        with TemporaryFile() as file:
            self.descriptor = os.dup(file.fileno())
        self.size = 0

    def __del__(self) -> None:
        os.close(self.descriptor)

    def write(self, data: bytes) -> None:
        self.size += os.pwrite(self.descriptor, data, self.size)


@dataclass(frozen=True, slots=True)
class Bytes:
    """A piece of one."""

    file: DiskFile = field(repr=False)
    start: int
    size: int

    def read(self) -> bytes:
        return os.pread(self.file.descriptor, self.size, self.start)


@dataclass(slots=True)
class FileUpload:
    """`parts` is None unless it comes in several."""

    id: str
    bot: str
    mode: str
    filename: str | None
    content_type: str | None
    parts: int | None
    created: datetime
    edited: datetime
    sent: dict[int, Bytes] = field(default_factory=dict)
    imported: datetime | None = None  # from somewhere else
    complete: bool = False
    attached: bool = False

    def status(self, now: datetime) -> str:
        if self.complete:
            return "uploaded"
        return "expired" if now >= self.created + UPLOAD_LIFETIME else "pending"

    @property
    def size(self) -> int | None:
        if self.imported is not None:
            return _IMPORTED_BYTES
        return sum(each.size for each in self.sent.values()) if self.complete else None

    def read(self) -> bytes:
        """All of it, the parts in their order."""
        return b"".join(self.sent[number].read() for number in sorted(self.sent))


@dataclass(slots=True)
class DatabaseView:
    """`data` holds what callers set: `filter`, `sorts`, `quick_filters`, `configuration`."""

    id: str
    database: str
    source: str
    name: str
    type: str
    created: datetime
    edited: datetime
    created_by: str
    edited_by: str
    data: Json


@dataclass(frozen=True, slots=True)
class ViewQuery:
    id: str
    view: str
    rows: tuple[str, ...]
    whole: bool  # False: there were more than are ever told
    expires: datetime


@dataclass(slots=True)
class AsyncTask:
    """Done when it is made. That is told by the second look, so that whoever waits has to wait."""

    id: str
    bot: str
    operation: str
    created: datetime
    result: Json
    looks: int = 0


@dataclass(slots=True)
class Held:
    uploads: dict[str, FileUpload] = field(default_factory=dict)
    views: dict[str, DatabaseView] = field(default_factory=dict)
    with_views: set[str] = field(default_factory=set)  # the databases that have been given their first view
    queries: dict[str, ViewQuery] = field(default_factory=dict)
    tasks: dict[str, AsyncTask] = field(default_factory=dict)
