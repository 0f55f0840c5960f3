"""When `serve` does not start: it names the setting, shows no value, and is gone."""

import socket
from pathlib import Path

import pytest

from tests.cli.conftest import refusal, secrets
from tests.support.processes import Commands, left_behind

KEY = "hush-hush-" * 4
AWAY = "postgresql://app:hush-hush@127.0.0.1:1/identity"  # nothing listens there

CASES = [
    # what is set (None: unset), the options, what the message must name
    ({"IVGRAPH_SECRET_KEY": None}, "", ["IVGRAPH_SECRET_KEY", "keys generate"]),
    ({"IVGRAPH_SECRET_KEY": ""}, "", ["IVGRAPH_SECRET_KEY"]),
    ({"IVGRAPH_SECRET_KEY": "hush-hush" + 22 * "k"}, "", ["IVGRAPH_SECRET_KEY", "32 bytes"]),
    ({"IVGRAPH_SECRET_KEY_PREVIOUS": "hush-hush"}, "", ["IVGRAPH_SECRET_KEY_PREVIOUS", "32 bytes"]),
    ({"IVGRAPH_JWT_ALGORITHM": "HS512"}, "", ["IVGRAPH_JWT_ALGORITHM", "64 bytes"]),
    ({"IVGRAPH_ENCRYPTION_KEYS": None}, "", ["IVGRAPH_ENCRYPTION_KEYS", "keys generate"]),
    ({"IVGRAPH_ENCRYPTION_KEYS": "k1:hush-hush"}, "", ["IVGRAPH_ENCRYPTION_KEYS", "32 bytes"]),
    ({"IVGRAPH_ENCRYPTION_KEYS": "hush-hush"}, "", ["IVGRAPH_ENCRYPTION_KEYS"]),
    ({"IVGRAPH_ENCRYPTION_KEYS": "k1:hush-hush"}, "--workers 2", ["IVGRAPH_ENCRYPTION_KEYS"]),
    ({"IVGRAPH_ENCRYPTION_KEYS": ","}, "--migrate", ["IVGRAPH_ENCRYPTION_KEYS"]),
    ({"DATABASE_URL": None}, "", ["DATABASE_URL", "--embedded"]),
    ({"DATABASE_URL": "mysql://app:hush-hush@db/identity"}, "", ["DATABASE_URL", "postgresql://"]),
    ({"DATABASE_URL": "app:hush-hush"}, "", ["DATABASE_URL", "postgresql://"]),
    ({"DATABASE_URL": "postgresql://app@db:hush-hush/identity"}, "", ["DATABASE_URL"]),
    ({}, "--embedded", ["DATABASE_URL", "--embedded"]),
    ({}, "--migrate", ["database is out of reach"]),
    ({"IVGRAPH_PUBLIC_URL": "http://auth.example.com"}, "", ["IVGRAPH_PUBLIC_URL", "IVGRAPH_ALLOW_HTTP"]),
    ({"IVGRAPH_PUBLIC_URL": "auth.example.com"}, "", ["IVGRAPH_PUBLIC_URL"]),
    ({"FORCE_HTTPS": "true"}, "", ["FORCE_HTTPS", "IVGRAPH_PUBLIC_URL"]),
    ({"FORCE_HTTPS": "1", "IVGRAPH_PUBLIC_URL": "http://127.0.0.1:8000"}, "", ["FORCE_HTTPS", "IVGRAPH_PUBLIC_URL"]),
    ({}, "--host 0.0.0.0", ["IVGRAPH_PUBLIC_URL"]),
    ({}, "--host ::", ["IVGRAPH_PUBLIC_URL"]),
    ({"NOTION_CLIENT_ID": "mine"}, "", ["NOTION_CLIENT_ID", "NOTION_CLIENT_SECRET"]),
    ({"NOTION_CLIENT_SECRET": "hush-hush"}, "", ["NOTION_CLIENT_ID", "NOTION_CLIENT_SECRET"]),
    ({"NOTION_REDIRECT_URI": "https://auth.example.com/elsewhere"}, "", ["NOTION_REDIRECT_URI"]),
    ({"ALLOWED_ORIGINS": "*"}, "", ["ALLOWED_ORIGINS"]),
    ({"ALLOWED_ORIGINS": "https://app.example.com,*"}, "", ["ALLOWED_ORIGINS"]),
    ({"IVGRAPH_DASHBOARD_URL": "https://app.example.com/#/home"}, "", ["IVGRAPH_DASHBOARD_URL"]),
    ({"IVGRAPH_LOG_LEVEL": "LOUD"}, "", ["IVGRAPH_LOG_LEVEL"]),
    ({"IVGRAPH_RATE_LIMIT": "-1"}, "", ["IVGRAPH_RATE_LIMIT"]),
    ({"IVGRAPH_RATE_LIMIT": "many", "FORCE_HTTPS": "perhaps"}, "", ["IVGRAPH_RATE_LIMIT", "FORCE_HTTPS"]),
    ({"IVGRAPH_SECRET_KEY_FILE": "/run/secrets/key"}, "", ["IVGRAPH_SECRET_KEY", "IVGRAPH_SECRET_KEY_FILE"]),
    ({"DATABASE_URL_FILE": "/run/secrets/url"}, "", ["DATABASE_URL", "DATABASE_URL_FILE"]),
    ({"IVGRAPH_SECRET_KEY": None, "IVGRAPH_SECRET_KEY_FILE": "/nowhere"}, "", ["IVGRAPH_SECRET_KEY_FILE"]),
]


