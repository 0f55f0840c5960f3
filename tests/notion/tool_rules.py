"""What the APIs of models ask of a tool, as they publish it and as they refuse. Each function lists what breaks a rule.

OpenAI       https://platform.openai.com/docs/guides/function-calling
             https://platform.openai.com/docs/guides/structured-outputs#supported-schemas (strict; limits as of 2026)
             "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level"
Anthropic    https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use
             "input_schema does not support oneOf, allOf, or anyOf at the top level"; references are refused anywhere,
             and property names match ^[a-zA-Z0-9_.-]{1,64}$ (https://platform.claude.com/docs/en/managed-agents)
Gemini       https://ai.google.dev/api/caching#FunctionDeclaration and #Schema
             "properties: should be non-empty for OBJECT type"; "enum: only allowed for STRING type"; a field that
             Schema does not have is an unknown name; where any_of is set, it is the only field
"""

import re
from collections.abc import Iterator
from typing import Any

from tests.support.service import Json

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
COMBINATORS = {"anyOf", "oneOf", "allOf", "not"}
_TYPES = {"string", "number", "integer", "boolean", "object", "array", "null"}


def nodes(schema: Json, at: str = "") -> Iterator[tuple[str, Json]]:
    """Every schema in it, with its place."""
    yield at or "top", schema
    for name, item in schema.get("properties", {}).items():
        yield from nodes(item, f"{at}.{name}")
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            yield from nodes(schema[keyword], f"{at}.{keyword}")
    for number, branch in enumerate(schema.get("anyOf", ())):
        yield from nodes(branch, f"{at}.{number}")


def depth(schema: Json) -> int:
    """How many objects are inside of each other."""
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    inner += [schema[keyword] for keyword in ("items", "additionalProperties") if isinstance(schema.get(keyword), dict)]
    return max(map(depth, inner), default=0) + ("properties" in schema)


def of_any(name: str, description: str, schema: Json) -> Iterator[str]:
    """What all three ask for, and what a model needs to choose well."""
    if not NAME.fullmatch(name):
        yield f"name {name}"
    if not 0 < len(description) <= 1024:
        yield f"description of {len(description)}"
    if schema.get("type") != "object" or COMBINATORS & set(schema) or "enum" in schema:
        yield "not an object at the top, or a combinator there"
    for at, node in nodes(schema):
        yield from (f"{at}: {text}" for text in _of_node(node))


def _of_node(node: Json) -> Iterator[Any]:
    unwanted = {"$ref", "$defs", "definitions", "allOf", "oneOf", "not", "const", "title"} & set(node)
    unwanted |= {keyword for keyword in node if keyword.startswith("x-")}
    if unwanted:
        yield unwanted
    types = node.get("type", [])
    if not set([types] if isinstance(types, str) else types) <= _TYPES or ("anyOf" not in node and not types):
        yield f"type {types}"
    for member, item in node.get("properties", {}).items():
        if not re.fullmatch(r"[a-zA-Z0-9_]{1,64}", member) or not item.get("description"):
            yield f"{member} is not described, or has no plain name"


def of_openai(function: Json) -> Iterator[str]:
    schema = function["parameters"]
    yield from of_any(function["name"], function["description"], schema)
    if set(function) - {"type"} != {"name", "description", "parameters", "strict"}:
        yield f"members {sorted(function)}"
    if function["strict"]:
        yield from _of_strict(schema)


def _of_strict(schema: Json) -> Iterator[str]:
    supported = {"type", "description", "properties", "required", "additionalProperties", "items", "enum", "anyOf",
                 "pattern", "format", "minimum", "maximum", "minItems", "maxItems", "multipleOf"}  # fmt: skip
    found = [*nodes(schema)]
    for at, node in found:
        if set(node) - supported:
            yield f"{at}: {sorted(set(node) - supported)}"
        if "object" in node.get("type", ()):
            if node.get("additionalProperties") is not False:
                yield f"{at}: open"
            if set(node["required"]) != set(node["properties"]):
                yield f"{at}: not all required"
    if depth(schema) > 10 or sum(len(node.get("properties", ())) for _, node in found) > 5000:
        yield "too large"
    if sum(len(node.get("enum", ())) for _, node in found) > 1000:
        yield "too many values"


def of_anthropic(tool: Json) -> Iterator[str]:
    yield from of_any(tool["name"], tool["description"], tool["input_schema"])
    if set(tool) != {"name", "description", "input_schema"}:
        yield f"members {sorted(tool)}"


_GEMINI_FIELDS = {
    "type", "format", "title", "description", "nullable", "enum", "maxItems", "minItems", "properties", "required",
    "minProperties", "maxProperties", "minLength", "maxLength", "pattern", "example", "anyOf", "propertyOrdering",
    "default", "items", "minimum", "maximum",
}  # fmt: skip


def of_gemini(declaration: Json) -> Iterator[str]:
    if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_.-]{0,63}", declaration["name"]):
        yield "name"
    if set(declaration) - {"name", "description", "parameters"} or not declaration["description"]:
        yield f"members {sorted(declaration)}"
    for at, node in nodes(declaration.get("parameters", {"type": "OBJECT", "properties": {"x": {"type": "STRING"}}})):
        yield from (f"{at}: {text}" for text in _of_gemini_schema(node))


def _of_gemini_schema(node: Json) -> Iterator[Any]:
    if set(node) - _GEMINI_FIELDS:
        yield sorted(set(node) - _GEMINI_FIELDS)
    if "anyOf" in node:
        return
    kind = node.get("type")
    if kind not in {"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT"}:
        yield f"type {kind}"
    if kind == "OBJECT" and not node.get("properties"):
        yield "an object without members"
    if not set(node.get("required", ())) <= set(node.get("properties", ())):
        yield "what is required is not there"
    if ("items" in node) is not (kind == "ARRAY"):
        yield "items"
    if "enum" in node and (kind != "STRING" or not all(isinstance(value, str) and value for value in node["enum"])):
        yield "enum"


def of_mcp(tool: Json) -> Iterator[str]:
    """https://modelcontextprotocol.io/specification/2025-11-25/server/tools"""
    yield from of_any(tool["name"], tool["description"], tool["inputSchema"])
    if set(tool) != {"name", "title", "description", "inputSchema", "annotations"} or not tool["title"]:
        yield f"members {sorted(tool)}"
    hints = {name: kind for name, kind in tool["annotations"].items() if name != "title"}
    if set(hints) != {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}:
        yield f"annotations {sorted(hints)}"
    if not all(isinstance(value, bool) for value in hints.values()):
        yield "hints"
