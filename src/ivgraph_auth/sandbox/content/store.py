"""The content of all workspaces, as it was made and as it was changed since."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ivgraph_auth.sandbox.content.changes import Changes
from ivgraph_auth.sandbox.content.node import Comment, Json, Node


class Content:
    """`changed` is called after every change, and after it `noticed` with what the change made; what differs from the
    sample content is what `dump` tells.
    """

    def __init__(self, nodes: list[Node], comments: list[Comment], changed: Callable[[], None]) -> None:
        self._nodes = {node.id: node for node in nodes}
        self._comments = {comment.id: comment for comment in comments}
        self._touched: set[str] = set()
        self._changed = changed
        self.noticed: Callable[[Changes], None] | None = None

    def get(self, node_id: str | None) -> Node | None:
        return None if node_id is None else self._nodes.get(node_id)

    def __getitem__(self, node_id: str) -> Node:
        return self._nodes[node_id]

    def nodes(self, workspace: str) -> Iterator[Node]:
        return (node for node in self._nodes.values() if node.workspace == workspace)

    def children(self, node: Node) -> list[Node]:
        """Those that are not in the trash, in their order."""
        found = [self._nodes[child] for child in node.children]
        return [child for child in found if not child.trashed]

    def ancestry(self, node: Node) -> Iterator[Node]:
        """The node and all above it, up to the top of the workspace."""
        step: Node | None = node
        while step is not None:
            yield step
            step = self.get(step.parent)

    def page_of(self, node: Node) -> Node:
        """The page, database or data source on which something stands; itself where it is one."""
        return next(step for step in self.ancestry(node) if step.kind != "block")

    def comment(self, comment_id: str) -> Comment | None:
        return self._comments.get(comment_id)

    def comments_on(self, node_id: str) -> list[Comment]:
        return [comment for comment in self._comments.values() if comment.node == node_id]

    def discussion(self, discussion_id: str) -> Comment | None:
        return next((each for each in self._comments.values() if each.discussion == discussion_id), None)

    def add(self, node: Node, index: int | None = None) -> None:
        """At `index` among its siblings, or after them."""
        self._nodes[node.id] = node
        self.touch(node)
        parent = self.get(node.parent)
        if parent is not None:
            parent.children.insert(len(parent.children) if index is None else index, node.id)
            self.touch(parent)

    def move(self, node: Node, parent: Node | None) -> None:
        old = self.get(node.parent)
        if old is not None:
            old.children.remove(node.id)
            self.touch(old)
        node.parent = None if parent is None else parent.id
        if parent is not None:
            parent.children.append(node.id)
            self.touch(parent)
        self.touch(node)

    def say(self, comment: Comment) -> None:
        self._comments[comment.id] = comment
        self._touched.add(comment.id)

    def retract(self, comment: Comment) -> None:
        """It stays away over a restart unless it is one of the sample content."""
        del self._comments[comment.id]

    def touch(self, node: Node) -> None:
        self._touched.add(node.id)

    @contextmanager
    def change(self) -> Iterator[None]:
        """All of it, or where an error is raised nothing."""
        kept = copy.deepcopy((self._nodes, self._comments, self._touched))
        try:
            yield
        except BaseException:
            self._nodes, self._comments, self._touched = kept
            raise
        self._changed()
        if self.noticed is not None:
            self.noticed(Changes.between(kept[:2], (self._nodes, self._comments)))

    def dump(self) -> Json:
        return {
            "nodes": [node.dump() for node in self._nodes.values() if node.id in self._touched],
            "comments": [comment.dump() for comment in self._comments.values() if comment.id in self._touched],
        }

    def restore(self, raw: Json) -> None:
        """ValueError, KeyError or TypeError where this is not what `dump` made."""
        nodes = [Node.revived(each) for each in raw["nodes"]]
        comments = [Comment.revived(each) for each in raw["comments"]]
        self._nodes |= {node.id: node for node in nodes}
        self._comments |= {comment.id: comment for comment in comments}
        self._touched = {node.id for node in nodes} | {comment.id for comment in comments}
        missing = [child for node in nodes for child in node.children if child not in self._nodes]
        strays = [node.id for node in nodes if node.parent is not None and node.parent not in self._nodes]
        if missing or strays:
            raise ValueError("content")
