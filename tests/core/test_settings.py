"""Settings: where they come from, what they may be, and that they are refused by name and never by value."""

import uuid
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

import pytest

from ivgraph_auth.app.factory import create_app
from ivgraph_auth.app.preflight import check_for_serving
from ivgraph_auth.core.config import Settings, load_settings
from ivgraph_auth.core.environment import names_of
from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.secrets import random_token
from ivgraph_auth.keys.keyring import generate_key

# The one that is a file itself comes with the setting whose file it is.
FILE = "IVGRAPH_ENCRYPTION_KEYS_FILE"
NAMES = [name for field in Settings.model_fields.values() for name in names_of(field) if name != FILE]
SIGNIN, CONNECT = "/api/integrations/auth/notion/callback", "/oauth/callback/notion"
VAULT = {"vault_addr": "http://127.0.0.1:8200", "vault_token": "s.token", "vault_transit_key": "ivgraph"}
WORKSPACE = "11111111-2222-4333-8444-555555555555"


@pytest.fixture(autouse=True)
def _nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting and no `.env` of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


def refusal(**given: Any) -> str:
    with pytest.raises(ConfigurationError) as problem:
        load_settings(**given)
    # What a traceback would show beside the message.
    assert problem.value.__cause__ is None
    assert problem.value.__suppress_context__ or problem.value.__context__ is None
    return str(problem.value)


def test_the_defaults_are_those_of_the_contract() -> None:
    settings = load_settings()
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.dashboard_url == "http://127.0.0.1:8000/dashboard/"
    assert settings.notion_redirect_uri == f"http://127.0.0.1:8000{SIGNIN}"
    assert settings.notion_connect_redirect_uri == f"http://127.0.0.1:8000{CONNECT}"
    assert settings.notion_api_url == "https://api.notion.com"
    assert settings.notion_authorization_url == "https://api.notion.com/v1/oauth/authorize"
    assert settings.notion_token_url == "https://api.notion.com/v1/oauth/token"
    assert settings.notion_version == "2026-03-11"
    lifetimes = (settings.access_token_lifetime, settings.refresh_token_lifetime, settings.session_lifetime)
    assert lifetimes == (14400, 604800, 2592000)
    assert (settings.refresh_rotation, settings.signin_handoff) == ("optional", "fragment")
    assert settings.jwt_algorithm == "HS256"
    assert settings.rate_limit == 600
    assert settings.audit_retention_days == 400
    assert (settings.force_https, settings.allow_http) == (False, False)
    assert settings.allowed_origins == ("http://127.0.0.1:8000",)
    assert (settings.admin_emails, settings.allowed_workspaces, settings.trusted_proxies) == ((), (), ())
    assert (settings.log_level, settings.log_format) == ("INFO", None)


ALIASES = [
    ("NOTION_AUTHORIZATION_URL", "NOTION_AUTHORIZE_URL", "notion_authorization_url", "https://one.example/a"),
    ("NOTION_TOKEN_URL", "NOTION_ACCESS_TOKEN_URL", "notion_token_url", "https://one.example/t"),
    ("NOTION_VERSION", "NOTION_API_VERSION", "notion_version", "2025-09-03"),
]


@pytest.mark.parametrize(("name", "alias", "field", "value"), ALIASES)
def test_an_alias_counts_and_the_first_name_wins(
    monkeypatch: pytest.MonkeyPatch, name: str, alias: str, field: str, value: str
) -> None:
    monkeypatch.setenv(alias, "https://two.example/x")
    assert getattr(load_settings(), field) == "https://two.example/x"
    monkeypatch.setenv(name, value)
    assert getattr(load_settings(), field) == value
    monkeypatch.setenv(name, "")
    assert getattr(load_settings(), field) == "https://two.example/x"


def test_the_dotenv_file_counts_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("NOTION_VERSION=from-file\nIVGRAPH_RATE_LIMIT=7\nSOMETHING_ELSE=1\n")
    monkeypatch.setenv("NOTION_VERSION", "from-environment")
    settings = load_settings()
    assert (settings.notion_version, settings.rate_limit) == ("from-environment", 7)


