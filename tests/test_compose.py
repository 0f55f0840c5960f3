"""What stands in `.env` beside compose.yaml reaches the service in its container."""

import re
from pathlib import Path

import pytest

from ivgraph_auth.core.config import load_settings
from ivgraph_auth.core.secrets import random_token
from ivgraph_auth.keys.keyring import generate_key

ROOT = Path(__file__).parents[1]
NAMES = re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
# What compose itself must say, since the container's paths and its network are its own.
FROM_FILES = {"DATABASE_URL", "IVGRAPH_SECRET_KEY", "IVGRAPH_ENCRYPTION_KEYS", "NOTION_CLIENT_SECRET"}
FILES_THEMSELVES = {"IVGRAPH_ENCRYPTION_KEYS_FILE"}
ENTRY = re.compile(r'      ([A-Z_]+): (?:"(.*)"|(\S.*))')
HANDED_ON = re.compile(r"\$\{([A-Z_]+):[?-][^}]*\}")


def block(text: str, name: str, depth: int) -> list[str]:
    """The lines below `name:`, without comments. Strict: a name that is not there once is an error."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    (start,) = (number for number, line in enumerate(lines) if line == f"{' ' * depth}{name}:")
    below = lines[start + 1 :]
    end = next((number for number, line in enumerate(below) if not line.startswith(" " * (depth + 2))), len(below))
    return below[:end]


def service() -> str:
    return "\n".join(block((ROOT / "compose.yaml").read_text(), "service", 2))


def in_the_container(dotenv: dict[str, str]) -> dict[str, str]:
    """As Docker Compose puts it together: `env_file` first, and `environment` over it."""
    assert block(service(), "env_file", 4) == ["      - path: .env", "        required: false"]
    found = dict(dotenv)
    for line in block(service(), "environment", 4):
        entry = ENTRY.fullmatch(line)
        assert entry, line
        name, value = entry[1], entry[2] or entry[3] or ""
        handed_on = HANDED_ON.fullmatch(value)
        found[name] = dotenv.get(handed_on[1], "") if handed_on else value
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_reaches_the_container(name: str) -> None:
    value = in_the_container({name: "as set"}).get(name)
    if name in FROM_FILES:
        assert value == ""
        assert in_the_container({})[f"{name}_FILE"].startswith("/run/secrets/")
    elif name in FILES_THEMSELVES:
        assert value == "/run/secrets/encryption_keys"
    else:
        assert value == "as set"


def test_with_everything_in_one_env_file_the_service_takes_what_it_finds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A `.env` that also serves without containers: secrets in it and secrets in files do not quarrel."""
    workspace = "11111111-2222-4333-8444-555555555555"
    dotenv = {
        "DATABASE_URL": "postgresql://elsewhere.test/name",
        "IVGRAPH_SECRET_KEY": random_token(),
        "IVGRAPH_ENCRYPTION_KEYS": generate_key("test"),
        "NOTION_CLIENT_ID": "client",
        "NOTION_CLIENT_SECRET": random_token(),
        "IVGRAPH_PUBLIC_URL": "https://auth.example.com",
        "IVGRAPH_ALLOWED_WORKSPACES": workspace,
    }
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    for name, value in in_the_container(dotenv).items():
        place = tmp_path / Path(value).name
        if value.startswith("/run/secrets/"):
            place.write_text("postgresql://postgres/inside" if "URL" in name else f"{random_token()}\n")
            monkeypatch.setenv(name, str(place))
        else:
            monkeypatch.setenv(name, value)
    settings = load_settings()
    assert [str(each) for each in settings.allowed_workspaces] == [workspace]
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://postgres/inside"
