"""The app credentials: who this program is at Notion. Given by name, else from the environment and `.env`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError

from ivgraph_auth.core.environment import EnvironmentSettings, Url, names_of, setting
from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.secrets import Secret

_API_URL = "https://api.notion.com"
_TOKEN_PATH = "/v1/oauth/token"  # noqa: S105 -- a path
_VISIBLE = re.compile(r"[\x21-\x7e]{1,4096}")


@dataclass(frozen=True, slots=True)
class NotionApp:
    authorization_url: str
    token_url: str
    api_url: str
    client_id: str | None
    client_secret: Secret | None
    redirect_uri: str | None
    token: Secret | None
    default_scope: tuple[str, ...] | None
    version: str

    def client(self) -> tuple[str, Secret]:
        """Raises ConfigurationError when this program has no client credentials."""
        if self.client_id is None or self.client_secret is None:
            raise ConfigurationError(
                "The OAuth calls need client_id and client_secret (NOTION_CLIENT_ID, NOTION_CLIENT_SECRET)."
            )
        return self.client_id, self.client_secret


def load_app(given: Mapping[str, Any]) -> NotionApp:
    """Raises ConfigurationError naming what is wrong, never its value. None counts as not given."""
    unknown = sorted(str(name) for name in given if name not in _AppSettings.model_fields)
    if unknown:
        known = ", ".join(_AppSettings.model_fields)
        raise ConfigurationError(f"Unknown app credentials: {', '.join(unknown)}. There are: {known}.")
    try:
        found = _AppSettings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as problem:
        raise ConfigurationError("; ".join(_explain(each["loc"], each["msg"]) for each in problem.errors())) from None
    return _resolved(found)


def _visible(secret: SecretStr) -> SecretStr:
    if not _VISIBLE.fullmatch(secret.get_secret_value()):
        raise ValueError("needs 1 to 4096 visible ASCII characters")
    return secret


def _words(value: object) -> object:
    """A scope may be written as OAuth writes it: words with blanks between them (RFC 6749 §3.3)."""
    return tuple(value.split()) if isinstance(value, str) else value


_Visible = Annotated[SecretStr, AfterValidator(_visible)]
# HTTP Basic could not carry a colon (RFC 7617 §2).
_ClientId = Annotated[str, Field(pattern=r"^[\x21-\x39\x3b-\x7e]{1,200}$")]


class _AppSettings(EnvironmentSettings):
    authorization_url: Url | None = setting(
        None, "NOTION_AUTHORIZATION_URL", "NOTION_AUTHORIZE_URL", about="Default: under api_url."
    )
    token_url: Url | None = setting(
        None, "NOTION_TOKEN_URL", "NOTION_ACCESS_TOKEN_URL", about="Default: under api_url."
    )
    client_id: _ClientId | None = setting(None, "NOTION_CLIENT_ID", about="OAuth client id.")
    client_secret: _Visible | None = setting(None, "NOTION_CLIENT_SECRET", about="OAuth client secret.")
    redirect_uri: str | None = setting(
        None, "NOTION_REDIRECT_URI", about="Where the consent leads back to.", pattern=r"^[\x21-\x7e]{1,2000}$"
    )
    token: _Visible | None = setting(
        None, "NOTION_TOKEN", "NOTION_INTEGRATION_TOKEN", about="An internal integration token, which needs no flow."
    )
    default_scope: Annotated[tuple[str, ...], BeforeValidator(_words)] | None = None
    version: str = setting(
        "2026-03-11", "NOTION_VERSION", "NOTION_API_VERSION", about="Notion-Version.", pattern=r"^\d{4}-\d{2}-\d{2}$"
    )
    api_url: Url | None = setting(
        None, "NOTION_API_URL", about="Notion's API, without /v1. Default: where token_url is."
    )


def _resolved(found: _AppSettings) -> NotionApp:
    beside = (found.token_url or "").removesuffix(_TOKEN_PATH)
    # A stand-in for Notion that is known by its token endpoint alone is not left for Notion itself.
    api_url = found.api_url or (beside if beside and beside != found.token_url else _API_URL)
    return NotionApp(
        authorization_url=found.authorization_url or f"{api_url}/v1/oauth/authorize",
        token_url=found.token_url or f"{api_url}{_TOKEN_PATH}",
        api_url=api_url,
        client_id=found.client_id,
        client_secret=_secret(found.client_secret),
        redirect_uri=found.redirect_uri,
        token=_secret(found.token),
        default_scope=found.default_scope,
        version=found.version,
    )


def _secret(value: SecretStr | None) -> Secret | None:
    return None if value is None else Secret(value.get_secret_value())


def _explain(location: tuple[int | str, ...], message: str) -> str:
    name = str(location[0]) if location else "app credentials"
    field = _AppSettings.model_fields.get(name)
    names = names_of(field) if field else ()
    for candidate, each in _AppSettings.model_fields.items():
        if name in names_of(each):
            name, names = candidate, names_of(each)
    return f"{name} ({', '.join(names)}): {message}" if names else f"{name}: {message}"
