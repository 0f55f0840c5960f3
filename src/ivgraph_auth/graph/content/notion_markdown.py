"""What GET /v1/pages/{id}/markdown answers (Notion's "enhanced Markdown"), cleaned."""

import re
import uuid
from collections.abc import Iterator

from ivgraph_auth.graph.content.file_urls import replace_urls, without_signed_urls
from ivgraph_auth.graph.content.layout import Unit
from ivgraph_auth.graph.json_values import as_id, as_list, encodable_text, member
from ivgraph_auth.graph.models import Gap, GapReason
from ivgraph_auth.graph.page_urls import page_link, page_of_url

_OPENING = re.compile(r"\s*(?P<fence>`{3,}|\$\$)(?!.*(?:```|\$\$))|\s*<(?P<tag>table)\b")
# A link within the workspace may have no host. Outside of links and attributes the same is nothing but words.
_RELATIVE = re.compile(r"(?P<before>\]\(|\burl=\")(?P<url>/[^\s()\"<>]*)(?=[)\"])")


def enhanced_markdown_units(answer: object, *, page: uuid.UUID | None) -> tuple[list[Unit], tuple[Gap, ...]]:
    """Its paragraphs, with links between pages by their ids and without signed URLs; and what Notion left out."""
    units = [_unit(lines) for lines in _paragraphs(encodable_text(member(answer, "markdown")))]
    return units, tuple(_gaps(answer, page))


def _paragraphs(markdown: str) -> Iterator[list[str]]:
    """Each line is a block of its own, but for code, equations and tables. Blank lines go with what is before them."""
    paragraph: list[str] = []
    closing = ""
    for line in markdown.splitlines(keepends=True):
        if paragraph and not closing and line.strip():
            yield paragraph
            paragraph = []
        paragraph.append(line)
        if closing:
            closing = "" if line.strip().endswith(closing) else closing
        elif opening := _OPENING.match(line):
            closing = _closing(opening, line)
    if paragraph:
        yield paragraph


def _closing(opening: re.Match[str], line: str) -> str:
    closing = opening["fence"] or "</table>"
    return "" if line.strip().endswith(closing) and opening["tag"] else closing


def _unit(lines: list[str]) -> Unit:
    whole = "".join(lines)
    is_code = whole.lstrip().startswith("```")
    cleaned = without_signed_urls(whole if is_code else _RELATIVE.sub(_relative_by_id, replace_urls(whole, _by_id)))
    return Unit(cleaned, separator=len(cleaned) - len(cleaned.rstrip("\n")))


def _by_id(url: str) -> str:
    page = page_of_url(url)
    return url if page is None else page_link(page)


def _relative_by_id(found: re.Match[str]) -> str:
    return found["before"] + _by_id(found["url"])


def _gaps(answer: object, page: uuid.UUID | None) -> Iterator[Gap]:
    if not isinstance(member(answer, "markdown"), str):
        yield Gap(page, GapReason.MALFORMED, "Notion's Markdown of the page is not a text.")
    if member(answer, "truncated") is True:
        yield Gap(page, GapReason.TRUNCATED, "Notion cut its Markdown of the page.")
    for block in filter(None, map(as_id, as_list(member(answer, "unknown_block_ids")))):
        yield Gap(page, GapReason.UNSUPPORTED_BLOCK, f"Notion's Markdown leaves out the block {block}.")
