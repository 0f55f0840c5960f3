"""How settings are written down and read: names with aliases, `<NAME>_FILE`, lists by comma, empty means unset."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, get_origin
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.variables import variables

_PREFIXES = ("IVGRAPH_", "NOTION_")
# Read by the tests, and by the examples in docs/examples.
_OF_THE_TESTS = (
    "IVGRAPH_TEST_DATABASE_URL",
    "IVGRAPH_TEST_PICTURES",
    "IVGRAPH_NOTION_DATA",
    "IVGRAPH_URL",
    "IVGRAPH_TOKEN",
)
_HOST = re.compile(r"[A-Za-z0-9._:-]+")


def _parse_boolean(value: object) -> object:
    """The four spellings that are documented: pydantic by itself takes `yes`, `on`, `t` and others too."""
    if not isinstance(value, str):
        return value
    if value not in ("true", "false", "1", "0"):
        raise ValueError("must be true, false, 1 or 0")
    return value in ("true", "1")


def _without_slash(value: object) -> object:
    return value.rstrip("/") if isinstance(value, str) else value


def check_host(url: str) -> str:
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


PageUrl = Annotated[str, Field(pattern=r"^https?://[^\s#]+$"), AfterValidator(check_host)]
Url = Annotated[PageUrl, BeforeValidator(_without_slash)]
Boolean = Annotated[bool, BeforeValidator(_parse_boolean)]
Seconds = Annotated[int, Field(ge=1, le=10 * 365 * 86400)]


def setting(default: Any, *names: str, about: str, **limits: Any) -> Any:  # noqa: ANN401 -- as pydantic's own Field
    return Field(default, validation_alias=AliasChoices(*names), description=about, **limits)


def default_data_dir() -> Path:
    """A user number without an entry, as containers have, has no home."""
    shared = Path("/var/lib/ivgraph-auth")
    try:
        return shared if os.geteuid() == 0 else Path.home() / ".local/share/ivgraph-auth"
    except RuntimeError:
        return shared


def names_of(field: FieldInfo) -> tuple[str, ...]:
    """The setting's environment names, the one that wins first."""
    alias = field.validation_alias
    return tuple(str(choice) for choice in alias.choices) if isinstance(alias, AliasChoices) else ()


def read_environment() -> dict[str, str | None]:
    """What `.env` and the process's environment say; the latter wins."""
    return {**_read_dotenv(), **variables()}


def _read_dotenv() -> dict[str, str | None]:
    """Raises ConfigurationError for a `.env` that is there and cannot be read."""
    path = Path(".env")
    try:
        # A directory of that name would be passed over in silence, and a file that may not be read end in a traceback.
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigurationError(
            f".env in {Path.cwd()} cannot be read ({type(problem).__name__}). Correct it, or start elsewhere."
        ) from None
    return dotenv_values(stream=StringIO(text))


class EnvironmentSource(PydanticBaseSettingsSource):
    def __init__(self, settings_cls: type[BaseSettings], environment: Mapping[str, str | None]) -> None:
        super().__init__(settings_cls)
        self._environment = environment

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        for name in names_of(field):
            text = self._read(name)
            if text is not None:
                return (split_list(text) if get_origin(field.annotation) is tuple else text), field_name, False
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


def split_list(text: str) -> list[str]:
    """By comma; empty items are left out."""
    return [item for item in (piece.strip() for piece in text.split(",")) if item]


class EnvironmentSettings(BaseSettings):
    """By name, else from the environment and `.env`. What is wrong is told without its value."""

    model_config = SettingsConfigDict(populate_by_name=True, frozen=True, hide_input_in_errors=True, extra="forbid")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: object, **__: object
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, EnvironmentSource(settings_cls, read_environment())


@dataclass(frozen=True, slots=True)
class UnknownName:
    """A variable that looks like a setting and is none. `nearest` is one that there is."""

    name: str
    nearest: str | None

    @property
    def says(self) -> str:
        return f"{self.name} is no setting of this service" + (f"; is {self.nearest} meant?" if self.nearest else "")


def unknown_names(settings_cls: type[BaseSettings]) -> list[UnknownName]:
    """What begins as our settings do, in the environment or `.env`, and that nobody reads."""
    known = [name for field in settings_cls.model_fields.values() for name in names_of(field)]
    known += [f"{name}_FILE" for name in known if f"{name}_FILE" not in known]
    strange = sorted(
        name
        for name in read_environment()
        if name.upper().startswith(_PREFIXES) and name not in (*known, *_OF_THE_TESTS)
    )
    return [UnknownName(name, next(iter(get_close_matches(name.upper(), known, n=1)), None)) for name in strange]
