"""Notion's URLs of uploaded files are signed: whoever has one can read the file. None is passed on."""

import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from ivgraph_auth.graph.json_values import encodable, is_object

_NESTED = 64
_URL = re.compile(r"https?://(?:(?!https?://)[^\s<>\"|`\\])+", re.IGNORECASE)
_NOT_AT_THE_END = ".,;:!?*_~'}"
_SIGNATURE = re.compile(r"x-amz-(?:signature|credential|security-token)", re.IGNORECASE)
_FILE_HOSTS = re.compile(
    r"file\.notion\.(?:so|com)|secure\.notion-static\.com|(?:[a-z0-9-]+\.)*notionusercontent\.com", re.IGNORECASE
)
# What is left of a signed URL whose beginning was not recognised as one.
_PARAMETER = re.compile(r"[?&]?x-amz-(?:signature|credential|security-token)=[^\s&)\"'<>\]]*", re.IGNORECASE)


def is_signed(url: str) -> bool:
    # A proxied image has the signed URL inside its own, percent-encoded.
    plain = unquote(unquote(url))
    if "prod-files-secure" in plain.lower() or _SIGNATURE.search(plain):
        return True
    if "secure.notion-static.com" in plain.lower():
        return "?" in plain
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return False
    return bool(_FILE_HOSTS.fullmatch(parts.hostname or "")) and bool(parts.query)


def file_name(url: str) -> str:
    """The last segment of the URL's path, or empty."""
    path = unquote(unquote(url)).partition("?")[0].partition("#")[0].rstrip("/")
    segment = path.partition("://")[2].rpartition("/")[2]
    return " ".join(encodable(segment).split())[:200]


def without_signed_urls(text: str) -> str:
    """Each signed URL gives way to its file's name."""
    if "://" in text:
        text = replace_urls(text, lambda url: (file_name(url) or "file") if is_signed(url) else url)
    # A name may bring the word again, percent-encoded in the URL.
    return _PARAMETER.sub("", text) if _SIGNATURE.search(text) else text


def replace_urls(text: str, new: Callable[[str], str]) -> str:
    """A URL in Markdown ends before a closing bracket that was not opened in it, and before a sentence's own marks."""

    def replaced(match: re.Match[str]) -> str:
        url = match[0][: _end(match[0])]
        return new(url) + match[0][len(url) :]

    return _URL.sub(replaced, text)


def _end(url: str) -> int:
    depth = {")": 0, "]": 0}
    opening = {"(": ")", "[": "]"}
    for index, char in enumerate(url):
        if char in opening:
            depth[opening[char]] += 1
        elif char in depth:
            depth[char] -= 1
            if depth[char] < 0:
                return index
    return len(url.rstrip(_NOT_AT_THE_END))


def without_signed_values(value: object, depth: int = 0) -> object:
    """Any JSON without its signed URLs; a member that is nothing but one goes, with the time when it runs out."""
    if isinstance(value, str):
        return without_signed_urls(encodable(value))
    if depth >= _NESTED:
        return None if isinstance(value, (dict, list)) else value
    if isinstance(value, list):
        return [without_signed_values(each, depth + 1) for each in value]
    if not is_object(value):
        return value
    left_out = {name for name, each in value.items() if _is_signed_alone(each)}
    if "url" in left_out or "expiry_time" in value:
        left_out |= {"url", "expiry_time"}
    return {
        _clean_name(name): without_signed_values(each, depth + 1)
        for name, each in value.items()
        if name not in left_out
    }


def _clean_name(name: str) -> str:
    return name if name.isascii() and name.isidentifier() else without_signed_urls(encodable(name))


def _is_signed_alone(value: object) -> bool:
    if not isinstance(value, str) or "://" not in value:
        return False
    return bool(_URL.fullmatch(value.strip())) and is_signed(value)
