"""One normaliser for titles and for what is searched in them, so that no database's locale has a say.

What differs in case, accents or form only is the same: "Über", "UBER" and its full-width form. Scripts that are
written without blanks are cut into single characters and pairs of neighbours.
"""

import re
import unicodedata
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Bounds for what is stored for one title, and for what one search asks.
_MOST_CHARACTERS = 2000
_MOST_KEY = 200
_MOST_WORD = 64
_MOST_TERMS = 32
# Beginnings of a word up to this length are lexemes of their own: to find one is a look-up, while to find all lexemes
# that begin with something takes ten times as long where they are many.
_MOST_PREFIX = 12
_SAMPLED = 8
# Letters that Unicode does not take apart, as they are written without their strokes.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t"})
_PLAIN |= str.maketrans({"\N{LATIN SMALL LETTER DOTLESS I}": "i"})
# Hebrew and Arabic points, and the accents of Latin, Greek and Cyrillic. What lies between (viramas, the voicing marks
# of Kana, the vowels of Thai) tells words apart.
_POINTS, _ACCENTS = range(10, 37), 200
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)
_UNBROKEN = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3005\u3007\u3040-\u30ff\u31f0-\u31ff"  # iteration marks, Kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff]"  # Hangul
)
# Stands where the graph's id goes. No lexeme can hold it, nor a quote or an operator.
GRAPH = "@"


@dataclass(frozen=True, slots=True)
class SearchTerms:
    """`key` is compared with the keys of titles; `query` is a tsquery for which `GRAPH` is yet to be replaced."""

    key: str
    query: str


def title_key(title: str) -> str:
    """Two titles with the same key are the same title."""
    return " ".join(text for text, _ in _runs(title))[:_MOST_KEY]


def node_lexemes(node_id: uuid.UUID, node_type: str, title: str, graph_id: int) -> list[str]:
    """All that a search may look for. An eighth of the nodes has it twice: what stands in very many titles is looked
    for among these alone.
    """
    found: dict[str, None] = {f"#{node_type}": None}
    for text, unbroken in _runs(title):
        if unbroken:
            found.update(dict.fromkeys(f":{part}" for part in (*text, *_pairs(text))))
        else:
            found.update(dict.fromkeys(f".{text[:length]}" for length in range(1, min(len(text), _MOST_PREFIX) + 1)))
            if len(text) > _MOST_PREFIX:
                found[f":{text[:_MOST_WORD]}"] = None
    graphs = (f"{graph_id}", f"{graph_id}s") if node_id.int % _SAMPLED == 0 else (f"{graph_id}",)
    return [f"{graph}{lexeme}" for graph in graphs for lexeme in found]


def search_terms(query: str, node_type: str | None = None) -> SearchTerms | None:
    """None when there is nothing in it to search for."""
    runs = list(_runs(query))
    if not runs:
        return None
    terms = dict.fromkeys(term for text, unbroken in runs for term in _terms(text, unbroken=unbroken))
    wanted = [*terms][:_MOST_TERMS]
    if node_type is not None:
        wanted.append(f"'{GRAPH}#{node_type}'")
    return SearchTerms(" ".join(text for text, _ in runs)[:_MOST_KEY], " & ".join(wanted))


def _terms(text: str, *, unbroken: bool) -> Sequence[str]:
    if unbroken:
        return [f"'{GRAPH}:{part}'" for part in (_pairs(text) or text)]
    if len(text) <= _MOST_PREFIX:
        return [f"'{GRAPH}.{text}'"]
    return [f"'{GRAPH}:{text[:_MOST_WORD]}':*"]


def _pairs(text: str) -> list[str]:
    return [text[at : at + 2] for at in range(len(text) - 1)]


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """Words, each with whether it is of a script without blanks. A symbol, such as an emoji, is a word of its own."""
    word, unbroken = "", False
    for character in _normalise(text):
        kind = unicodedata.category(character)
        if kind[0] not in "LNM":
            if word:
                yield word, unbroken
            word = ""
            if kind == "So":
                yield character, False
            continue
        now_unbroken = _UNBROKEN.match(character) is not None
        if word and now_unbroken != unbroken:
            yield word, unbroken
            word = ""
        word, unbroken = word + character, now_unbroken
    if word:
        yield word, unbroken


def _normalise(text: str) -> str:
    # Without NUL, as titles are stored.
    folded = unicodedata.normalize("NFKC", text[:_MOST_CHARACTERS].replace("\0", "")).casefold().translate(_PLAIN)
    kept = (character for character in unicodedata.normalize("NFKD", folded) if not _is_forgiven(character))
    return unicodedata.normalize("NFC", "".join(kept))


def _is_forgiven(character: str) -> bool:
    combining = unicodedata.combining(character)
    return combining in _POINTS or combining >= _ACCENTS or ord(character) in _VARIATION_SELECTORS
