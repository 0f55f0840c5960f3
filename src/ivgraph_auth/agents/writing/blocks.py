"""Markdown as Notion's blocks, for versions of the API and connections that take no Markdown.

Headings, lists and to-dos (nested by indentation), quotes, code, equations, tables, rules, paragraphs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ivgraph_auth.agents.writing.inline import MOST_TEXT, plain_rich_text, rich_text

JsonObject = dict[str, Any]
_DEEPEST = 2  # levels below the first that Notion takes in one request
_TAB = "    "
_LINES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?P<signs>#{1,6})\s+(?P<text>.*?)\s*#*"), "heading"),
    (re.compile(r"[-*+] \[(?P<checked>[ xX])\]\s+(?P<text>.*)"), "to_do"),
    (re.compile(r"[-*+]\s+(?P<text>.*)"), "bulleted_list_item"),
    (re.compile(r"\d{1,9}[.)]\s+(?P<text>.*)"), "numbered_list_item"),
    (re.compile(r">\s?(?P<text>.*)"), "quote"),
)
_RULE = re.compile(r"(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,}")
_TABLE_RULE = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")
_LARGEST_HEADING = 3
_NESTING = ("bulleted_list_item", "numbered_list_item", "to_do")


@dataclass(slots=True)
class _Lines:
    """`at` is the line that comes next."""

    lines: list[str]
    at: int = field(default=0)

    def peek(self, ahead: int = 0) -> str | None:
        index = self.at + ahead
        return self.lines[index] if index < len(self.lines) else None

    def take(self) -> str:
        self.at += 1
        return self.lines[self.at - 1]


def blocks_of(markdown: str) -> list[JsonObject]:
    """In order; those inside another one under its `children`."""
    lines = _Lines([line.replace("\t", _TAB).rstrip() for line in markdown.splitlines()])
    return list(_blocks(lines, indent=0, depth=0))


def _blocks(lines: _Lines, *, indent: int, depth: int) -> Iterator[JsonObject]:
    while (line := lines.peek()) is not None:
        if not line.strip():
            lines.take()
            continue
        if depth and _indent(line) < indent:
            return
        yield _block(lines, depth)


def _block(lines: _Lines, depth: int) -> JsonObject:
    line = lines.take()
    bare = line.strip()
    if bare.startswith("```"):
        return _code(lines, bare)
    if bare == "$$":
        return _equation(lines)
    if _RULE.fullmatch(bare):
        return {"type": "divider", "divider": {}}
    following = lines.peek()
    if "|" in bare and following is not None and "-" in following and _TABLE_RULE.fullmatch(following.strip()):
        return _table(lines, bare)
    for pattern, kind in _LINES:
        found = pattern.fullmatch(bare)
        if found is not None:
            return _marked(lines, kind, found, _indent(line), depth)
    return _paragraph(bare)


def _marked(lines: _Lines, kind: str, found: re.Match[str], indent: int, depth: int) -> JsonObject:
    content: JsonObject = {"rich_text": rich_text(found["text"])}
    if kind == "heading":
        kind = f"heading_{min(_LARGEST_HEADING, len(found['signs']))}"
    if kind == "to_do":
        content["checked"] = found["checked"] in "xX"
    if kind == "quote":
        content["rich_text"] = _quoted(lines, found["text"])
    if kind in _NESTING and depth < _DEEPEST and _is_inside(lines, indent):
        content["children"] = list(_blocks(lines, indent=indent + 1, depth=depth + 1))
    return {"type": kind, kind: content}


def _is_inside(lines: _Lines, indent: int) -> bool:
    following = lines.peek()
    return following is not None and bool(following.strip()) and _indent(following) > indent


def _quoted(lines: _Lines, first: str) -> list[JsonObject]:
    said = [first]
    while (line := lines.peek()) is not None and line.strip().startswith(">"):
        said.append(lines.take().strip().removeprefix(">").strip())
    return rich_text("\n".join(said))


def _paragraph(line: str) -> JsonObject:
    """Each line is one, as in Notion's own Markdown."""
    return {"type": "paragraph", "paragraph": {"rich_text": rich_text(line)}}


def _code(lines: _Lines, opening: str) -> JsonObject:
    fence = opening[: len(opening) - len(opening.lstrip("`"))]
    language = opening.removeprefix(fence).strip() or "plain text"
    said: list[str] = []
    while lines.peek() is not None:
        line = lines.take()
        if line.strip() == fence:
            break
        said.append(line)
    return {"type": "code", "code": {"rich_text": plain_rich_text("\n".join(said)), "language": language}}


def _equation(lines: _Lines) -> JsonObject:
    said: list[str] = []
    while lines.peek() is not None:
        line = lines.take()
        if line.strip() == "$$":
            break
        said.append(line)
    return {"type": "equation", "equation": {"expression": "\n".join(said)[: MOST_TEXT // 2]}}


def _table(lines: _Lines, head: str) -> JsonObject:
    lines.take()
    rows = [_cells(head)]
    while (line := lines.peek()) is not None and "|" in line:
        rows.append(_cells(lines.take()))
    width = max(map(len, rows))
    filled = [[*row, *([[]] * (width - len(row)))] for row in rows]
    children = [{"type": "table_row", "table_row": {"cells": row}} for row in filled]
    about = {"table_width": width, "has_column_header": True, "has_row_header": False}
    return {"type": "table", "table": {**about, "children": children}}


def _cells(line: str) -> list[list[JsonObject]]:
    bare = line.strip().removeprefix("|")
    bare = bare[:-1] if bare.endswith("|") and not bare.endswith("\\|") else bare
    return [rich_text(cell.strip()) for cell in re.split(r"(?<!\\)\|", bare)]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
