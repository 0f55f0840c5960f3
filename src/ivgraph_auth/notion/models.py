"""Notion's answers, as far as we read them. Whatever Notion may leave out or send as null may be absent here too;
fields we do not know are passed over, since Notion adds some without a new version.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictInt

# Goes into a header later, so nothing but visible ASCII.
Token = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,4096}$")]
Identifier = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,200}$")]


def plain(text: str) -> str:
    """Fit for a log line and an audit row, whatever was sent."""
    return "".join(character for character in text if character.isascii() and character.isprintable())[:100]


def _storable(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:2000]


# For people to read: what PostgreSQL cannot hold is dropped, what no page can show is cut.
Text = Annotated[str, AfterValidator(_storable)]
RequestId = Annotated[str, AfterValidator(plain)]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class PersonDetails(_Answer):
    email: Text | None = None
    email_verified: StrictBool | None = None


class User(_Answer):
    """A person, a bot, or a partial user of which only `id` is known (a connection without user capabilities)."""

    id: Identifier
    type: str | None = None
    name: Text | None = None
    avatar_url: Text | None = None
    person: PersonDetails | None = None

    @property
    def partial(self) -> bool:
        return self.type is None


class Owner(_Answer):
    """Whom a bot belongs to: `user` with the person, or `workspace`."""

    type: str | None = None
    user: User | None = None


class TokenAnswer(_Answer):
    """200 of POST /v1/oauth/token, for a code and for a refresh. There is no `expires_in` and no `scope`."""

    access_token: Token = Field(repr=False)
    refresh_token: Token | None = Field(None, repr=False)
    token_type: str | None = None
    bot_id: Identifier
    workspace_id: Identifier
    workspace_name: Text | None = None
    workspace_icon: Text | None = None
    owner: Owner | None = None
    duplicated_template_id: str | None = None
    request_id: RequestId | None = None


class BotDetails(_Answer):
    owner: Owner | None = None
    workspace_id: Identifier | None = None
    workspace_name: Text | None = None


class Bot(_Answer):
    """200 of GET /v1/users/me."""

    id: Identifier
    name: Text | None = None
    bot: BotDetails | None = None
    request_id: RequestId | None = None


class Introspection(_Answer):
    """200 of POST /v1/oauth/introspect. `iat` is in milliseconds; `scope` lists capabilities, separated by blanks."""

    active: StrictBool
    scope: str | None = None
    iat: StrictInt | None = None
    request_id: RequestId | None = None


@dataclass(frozen=True, slots=True)
class Success:
    """Notion's object and the JSON text it came as; without members when Notion said no more than that it was done."""

    status: int
    body: bytes = field(repr=False)
    value: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PassedOn:
    """An answer for somebody else to read: JSON text, or nothing. `code` is Notion's, of its error body; None for a
    success.
    """

    status: int
    body: bytes = field(repr=False)
    code: str | None
    request_id: str | None
    retry_after: int | None
