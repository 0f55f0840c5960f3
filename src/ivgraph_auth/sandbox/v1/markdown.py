"""A page as Markdown, and Markdown made into blocks again."""

from collections.abc import Callable

from ivgraph_auth.sandbox.content.node import Json, Node
from ivgraph_auth.sandbox.content.text import plain
from ivgraph_auth.sandbox.v1 import objects
from ivgraph_auth.sandbox.v1.block_input import plant
from ivgraph_auth.sandbox.v1.call_input import CallInput, Members, members
from ivgraph_auth.sandbox.v1.markdown_input import parsed
from ivgraph_auth.sandbox.v1.refusals import invalid
from ivgraph_auth.sandbox.v1.view import View

_LENGTH = 500 * 1024
_PREFIXES = {
    "heading_1": "# ",
    "heading_2": "## ",
    "heading_3": "### ",
    "heading_4": "#### ",
    "bulleted_list_item": "- ",
    "numbered_list_item": "1. ",
    "quote": "> ",
}


def read(view: View, _: CallInput, page_id: str) -> Json:
    return _told(view, view.find(page_id, "page", called="page"))


def write(view: View, asked: CallInput, page_id: str) -> Json:
    """Blocks at the beginning and at the end that did not change stay the blocks they were."""
    body = asked.body
    kind = body.one_of("type", *_EDITS)
    edit = body.inner(kind)
    may_delete = edit.flag("allow_deleting_content") or False
    node = view.editable(page_id, "page", "block", "database", called="page")
    if node.kind != "page":
        raise invalid(f"{page_id} is the ID of a {node.type or node.kind}, not of a page.")
    _rewrite(view, node, _EDITS[kind](edit, _markdown(view, node)), may_delete=may_delete)
    view.edited(node)
    return _told(view, node)


def _told(view: View, node: Node) -> Json:
    unknown = [child.id for child in _below(view, node) if child.type == "unsupported"]
    return {
        "object": "page_markdown",
        "id": node.id,
        "markdown": _markdown(view, node),
        "truncated": False,
        "unknown_block_ids": unknown,
    }


def _below(view: View, node: Node) -> list[Node]:
    found: list[Node] = []
    for child in objects.children(view, node):
        found.append(child)
        if child.kind == "block":
            found += _below(view, child)
    return found


def _markdown(view: View, node: Node) -> str:
    return "\n".join(_block(view, child) for child in objects.children(view, node))


def _block(view: View, node: Node) -> str:
    if node.kind != "block":
        return f'<{node.kind} url="{objects.url(view, node)}">{view.named(node)}</{node.kind}>'
    data = objects.told(view, node.data[node.type])
    line = _line(view, node, data if isinstance(data, dict) else {})
    inside = "\n".join(_block(view, child) for child in objects.children(view, node)) if node.type != "table" else ""
    indented = "\n".join(f"\t{each}" for each in inside.splitlines())
    return f"{line}\n{indented}" if indented else line


def _line(view: View, node: Node, data: Json) -> str:
    if node.type in _PREFIXES:
        return _PREFIXES[node.type] + _inline(data["rich_text"])
    if node.type == "paragraph":
        return _inline(data["rich_text"]) or "<empty-block/>"
    if node.type == "to_do":
        return f"- [{'x' if data['checked'] else ' '}] {_inline(data['rich_text'])}"
    if node.type == "code":
        return f"```{data['language']}\n{plain(data['rich_text'])}\n```"
    if node.type == "table":
        rows = [objects.told(view, row.data["table_row"]["cells"]) for row in view.content.children(node)]
        return "\n".join(f"| {' | '.join(_inline(cell) for cell in row)} |" for row in rows if isinstance(row, list))
    return _other(view, node, data)


def _other(view: View, node: Node, data: Json) -> str:
    if node.type == "divider":
        return "---"
    if node.type == "equation":
        return f"$${data['expression']}$$"
    if node.type == "link_to_page":
        kind = data["type"]
        target = view.maybe(data[kind])
        url = "" if target is None else objects.url(view, target)
        return f'<mention-{kind.removesuffix("_id")} url="{url}"/>'
    if node.type == "unsupported":
        return f'<unknown url="{objects.url(view, view.content.page_of(node))}#{node.id.replace("-", "")}"/>'
    if node.type in {"toggle", "callout", "template"}:
        tag = {"toggle": "details"}.get(node.type, node.type)
        return f"<{tag}>{_inline(data['rich_text'])}</{tag}>"
    link = data.get("url") or (data.get("external") or data.get("file") or {}).get("url")
    sign = "!" if node.type == "image" else ""
    return f"{sign}[{plain(data.get('caption', [])) or node.type}]({link})" if link else f"<{node.type}/>"


