"""Templates of a data source: pages that stand beside its rows, from which new ones are made."""

from ivgraph_auth.sandbox.content.build import ident
from ivgraph_auth.sandbox.content.lighthouse import TASKS_SOURCE
from ivgraph_auth.sandbox.content.node import Json, Node
from ivgraph_auth.sandbox.v1 import lists
from ivgraph_auth.sandbox.v1.block_input import Draft, plant
from ivgraph_auth.sandbox.v1.call_input import CallInput, Members, query_paging
from ivgraph_auth.sandbox.v1.text_input import rich_text
from ivgraph_auth.sandbox.v1.view import View

# Each with the paragraphs that a page made of it begins with; the first is the default.
_OF_SOURCE: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    TASKS_SOURCE: (
        ("Task", ("What is to be done?", "Who knows more?")),
        ("Repair", ("What is broken?", "Since when?", "Which tools?")),
    ),
}


def list_all(view: View, asked: CallInput, data_source_id: str) -> Json:
    """By `name` those whose names hold it."""
    paging, wanted = query_paging(asked), (asked.one("name") or "").casefold()
    source = view.find(data_source_id, "data_source", called="database")
    found = [each for each in _templates(source.id) if wanted in each["name"].casefold()]
    chosen, cursor = lists.by_id(found, paging, "query.start_cursor", lambda each: str(each["id"]))
    return {"templates": list(chosen), "has_more": cursor is not None, "next_cursor": cursor}


def _templates(source: str) -> list[Json]:
    names = [name for name, _ in _OF_SOURCE.get(source, ())]
    return [
        {"id": ident(f"template {name} of {source}"), "name": name, "is_default": index == 0}
        for index, name in enumerate(names)
    ]


def apply(view: View, node: Node, body: Members) -> None:
    """Puts the content of the template that is asked for on the page. RefusedError for one that is not there."""
    if not body.has("template"):
        return
    asked = body.inner("template")
    kind = asked.one_of("type", "none", "default", "template_id")
    if kind == "none":
        return
    source = node.parent or ""
    wanted = asked.uuid("template_id") if kind == "template_id" else None
    for template, (_, lines) in zip(_templates(source), _OF_SOURCE.get(source, ()), strict=True):
        if template["id"] == wanted or (wanted is None and template["is_default"]):
            plant(view, node, [_paragraph(line) for line in lines])
            return
    raise view.missing("template", wanted or source)


def _paragraph(line: str) -> Draft:
    words = rich_text([{"text": {"content": line}}], "body.template")
    return Draft("paragraph", {"rich_text": words, "color": "default"})
