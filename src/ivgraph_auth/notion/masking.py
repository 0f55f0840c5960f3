"""What was sent to prove who we are is taken out of what comes back, before anybody reads it."""

import base64
import re
from collections.abc import Iterable, Mapping

from ivgraph_auth.core.http import Answer

_MASK = b"***"
# Shorter ones would be found in words that have nothing to do with them.
_SHORTEST = 8
_PLAIN = re.compile(rb"[A-Za-z0-9_.~-]+")
# How a character of a plain secret looks when it is escaped: nobody has a reason to, so it is hardly ever there.
_ESCAPED = (re.compile(rb"\\u00[2-7]"), re.compile(rb"%(?:25)?(?:2[DdEe]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaFf]|6|7[0-9AaEe])"))
# Of JSON inside of JSON each escape is escaped again.
_BACKSLASHES = rb"\\{1,4}"
_SHORT_ESCAPES = frozenset('"\\/')


def mask(answer: Answer, secrets: Iterable[str]) -> Answer:
    """Without the secrets: as they are, with any of their characters escaped as in JSON or in URLs, or in base64."""
    held = [secret for secret in dict.fromkeys(secrets) if len(secret) >= _SHORTEST]
    return Answer(answer.status, _headers(answer.headers, held), _without(answer.body, held))


def _headers(headers: Mapping[str, str], secrets: list[str]) -> Mapping[str, str]:
    whole = "\n".join(headers.values()).encode("utf-8", "surrogatepass")
    if _without(whole, secrets) == whole:
        return headers
    return {name: _text(value, secrets) for name, value in headers.items()}


def _text(text: str, secrets: list[str]) -> str:
    return _without(text.encode("utf-8", "surrogatepass"), secrets).decode("utf-8", "replace")


def _without(text: bytes, secrets: list[str]) -> bytes:
    for secret in secrets:
        raw = secret.encode("utf-8", "surrogatepass")
        # First: a backslash or a quote of its own must not be taken without what escapes it.
        if not _PLAIN.fullmatch(raw) or any(escape.search(text) for escape in _ESCAPED):
            text = _escaped_in_any_way(secret).sub(_MASK, text)
        for form in (raw, *_base64_forms(raw)):
            text = text.replace(form, _MASK)
    return text


def _base64_forms(raw: bytes) -> set[bytes]:
    """As it looks inside of a longer text: for each place it may begin at, what does not depend on its neighbours."""
    forms = set()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw)
        last = (before + len(raw)) * 8 // 6
        form = encoded[-(-before * 8 // 6) : last]
        forms |= {form, form.translate(bytes.maketrans(b"+/", b"-_"))}
    return forms


def _escaped_in_any_way(secret: str) -> re.Pattern[bytes]:
    # Each group is atomic, so that no text makes the search slow.
    return re.compile(b"".join(b"(?>%b)" % b"|".join(_forms(character)) for character in secret))


def _forms(character: str) -> list[bytes]:
    raw = character.encode("utf-8", "surrogatepass")
    units = character.encode("utf-16-be", "surrogatepass")
    escaped = b"".join(_BACKSLASHES + b"u" + _hex(units[at : at + 2]) for at in range(0, len(units), 2))
    percent = b"".join(b"%(?:25)?" + _hex(raw[at : at + 1]) for at in range(len(raw)))
    short = [_BACKSLASHES + re.escape(raw)] if character in _SHORT_ESCAPES else []
    if character == "\\":
        # Exactly two, or the first of several would take what stands for the next.
        short = [rb"\\\\"]
    return [escaped, percent, *short, re.escape(raw)]


def _hex(raw: bytes) -> bytes:
    return b"(?i:%b)" % raw.hex().encode()
