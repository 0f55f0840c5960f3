"""What the graph of a workspace is made of."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple


class NodeType(StrEnum):
    PAGE = "page"
    DATABASE = "database"
    DATA_SOURCE = "data_source"


class EdgeKind(StrEnum):
    """`child`: a page or database inside a page. `row`: a page of a data source. `source`: a data source of a database.
    `link`: link_to_page and internal URLs. `mention`: of a page or database. `relation`: with the property's name.
    """

    CHILD = "child"
    ROW = "row"
    SOURCE = "source"
    LINK = "link"
    MENTION = "mention"
    RELATION = "relation"


class GapReason(StrEnum):
    """Why something of a node could not be read."""

    UNSUPPORTED_BLOCK = "unsupported_block"  # Notion's API does not show it
    UNKNOWN_TYPE = "unknown_type"  # newer than this reader
    MALFORMED = "malformed"  # not as Notion's documentation has it
    NOT_SHARED = "not_shared"  # the connection does not see the target
    TRUNCATED = "truncated"  # more than was read: a property, a list, a page's content
    ROW_LIMIT = "row_limit"  # Notion gives 10,000 rows of a query
    FAILED = "failed"  # Notion refused or was away


class Parent(NamedTuple):
    """`type` is Notion's: workspace, page_id, block_id, database_id, data_source_id, agent_id, or one unknown here."""

    type: str
    id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Node:
    """`properties` are the values that people see, by name. Relations are not among them: they are edges."""

    id: uuid.UUID
    type: NodeType
    title: str
    url: str | None
    icon: str | None
    parent: Parent | None
    created_at: datetime | None
    edited_at: datetime | None
    in_trash: bool
    properties: Mapping[str, Any] = field(default_factory=dict)


class Edge(NamedTuple):
    kind: EdgeKind
    source: uuid.UUID
    target: uuid.UUID
    property: str = ""


class Gap(NamedTuple):
    """`node` is where it is; None when even that is unknown. `detail` is for people, and holds no content."""

    node: uuid.UUID | None
    reason: GapReason
    detail: str


class RunStatus(StrEnum):
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class RunPhase(StrEnum):
    """`search`: what Notion's search lists. `read`: what those name. `verify`: what was there before and is not met."""

    SEARCH = "search"
    READ = "read"
    VERIFY = "verify"


@dataclass(frozen=True, slots=True)
class Run:
    """One synchronization of a graph. `seen` of about `total` objects; `cursor` is where the search goes on;
    `started_by` the account that asked for it, if one did.
    """

    id: int
    graph_id: int
    grant_id: int
    workspace_id: uuid.UUID
    status: RunStatus
    phase: RunPhase
    cursor: str | None
    seen: int
    total: int
    started_at: datetime
    finished_at: datetime | None
    error: str | None
    started_by: int | None
