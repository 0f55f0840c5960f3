"""Tools as OpenAI's APIs take them: flat for Responses, under `function` for chat completions.

https://platform.openai.com/docs/guides/function-calling, and for `strict` (the model's output is held to the schema)
https://platform.openai.com/docs/guides/structured-outputs#supported-schemas: every object names all of its members, all
are required, and what is optional may be null instead, which `arguments.py` takes for left out. A tool with an object
whose members have names of the workspace's (properties, blocks, conditions) cannot be said so, and is not strict.
"""

from collections.abc import Mapping
from typing import Any

from ivgraph_auth.notion.forms.words import lengths_of, with_examples
from ivgraph_auth.notion.published import PublishedTool

Form = dict[str, Any]

_STRICT_KEYWORDS = ("type", "enum", "pattern", "minimum", "maximum", "minItems", "maxItems")


def responses_tool(tool: PublishedTool) -> Form:
    return {"type": "function", **_function(tool)}


def chat_tool(tool: PublishedTool) -> Form:
    return {"type": "function", "function": _function(tool)}


def _function(tool: PublishedTool) -> Form:
    strict = strict_schema(tool.parameters)
    return {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters if strict is None else strict,
        "strict": strict is not None,
    }


def strict_schema(schema: Mapping[str, Any]) -> Form | None:
    """None where `strict` cannot say it."""
    if "anyOf" not in schema and "type" not in schema:
        return None
    written = {keyword: schema[keyword] for keyword in _STRICT_KEYWORDS if keyword in schema}
    if description := with_examples(schema, lengths_of(schema)):
        written["description"] = description
    parts: list[Form | None] = []
    if "anyOf" in schema:
        written["anyOf"] = parts = [strict_schema(branch) for branch in schema["anyOf"]]
    elif "array" in schema["type"]:
        written["items"] = strict_schema(schema.get("items", {"type": "object"}))
        parts = [written["items"]]
    elif "object" in schema["type"]:
        if schema.get("additionalProperties", True) is not False:
            return None
        members = {name: _member(schema, name) for name in schema["properties"]}
        written |= {"properties": members, "required": [*members], "additionalProperties": False}
        parts = [*members.values()]
    return None if None in parts else written


def _member(schema: Mapping[str, Any], name: str) -> Form | None:
    member = strict_schema(schema["properties"][name])
    if member is None or name in schema.get("required", ()):
        return member
    if "anyOf" in member:
        return {**member, "anyOf": [*member["anyOf"], {"type": "null"}]}
    types = [member["type"]] if isinstance(member["type"], str) else member["type"]
    values = {"enum": [*member["enum"], None]} if "enum" in member and None not in member["enum"] else {}
    return {**member, "type": [*dict.fromkeys([*types, "null"])], **values}