@pytest.mark.slow
@pytest.mark.parametrize(("changes", "options", "named"), CASES)
def test_serve_refuses_to_start_and_names_the_setting(
    commands: Commands, data_dir: Path, changes: dict[str, str | None], options: str, named: list[str]
) -> None:
    complete = {**secrets(), "IVGRAPH_SECRET_KEY": KEY, "DATABASE_URL": AWAY, "IVGRAPH_DATA_DIR": str(data_dir)}
    settings = {name: value for name, value in (complete | changes).items() if value is not None}
    finished = commands.run("serve", *options.split(), **settings)
    said = refusal(finished)
    assert all(name in said for name in named), said
    assert "hush" not in finished.text
    assert settings.get("IVGRAPH_ENCRYPTION_KEYS", "hush") not in finished.text
    assert left_behind(commands.home, data_dir) == []
    assert list(data_dir.iterdir()) == []


@pytest.mark.parametrize("options", [[], ["--workers", "2"]])
def test_serve_tells_of_a_port_in_use(commands: Commands, options: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        said = refusal(commands.run("serve", "--port", port, *options, **secrets(), DATABASE_URL=AWAY))
    assert said == f"ivgraph-auth: Port {port} on 127.0.0.1 cannot be used: Address already in use.\n"
    assert left_behind(commands.home) == []


def test_embedded_refuses_for_want_of_keys_before_it_makes_a_database(commands: Commands, data_dir: Path) -> None:
    assert "IVGRAPH_SECRET_KEY" in refusal(commands.run("serve", "--embedded", IVGRAPH_DATA_DIR=str(data_dir)))
    assert list(data_dir.iterdir()) == []


@pytest.mark.parametrize("command", ["migrate", "prune", "users list"])
def test_what_works_on_the_database_says_when_it_is_away(commands: Commands, command: str) -> None:
    finished = commands.run(*command.split(), **secrets(), DATABASE_URL=AWAY)
    assert "database is out of reach" in refusal(finished)
    assert "hush" not in finished.text


@pytest.mark.parametrize("command", ["migrate", "prune", "users list", "users promote ada"])
def test_what_works_on_the_database_needs_one(commands: Commands, command: str) -> None:
    assert "DATABASE_URL" in refusal(commands.run(*command.split(), **secrets()))


@pytest.mark.parametrize("command", ["prune", "users list", "users promote ada"])
def test_what_works_on_accounts_wants_the_schema_there(commands: Commands, command: str, empty_database: str) -> None:
    said = refusal(commands.run(*command.split(), **secrets(), DATABASE_URL=empty_database))
    assert "ivgraph-auth migrate" in said
