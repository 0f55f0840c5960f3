"""Which client ids are URLs of metadata documents (draft-ietf-oauth-client-id-metadata-document §3).

Strict, and by one expression: what two programs could read as two hosts is no client id.
"""

import re

MOST_CHARACTERS = 1000
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_CHARACTER = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%(?!2[Ff]|5[Cc]|0|1|7[Ff])[0-9A-Fa-f]{2})"
# No user, no fragment, no port but that of https, a path; the host has a dot and its last label a letter, so that it
# is no address in any spelling.
_URL = re.compile(
    rf"https://(?P<host>(?:{_LABEL}\.)+(?=[a-z0-9-]*[a-z])(?!0x){_LABEL})(?::443)?"
    rf"(?P<path>(?:/{_CHARACTER}*)+)(?:\?(?:{_CHARACTER}|[/?])*)?"
)
_DOTS = re.compile(r"/(?:\.|%2[Ee]){1,2}(?:/|$)")


def is_document_url(client_id: str) -> bool:
    if len(client_id) > MOST_CHARACTERS:
        return False
    found = _URL.fullmatch(client_id)
    return found is not None and not _DOTS.search(found["path"])


def looks_like_url(client_id: str) -> bool:
    """Meant as one, whether it may be or not."""
    return "://" in client_id[:MOST_CHARACTERS]


def host_of_document(client_id: str) -> str:
    found = _URL.fullmatch(client_id)
    return found["host"] if found else ""
