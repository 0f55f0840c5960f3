"""How settings are written down and read: names with aliases, `<NAME>_FILE`, lists by comma, empty means unset."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_origin
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from ivgraph_auth.core.errors import ConfigurationError

_HOST = re.compile(r"[A-Za-z0-9._:-]+")


def _without_slash(value: object) -> object:
    return value.rstrip("/") if isinstance(value, str) else value


def with_host(url: str) -> str:
    """Raises ValueError for a URL whose host or port no browser would take."""
    try:
        parts = urlsplit(url)
        good = bool(parts.hostname and _HOST.fullmatch(parts.hostname)) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        # Without the value, which may hold a password.
        raise ValueError("needs a host name, and a port between 1 and 65535 or none")
    return url


PageUrl = Annotated[str, Field(pattern=r"^https?://[^\s#]+$"), AfterValidator(with_host)]
Url = Annotated[PageUrl, BeforeValidator(_without_slash)]
Seconds = Annotated[int, Field(ge=1, le=10 * 365 * 86400)]


def setting(default: Any, *names: str, about: str, **limits: Any) -> Any:  # noqa: ANN401 -- as pydantic's own Field
    return Field(default, validation_alias=AliasChoices(*names), description=about, **limits)


def names_of(field: FieldInfo) -> tuple[str, ...]:
    """The setting's environment names, the one that wins first."""
    alias = field.validation_alias
    return tuple(str(choice) for choice in alias.choices) if isinstance(alias, AliasChoices) else ()


def environment() -> dict[str, str | None]:
    """What `.env` and the process's environment say; the latter wins."""
    return {**dotenv_values(".env"), **os.environ}


class EnvironmentSource(PydanticBaseSettingsSource):
    def __init__(self, settings_cls: type[BaseSettings], environment: Mapping[str, str | None]) -> None:
        super().__init__(settings_cls)
        self._environment = environment

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        for name in names_of(field):
            text = self._read(name)
            if text is not None:
                return (_split(text) if get_origin(field.annotation) is tuple else text), field_name, False
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}

    def _read(self, name: str) -> str | None:
        text = self._environment.get(name) or None
        path = self._environment.get(f"{name}_FILE") or None
        if path is None:
            return text
        if text is not None:
            raise ConfigurationError(f"{name} and {name}_FILE are both set. Keep one.")
        try:
            content = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            raise ConfigurationError(f"{name}_FILE cannot be read: {type(problem).__name__}.") from None
        return content.removesuffix("\n").removesuffix("\r") or None


def _split(text: str) -> list[str]:
    return [item for item in (piece.strip() for piece in text.split(",")) if item]
