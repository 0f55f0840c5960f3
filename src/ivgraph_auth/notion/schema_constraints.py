"""What can be said of a parameter's type beside the type: for the check and for the JSON Schema at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema


@dataclass(frozen=True, slots=True)
class Among:
    """How many of the named members an object holds: exactly one, at least one (`most` None) or at most one."""

    names: tuple[str, ...]
    least: int = 1
    most: int | None = 1

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        whole = handler(schema)
        try:
            # A copy: what a reference leads to may be used elsewhere without this rule.
            whole = handler.resolve_ref_schema(whole)
        except LookupError:
            return {"allOf": [whole, self._rule()]}
        return {**whole, "allOf": [*whole.get("allOf", ()), self._rule()]}

    def _rule(self) -> JsonSchemaValue:
        each: list[JsonSchemaValue] = [{"required": [name]} for name in self.names]
        if self.least and self.most:
            return {"oneOf": each}
        if self.least:
            return {"anyOf": each}
        return {"oneOf": [*each, {"not": {"anyOf": each}}]}

    def _check(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        held = sum(name in value for name in self.names)
        if held < self.least or (self.most is not None and held > self.most):
            raise PydanticCustomError("members", "Should hold {wish} of {names}", self._words())
        return value

    def _words(self) -> dict[str, str]:
        wish = ("exactly one" if self.most else "at least one") if self.least else "at most one"
        return {"wish": wish, "names": ", ".join(self.names)}


@dataclass(frozen=True, slots=True)
class As:
    """Checked as another type than callers see: a TypedDict would forbid them the members that it does not name."""

    form: Any

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return handler.generate_schema(self.form)
