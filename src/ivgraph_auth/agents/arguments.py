"""Arguments as models send them: `null` for what is optional, JSON in a string where an object or a list belongs, a URL
where an id belongs. JSON and URLs are read as for the tools of Notion's API (`notion/arguments.py`).
"""

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from ivgraph_auth.core.urls import NOTION_ID, parse_notion_id
from ivgraph_auth.graph.content.cutting import MOST_CHARS
from ivgraph_auth.graph.page_urls import page_of_url
from ivgraph_auth.notion.arguments import json_in

FEWEST_CHARS = 100
_ANY_ID = re.compile(rf"(?<![0-9a-zA-Z]){NOTION_ID}(?![0-9a-zA-Z])")
# For the schema; which of several is meant only code can say.
_ID_PATTERN = "[0-9a-fA-F]{32}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_MOMENT_PATTERN = "^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}.*)?$"
_KEY_PATTERN = r"^[\x20-\x7e]*$"
_KEY = re.compile(_KEY_PATTERN)
_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")


class Arguments(BaseModel):
    """What a tool takes. A member that it does not have is refused by name; null is as if it were left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if value is not None}


def read_reference(text: str) -> uuid.UUID | None:
    """The id that is meant: of a URL of Notion's the page's, else the only one that stands in the text."""
    bare = text.strip().strip("<>\"'")
    found = parse_notion_id(bare) or page_of_url(bare)
    if found is None and len(ids := set(_ANY_ID.findall(bare))) == 1:
        return parse_notion_id(ids.pop())
    return found


def _reference(text: str) -> str:
    found = read_reference(text)
    if found is None:
        raise PydanticCustomError("notion_id", "Should be an id (a UUID), a Notion URL or notion://page/<id>")
    return str(found)


def _parsed(*kinds: type) -> Callable[[object], object]:
    """JSON in a string, where that gives what is wanted."""

    def parse(value: object) -> object:
        found = json_in(value)
        return found if isinstance(found, kinds) else value

    return parse


def _listed(value: object) -> object:
    """A single one for a list of one."""
    return [value] if isinstance(value, str | dict) else value


def _sendable(text: str) -> str:
    if _UNSENDABLE.search(text):
        raise PydanticCustomError("text", "Should hold no NUL and no lone surrogates")
    return text


def _key(text: str) -> str:
    if not _KEY.fullmatch(text):
        raise PydanticCustomError("idempotency_key", "Should be 1 to 255 printable ASCII characters")
    return text


def _moment(text: str) -> str:
    if text and read_moment(text) is None:
        raise PydanticCustomError("moment", "Should be a date or a time, as in 2026-11-01 or 2026-11-01T09:30:00Z")
    return text


def read_moment(text: str) -> datetime | None:
    """ISO 8601; UTC where no zone is told."""
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def describe(text: str, **more: Any) -> Any:  # noqa: ANN401 -- what pydantic makes of a field is its own
    """A field with its description, which every parameter must have."""
    return Field(description=text, **more)


Text = Annotated[str, AfterValidator(_sendable)]
Reference = Annotated[
    str, Field(max_length=4000, json_schema_extra={"pattern": _ID_PATTERN}), AfterValidator(_reference)
]
Moment = Annotated[str, Field(max_length=40, json_schema_extra={"pattern": _MOMENT_PATTERN}), AfterValidator(_moment)]
JsonObject = Annotated[dict[str, Any], BeforeValidator(_parsed(dict))]
AS_LIST = (BeforeValidator(_listed), BeforeValidator(_parsed(list, dict)))
Objects = Annotated[list[dict[str, Any]], *AS_LIST]
Texts = Annotated[list[Text], *AS_LIST]
Markdown = Annotated[Text, Field(max_length=MOST_CHARS)]
MaxChars = Annotated[
    int,
    describe(
        f"How long the text may be, {FEWEST_CHARS} to {MOST_CHARS} characters; the rest comes with next_cursor.",
        ge=FEWEST_CHARS,
        le=MOST_CHARS,
    ),
]
Cursor = Annotated[str, describe("next_cursor of the answer before, to go on; all else as before.", max_length=4000)]
Workspace = Annotated[
    Text,
    describe(
        "Name or id of the workspace, only needed where you have several; whoami lists them.",
        max_length=200,
        examples=["Lighthouse Studio"],
    ),
]
IdempotencyKey = Annotated[
    str,
    describe(
        "Any text of your own, new for each write. Sent again with the same key and arguments within 24 hours, the "
        "write is not done twice and its first answer comes again.",
        max_length=255,
        examples=["note-2026-11-28-1"],
        json_schema_extra={"pattern": _KEY_PATTERN},
    ),
    AfterValidator(_key),
]
