"""What a form cannot say in a keyword, said in a description."""

import json
from collections.abc import Mapping
from typing import Any


def with_examples(schema: Mapping[str, Any], *more: str) -> str:
    """The description, further sentences, and the first example."""
    shown = [f"For example: {json.dumps(example, ensure_ascii=False)}" for example in schema.get("examples", ())[:1]]
    return " ".join([text for text in (schema.get("description", ""), *more) if text] + shown)


def lengths_of(schema: Mapping[str, Any]) -> str:
    """Of a string, for forms without `minLength` and `maxLength`."""
    if "maxLength" in schema:
        return f"At most {schema['maxLength']} characters."
    return "Not empty." if schema.get("minLength") else ""