@pytest.mark.parametrize("name", NAMES)
def test_empty_means_unset(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "")
    monkeypatch.setenv(f"{name}_FILE", "")
    assert load_settings() == Settings()


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("secret", "secret"),
        ("secret\n", "secret"),
        ("secret\r\n", "secret"),
        ("secret\n\n", "secret\n"),
        (" secret ", " secret "),
        ("\nsecret", "\nsecret"),
        ("zwei\nZeilen\n", "zwei\nZeilen"),
    ],
)
def test_a_value_may_come_from_a_file_less_one_newline_at_its_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str, value: str
) -> None:
    (tmp_path / "it").write_bytes(content.encode())
    monkeypatch.setenv("NOTION_CLIENT_ID", "client")
    monkeypatch.setenv("NOTION_CLIENT_SECRET_FILE", str(tmp_path / "it"))
    secret = load_settings().notion_client_secret
    assert secret is not None
    assert secret.get_secret_value() == value


@pytest.mark.parametrize("name", NAMES)
def test_a_value_and_its_file_together_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    (tmp_path / "it").write_text("from-the-file")
    monkeypatch.setenv(name, "from-the-environment")
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "it"))
    told = refusal()
    assert name in told
    assert f"{name}_FILE" in told
    assert "from-the" not in told


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "it").write_bytes(content)
    monkeypatch.setenv("IVGRAPH_SECRET_KEY_FILE", str(tmp_path / "it"))
    assert "IVGRAPH_SECRET_KEY_FILE" in refusal()


def test_an_empty_file_means_unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "it").write_text("\n")
    monkeypatch.setenv("IVGRAPH_SECRET_KEY_FILE", str(tmp_path / "it"))
    assert load_settings().secret_key is None


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVGRAPH_ADMIN_EMAILS", "ada@example.com, bruno@example.com ,,")
    monkeypatch.setenv("IVGRAPH_ALLOWED_WORKSPACES", f"{WORKSPACE},{WORKSPACE.replace('-', '').upper()}")
    monkeypatch.setenv("IVGRAPH_TRUSTED_PROXIES", "10.0.0.0/8,127.0.0.1, fd00::/8")
    settings = load_settings()
    assert settings.admin_emails == ("ada@example.com", "bruno@example.com")
    assert settings.allowed_workspaces == (uuid.UUID(WORKSPACE), uuid.UUID(WORKSPACE))
    expected = (IPv4Network("10.0.0.0/8"), IPv4Network("127.0.0.1/32"), IPv6Network("fd00::/8"))
    assert settings.trusted_proxies == expected