def _inline(items: list[Json]) -> str:
    return "".join(_piece(item) for item in items)


def _piece(item: Json) -> str:
    text: str = item["plain_text"]
    if item["type"] == "mention":
        kind = item["mention"]["type"]
        return f'<mention-{kind} url="{item["href"]}">{text}</mention-{kind}>' if item["href"] else text
    if item["type"] == "equation":
        return f"$`{text}`$"
    marks = item["annotations"]
    for name, sign in (("code", "`"), ("bold", "**"), ("italic", "*"), ("strikethrough", "~~")):
        text = f"{sign}{text}{sign}" if marks[name] and text else text
    return f"[{text}]({item['href']})" if item["href"] else text


def _insert(edit: Members, now: str) -> str:
    content = edit.text("content", _LENGTH).strip("\n")
    if not edit.has("after"):
        return "\n".join(filter(None, (now, content)))
    _, end = _range(now, edit.text("after", _LENGTH).rstrip("\n"), edit.at("after"))
    return "\n".join(filter(None, (now[:end], content, now[end:].removeprefix("\n"))))


def _replace_range(edit: Members, now: str) -> str:
    start, end = _range(now, edit.text("content_range", _LENGTH), edit.at("content_range"))
    return now[:start] + edit.text("content", _LENGTH) + now[end:]


def _replace(edit: Members, _: str) -> str:
    return edit.text("new_str", _LENGTH)


def _update(edit: Members, now: str) -> str:
    for index, raw in enumerate(edit.items("content_updates")):
        change = members(raw, f"{edit.at('content_updates')}[{index}]")
        start, end = _range(now, change.text("old_str", _LENGTH), change.at("old_str"))
        old, new = now[start:end], change.text("new_str", _LENGTH)
        if not change.flag("replace_all_matches") and now.count(old) > 1:
            raise invalid(f"{change.at('old_str')} stands in the page's content more than once.")
        now = now.replace(old, new)
    return now


def _range(now: str, wanted: str, where: str) -> tuple[int, int]:
    """`beginning...end` stands for all between the two."""
    first, dots, last = wanted.partition("...")
    start = now.find(wanted)
    if start >= 0:
        return start, start + len(wanted)
    start = now.find(first)
    end = now.find(last, start + len(first)) if dots else -1
    if not wanted or start < 0 or end < 0:
        raise invalid(f"{where} could not be found in the page's content.")
    return start, end + len(last)


_EDITS: dict[str, Callable[[Members, str], str]] = {
    "insert_content": _insert,
    "replace_content_range": _replace_range,
    "replace_content": _replace,
    "update_content": _update,
}


def _rewrite(view: View, node: Node, wanted: str, *, may_delete: bool) -> None:
    old = [(child, _block(view, child)) for child in objects.children(view, node)]
    lines = wanted.split("\n")
    head = 0
    while head < len(old) and lines[: (size := old[head][1].count("\n") + 1)] == old[head][1].split("\n"):
        lines, head = lines[size:], head + 1
    tail = len(old)
    while tail > head and lines[-(size := old[tail - 1][1].count("\n") + 1) :] == old[tail - 1][1].split("\n"):
        lines, tail = lines[:-size], tail - 1
    named = {line: child for child, line in old[head:tail] if child.kind != "block" and line in lines}
    gone = [child for child, line in old[head:tail] if line not in named]
    _refuse_lost(view, [child for child in gone if child.kind != "block"], may_delete=may_delete)
    for child in gone:
        child.trashed = True
        view.content.touch(child)
    for child in named.values():
        node.children.remove(child.id)
    index = node.children.index(old[tail][0].id) if tail < len(old) else len(node.children)
    _fill(view, node, lines, named, index)


def _refuse_lost(view: View, lost: list[Node], *, may_delete: bool) -> None:
    if lost and not may_delete:
        named = ", ".join(f"{child.kind} {child.id} ({view.named(child)})" for child in lost)
        raise invalid(f"This would delete child pages or databases: {named}. Set allow_deleting_content to allow it.")


def _fill(view: View, node: Node, lines: list[str], named: dict[str, Node], index: int) -> None:
    """The lines as new blocks from `index` on; where a line is that of a page or database, that stands there."""
    run: list[str] = []
    for line in lines:
        if line not in named:
            run.append(line)
            continue
        index += len(plant(view, node, parsed("\n".join(run)), index))
        node.children.insert(index, named.pop(line).id)
        run, index = [], index + 1
    plant(view, node, parsed("\n".join(run)), index)
