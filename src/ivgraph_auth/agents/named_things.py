"""People by their names and pages by their titles, where a property takes ids."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ivgraph_auth.agents.arguments import read_reference
from ivgraph_auth.agents.models import ToolCaller
from ivgraph_auth.agents.objects import people_ids
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.agents.writing.properties import find_column
from ivgraph_auth.gateway.recorded_call import RecordedCall
from ivgraph_auth.graph.json_values import as_id, as_name, member
from ivgraph_auth.graph.models import NodeType
from ivgraph_auth.graph.service import SearchQuery

_MOST_ALIKE = 50
_PEOPLE = ("people", "created_by", "last_edited_by")
_RELATION = "relation"


@dataclass(frozen=True, slots=True)
class NamedThings:
    """As the connection of `call` sees them: people at Notion, pages in the graph."""

    box: Toolbox
    caller: ToolCaller
    call: RecordedCall

    async def with_ids(self, given: Mapping[str, Any], columns: Mapping[str, Any]) -> dict[str, Any]:
        """Values of properties by name, with ids in place of names where one alone is called so."""
        found = dict(given)
        for name, value in given.items():
            column = columns.get(find_column(name, columns) or "")
            kind = as_name(member(column, "type"))
            if kind in (*_PEOPLE, _RELATION):
                values = value if isinstance(value, list) else [value]
                named = [each for each in values if isinstance(each, str) and each and read_reference(each) is None]
                known = await self._known(kind, named, column) if named else {}
                meant = [known.get(each, each) if isinstance(each, str) else each for each in values]
                found[name] = meant if isinstance(value, list) else meant[0]
        return found

    async def _known(self, kind: str, named: list[str], column: object) -> Mapping[str, str]:
        if kind != _RELATION:
            ids = await people_ids(self.call)
            return {each: ids[each.strip().casefold()] for each in named if each.strip().casefold() in ids}
        target = as_id(member(column, kind, "data_source_id")) or as_id(member(column, kind, "database_id"))
        found = {each: await self._titled(each, target) for each in named}
        return {each: ids[0] for each, ids in found.items() if len(ids) == 1}

    async def _titled(self, title: str, parent: uuid.UUID | None) -> list[str]:
        query = SearchQuery(title, self.call.grant.workspace_id, NodeType.PAGE)
        answer = await self.box.graph.search(self.caller.principal, query, limit=_MOST_ALIKE, cursor=None)
        wanted = title.strip().casefold()
        return [
            str(node.id)
            for node in answer.value
            if node.title.strip().casefold() == wanted
            and (parent is None or (node.parent and node.parent.id == parent))
        ]
