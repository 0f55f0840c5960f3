"""From a tool and its parameters to the request that Notion is sent. Nothing here does I/O."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any
from urllib.parse import quote

from ivgraph_auth.notion.arguments import read_arguments
from ivgraph_auth.notion.errors import InvalidParameters, UnknownTool
from ivgraph_auth.notion.json_limits import problem
from ivgraph_auth.notion.schemas import checked_schema, published_schema, rules_of
from ivgraph_auth.notion.streamed_body import StreamedBody
from ivgraph_auth.notion.tools import BY_NAME, TOOLS, Age, Tool, age_of, name_of

MAX_BODY_BYTES = 500 * 1024
_JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"
_ENCODED = re.compile(r"(?:[A-Za-z0-9_.~-]|%[0-9A-Fa-f]{2})+")
_WITH_BODY = ("POST", "PATCH")
_TOO_LARGE = f"Should make a body of at most {MAX_BODY_BYTES} bytes; made {{}}. Send it in several calls"


@dataclass(frozen=True, slots=True)
class NotionRequest:
    """`path` and `query` are encoded already; `query` is empty or has no `?`. No body: None."""

    method: str
    path: str
    query: str = ""
    body: Mapping[str, Any] | None = None

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


@dataclass(frozen=True, slots=True)
class RawRequest:
    """As somebody else wrote it. `path` and `query` are printable ASCII; `version` None: this service's own."""

    method: str
    path: str
    query: str
    body: bytes | StreamedBody
    content_type: str | None
    version: str | None

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


def tool_of(tool_id: str) -> Tool:
    """By its name, or by its endpoint's. Raises UnknownTool, which tells what may be meant."""
    tool = BY_NAME.get(tool_id) or TOOLS.get(tool_id)
    if tool is None:
        raise UnknownTool(_close_names(tool_id))
    return tool


def _close_names(tool_id: str) -> list[str]:
    """Of tools, by the first hundred characters: the prefix and the way of writing do not count."""
    asked = re.sub(r"[^a-z0-9]+", "_", name_of(tool_id[:100]).lower()).strip("_").removeprefix("notion_")
    names = {name.removeprefix("notion_"): name for name in BY_NAME}
    return [names[close] for close in get_close_matches(asked, names, n=3)]


def schema_of(tool_id: str, version: str) -> dict[str, Any]:
    """The tool's parameters as JSON Schema, draft 2020-12. What it cannot say: see `schemas.py`; and that a body has
    500 KiB at most.

    Raises UnknownTool.
    """
    return {"$schema": _JSON_SCHEMA, **published_schema(_checked(tool_of(tool_id).id, age_of(version)))}


def description_of(tool_id: str, version: str) -> str:
    """What the tool does, and what its schema cannot say of its parameters as a whole. Raises UnknownTool."""
    tool = tool_of(tool_id)
    return f"{tool.description} {rules_of(_checked(tool.id, age_of(version)))}".strip()


def request_of(tool_id: str, parameters: Mapping[str, Any], version: str) -> NotionRequest:
    """The parameters are taken as `arguments.py` says. Raises UnknownTool, InvalidParameters."""
    tool, age = tool_of(tool_id), age_of(version)
    given = read_arguments(_checked(tool.id, age), parameters)
    template = tool.path_at(age)
    path = template.format_map(given)
    query = "&".join(_query(name, given[name]) for name in tool.query if name in given and given[name] != [])
    body = {name: value for name, value in given.items() if name not in tool.query and f"{{{name}}}" not in template}
    if tool.endpoint.method not in _WITH_BODY:
        return NotionRequest(tool.endpoint.method, path, query)
    size = len(json.dumps(body, ensure_ascii=False).encode())
    if size > MAX_BODY_BYTES:
        raise InvalidParameters([problem((), _TOO_LARGE.format(size), "too_large")])
    return NotionRequest(tool.endpoint.method, path, query, body)


@cache
def _checked(tool_id: str, age: Age) -> dict[str, Any]:
    """Made when first asked for: that takes longer than checking with it."""
    return checked_schema(TOOLS[tool_id].takes_at(age))


def _query(name: str, value: object) -> str:
    if isinstance(value, list):
        return "&".join(f"{name}={_property_id(item)}" for item in value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"{name}={quote(text, safe='')}"


def _property_id(text: str) -> str:
    """Notion gives property ids already encoded for URLs: those pass as they are."""
    return text if _ENCODED.fullmatch(text) else quote(text, safe="")
