"""Recorded answers of Notion, which are not part of the repository."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

DATA = Path(os.environ.get("IVGRAPH_NOTION_DATA") or Path(__file__).parents[4] / "shared" / "notion_data")
NOWHERE = UUID(int=0)


def name(path: Path) -> str:
    return "/".join(path.relative_to(DATA).parts)


def files(workspace: str = "*") -> list[Path]:
    return sorted(DATA.glob(f"{workspace}/**/*.json"))


def body(path: Path) -> Any:
    """What Notion answered; an example is the answer itself."""
    found = json.loads(path.read_text("utf-8"))
    return found["response"]["body"] if "response" in found else found["object"]


def page_asked_for(path: Path) -> UUID:
    """The page in the path of the request, as for its properties."""
    asked = json.loads(path.read_text("utf-8"))["request"]["path"].split("/")
    return UUID(asked[asked.index("pages") + 1])


def objects(value: Any, *kinds: str) -> Iterator[dict[str, Any]]:
    """Everything in an answer, however deep, that says it is such an object."""
    if isinstance(value, dict):
        if value.get("object") in kinds:
            yield value
        for each in value.values():
            yield from objects(each, *kinds)
    elif isinstance(value, list):
        for each in value:
            yield from objects(each, *kinds)


def page_of(block: dict[str, Any]) -> UUID:
    """Where these tests say that a block stands: at its parent, of whatever type."""
    parent = block.get("parent", {})
    return UUID(next((value for key, value in parent.items() if key.endswith("_id")), str(NOWHERE)))
