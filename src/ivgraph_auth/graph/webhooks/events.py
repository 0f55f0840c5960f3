"""The body of a webhook, as little or wrong as it may be: whatever it is, something comes out and nothing is raised."""

import json
import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ivgraph_auth.core.secrets import Secret, sha256
from ivgraph_auth.core.urls import parse_notion_id
from ivgraph_auth.graph.models import NodeType
from ivgraph_auth.graph.reader.readings import Child
from ivgraph_auth.graph.webhooks.models import EventOutcome, WebhookEvent

# What the types of Notion's own client have (api-endpoints/webhooks.d.ts, version 2026-03-11).
_ACTIONS = {
    "page": (
        "content_updated created deleted locked moved properties_updated transcription_block.transcript_deleted "
        "undeleted unlocked"
    ),
    "database": "content_updated created deleted moved schema_updated undeleted",
    "data_source": "content_updated created deleted moved schema_updated undeleted",
    "comment": "created deleted updated",
    "view": "created deleted updated",
    "file_upload": "completed created expired upload_failed",
}
KNOWN_TYPES = frozenset(f"{thing}.{action}" for thing, actions in _ACTIONS.items() for action in actions.split())
_NODE_TYPES = frozenset(each.value for each in NodeType)
_LISTS = frozenset({NodeType.DATABASE, NodeType.DATA_SOURCE})
_TYPE = re.compile(r"[a-z_.]{1,80}")
_TOKEN = re.compile(r"[\x21-\x7e]{16,256}")
_LARGEST_HANDSHAKE = 4096
_MOST_INSIDE = 100
_MOST_READERS = 1000


def read_handshake(body: bytes) -> Secret | None:
    """The verification token of a new subscription, where the body holds that and nothing else."""
    value = _parse(body) if len(body) <= _LARGEST_HANDSHAKE else None
    token = value.get("verification_token") if isinstance(value, Mapping) and len(value) == 1 else None
    return Secret(token) if isinstance(token, str) and _TOKEN.fullmatch(token) else None


def read_event(body: bytes) -> WebhookEvent:
    """One without an id of its own has the digest of its body."""
    value = _parse(body)
    found: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    kind = found.get("type")
    kind = kind if isinstance(kind, str) and _TYPE.fullmatch(kind) else ""
    event_id = _read_id(found.get("id"))
    thing = kind.partition(".")[0]
    if event_id is None or not kind:
        return WebhookEvent(event_id or _digest_id(body), kind, EventOutcome.MALFORMED)
    if kind not in KNOWN_TYPES:
        return WebhookEvent(event_id, kind, EventOutcome.UNKNOWN)
    workspace_id = _read_id(found.get("workspace_id"))
    if thing not in _NODE_TYPES:
        return WebhookEvent(event_id, kind, EventOutcome.IGNORED, workspace_id=workspace_id)
    entity = _read_id(_member(found, "entity").get("id"))
    if entity is None or workspace_id is None:
        return WebhookEvent(event_id, kind, EventOutcome.MALFORMED)
    # The entity's own type may be `block` for a database: the event's name says what it is.
    of = NodeType(thing)
    return WebhookEvent(
        id=event_id,
        type=kind,
        outcome=EventOutcome.MARKED,
        sent_at=_read_time(found.get("timestamp")),
        workspace_id=workspace_id,
        entity=Child(entity, of),
        inside=_read_inside(_member(found, "data").get("updated_blocks")) if of in _LISTS else (),
        readers=_read_readers(found.get("accessible_by")),
        deleted=kind.endswith(".deleted"),
    )


def _parse(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _member(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, Mapping) else {}


def _read_id(value: object) -> uuid.UUID | None:
    return parse_notion_id(value) if isinstance(value, str) else None


def _read_time(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _read_inside(value: object) -> tuple[Child, ...]:
    """Rows of a data source, or data sources of a database; blocks are read with their page."""
    items = value[:_MOST_INSIDE] if isinstance(value, list) else []
    found = ((_read_id(item.get("id")), item.get("type")) for item in items if isinstance(item, Mapping))
    return tuple(
        Child(each, NodeType(kind))
        for each, kind in found
        if each is not None and isinstance(kind, str) and kind in _NODE_TYPES
    )


def _read_readers(value: object) -> frozenset[uuid.UUID] | None:
    items = value[:_MOST_READERS] if isinstance(value, list) else []
    ids = (_read_id(item.get("id")) for item in items if isinstance(item, Mapping))
    return frozenset(each for each in ids if each is not None) or None


def _digest_id(body: bytes) -> uuid.UUID:
    return uuid.UUID(bytes=sha256(body.decode("latin-1"))[:16], version=5)
