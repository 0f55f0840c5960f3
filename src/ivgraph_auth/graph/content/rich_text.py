"""Notion's rich text as one line or more of Markdown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from ivgraph_auth.graph.content.emphasis import Emphasis, emphasise
from ivgraph_auth.graph.content.escaping import destination, escape, escape_line_start
from ivgraph_auth.graph.content.file_urls import is_signed, without_signed_urls
from ivgraph_auth.graph.content.mentions import Titles, mentioned
from ivgraph_auth.graph.json_values import as_list, encodable_text, is_object, member
from ivgraph_auth.graph.page_urls import page_link, page_of_url

_NONE = Emphasis()
_BLANKS = " \t"
_RUNNABLE = ("javascript:", "data:", "vbscript:")


@dataclass(frozen=True, slots=True)
class Segment:
    """`formula`: Markdown already, neither escaped nor emphasised."""

    text: str
    emphasis: Emphasis = _NONE
    link: str = ""
    formula: bool = False

    @property
    def plain(self) -> bool:
        return not (self.formula or self.link or any(self.emphasis))

    @property
    def first(self) -> str:
        return self._edge("[", self.text[:1])

    @property
    def last(self) -> str:
        return self._edge(")", self.text[-1:])

    def _edge(self, link: str, otherwise: str) -> str:
        if self.formula:
            return "$"
        return link if self.link else ("`" if self.emphasis.code else otherwise)


def markdown_lines(rich_text: object, titles: Titles) -> list[str]:
    """One for each line of the text, as they may stand at the start of a line of Markdown; none for no text."""
    return [escape_line_start(line) for line in inline_lines(rich_text, titles)]


def inline_lines(rich_text: object, titles: Titles) -> list[str]:
    """As they may stand behind something else: a marker, a bar of a table. Without empty ones at the ends."""
    lines = [_line(_trimmed(line)) for line in _lines(_merged(_segments(rich_text, titles)))]
    written = [index for index, line in enumerate(lines) if line]
    return lines[written[0] : written[-1] + 1] if written else []


def markdown_line(rich_text: object, titles: Titles) -> str:
    """All in one line, as it may stand behind something else."""
    return " ".join(filter(None, inline_lines(rich_text, titles)))


def escaped(words: str) -> str:
    """A name or a title as one line of Markdown."""
    return markdown_line([{"plain_text": words}], {})


def plain_text(rich_text: object) -> str:
    """For code, names and captions: the words alone."""
    return without_signed_urls("".join(_content(item) for item in as_list(rich_text)))


def link_target(url: str) -> str:
    """Where a link may lead: a page here, anything outside, or nowhere."""
    page = page_of_url(url) if url else None
    if page is not None:
        return page_link(page)
    url = url.strip()
    if not url or is_signed(url) or url.lower().startswith((*_RUNNABLE, "/", "#")):
        return ""
    return destination(without_signed_urls(url))


def linked(label: str, target: str) -> str:
    """A label that is Markdown already, as a link where there is a target."""
    return f"[{label}]({target})" if target else label


def _content(item: object) -> str:
    return encodable_text(member(item, "plain_text")) or encodable_text(member(item, "text", "content"))


def _segments(rich_text: object, titles: Titles) -> Iterator[Segment]:
    for item in as_list(rich_text):
        kind = member(item, "type")
        emphasis = _emphasis(member(item, "annotations"))
        if kind == "equation":
            yield from _formula(item)
        elif kind == "mention":
            words, url = mentioned(
                member(item, "mention"), _content(item), encodable_text(member(item, "href")), titles
            )
            yield Segment(without_signed_urls(words), emphasis, link_target(url))
        else:
            url = encodable_text(member(item, "href")) or encodable_text(member(item, "text", "link", "url"))
            yield Segment(_content(item), emphasis, link_target(url))


def _formula(item: object) -> Iterator[Segment]:
    expression = encodable_text(member(item, "equation", "expression")) or _content(item)
    words = " ".join(without_signed_urls(expression).split())
    if words:
        yield Segment(f"${words}$", formula=True)


def _emphasis(annotations: object) -> Emphasis:
    if not is_object(annotations):
        return _NONE
    return Emphasis(*(annotations.get(name) is True for name in Emphasis._fields))


def _merged(segments: Iterator[Segment]) -> Iterator[Segment]:
    """Neighbours of one kind as one: `**a****b**` is not what `**ab**` is. So is a URL whole before it is looked at."""
    written = (each for each in segments if each.text)
    for _, group in groupby(written, lambda each: (each.emphasis, each.link, each.formula)):
        parts = list(group)
        between = " " if parts[0].formula else ""
        yield replace(parts[0], text=without_signed_urls(between.join(each.text for each in parts)))


def _lines(segments: Iterator[Segment]) -> Iterator[list[Segment]]:
    """Emphasis and links end with their line: a blank line inside would undo them."""
    line: list[Segment] = []
    for segment in segments:
        first, *others = segment.text.split("\n")
        line.append(replace(segment, text=first))
        for each in others:
            yield line
            line = [replace(segment, text=each)]
    if line:
        yield line


def _trimmed(line: list[Segment]) -> list[Segment]:
    """Without blanks at its ends: four of them would begin code, two at the end break the line."""
    kept = [each for each in line if each.text]
    while kept and not kept[0].text.strip(_BLANKS):
        del kept[0]
    while kept and not kept[-1].text.strip(_BLANKS):
        del kept[-1]
    if kept:
        kept[0] = replace(kept[0], text=kept[0].text.lstrip(_BLANKS))
        kept[-1] = replace(kept[-1], text=kept[-1].text.rstrip(_BLANKS))
    return kept


def _line(segments: Sequence[Segment]) -> str:
    dollars = sum(each.text.count("$") for each in segments) > 1
    edges = [None, *segments, None]
    written = [_written(*edges[index : index + 3], dollars=dollars) for index in range(len(segments))]
    return "".join(written)


def _would_run_together(before: Segment, segment: Segment) -> bool:
    """Of `**a****b**` Markdown does not see that one ends and another begins (CommonMark §6.2, rules 9 and 10). It does
    where the one is bold and the other italic.
    """
    if before.link or before.text[-1].isspace() or segment.text[0].isspace():
        return False
    stars, more = before.emphasis[:2], segment.emphasis[:2]
    return any(stars) and any(more) and (stars == more or all(stars) or all(more))


def _link(segment: Segment, *, dollars: bool) -> str:
    label = segment.text.strip()
    if not label:
        return segment.text
    head, _, tail = segment.text.partition(label)
    return f"{head}{linked(emphasise(label, segment.emphasis, '[', ']', dollars=dollars), segment.link)}{tail}"


def _written(before: Segment | None, segment: Segment | None, after: Segment | None, *, dollars: bool) -> str:
    if segment is None or segment.formula:
        return "" if segment is None else segment.text
    previous, following = before.last if before else "\n", after.first if after else "\n"
    if segment.link:
        return _link(segment, dollars=dollars)
    if any(segment.emphasis):
        if before and _would_run_together(before, segment):
            segment = replace(segment, emphasis=segment.emphasis._replace(bold=False, italic=False))
        return emphasise(segment.text, segment.emphasis, previous, following, dollars=dollars)
    # Next to a mark of emphasis the neighbour's own first character does not count.
    left = previous if before is None or before.plain or before.link or before.formula else "*"
    right = following if after is None or after.plain or after.link or after.formula else "*"
    return escape(segment.text, left, right, dollars=dollars)
