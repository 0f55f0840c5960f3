"""Comments, a line each, by discussion."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from ivgraph_auth.agents.rendering.values import Names, person_name, short_time
from ivgraph_auth.graph.content.rich_text import markdown_line
from ivgraph_auth.graph.json_values import as_id, encodable_text, member


@dataclass(frozen=True, slots=True)
class Said:
    """A comment as it is shown: `text` is Markdown, in one line."""

    discussion: str
    author: str
    created: str
    text: str

    @property
    def line(self) -> str:
        return f"- {self.author}, {self.created}: {self.text}"


def read_comment(comment: object, names: Names) -> Said:
    shown = encodable_text(member(comment, "display_name", "resolved_name"))
    return Said(
        str(as_id(member(comment, "discussion_id")) or ""),
        shown or person_name(member(comment, "created_by"), names) or "Somebody",
        short_time(member(comment, "created_time")),
        markdown_line(member(comment, "rich_text"), names.pages),
    )


def comment_lines(comments: Sequence[Said]) -> list[str]:
    """`- Bruno, 2026-09-04T08:00Z: Shall we?`, below a line for each discussion, which a reply needs."""
    lines: list[str] = []
    for discussion, said in groupby(comments, lambda each: each.discussion):
        lines.append(f"Discussion {discussion}:")
        lines += [each.line for each in said]
    return lines
