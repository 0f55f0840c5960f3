"""From a tool and its parameters to the request that Notion is sent. Nothing here does I/O."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from ivgraph_auth.notion.errors import InvalidParameters, UnknownTool
from ivgraph_auth.notion.json_limits import PROBLEMS_TOLD, Problem, find_problems, problem
from ivgraph_auth.notion.streamed_body import StreamedBody
from ivgraph_auth.notion.tools import TOOLS, Age, Tool, age_of

MAX_BODY_BYTES = 500 * 1024
_JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"
_ENCODED = re.compile(r"(?:[A-Za-z0-9_.~-]|%[0-9A-Fa-f]{2})+")
_WITH_BODY = ("POST", "PATCH")


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
    """Raises UnknownTool."""
    try:
        return TOOLS[tool_id]
    except KeyError:
        raise UnknownTool from None


def schema_of(tool_id: str, version: str) -> dict[str, Any]:
    """The tool's parameters as JSON Schema, draft 2020-12. What it cannot say: at most 1000 blocks in all, 500 KiB.

    Raises UnknownTool.
    """
    schema = _adapter(tool_of(tool_id).id, age_of(version)).json_schema()
    return {"$schema": _JSON_SCHEMA, **schema}


def request_of(tool_id: str, parameters: Mapping[str, Any], version: str) -> NotionRequest:
    """Ids come out dashed and in lower case; a null cursor is left out, as Notion's own clients do.

    Raises UnknownTool, InvalidParameters.
    """
    tool, age = tool_of(tool_id), age_of(version)
    given = _check(tool, age, parameters)
    if given.get("start_cursor", "") is None:
        del given["start_cursor"]
    template = tool.path_at(age)
    path = template.format_map(given)
    query = "&".join(_query(name, given[name]) for name in tool.query if name in given and given[name] != [])
    body = {name: value for name, value in given.items() if name not in tool.query and f"{{{name}}}" not in template}
    if tool.endpoint.method not in _WITH_BODY:
        return NotionRequest(tool.endpoint.method, path, query)
    if len(json.dumps(body, ensure_ascii=False).encode()) > MAX_BODY_BYTES:
        raise InvalidParameters([problem((), f"Should make a body of at most {MAX_BODY_BYTES} bytes", "too_large")])
    return NotionRequest(tool.endpoint.method, path, query, body)


@cache
def _adapter(tool_id: str, age: Age) -> TypeAdapter[Any]:
    """Made when first asked for: that takes longer than checking with it."""
    return TypeAdapter(TOOLS[tool_id].takes_at(age))


def _check(tool: Tool, age: Age, parameters: Mapping[str, Any]) -> dict[str, Any]:
    problems = find_problems(parameters)
    if problems:
        raise InvalidParameters(problems)
    try:
        checked: dict[str, Any] = _adapter(tool.id, age).validate_python(dict(parameters), strict=True)
    except ValidationError as refused:
        raise InvalidParameters([*_problems_of(refused)][:PROBLEMS_TOLD]) from None
    return checked


def _problems_of(refused: ValidationError) -> Iterator[Problem]:
    for error in refused.errors(include_url=False, include_context=False, include_input=False):
        # What begins with ~ says which form of a value was tried, and is no part of the parameters.
        location = tuple(part for part in error["loc"] if not str(part).startswith("~"))
        yield problem(location, error["msg"], error["type"])


def _query(name: str, value: object) -> str:
    if isinstance(value, list):
        return "&".join(f"{name}={_property_id(item)}" for item in value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"{name}={quote(text, safe='')}"


def _property_id(text: str) -> str:
    """Notion gives property ids already encoded for URLs: those pass as they are."""
    return text if _ENCODED.fullmatch(text) else quote(text, safe="")
