"""Markdown as it is sent, line by line made into blocks: headings, lists, to-dos, quotes, code, rules, paragraphs."""

import re
from itertools import takewhile

from ivgraph_auth.sandbox.content.node import Json
from ivgraph_auth.sandbox.content.text import mention, text
from ivgraph_auth.sandbox.v1.block_input import Draft
from ivgraph_auth.sandbox.v1.call_input import TEXT
from ivgraph_auth.sandbox.v1.refusals import invalid

_LINES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"# (.*)"), "heading_1"),
    (re.compile(r"## (.*)"), "heading_2"),
    (re.compile(r"### (.*)"), "heading_3"),
    (re.compile(r"#### (.*)"), "heading_4"),
    (re.compile(r"[-*] \[[ xX]\] (.*)"), "to_do"),
    (re.compile(r"[-*] (.*)"), "bulleted_list_item"),
    (re.compile(r"\d{1,9}\. (.*)"), "numbered_list_item"),
    (re.compile(r"> (.*)"), "quote"),
)
_MENTION = r'<mention-(?P<kind>page|database) url="[^"]*?(?P<id>[0-9a-f]{32})"(?:/>|>[^<]*</mention-(?:page|database)>)'
_INLINE = re.compile(
    rf"{_MENTION}|\[(?P<label>[^\]]+)\]\((?P<url>[^()\s]+)\)|`(?P<code>[^`]+)`|\*\*(?P<bold>[^*]+)\*\*|\*(?P<italic>[^*]+)\*"
)


def parsed(markdown: str) -> list[Draft]:
    """Tabs before a line put it inside the line above. RefusedError 400 for a text of more than 2000 characters."""
    drafts: list[Draft] = []
    lines = iter(markdown.split("\n"))
    for line in lines:
        if not line.strip():
            continue
        if line.startswith("```"):
            drafts.append(_code(line, list(takewhile(lambda each: not each.startswith("```"), lines))))
        elif line.startswith("\t") and drafts and "rich_text" in drafts[-1].payload:
            drafts[-1].inside.extend(parsed(line[1:]))
        else:
            drafts.append(_draft(line.strip()))
    return drafts


def _code(fence: str, lines: list[str]) -> Draft:
    language = fence.removeprefix("```").strip() or "plain text"
    content = "\n".join(lines)
    words = [_fitting(text(content))] if content else []
    return Draft("code", {"caption": [], "rich_text": words, "language": language})


def _draft(line: str) -> Draft:
    if line == "---":
        return Draft("divider", {})
    if line == "<empty-block/>":
        return Draft("paragraph", {"rich_text": [], "color": "default"})
    for pattern, kind in _LINES:
        found = pattern.fullmatch(line)
        if found is not None:
            return Draft(kind, _payload(kind, line, found[1]))
    return Draft("paragraph", {"rich_text": inline(line), "color": "default"})


def _payload(kind: str, line: str, content: str) -> Json:
    payload: Json = {"rich_text": inline(content)}
    if kind.startswith("heading"):
        payload["is_toggleable"] = False
    if kind == "to_do":
        payload["checked"] = line[3] in "xX"
    return {**payload, "color": "default"}


def inline(line: str) -> list[Json]:
    found: list[Json] = []
    end = 0
    for match in _INLINE.finditer(line):
        if match.start() > end:
            found.append(_fitting(text(line[end : match.start()])))
        found.append(_fitting(_marked(match)))
        end = match.end()
    if end < len(line):
        found.append(_fitting(text(line[end:])))
    return found


def _fitting(item: Json) -> Json:
    if len(item["plain_text"]) > TEXT:
        raise invalid(f"A line of the Markdown is longer than {TEXT} characters.")
    return item


def _marked(match: re.Match[str]) -> Json:
    if match["kind"]:
        bare = match["id"]
        dashed = f"{bare[:8]}-{bare[8:12]}-{bare[12:16]}-{bare[16:20]}-{bare[20:]}"
        return mention(match["kind"], {"id": dashed})
    if match["label"]:
        return text(match["label"], match["url"])
    mark = next(name for name in ("code", "bold", "italic") if match[name])
    return text(match[mark], None, **{mark: True})
