"""Pages, databases and data sources as a model reads them."""

import re
from collections.abc import Mapping, Sequence

from ivgraph_auth.agents.rendering.values import Names, short_time, value_text
from ivgraph_auth.graph.content.rich_text import escaped, plain_text
from ivgraph_auth.graph.json_values import as_list, as_name, as_object, encodable, encodable_text, member

_MOST_OPTIONS = 50
# Notion's types are words: anything else is nothing that a model should read.
_TYPE = re.compile(r"[a-z][a-z_]{0,39}")
_CHOICES = ("select", "multi_select", "status")


def title_of(thing: object) -> str:
    """Of a page by its title property, of a database or data source by its own title."""
    if member(thing, "object") != "page":
        return plain_text(member(thing, "title")) or "Untitled"
    holders = as_object(member(thing, "properties")).values()
    title = next((holder for holder in holders if member(holder, "type") == "title"), None)
    return plain_text(member(title, "title")) or "Untitled"


def url_of(thing: object) -> str:
    return encodable_text(member(thing, "url"))


def property_lines(page: object, names: Names) -> list[str]:
    """`- Stage: Running`, one for each that is set, but the title; the names of all others in a line at the end."""
    said: list[str] = []
    empty: list[str] = []
    for name, holder in as_object(member(page, "properties")).items():
        if member(holder, "type") in ("title", "button"):
            continue
        value = value_text(holder, names)
        called = encodable(name)
        (said if value else empty).append(f"- {called}: {value}" if value else called)
    return [*said, *([f"- Empty: {', '.join(empty)}"] if empty else [])]


def page_head(page: object, parent: str, names: Names) -> str:
    """Title, URL, where it stands, when it was edited, and its properties."""
    lines = [f"# {escaped(title_of(page))}", url_of(page), *_about(page, parent), *property_lines(page, names)]
    return "\n".join(filter(None, lines))


def _about(thing: object, parent: str) -> list[str]:
    edited = short_time(member(thing, "last_edited_time"))
    trash = "In the trash" if member(thing, "in_trash") is True or member(thing, "archived") is True else ""
    return [" · ".join(filter(None, (f"In: {parent}" if parent else "", f"Edited: {edited}" if edited else "", trash)))]


def parent_text(thing: object, titles: Mapping[str, str]) -> str:
    """`titles` by id, as far as they are known."""
    parent = member(thing, "parent")
    kind = as_name(member(parent, "type"))
    if kind == "workspace":
        return "the top of the workspace"
    parent_id = encodable_text(member(parent, kind))
    called = titles.get(parent_id, "")
    return f"{called} ({kind.removesuffix('_id').replace('_', ' ')} {parent_id})".lstrip() if parent_id else ""


def parent_id(thing: object) -> str:
    parent = member(thing, "parent")
    return encodable_text(member(parent, as_name(member(parent, "type"))))


def database_text(database: object, parent: str, sources: Sequence[str]) -> str:
    """`sources` are the texts of its data sources."""
    about = plain_text(member(database, "description"))
    lines = [f"# {escaped(title_of(database))}", url_of(database), *_about(database, parent), about]
    return "\n\n".join(["\n".join(filter(None, lines)), *sources])


def source_text(source: object, source_titles: Mapping[str, str], rows: int | None = None) -> str:
    """A data source: its properties, and how it is asked for rows. `source_titles` are of what relations lead to."""
    counted = "" if rows is None else f", {rows} rows"
    source_id = encodable_text(member(source, "id"))
    head = f"## Data source {escaped(title_of(source))} ({source_id}{counted})"
    about = plain_text(member(source, "description"))
    columns = [
        f"- {encodable(name)}: {column_text(column, source_titles)}"
        for name, column in as_object(member(source, "properties")).items()
    ]
    how = f'Rows: query with data_source "{source_id}".'
    return "\n".join(filter(None, (head, about, *columns, how)))


def column_text(column: object, source_titles: Mapping[str, str]) -> str:
    """The type, and what it takes: options, the target of a relation, the unit of a number."""
    kind = as_name(member(column, "type"))
    if not _TYPE.fullmatch(kind):
        return "unknown"
    if kind in _CHOICES:
        return f"{kind} ({', '.join(option_names(column))})" if option_names(column) else kind
    if kind == "relation":
        target = encodable_text(member(column, kind, "data_source_id")) or encodable_text(
            member(column, kind, "database_id")
        )
        return f"relation to {source_titles.get(target) or target}" if target else kind
    detail = encodable_text(member(column, kind, "format")) or encodable_text(member(column, kind, "expression"))
    return f"{kind} ({detail})" if detail and detail != "number" else kind


def option_names(column: object) -> list[str]:
    kind = as_name(member(column, "type"))
    found = [encodable_text(member(each, "name")) for each in as_list(member(column, kind, "options"))]
    return [*found[:_MOST_OPTIONS], *(["…"] if len(found) > _MOST_OPTIONS else [])]


def relation_targets(source: object) -> list[str]:
    """Ids of the data sources (before 2025-09-03: databases) that its relations lead to."""
    columns = as_object(member(source, "properties")).values()
    targets = (
        encodable_text(member(column, "relation", "data_source_id"))
        or encodable_text(member(column, "relation", "database_id"))
        for column in columns
    )
    return list(filter(None, targets))
