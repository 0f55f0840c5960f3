"""Markdown's own characters, escaped where they would change the meaning (CommonMark 0.31 and GitHub's extensions)."""

import re
import string
import unicodedata
from collections.abc import Callable

_BLANKS = " \t\n"
_SPECIAL = re.compile(r"[\\`*_\[\]<&~$!]")
# Also where emphasis comes before the entity ends: its marks may be left out.
_ENTITY = re.compile(r"&#?\w*[;*]")
_LINE_STARTS = re.compile(
    r"(?P<before>\d{1,9})(?=[.)](?:\s|$))"  # a number of a list
    r"|(?=[-+](?:\s|$)|#{1,6}(?:\s|$)|>|=+\s*$|-+\s*$|\||:?-+:?\s*\||(?:-\s*){3,}$)"
)
_NOT_IN_DESTINATIONS = re.compile(r"[\x00-\x20()<>\\\x7f\u0085\u00a0\u2028\u2029]")


def escape(text: str, before: str = "\n", after: str = "\n", *, dollars: bool = True) -> str:
    """One line's text. `before` and `after`: the neighbouring characters, a line end where there is none.
    `dollars`: whether another dollar in the line could make an equation of what lies between.
    """
    around = f"{before}{text}{after}"

    def escaped(match: re.Match[str]) -> str:
        char, index = match[0], match.start() + len(before)
        if char == "$":
            return f"\\{char}" if dollars else char
        return f"\\{char}" if _MATTERS[char](around, index) else char

    return _SPECIAL.sub(escaped, text)


def escape_line_start(line: str) -> str:
    match = _LINE_STARTS.match(line)
    if match is None:
        return line
    return f"{line[: match.end()]}\\{line[match.end() :]}"


def escape_cell(cell: str) -> str:
    """In GitHub's tables a bar ends the cell even in code, unless it is escaped."""
    return cell.replace("|", "\\|")


def destination(url: str) -> str:
    """A URL as it may stand between the round brackets of a link."""
    return _NOT_IN_DESTINATIONS.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), url)


def is_blank(char: str) -> bool:
    return char.isspace()


def is_punctuation(char: str, *, symbols: bool) -> bool:
    """CommonMark counts symbols among punctuation since 0.31 only."""
    category = unicodedata.category(char)[0]
    return char in string.punctuation or category == "P" or (symbols and category == "S")


def _always(_around: str, _index: int) -> bool:
    return True


def _backslash(around: str, index: int) -> bool:
    return around[index + 1] in string.punctuation or around[index + 1] == "\n"


def _star(around: str, index: int) -> bool:
    """Between blanks it opens and closes nothing; at the start of a line it would be a list."""
    before, after = around[index - 1], around[index + 1]
    return before == "\n" or before not in _BLANKS or after not in _BLANKS


def _underscore(around: str, index: int) -> bool:
    """Inside a word it means nothing."""
    before = around[:index].rstrip("_")[-1:]
    after = around[index:].lstrip("_")[:1]
    return not (before.isalnum() and after.isalnum())


def _less_than(around: str, index: int) -> bool:
    return around[index + 1].isalpha() or around[index + 1] in "/!?"


def _ampersand(around: str, index: int) -> bool:
    return _ENTITY.match(around, index) is not None


def _tilde(around: str, index: int) -> bool:
    """After a blank it could only open, and what could close is escaped. Marks that follow may be tildes, too."""
    return around[index - 1] not in _BLANKS or around[index + 1] in "~*"


def _exclamation(around: str, index: int) -> bool:
    return around[index + 1] == "["


_MATTERS: dict[str, Callable[[str, int], bool]] = {
    "\\": _backslash,
    "`": _always,
    "[": _always,
    "]": _always,
    "*": _star,
    "_": _underscore,
    "<": _less_than,
    "&": _ampersand,
    "~": _tilde,
    "!": _exclamation,
}
