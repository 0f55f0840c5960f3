"""Comments, a line each, by discussion."""

from collections.abc import Sequence
from itertools import groupby

from ivgraph_auth.agents.rendering.values import Names, person_name, short_time
from ivgraph_auth.graph.content.rich_text import markdown_line
from ivgraph_auth.graph.json_values import as_id, encodable_text, member


def comment_lines(comments: Sequence[object], names: Names) -> list[str]:
    """`- Bruno, 2026-09-04T08:00Z: Shall we?`, below a line for each discussion, which a reply needs."""
    lines: list[str] = []
    for discussion, said in groupby(comments, discussion_of):
        lines.append(f"Discussion {discussion}:")
        lines += [_line(each, names) for each in said]
    return lines


def discussion_of(comment: object) -> str:
    return str(as_id(member(comment, "discussion_id")) or "")


def author_of(comment: object, names: Names) -> str:
    shown = encodable_text(member(comment, "display_name", "resolved_name"))
    return shown or person_name(member(comment, "created_by"), names) or "Somebody"


def words_of(comment: object, names: Names) -> str:
    return markdown_line(member(comment, "rich_text"), names.pages)


def _line(comment: object, names: Names) -> str:
    return f"- {author_of(comment, names)}, {short_time(member(comment, 'created_time'))}: {words_of(comment, names)}"
