"""The JSON Schema of a tool's parameters, made of their types, in two forms.

*Checked* (`checked_schema`): what `arguments.py` goes by. It has no references: what is nested in itself is written out
twice and then cut, to any object (Notion itself takes two levels of blocks, and of filters, in one request). Its
keywords are few (`_KEYWORDS`), and those of `schema_constraints.py`.

*Published* (`published_schema`): the same without those, which become words. So both say the same of every value, but
for what JSON Schema could say with combinators alone, and the APIs of models do not take: how many of some members an
object holds (problem `members`), and how many blocks there are in all (`too_many_blocks`). The description says it, and
the check names it. Beside the schema there are the limits of JSON and of a request as a whole: `json_limits.py` and
`operations.py`.

What the published schema allows is therefore refused for these reasons alone, and what is taken, once it is read
(`arguments.py`), is what the published schema allows: tests/notion/test_tool_properties.py.
"""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import TypeAdapter

from ivgraph_auth.notion.schema_constraints import AMONG, ID_OF, MOST_BLOCKS, OTHERS, words_of

Schema = dict[str, Any]

_DEEPEST = 2  # how often something is written out inside of itself
_LAST = ("start_cursor", "page_size")
_CUT = "The same once more, of the form above."
_KEYWORDS = frozenset(
    {
        "type", "description", "examples", "enum", "anyOf",
        "properties", "required", "additionalProperties",
        "items", "minItems", "maxItems",
        "minLength", "maxLength", "pattern", "minimum", "maximum",
        AMONG, ID_OF, MOST_BLOCKS, OTHERS,
    }
)  # fmt: skip
_OF_PYDANTIC = frozenset({"$ref", "$defs", "title", "default", "discriminator", "oneOf", "const"})


def checked_schema(takes: Any) -> Schema:  # noqa: ANN401 -- a type with its annotations
    """Raises ValueError for what a type says in a keyword that would not be checked."""
    whole = TypeAdapter(takes).json_schema()
    checked = _Writer(whole.get("$defs", {})).write(whole, ())
    checked["properties"] = _in_order(checked["properties"], checked.get("required", ()))
    return checked


def _in_order(members: Schema, required: Collection[str]) -> Schema:
    """As a model best reads them: what is required first, how to go on last."""
    return dict(sorted(members.items(), key=lambda item: (item[0] not in required, item[0] in _LAST)))


def published_schema(checked: Mapping[str, Any]) -> Schema:
    """Every keyword of this service's own is said in the description."""
    written: Schema = {}
    for keyword, value in checked.items():
        if keyword == "properties":
            written[keyword] = {name: published_schema(item) for name, item in value.items()}
        elif keyword == "anyOf":
            written[keyword] = [published_schema(item) for item in value]
        elif isinstance(value, Mapping) and keyword in ("items", "additionalProperties"):
            written[keyword] = published_schema(value)
        elif not keyword.startswith("x-"):
            written[keyword] = value
    if written.get("properties") and written.get("additionalProperties") is True:
        # JSON Schema means it anyway.
        del written["additionalProperties"]
    description = " ".join(filter(None, (written.get("description"), rules_of(checked))))
    return {**written, **({"description": description} if description else {})}


def rules_of(checked: Mapping[str, Any]) -> str:
    """What the published schema says in words alone, in sentences; empty where there is nothing."""
    sentences = [f"{words[:1].upper()}{words[1:]}." for words in map(words_of, checked.get(AMONG, ()))]
    if MOST_BLOCKS in checked:
        sentences.append(f"At most {checked[MOST_BLOCKS]} in all, nested ones included.")
    return " ".join(sentences)


class _Writer:
    """Writes a schema of pydantic's out. `within`: the names of the definitions that it is inside of."""

    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self._definitions = definitions

    def write(self, given: Mapping[str, Any], within: tuple[str, ...]) -> Schema:
        unknown = set(given) - _KEYWORDS - _OF_PYDANTIC
        if unknown:
            raise ValueError(f"No check for {', '.join(sorted(unknown))}.")
        if "$ref" not in given:
            return self._write_own(given, within)
        name = given["$ref"].rpartition("/")[2]
        beside = self._write_own(given, within)
        if within.count(name) == _DEEPEST:
            return {"type": "object", "description": _CUT, **beside}
        written = self.write(self._definitions[name], (*within, name))
        rules = [*written.get(AMONG, ()), *beside.get(AMONG, ())]
        return {**written, **beside, **({AMONG: rules} if rules else {})}

    def _write_own(self, given: Mapping[str, Any], within: tuple[str, ...]) -> Schema:
        written = {keyword: value for keyword, value in given.items() if keyword in _KEYWORDS}
        if "description" in written:
            written["description"] = " ".join(written["description"].split())
        if "const" in given:
            written["enum"] = [given["const"]]
        for keyword in ("items", "additionalProperties"):
            if isinstance(given.get(keyword), Mapping):
                written[keyword] = self.write(given[keyword], within)
        if "properties" in given:
            written |= self._members(given, within)
        branches = given.get("anyOf", given.get("oneOf"))
        return self._either(written, branches, within) if branches else written

    def _members(self, given: Mapping[str, Any], within: tuple[str, ...]) -> Schema:
        members = {name: self.write(item, within) for name, item in given["properties"].items()}
        others = next((name for name, item in members.items() if OTHERS in item), None)
        free = {} if others is None else {"additionalProperties": members.pop(others)}
        return {"properties": members, **free}

    def _either(self, written: Schema, branches: list[Schema], within: tuple[str, ...]) -> Schema:
        """Null beside one other type becomes a second type, which more readers of schemas understand."""
        forms = [self.write(branch, within) for branch in branches]
        others = [form for form in forms if form.get("type") != "null"]
        if len(others) == len(forms) or len(others) > 1 or not isinstance(others[0].get("type"), str):
            return {**written, "anyOf": forms}
        written.pop("anyOf", None)
        [only] = others
        values = {"enum": [*only["enum"], None]} if "enum" in only else {}
        return {**only, **values, **written, "type": [only["type"], "null"]}
