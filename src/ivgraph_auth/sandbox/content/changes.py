"""What one change made of the content: each thing as it was and as it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ivgraph_auth.sandbox.content.node import Comment, Node


class NodeChange(NamedTuple):
    before: Node | None  # None: it is new
    after: Node


class CommentChange(NamedTuple):
    before: Comment | None
    after: Comment | None  # None: it is gone


@dataclass(frozen=True, slots=True)
class Changes:
    nodes: list[NodeChange]
    comments: list[CommentChange]

    @classmethod
    def between(
        cls,
        old: tuple[Mapping[str, Node], Mapping[str, Comment]],
        new: tuple[Mapping[str, Node], Mapping[str, Comment]],
    ) -> "Changes":
        (old_nodes, old_comments), (new_nodes, new_comments) = old, new
        nodes = [NodeChange(old_nodes.get(key), node) for key, node in new_nodes.items() if old_nodes.get(key) != node]
        keys = dict.fromkeys([*old_comments, *new_comments])
        pairs = [CommentChange(old_comments.get(key), new_comments.get(key)) for key in keys]
        return cls(nodes, [pair for pair in pairs if pair.before != pair.after])
