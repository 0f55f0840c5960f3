"""The state file: JSON, mode 0600, replaced in one step. It holds digests of tokens, never tokens, but for one: the
verification token of webhooks, with which whatever is sent is signed.
"""

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from ivgraph_auth.sandbox.content.node import Json

_FORMAT = 1


class StateFileError(Exception):
    """The state file cannot be read as one, or was written for something else."""


@dataclass(frozen=True, slots=True)
class GrantRecord:
    person: str
    workspace: str
    pages: tuple[str, ...]
    access: str | None
    refresh: str | None
    issued_ms: int


@dataclass(frozen=True, slots=True)
class Saved:
    grants: list[GrantRecord]
    content: Json | None  # what was written to the workspaces, as `Content.dump` tells it
    subscription: Json | None = None  # to webhooks, as `Subscription.dump` tells it


def load(path: Path, client_id: str) -> Saved:
    """Nothing where there is no file yet; StateFileError for anything that is not our own."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return Saved([], None)
    except (OSError, UnicodeDecodeError) as error:
        raise StateFileError(f"the sandbox's state file {path} cannot be read: {error}") from error
    try:
        document = json.loads(text)
        if document["format"] != _FORMAT:
            raise StateFileError(f"the sandbox's state file {path} has a format that is not known here")
        owner, records = document["client_id"], [_record(each) for each in document["grants"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise damaged(path) from error
    if owner != client_id:
        raise StateFileError(f"the sandbox's state file {path} was written for another client_id; name another file")
    return Saved(records, document.get("content"), document.get("webhooks"))


def damaged(path: Path) -> StateFileError:
    return StateFileError(f"the sandbox's state file {path} is damaged; delete it to start afresh")


def save(path: Path, client_id: str, saved: Saved) -> None:
    document: Json = {"format": _FORMAT, "client_id": client_id, "grants": [asdict(grant) for grant in saved.grants]}
    if saved.content is not None:
        document["content"] = saved.content
    if saved.subscription is not None:
        document["webhooks"] = saved.subscription
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mkstemp makes it 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _record(raw: dict[str, object]) -> GrantRecord:
    pages = raw["pages"]
    if not isinstance(pages, list):
        raise TypeError("pages")
    return GrantRecord(
        person=_text(raw["person"]),
        workspace=_text(raw["workspace"]),
        pages=tuple(_text(page) for page in pages),
        access=_text_or_none(raw["access"]),
        refresh=_text_or_none(raw["refresh"]),
        issued_ms=_whole(raw["issued_ms"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("number")
    return value
