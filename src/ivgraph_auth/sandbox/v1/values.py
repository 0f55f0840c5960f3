"""The values of a page's properties, as they are kept."""

from ivgraph_auth.sandbox.content.node import Json, Node

REFERENCES = 25  # how many a page tells; the rest is told by the property's own endpoint


def property_value(node: Node, kept: Json, *, cut: bool) -> object:
    kind, value = kept["type"], kept.get("value")
    if kind == "created_time":
        return node.created
    if kind == "last_edited_time":
        return node.edited
    if kind in {"created_by", "last_edited_by"}:
        return {"object": "user", "id": node.created_by if kind == "created_by" else node.edited_by}
    return _cut(kind, value) if cut and isinstance(value, list) else value


def is_cut(kept: Json) -> bool:
    return len(kept["value"]) > REFERENCES


def _cut(kind: str, value: list[Json]) -> list[Json]:
    if kind in {"relation", "people"}:
        return value[:REFERENCES]
    if kind not in {"title", "rich_text"}:
        return value
    kept: list[Json] = []
    references = 0
    for item in value:
        references += item["type"] == "mention"
        if references > REFERENCES:
            break
        kept.append(item)
    return kept
