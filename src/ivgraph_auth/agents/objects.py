"""Objects of Notion by their ids, whatever they are, and the names of what they refer to."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ivgraph_auth.agents.rendering.values import Names, related_pages, unnamed_people
from ivgraph_auth.agents.toolbox import Toolbox
from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.gateway.errors import MissingCapability, NotionSaidNo
from ivgraph_auth.gateway.recorded_call import RecordedCall
from ivgraph_auth.graph.json_values import as_list, as_name, encodable_text, member
from ivgraph_auth.graph.models import NodeType

READ_BY = {
    NodeType.PAGE: ("notion.getPage", "page_id"),
    NodeType.DATABASE: ("notion.getDatabase", "database_id"),
    NodeType.DATA_SOURCE: ("notion.getDataSource", "data_source_id"),
}
# How Notion says that there is nothing of the kind that was asked for: it may be of another.
_OF_ANOTHER_KIND = {(404, "object_not_found"), (400, "validation_error")}
_USERS_PAGE = 100
_MOST_USER_PAGES = 3


async def load(call: RecordedCall, node_id: uuid.UUID, kinds: Sequence[NodeType]) -> tuple[NodeType, dict[str, Any]]:
    """As the first of `kinds` that it is. Raises NotionSaidNo where it is none of them."""
    for kind in kinds[:-1]:
        tool_id, place = READ_BY[kind]
        try:
            return kind, await call.invoke(tool_id, {place: str(node_id)})
        except NotionSaidNo as refusal:
            if not is_of_another_kind(refusal):
                raise
    tool_id, place = READ_BY[kinds[-1]]
    return kinds[-1], await call.invoke(tool_id, {place: str(node_id)})


def is_of_another_kind(refusal: ServiceError) -> bool:
    return (refusal.status, refusal.code) in _OF_ANOTHER_KIND


async def names_for(box: Toolbox, call: RecordedCall, pages: Iterable[Mapping[str, object]]) -> Names:
    """What the properties of these pages refer to: titles from the graph, people from Notion where it did not say."""
    every = list(pages)
    ids = {page_id for properties in every for page_id in related_pages(properties)}
    titles = await box.lookup.titles(call.grant, ids)
    people = {user_id for properties in every for user_id in unnamed_people(properties)}
    return Names(titles, await people_names(call, people))


async def people_names(call: RecordedCall, wanted: set[str]) -> dict[str, str]:
    """By id, where the connection may know them; nobody is missed for that."""
    if not wanted:
        return {}
    return {as_name(user.get("id")): encodable_text(user.get("name")) for user in await _users(call)}


async def people_ids(call: RecordedCall) -> dict[str, str]:
    """By name and by e-mail address, in small letters; without names that two have."""
    found: dict[str, set[str]] = {}
    for user in await _users(call):
        for called in (user.get("name"), member(user, "person", "email")):
            if isinstance(called, str) and called:
                found.setdefault(called.casefold(), set()).add(as_name(user.get("id")))
    return {called: next(iter(ids)) for called, ids in found.items() if len(ids) == 1}


async def _users(call: RecordedCall) -> list[Mapping[str, Any]]:
    users: list[Mapping[str, Any]] = []
    cursor: object = None
    for _ in range(_MOST_USER_PAGES):
        asked = {"page_size": _USERS_PAGE, **({"start_cursor": cursor} if cursor else {})}
        try:
            answer = await call.invoke("notion.listUsers", asked)
        except (NotionSaidNo, MissingCapability):
            break
        users += [each for each in as_list(answer.get("results")) if isinstance(each, dict)]
        cursor = answer.get("next_cursor")
        if not isinstance(cursor, str):
            break
    return users
