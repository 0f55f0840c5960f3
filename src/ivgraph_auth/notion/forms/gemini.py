"""Tools as Gemini takes them in `functionDeclarations`: https://ai.google.dev/api/caching#FunctionDeclaration, with
parameters in its own subset of OpenAPI's schema, https://ai.google.dev/api/caching#Schema.

The subset has no object with members that are not named (and takes no object without members), so such a one is asked
for as JSON in a string, which `arguments.py` reads. Only strings may have an `enum`, null is `nullable`, and what has
`anyOf` has nothing else.
"""

from collections.abc import Mapping
from typing import Any

from ivgraph_auth.notion.forms.words import with_examples
from ivgraph_auth.notion.published import PublishedTool

Form = dict[str, Any]

_AS_IT_IS = ("pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems")


def gemini_declaration(tool: PublishedTool) -> Form:
    declared = {"name": tool.name, "description": tool.description}
    return {**declared, "parameters": gemini_schema(tool.parameters)} if tool.parameters["properties"] else declared


def gemini_schema(schema: Mapping[str, Any]) -> Form:
    if "anyOf" in schema:
        return _either(schema)
    types = [schema["type"]] if isinstance(schema.get("type"), str) else [*schema.get("type", ())]
    kind = next((name for name in types if name != "null"), "")
    if not kind or (kind == "object" and _has_free_names(schema)):
        text = with_examples(schema, "An object, as JSON in a string." if kind else "As JSON in a string.")
        written: Form = {"type": "STRING", "description": text}
    else:
        written = {"type": kind.upper(), **{keyword: schema[keyword] for keyword in _AS_IT_IS if keyword in schema}}
        if description := with_examples(schema):
            written["description"] = description
        written |= _parts(schema, kind)
    return {**written, "nullable": True} if "null" in types else written


def _parts(schema: Mapping[str, Any], kind: str) -> Form:
    if kind == "array":
        return {"items": gemini_schema(schema.get("items", {"type": "object"}))}
    if kind == "string" and "enum" in schema:
        return {"enum": [value for value in schema["enum"] if value is not None]}
    if kind != "object":
        return {}
    members = {name: gemini_schema(item) for name, item in schema["properties"].items()}
    required = schema.get("required")
    return {"properties": members, **({"required": required} if required else {})}


def _either(schema: Mapping[str, Any]) -> Form:
    """The description goes to the first, since it can stand nowhere else."""
    first, *others = [gemini_schema(branch) for branch in schema["anyOf"] if branch.get("type") != "null"]
    told = " ".join(filter(None, (schema.get("description"), first.get("description"))))
    return {"anyOf": [{**first, **({"description": told} if told else {})}, *others]}


def _has_free_names(schema: Mapping[str, Any]) -> bool:
    return not schema.get("properties") or isinstance(schema.get("additionalProperties"), Mapping)
