"""How a block of each type reads in Markdown, without what is inside it."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ivgraph_auth.graph.content.emphasis import longest_run
from ivgraph_auth.graph.content.escaping import escape_cell
from ivgraph_auth.graph.content.file_shapes import file_or_link
from ivgraph_auth.graph.content.mentions import Titles
from ivgraph_auth.graph.content.rich_text import (
    escaped,
    inline_lines,
    linked,
    markdown_line,
    markdown_lines,
    plain_text,
)
from ivgraph_auth.graph.json_values import as_id, as_list, encodable_text, is_object, member, type_name
from ivgraph_auth.graph.models import GapReason
from ivgraph_auth.graph.page_urls import page_link


class Row(NamedTuple):
    """Where a row stands in its table, `width` cells wide, with names of columns in its first row or not."""

    table: int = 0
    at: int = 0
    width: int = 0
    named_columns: bool = True


class Block(NamedTuple):
    """`payload` is the member that is named as the type. `number`: in its numbered list."""

    raw: object
    type: str
    payload: object
    titles: Titles
    number: int | None = None
    row: Row = Row()


class Shape(NamedTuple):
    """`marker` stands before the first line, `inner` before the others and all that is inside; where `quoted`, it
    stands before the first line and blank ones, too. `close`: no blank line between neighbours that share it,
    but before one that is `apart`.
    """

    text: str
    marker: str = ""
    inner: str = ""
    quoted: bool = False
    close: str = ""
    apart: bool = False
    gap: GapReason | None = None


def shape_of(block: Block) -> Shape:
    shape = _SHAPES.get(block.type)
    return _unknown(block) if shape is None else shape(block)


def _words(block: Block) -> object:
    """`text` before 2022-02-22."""
    found = member(block.payload, "rich_text")
    return member(block.payload, "text") if found is None else found


def _text(block: Block) -> str:
    return "\n".join(markdown_lines(_words(block), block.titles))


def _paragraph(block: Block) -> Shape:
    return Shape(_text(block))


def _heading(block: Block) -> Shape:
    line = re.sub(r"(^| )(#+)$", r"\1\\\2", markdown_line(_words(block), block.titles))
    return Shape(f"{'#' * int(block.type[-1])} {line}" if line else "")


def _item(block: Block, marker: str = "- ") -> Shape:
    words = _text(block)
    # Below a paragraph an item without words, or the number of a list that does not start with 1, would be more of it.
    return Shape(words, marker, " " * len(marker), close="list", apart=not words or _starts_elsewhere(block))


def _starts_elsewhere(block: Block) -> bool:
    return block.number not in {None, 1} and member(block.payload, "list_start_index") == block.number


def _numbered(block: Block) -> Shape:
    return _item(block, f"{1 if block.number is None else block.number}. ")


def _to_do(block: Block) -> Shape:
    item = _item(block)
    return item._replace(text=f"[{'x' if member(block.payload, 'checked') is True else ' '}] {item.text}".rstrip())


def _quote(block: Block) -> Shape:
    return Shape(_text(block), inner="> ", quoted=True)


def _callout(block: Block) -> Shape:
    return Shape(" ".join(filter(None, (_icon(block), _text(block)))), inner="> ", quoted=True)


def _icon(block: Block) -> str:
    icon = member(block.payload, "icon")
    name = encodable_text(member(icon, "custom_emoji", "name"))
    return encodable_text(member(icon, "emoji"))[:32].replace("\n", " ") or (f":{type_name(name)}:" if name else "")


def _code(block: Block) -> Shape:
    words = plain_text(_words(block))
    fence = "`" * max(3, longest_run(words, "`") + 1)
    language = re.sub(r"[^\w+#./ -]", "", encodable_text(member(block.payload, "language")))[:40].replace(
        "plain text", ""
    )
    caption = "\n".join(markdown_lines(member(block.payload, "caption"), block.titles))
    return Shape("\n\n".join(filter(None, (f"{fence}{language.strip()}\n{words}\n{fence}", caption))))


def _equation(block: Block) -> Shape:
    lines = filter(str.strip, encodable_text(member(block.payload, "expression")).split("\n"))
    words = "\n".join(lines)
    return Shape(f"$$\n{words}\n$$" if words else "")


def _divider(_: Block) -> Shape:
    return Shape("---")


def _nothing(_: Block) -> Shape:
    return Shape("")


def _table_row(block: Block) -> Shape:
    cells = [_cell(cell, block.titles) for cell in as_list(member(block.payload, "cells"))]
    row = block.row
    cells += [""] * (row.width - len(cells))
    if not cells:
        return Shape("")
    line, rule, empty = _row(cells), _row(["---"] * len(cells)), _row([""] * len(cells))
    if row.at == 0:
        line = f"{line}\n{rule}" if row.named_columns else f"{empty}\n{rule}\n{line}"
    return Shape(line, close=f"table {row.table}")


def _cell(cell: object, titles: Titles) -> str:
    return escape_cell("<br>".join(inline_lines(cell, titles)))


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _child(block: Block) -> Shape:
    title = escaped(encodable_text(member(block.payload, "title"))) or "Untitled"
    page = as_id(member(block.raw, "id"))
    return Shape(linked(title, page_link(page) if page else ""))


def _link_to_page(block: Block) -> Shape:
    kind = type_name(member(block.payload, "type"))
    page = as_id(member(block.payload, kind))
    if kind == "comment_id":
        return Shape("[link to a comment]")
    if page is None:
        return _marked("malformed", block.type, GapReason.MALFORMED)
    title = escaped(block.titles.get(page, ""))
    return Shape(linked(title or kind.removesuffix("_id").replace("_", " "), page_link(page)))


def _file(block: Block) -> Shape:
    return Shape(file_or_link(block.type, block.payload))


def _meeting_notes(block: Block) -> Shape:
    title = markdown_line(member(block.payload, "title"), block.titles)
    return Shape(f"Meeting notes: {title}" if title else "Meeting notes")


def _button(block: Block) -> Shape:
    label = _text(block).replace("\n", " ")
    return Shape(f"[button: {label}]" if label else "[button]")


def _unsupported(block: Block) -> Shape:
    kind = member(block.payload, "block_type")
    return _marked("unsupported", type_name(kind) if kind else block.type, GapReason.UNSUPPORTED_BLOCK)


def _unknown(block: Block) -> Shape:
    known = is_object(block.raw) and block.type != "unknown"
    return _marked("unsupported", block.type, GapReason.UNKNOWN_TYPE if known else GapReason.MALFORMED)


def _marked(what: str, kind: str, reason: GapReason) -> Shape:
    return Shape(f"[{what} block: {kind}]", gap=reason)


_SHAPES: Mapping[str, Callable[[Block], Shape]] = {
    "paragraph": _paragraph,
    **dict.fromkeys(("heading_1", "heading_2", "heading_3", "heading_4"), _heading),
    **dict.fromkeys(("bulleted_list_item", "toggle", "template"), _item),
    "numbered_list_item": _numbered,
    "to_do": _to_do,
    "quote": _quote,
    "callout": _callout,
    "code": _code,
    "equation": _equation,
    "divider": _divider,
    **dict.fromkeys(("table", "column_list", "column", "synced_block", "tab"), _nothing),
    **dict.fromkeys(("table_of_contents", "breadcrumb"), _nothing),
    "table_row": _table_row,
    **dict.fromkeys(("child_page", "child_database"), _child),
    "link_to_page": _link_to_page,
    **dict.fromkeys(("image", "file", "video", "pdf", "audio", "embed", "bookmark", "link_preview"), _file),
    **dict.fromkeys(("meeting_notes", "transcription"), _meeting_notes),
    "button": _button,
    "unsupported": _unsupported,
}
