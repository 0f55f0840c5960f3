"""What a workspace is made of: one tree of pages, blocks, databases and data sources."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, get_args

Kind = Literal["page", "block", "database", "data_source"]
Json = dict[str, Any]


@dataclass(slots=True)
class Node:
    """One object. A page's and a block's children are what stands on it, a database's are its data sources, and a
    data source's are its rows.

    `data` holds the rest: a block's payload under its type's name; a page's `properties` by name (`{id, type, value}`),
    `icon` and `cover`; a database's `title`, `description`, `is_inline`, `icon` and `cover`; a data source's `title`,
    `description`, `icon` and its schema by name (`{id, type, config}`).
    """

    id: str
    kind: Kind
    workspace: str  # its key
    parent: str | None  # None: at the top of the workspace
    created: str
    edited: str
    created_by: str
    edited_by: str
    type: str = ""  # a block's
    data: Json = field(default_factory=dict)
    children: list[str] = field(default_factory=list)
    trashed: bool = False
    locked: bool = False
    indexed: bool = True  # False: search never finds it, as Notion's search may not

    @classmethod
    def revived(cls, raw: Json) -> "Node":
        """TypeError, KeyError or ValueError where this is not what `dump` made."""
        node = cls(**raw)
        texts = (node.id, node.workspace, node.created, node.edited, node.created_by, node.edited_by, node.type)
        if not all(isinstance(text, str) for text in texts) or node.kind not in get_args(Kind):
            raise TypeError("node")
        if not isinstance(node.data, dict) or not isinstance(node.children, list):
            raise TypeError("node")
        return node

    def dump(self) -> Json:
        return asdict(self)


@dataclass(slots=True)
class Comment:
    id: str
    discussion: str
    node: str  # the page or block it hangs on
    workspace: str
    created: str
    edited: str
    author: str
    rich_text: list[Json]
    by_bot: bool = False
    attachments: list[str] = field(default_factory=list)  # ids of file uploads

    @classmethod
    def revived(cls, raw: Json) -> "Comment":
        comment = cls(**raw)
        if not isinstance(comment.rich_text, list) or not isinstance(comment.node, str):
            raise TypeError("comment")
        return comment

    def dump(self) -> Json:
        return asdict(self)


def stamp(moment: datetime) -> str:
    """Notion's times are told to the minute."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:00.000Z")
