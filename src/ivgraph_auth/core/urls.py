"""What is asked of URLs and Notion ids, in one place."""

import ipaddress
import re
import uuid
from urllib.parse import urlencode, urlsplit, urlunsplit

_HEX = "[0-9a-fA-F]"
# With all dashes or with none.
NOTION_ID = f"(?:{_HEX}{{32}}|{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}})"
_UUID = re.compile(NOTION_ID)
LOCAL_PATH = r"/(?![/\\])[A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,2000}"


def is_loopback_host(host: str | None) -> bool:
    if not host:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_name(host: str) -> str:
    """The name in a Host header, without its port, in lower case."""
    name = host.rpartition(":")[0] if re.search(r":\d*$", host) and not host.endswith("]") else host
    return name.strip("[]").lower()


def origin(url: str) -> str:
    """Scheme, host and port as a browser writes them in `Origin` (RFC 6454 §6.2): default ports left out."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def with_query(url: str, **parameters: str) -> str:
    """The URL with the parameters added behind whatever query it has."""
    parts = urlsplit(url)
    query = "&".join(piece for piece in (parts.query, urlencode(parameters)) if piece)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))


def with_fragment(url: str, **parameters: str) -> str:
    return f"{url.partition('#')[0]}#{urlencode(parameters)}"


def is_local_path(text: str) -> bool:
    """A path of this very origin: starts with one slash, and holds nothing a browser would read as another host."""
    return bool(re.fullmatch(LOCAL_PATH, text))


def parse_notion_id(text: str) -> uuid.UUID | None:
    """Notion's ids are UUIDs, written with all dashes or with none."""
    return uuid.UUID(text) if _UUID.fullmatch(text) else None
