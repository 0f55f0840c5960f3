"""The app credentials: who this program is at Notion. Given by name, else from the environment and `.env`."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator, SecretStr, ValidationError
from pydantic_core import PydanticKnownError
from pydantic_settings import SettingsConfigDict

from ivgraph_auth.core.environment import EnvironmentSettings, Url, names_of, setting
from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.secrets import Secret

_API_URL = "https://api.notion.com"
_TOKEN_PATH = "/v1/oauth/token"  # noqa: S105 -- a path
_VISIBLE = re.compile(r"[\x21-\x7e]{1,4096}")


def load_app(given: Mapping[str, Any]) -> "NotionApp":
    """Raises ConfigurationError naming what is wrong, never its value. None counts as not given."""
    unknown = sorted(str(name) for name in given if name not in NotionApp.model_fields)
    if unknown:
        known = ", ".join(NotionApp.model_fields)
        raise ConfigurationError(f"Unknown app credentials: {', '.join(unknown)}. There are: {known}.")
    try:
        found = NotionApp(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as problem:
        raise ConfigurationError("; ".join(_explain(each["loc"], each["msg"]) for each in problem.errors())) from None
    beside = found.token_url.removesuffix(_TOKEN_PATH)
    # A stand-in for Notion that is known by its token endpoint alone is not left for Notion itself.
    api_url = found.api_url or (beside if beside != found.token_url else _API_URL)
    urls = {
        "authorization_url": found.authorization_url or f"{api_url}/v1/oauth/authorize",
        "token_url": found.token_url or f"{api_url}{_TOKEN_PATH}",
        "api_url": api_url,
    }
    return found.model_copy(update=urls)


def _to_secret(value: object) -> Secret:
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not isinstance(text, str):
        raise PydanticKnownError("string_type")
    if not _VISIBLE.fullmatch(text):
        raise ValueError("needs 1 to 4096 visible ASCII characters")
    return Secret(text)


def _split_scope(value: object) -> object:
    """A scope may be written as OAuth writes it: words with blanks between them (RFC 6749 §3.3)."""
    return tuple(value.split()) if isinstance(value, str) else value


_Visible = Annotated[Secret, PlainValidator(_to_secret)]
# HTTP Basic could not carry a colon (RFC 7617 §2).
_ClientId = Annotated[str, Field(pattern=r"^[\x21-\x39\x3b-\x7e]{1,200}$")]


class NotionApp(EnvironmentSettings):
    """Of the URLs, `load_app` fills in those that are not given."""

    model_config = SettingsConfigDict(validate_default=False)

    authorization_url: Url = setting(
        "", "NOTION_AUTHORIZATION_URL", "NOTION_AUTHORIZE_URL", about="Default: under api_url."
    )
    token_url: Url = setting("", "NOTION_TOKEN_URL", "NOTION_ACCESS_TOKEN_URL", about="Default: under api_url.")
    client_id: _ClientId | None = setting(None, "NOTION_CLIENT_ID", about="OAuth client id.")
    client_secret: _Visible | None = setting(None, "NOTION_CLIENT_SECRET", about="OAuth client secret.")
    redirect_uri: str | None = setting(
        None, "NOTION_REDIRECT_URI", about="Where the consent leads back to.", pattern=r"^[\x21-\x7e]{1,2000}$"
    )
    token: _Visible | None = setting(
        None, "NOTION_TOKEN", "NOTION_INTEGRATION_TOKEN", about="An internal integration token, which needs no flow."
    )
    default_scope: Annotated[tuple[str, ...], BeforeValidator(_split_scope)] | None = None
    version: str = setting(
        "2026-03-11", "NOTION_VERSION", "NOTION_API_VERSION", about="Notion-Version.", pattern=r"^\d{4}-\d{2}-\d{2}$"
    )
    api_url: Url = setting("", "NOTION_API_URL", about="Notion's API, without /v1. Default: where token_url is.")

    def client(self) -> tuple[str, Secret]:
        """Raises ConfigurationError when this program has no client credentials."""
        if self.client_id is None or self.client_secret is None:
            raise ConfigurationError(
                "The OAuth calls need client_id and client_secret (NOTION_CLIENT_ID, NOTION_CLIENT_SECRET)."
            )
        return self.client_id, self.client_secret


def _explain(location: tuple[int | str, ...], message: str) -> str:
    """Whether the value was found by the field's name or by one of the environment's."""
    found_by = str(location[0]) if location else "app credentials"
    for name, field in NotionApp.model_fields.items():
        names = names_of(field)
        if found_by in (name, *names):
            return f"{name} ({', '.join(names)}): {message}" if names else f"{name}: {message}"
    return f"{found_by}: {message}"