@pytest.mark.parametrize(("text", "value"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_booleans_are_words_or_digits(monkeypatch: pytest.MonkeyPatch, text: str, value: bool) -> None:  # noqa: FBT001
    monkeypatch.setenv("IVGRAPH_ALLOW_HTTP", text)
    assert load_settings().allow_http is value


@pytest.mark.parametrize("name", ["FORCE_HTTPS", "IVGRAPH_ALLOW_HTTP", "IVGRAPH_METRICS"])
@pytest.mark.parametrize("text", ["yes", "on", "t", "y", "no", "off", "True", "TRUE", "2", " true"])
def test_no_other_word_is_a_boolean(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(name, text)
    assert f"{name}: Value error, must be true, false, 1 or 0" in refusal()


SENTINEL = "zqxj-7-wrong"
WRONG = [
    ("IVGRAPH_SECRET_KEY", SENTINEL),
    ("IVGRAPH_SECRET_KEY_PREVIOUS", SENTINEL),
    ("IVGRAPH_ACCESS_TOKEN_LIFETIME", SENTINEL),
    ("IVGRAPH_ACCESS_TOKEN_LIFETIME", "0"),
    ("IVGRAPH_REFRESH_TOKEN_LIFETIME", "-1"),
    ("IVGRAPH_SESSION_LIFETIME", "1.5"),
    ("IVGRAPH_SESSION_LIFETIME", "9" * 30),
    ("IVGRAPH_RATE_LIMIT", "-1"),
    ("IVGRAPH_RATE_LIMIT", SENTINEL),
    ("IVGRAPH_REFRESH_ROTATION", SENTINEL),
    ("IVGRAPH_SIGNIN_HANDOFF", SENTINEL),
    ("IVGRAPH_JWT_ALGORITHM", "none"),
    ("IVGRAPH_JWT_ALGORITHM", SENTINEL),
    ("FORCE_HTTPS", SENTINEL),
    ("IVGRAPH_ALLOW_HTTP", SENTINEL),
    ("IVGRAPH_ALLOWED_WORKSPACES", SENTINEL),
    ("IVGRAPH_TRUSTED_PROXIES", SENTINEL),
    ("IVGRAPH_TRUSTED_PROXIES", "10.0.0.1/8"),
    ("IVGRAPH_AUDIT_RETENTION_DAYS", "0"),
    ("IVGRAPH_LOG_LEVEL", SENTINEL),
    ("IVGRAPH_LOG_FORMAT", SENTINEL),
    ("IVGRAPH_PUBLIC_URL", SENTINEL),
    ("IVGRAPH_PUBLIC_URL", f"ftp://{SENTINEL}"),
    ("IVGRAPH_PUBLIC_URL", f"http://{SENTINEL}/#x"),
    ("IVGRAPH_PUBLIC_URL", f"http://{SENTINEL}:port"),
    ("IVGRAPH_PUBLIC_URL", f"http://{SENTINEL}:99999"),
    ("IVGRAPH_DASHBOARD_URL", f"https://{SENTINEL}/#/app"),
    ("IVGRAPH_DASHBOARD_URL", SENTINEL),
    ("IVGRAPH_DASHBOARD_URL", f"https://{SENTINEL}:port/"),
    ("NOTION_API_URL", SENTINEL),
    ("NOTION_AUTHORIZATION_URL", SENTINEL),
    ("NOTION_TOKEN_URL", SENTINEL),
    ("NOTION_REDIRECT_URI", SENTINEL),
    ("NOTION_REDIRECT_URI", f"https://{SENTINEL}/other/path"),
    ("NOTION_REDIRECT_URI", f"https://{SENTINEL}"),
    ("NOTION_REDIRECT_URI", f"https://{SENTINEL}{SIGNIN}/more"),
    ("NOTION_CONNECT_REDIRECT_URI", f"https://{SENTINEL}{SIGNIN}"),
    ("NOTION_CONNECT_REDIRECT_URI", f"https://{SENTINEL}/other/path"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_refused_by_its_name_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    told = refusal()
    assert name in told
    assert SENTINEL not in told


def test_all_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVGRAPH_RATE_LIMIT", "x")
    monkeypatch.setenv("IVGRAPH_LOG_LEVEL", "x")
    told = refusal()
    assert "IVGRAPH_RATE_LIMIT" in told
    assert "IVGRAPH_LOG_LEVEL" in told


@pytest.mark.parametrize("name", ["NOTION_CLIENT_ID", "NOTION_CLIENT_SECRET"])
def test_the_client_id_and_its_secret_belong_together(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, SENTINEL)
    told = refusal()
    assert "NOTION_CLIENT_ID" in told
    assert "NOTION_CLIENT_SECRET" in told
    assert SENTINEL not in told


@pytest.mark.parametrize(("algorithm", "least"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
@pytest.mark.parametrize("name", ["IVGRAPH_SECRET_KEY", "IVGRAPH_SECRET_KEY_PREVIOUS"])
def test_keys_are_as_long_as_the_algorithm_needs(
    monkeypatch: pytest.MonkeyPatch, algorithm: str, least: int, name: str
) -> None:
    monkeypatch.setenv("IVGRAPH_JWT_ALGORITHM", algorithm)
    monkeypatch.setenv(name, "k" * least)
    assert load_settings().jwt_algorithm == algorithm
    # It is bytes that count.
    monkeypatch.setenv(name, "ä" * (least // 2))
    assert load_settings().jwt_algorithm == algorithm
    monkeypatch.setenv(name, "k" * (least - 1))
    told = refusal()
    assert str(least) in told
    assert "IVGRAPH_" in told
    assert "kkkk" not in told


def test_a_redirect_uri_for_tenants_under_the_first_name_sets_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTION_REDIRECT_URI", f"https://other.example{CONNECT}")
    settings = load_settings()
    assert settings.notion_redirect_uri == f"http://127.0.0.1:8000{SIGNIN}"
    assert settings.notion_connect_redirect_uri == f"https://other.example{CONNECT}"


def test_each_redirect_uri_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTION_REDIRECT_URI", f"https://one.example{SIGNIN}")
    monkeypatch.setenv("NOTION_CONNECT_REDIRECT_URI", f"https://two.example{CONNECT}")
    settings = load_settings()
    assert settings.notion_redirect_uri == f"https://one.example{SIGNIN}"
    assert settings.notion_connect_redirect_uri == f"https://two.example{CONNECT}"


def test_urls_follow_the_public_url_and_notions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVGRAPH_PUBLIC_URL", "https://auth.example.com/")
    monkeypatch.setenv("NOTION_API_URL", "http://127.0.0.1:8001/")
    settings = load_settings()
    assert settings.secure
    assert settings.dashboard_url == "https://auth.example.com/dashboard/"
    assert settings.notion_redirect_uri == f"https://auth.example.com{SIGNIN}"
    assert settings.notion_authorization_url == "http://127.0.0.1:8001/v1/oauth/authorize"
    assert settings.notion_token_url == "http://127.0.0.1:8001/v1/oauth/token"
    assert settings.allowed_origins == ("https://auth.example.com",)


@pytest.mark.parametrize(
    "value",
    [
        "*",
        "https://app.example.com,*",
        "https://*.example.com",
        "null",
        "app.example.com",
        "https://app.example.com/",
        "https://app.example.com/path",
        "https://app.example.com?x=1",
        "https://app.example.com#x",
        "https://user@app.example.com",
        "https://App.example.com",
        "https://app.example.com:443",
        "http://app.example.com:80",
        "http://app.example.com:99999",
        "http://app.example.com:port",
        "ftp://app.example.com",
        "https://",
        "https://[",
        "https://a b.example.com",
    ],
)
def test_allowed_origins_are_exact_origins_and_nothing_else(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("ALLOWED_ORIGINS", value)
    assert "ALLOWED_ORIGINS" in refusal()


def test_allowed_origins_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_ORIGINS", "https://a.example, http://[::1]:3000 ,http://localhost:5173,")
    assert load_settings().allowed_origins == ("https://a.example", "http://[::1]:3000", "http://localhost:5173")


def servable(**changed: Any) -> dict[str, Any]:
    """All that serving needs."""
    return {
        "secret_key": random_token(),
        "encryption_keys": generate_key("main"),
        "database_url": "postgresql://somebody@127.0.0.1/something",
        **changed,
    }


@pytest.mark.parametrize(
    ("changed", "host"),
    [
        ({}, "127.0.0.1"),
        ({}, "::1"),
        ({}, "localhost"),
        ({"public_url": "https://auth.example.com"}, "0.0.0.0"),
        ({"public_url": "https://auth.example.com", "force_https": True}, "0.0.0.0"),
        ({"public_url": "http://localhost:8000"}, "0.0.0.0"),
        ({"public_url": "http://[::1]:8000"}, "::"),
        ({"public_url": "http://auth.example.com", "allow_http": True}, "0.0.0.0"),
        ({**VAULT}, "127.0.0.1"),
        ({**VAULT, "encryption_keys": None}, "127.0.0.1"),
        ({**VAULT, "vault_addr": "https://vault.example.com:8200/"}, "127.0.0.1"),
        ({**VAULT, "vault_addr": "http://vault.example.com:8200", "allow_http": True}, "127.0.0.1"),
    ],
)
def test_serving_is_allowed(changed: dict[str, Any], host: str) -> None:
    settings = load_settings(**servable(**changed))
    check_for_serving(settings, host)
    assert create_app(settings).title


@pytest.mark.parametrize(
    ("changed", "host", "name"),
    [
        ({"secret_key": None}, "127.0.0.1", "IVGRAPH_SECRET_KEY"),
        ({"encryption_keys": None}, "127.0.0.1", "IVGRAPH_ENCRYPTION_KEYS"),
        ({"database_url": None}, "127.0.0.1", "DATABASE_URL"),
        ({}, "0.0.0.0", "IVGRAPH_PUBLIC_URL"),
        ({}, "::", "IVGRAPH_PUBLIC_URL"),
        ({}, "192.168.1.7", "IVGRAPH_PUBLIC_URL"),
        ({}, "", "IVGRAPH_PUBLIC_URL"),
        ({"public_url": "http://auth.example.com"}, "127.0.0.1", "IVGRAPH_PUBLIC_URL"),
        ({"public_url": "http://auth.example.com"}, "0.0.0.0", "IVGRAPH_PUBLIC_URL"),
        ({"public_url": "http://127.0.0.1.evil.example"}, "0.0.0.0", "IVGRAPH_PUBLIC_URL"),
        ({"public_url": "http://10.0.0.7"}, "0.0.0.0", "IVGRAPH_PUBLIC_URL"),
        ({"encryption_keys": "main:short"}, "127.0.0.1", "IVGRAPH_ENCRYPTION_KEYS"),
        ({**VAULT, "vault_addr": "http://vault.example.com:8200"}, "127.0.0.1", "IVGRAPH_VAULT_ADDR"),
        ({**VAULT, "vault_token": "s.tok\nen"}, "127.0.0.1", "IVGRAPH_VAULT_TOKEN"),
        ({**VAULT, "vault_token": "s.tökæn"}, "127.0.0.1", "IVGRAPH_VAULT_TOKEN"),
    ],
)
def test_serving_is_refused_by_the_settings_name(changed: dict[str, Any], host: str, name: str) -> None:
    settings = load_settings(**servable(**changed))
    with pytest.raises(ConfigurationError, match=name):
        check_for_serving(settings, host)


@pytest.mark.parametrize("missing", ["vault_addr", "vault_token", "vault_transit_key"])
def test_the_settings_of_vault_belong_together(missing: str) -> None:
    assert "belong together" in refusal(**{**VAULT, missing: None})


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a b", "-a", "a" * 65, "ä"])
def test_a_transit_key_has_a_plain_name(name: str) -> None:
    assert "IVGRAPH_VAULT_TRANSIT_KEY" in refusal(**{**VAULT, "vault_transit_key": name})


def test_a_key_file_is_known_by_its_path_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"{generate_key('main')}\n")
    monkeypatch.setenv(FILE, str(tmp_path / "keys"))
    settings = load_settings()
    assert settings.encryption_keys_file == tmp_path / "keys"
    assert settings.encryption_keys
    assert settings.encryption_keys.get_secret_value().startswith("main:")
    monkeypatch.setenv("IVGRAPH_ENCRYPTION_KEYS", generate_key("main"))
    assert "both set" in refusal()


def test_https_cannot_be_forced_on_an_http_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_HTTPS", "true")
    assert "FORCE_HTTPS" in refusal()
    monkeypatch.setenv("IVGRAPH_PUBLIC_URL", "https://auth.example.com")
    assert load_settings().force_https


def test_no_secret_shows() -> None:
    values = servable(
        notion_client_id="client", notion_client_secret=random_token(), secret_key_previous=random_token()
    )
    settings = load_settings(**values)
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    for name in ("secret_key", "secret_key_previous", "encryption_keys", "notion_client_secret", "database_url"):
        assert name in shown
        assert values[name] not in shown


def test_every_setting_says_what_it_is_for() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description or not names_of(field)] == []
