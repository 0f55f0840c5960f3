"""One call's view of a workspace: who asks, in which version, and what that person shared."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ivgraph_auth.core.secrets import random_uuid
from ivgraph_auth.sandbox.content.node import Json, Kind, Node, stamp
from ivgraph_auth.sandbox.content.store import Content
from ivgraph_auth.sandbox.content.text import plain
from ivgraph_auth.sandbox.instance import Sandbox
from ivgraph_auth.sandbox.models import Person
from ivgraph_auth.sandbox.state import Grant
from ivgraph_auth.sandbox.v1.refusals import RefusedError, archived, unfit

_UUID = re.compile(r"[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}")
_DATA_SOURCES, _NO_ARCHIVED = "2025-09-03", "2026-03-11"


@dataclass(frozen=True, slots=True)
class View:
    instance: Sandbox
    grant: Grant
    version: str

    @property
    def content(self) -> Content:
        return self.instance.state.content

    @property
    def with_data_sources(self) -> bool:
        return self.version >= _DATA_SOURCES

    @property
    def with_archived(self) -> bool:
        return self.version < _NO_ARCHIVED

    @property
    def bot_id(self) -> str:
        return self.instance.state.bot_id(self.grant.person, self.grant.workspace)

    @property
    def members(self) -> list[Person]:
        world = self.instance.state.world
        return [person for person in world.people if self.grant.workspace in world.workspaces_of(person)]

    def now(self) -> str:
        return stamp(self.instance.clock.now())

    def sees(self, node: Node) -> bool:
        """What stands below a shared page is shared with it."""
        if node.workspace != self.grant.workspace.key:
            return False
        return any(step.id in self.grant.pages for step in self.content.ancestry(node))

    def trashed(self, node: Node) -> bool:
        return any(step.trashed for step in self.content.ancestry(node))

    def all(self) -> Iterator[Node]:
        return (node for node in self.content.nodes(self.grant.workspace.key) if self.sees(node))

    def maybe(self, node_id: str) -> Node | None:
        node = self.content.get(node_id)
        return node if node is not None and self.sees(node) else None

    def find(self, node_id: str, *kinds: Kind, called: str) -> Node:
        """RefusedError 404 for what is not there and what is not shared alike."""
        node = self.maybe(node_id)
        if node is None or node.kind not in kinds:
            raise self.missing(called, node_id)
        return node

    def editable(self, node_id: str, *kinds: Kind, called: str) -> Node:
        node = self.find(node_id, *kinds, called=called)
        if self.trashed(node):
            raise archived()
        return node

    def missing(self, called: str, node_id: str) -> RefusedError:
        message = (
            f"Could not find {called} with ID: {node_id}. Make sure the relevant pages and databases are shared with "
            f'your integration "{self.instance.config.integration_name}".'
        )
        return RefusedError(404, "object_not_found", message, {"integration_id": self.bot_id})

    def title(self, node: Node) -> list[Json]:
        if node.kind == "page":
            found: list[Json] = next(
                each["value"] for each in node.data["properties"].values() if each["type"] == "title"
            )
            return found
        given: list[Json] = node.data.get("title", [])
        return given

    def named(self, node: Node) -> str:
        return plain(self.title(node))

    def source(self, database: Node) -> Node:
        """The one data source, which is all that versions before data sources know."""
        sources = self.content.children(database)
        if len(sources) == 1:
            return sources[0]
        more = {
            "error_type": "multiple_data_sources_for_database",
            "database_id": database.id,
            "child_data_source_ids": [source.id for source in sources],
            "minimum_api_version": _DATA_SOURCES,
        }
        message = "Databases with multiple data sources are not supported in this API version."
        raise RefusedError(400, "validation_error", message, more)

    def new(self, kind: Kind, parent: Node | None, data: Json, block_type: str = "") -> Node:
        now, bot = self.now(), self.bot_id
        above = None if parent is None else parent.id
        workspace = self.grant.workspace.key
        return Node(str(random_uuid()), kind, workspace, above, now, now, bot, bot, block_type, data)

    def edited(self, node: Node) -> None:
        """The thing and the page it stands on are as young as the change."""
        for each in {node.id: node, (holder := self.content.page_of(node)).id: holder}.values():
            each.edited, each.edited_by = self.now(), self.bot_id
            self.content.touch(each)


def dashed(text: object, where: str) -> str:
    """RefusedError 400 for anything but a lower-case UUID, with or without its dashes."""
    if not isinstance(text, str) or not _UUID.fullmatch(text):
        raise unfit(where, "a valid uuid", text)
    bare = text.replace("-", "")
    return f"{bare[:8]}-{bare[8:12]}-{bare[12:16]}-{bare[16:20]}-{bare[20:]}"
