"""JSON Schemas of tools in the form that every model's API takes: an object at the top, nothing by reference, no title
where a name says it already.
"""

from functools import cache
from typing import Any

from pydantic import BaseModel

_REFERENCE = "#/$defs/"
# Members whose own members are names of somebody's choosing, not words of JSON Schema.
_BY_NAME = ("properties", "$defs", "patternProperties")
_VERBATIM = ("default", "examples", "enum", "const")


@cache
def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Made when first asked for. Whoever gets it must not change it."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})
    found: dict[str, Any] = _plain(schema, definitions)
    return found


def _plain(value: Any, definitions: dict[str, Any]) -> Any:  # noqa: ANN401 -- JSON
    if isinstance(value, list):
        return [_plain(each, definitions) for each in value]
    if not isinstance(value, dict):
        return value
    reference = value.get("$ref")
    if isinstance(reference, str) and reference.startswith(_REFERENCE):
        beside = {name: each for name, each in value.items() if name != "$ref"}
        return _plain({**definitions[reference.removeprefix(_REFERENCE)], **beside}, definitions)
    return {name: _member(name, each, definitions) for name, each in value.items() if not _is_noise(name, each)}


def _member(name: str, value: Any, definitions: dict[str, Any]) -> Any:  # noqa: ANN401 -- JSON
    if name in _VERBATIM:
        return value
    if name in _BY_NAME and isinstance(value, dict):
        return {key: _plain(each, definitions) for key, each in value.items()}
    return _plain(value, definitions)


def _is_noise(name: str, value: object) -> bool:
    """The empty text stands for what was not given, and is no value to send."""
    return (name == "title" and isinstance(value, str)) or (name == "default" and value in ("", None, [], {}))
