"""What a parameter's type cannot say by itself, for its JSON Schema. pydantic makes the schema of the types;
`schemas.py` makes of that what is checked and what is published.

Keywords that begin with `x-` are of this service alone. The check goes by them (`arguments.py`); published they are
words of a description, since the APIs of models do not take the combinators that could say the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

AMONG = "x-among"  # a list of {"names", "least", "most"}: see Among
ID_OF = "x-id-of"  # an id, of a thing of this kind: which part of a URL names it
MOST_BLOCKS = "x-most-blocks"  # of a list of blocks: how many in all, nested ones included
OTHERS = "x-others"  # of a member of a TypedDict: it stands for every member that is not named


@dataclass(frozen=True, slots=True)
class Among:
    """How many of the named members an object holds: exactly one, at least one (`most` None) or at most one."""

    names: tuple[str, ...]
    least: int = 1
    most: int | None = 1

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        whole = handler(schema)
        rule = {"names": list(self.names), "least": self.least, "most": self.most}
        # A new object: what a reference leads to may be used elsewhere without this rule.
        return {**whole, AMONG: [*whole.get(AMONG, ()), rule]}


@dataclass(frozen=True, slots=True)
class As:
    """Described as another type than callers see: a TypedDict would forbid them the members that it does not name."""

    form: Any

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return handler.generate_schema(self.form)


def words_of(rule: Mapping[str, Any]) -> str:
    """Of one rule under AMONG, such as `exactly one of parent, discussion_id`."""
    wish = ("exactly one" if rule["most"] else "at least one") if rule["least"] else "at most one"
    return f"{wish} of {', '.join(rule['names'])}"
