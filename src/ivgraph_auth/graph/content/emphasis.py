"""Bold, italic, struck and code, so that Markdown reads them as such."""

import re
from typing import NamedTuple

from ivgraph_auth.graph.content.escaping import escape, is_blank, is_punctuation


class Emphasis(NamedTuple):
    """Notion's `annotations`; underlining and colours have no Markdown."""

    bold: bool = False
    italic: bool = False
    strikethrough: bool = False
    code: bool = False


def emphasise(words: str, emphasis: Emphasis, previous: str, following: str, *, dollars: bool) -> str:
    """One line's words, escaped, with blanks outside the marks. `previous` and `following` are the characters beside
    them, a line end where there is none; beside some of them marks would stand as themselves, and are left out.
    """
    inner = words.strip()
    if not inner:
        return words
    at = words.index(inner)
    head, tail = words[:at], words[at + len(inner) :]
    previous, following = head[-1:] or previous, tail[:1] or following
    marked = code(inner) if emphasis.code else escape(inner, "*", "*", dollars=dollars)
    stars = "*" * emphasis.italic + "**" * emphasis.bold
    waves = "~~" * emphasis.strikethrough
    if stars and not _reads_as_mark(previous, waves or marked, waves or marked, following):
        stars = ""
    if waves and not _reads_as_mark(stars or previous, marked, marked, stars or following):
        waves = ""
    return f"{head}{stars}{waves}{marked}{waves}{stars}{tail}"


def code(words: str) -> str:
    """Between more backticks than stand in it in a row (CommonMark §6.1)."""
    fence = "`" * (longest_run(words, "`") + 1)
    pad = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{fence}{pad}{words}{pad}{fence}"


def longest_run(words: str, char: str) -> int:
    return max((len(run) for run in re.findall(f"{re.escape(char)}+", words)), default=0)


def _reads_as_mark(previous: str, opened: str, closed: str, following: str) -> bool:
    """CommonMark §6.2: what opens is left-flanking, what closes is right-flanking."""
    opens = not is_punctuation(opened[0], symbols=True) or _sets_off(previous[-1])
    closes = not is_punctuation(closed[-1], symbols=True) or _sets_off(following[0])
    return opens and closes


def _sets_off(char: str) -> bool:
    return is_blank(char) or is_punctuation(char, symbols=False)
