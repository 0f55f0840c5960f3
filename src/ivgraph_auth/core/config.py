"""The settings; beside `environment.py` the only door to the process's environment."""

import ipaddress
import os
import re
import uuid
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError, field_validator, model_validator

from ivgraph_auth.core.environment import (
    Boolean,
    EnvironmentSettings,
    PageUrl,
    Seconds,
    Url,
    check_host,
    default_data_dir,
    names_of,
    setting,
)
from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.urls import origin

SIGNIN_CALLBACK_PATH = "/api/integrations/auth/notion/callback"
CONNECT_CALLBACK_PATH = "/oauth/callback/notion"
PUBLIC_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*")
# How our own paths begin, those to come included: behind a public path `/api`, nobody could tell whether the proxy has
# taken it off. Kept here by hand, since settings are read before there are routes; a test holds it to them.
OWN_PATHS = frozenset(
    {"api", "dashboard", "docs", "health", "llms.txt", "mcp", "metrics", "notion", "oauth", "oauth2", "openapi.json",
     "static", ".well-known", "device"}
)  # fmt: skip
_MIN_SECRET_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}


class Settings(EnvironmentSettings):
    database_url: SecretStr | None = setting(
        None, "DATABASE_URL", about="postgresql://user:password@host:5432/name. `demo` needs none."
    )
    database_direct_url: SecretStr | None = setting(
        None, "IVGRAPH_DATABASE_DIRECT_URL", about="Past a connection pooler, for migrations. Default: DATABASE_URL."
    )
    notion_client_id: str | None = setting(
        None, "NOTION_CLIENT_ID", about="OAuth client id of your public Notion connection. Without it sign-in is 503."
    )
    notion_client_secret: SecretStr | None = setting(
        None, "NOTION_CLIENT_SECRET", about="OAuth client secret that belongs to NOTION_CLIENT_ID."
    )
    notion_redirect_uri_setting: Url | None = setting(
        None,
        "NOTION_REDIRECT_URI",
        about=f"Registered at Notion. Default: IVGRAPH_PUBLIC_URL + {SIGNIN_CALLBACK_PATH}.",
    )
    notion_connect_redirect_uri_setting: Url | None = setting(
        None,
        "NOTION_CONNECT_REDIRECT_URI",
        about=f"Registered at Notion. Default: IVGRAPH_PUBLIC_URL + {CONNECT_CALLBACK_PATH}.",
    )
    notion_api_url: Url = setting("https://api.notion.com", "NOTION_API_URL", about="Notion's API, without /v1.")
    notion_authorization_url_setting: Url | None = setting(
        None, "NOTION_AUTHORIZATION_URL", "NOTION_AUTHORIZE_URL", about="Default: NOTION_API_URL + /v1/oauth/authorize."
    )
    notion_token_url_setting: Url | None = setting(
        None, "NOTION_TOKEN_URL", "NOTION_ACCESS_TOKEN_URL", about="Default: NOTION_API_URL + /v1/oauth/token."
    )
    notion_version: str = setting(
        "2026-03-11", "NOTION_VERSION", "NOTION_API_VERSION", about="Notion-Version sent to Notion."
    )
    public_url: Url = setting(
        "http://127.0.0.1:8000", "IVGRAPH_PUBLIC_URL", about="Where browsers reach this service. Required off loopback."
    )
    dashboard_url_setting: PageUrl | None = setting(
        None,
        "IVGRAPH_DASHBOARD_URL",
        about="Where a browser goes after sign-in. Default: IVGRAPH_PUBLIC_URL + /dashboard/.",
    )
    secret_key: SecretStr | None = setting(
        None, "IVGRAPH_SECRET_KEY", about="Signs sessions. At least 32 bytes: ivgraph-auth keys generate. Required."
    )
    secret_key_previous: SecretStr | None = setting(
        None, "IVGRAPH_SECRET_KEY_PREVIOUS", about="Still verifies sessions after a change of IVGRAPH_SECRET_KEY."
    )
    encryption_keys: SecretStr | None = setting(
        None,
        "IVGRAPH_ENCRYPTION_KEYS",
        about="id:base64key[,id:base64key...], 32 bytes each; the first encrypts, all decrypt. Required, unless"
        " IVGRAPH_VAULT_TRANSIT_KEY is set.",
    )
    encryption_keys_file: Path | None = setting(
        None,
        "IVGRAPH_ENCRYPTION_KEYS_FILE",
        about="A file with these keys instead. A change of it is taken over within a second, without a restart.",
    )
    vault_addr: Url | None = setting(
        None, "IVGRAPH_VAULT_ADDR", about="Vault or OpenBao whose transit engine, mounted at transit/, keeps the key."
    )
    vault_token: SecretStr | None = setting(
        None, "IVGRAPH_VAULT_TOKEN", about="May read the transit key, encrypt and decrypt with it."
    )
    vault_transit_key: str | None = setting(
        None,
        "IVGRAPH_VAULT_TRANSIT_KEY",
        about="Name of the transit key. It encrypts; keys of IVGRAPH_ENCRYPTION_KEYS beside it still decrypt.",
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$",
    )
    access_token_lifetime: Seconds = setting(
        14400, "IVGRAPH_ACCESS_TOKEN_LIFETIME", about="Seconds an access token lives."
    )
    refresh_token_lifetime: Seconds = setting(
        604800, "IVGRAPH_REFRESH_TOKEN_LIFETIME", about="Seconds a refresh token lives."
    )
    session_lifetime: Seconds = setting(
        2592000, "IVGRAPH_SESSION_LIFETIME", about="Seconds after sign-in when a session ends, refreshed or not."
    )
    refresh_rotation: Literal["optional", "required"] = setting(
        "optional", "IVGRAPH_REFRESH_ROTATION", about="optional: rotates when asked to; required: at each refresh."
    )
    signin_handoff: Literal["fragment", "code"] = setting(
        "fragment", "IVGRAPH_SIGNIN_HANDOFF", about="How the dashboard gets its tokens: fragment, or code (with PKCE)."
    )
    jwt_algorithm: Literal["HS256", "HS384", "HS512"] = setting(
        "HS256", "IVGRAPH_JWT_ALGORITHM", about="HS256, HS384 or HS512 (keys of 32, 48, 64 bytes at least)."
    )
    app_token_algorithm: Literal["RS256", "ES256", "EdDSA"] = setting(
        "RS256", "IVGRAPH_APP_TOKEN_ALGORITHM", about="RS256, ES256 or EdDSA: of keys for apps' tokens, when made."
    )
    app_refresh_grace: int = setting(
        120,
        "IVGRAPH_APP_REFRESH_GRACE",
        about="Seconds for which an app's refresh token that was replaced is answered with the same successor.",
        ge=0,
        le=3600,
    )
    admin_emails: tuple[str, ...] = setting(
        (), "IVGRAPH_ADMIN_EMAILS", about="Become admins at sign-in, when Notion says the address is verified."
    )
    allowed_workspaces: tuple[uuid.UUID, ...] = setting(
        (), "IVGRAPH_ALLOWED_WORKSPACES", about="Notion workspace ids that may sign in. Default: any."
    )
    rate_limit: int = setting(
        600, "IVGRAPH_RATE_LIMIT", about="Anonymous starts and failures per address and minute; 0 = off.", ge=0
    )
    force_https: Boolean = setting(
        False, "FORCE_HTTPS", about="Send HSTS and turn plain http away. Needs an https IVGRAPH_PUBLIC_URL."
    )
    allowed_origins_setting: tuple[str, ...] = setting(
        (), "ALLOWED_ORIGINS", about="Origins whose pages may call the API. Default: the dashboard's."
    )
    trusted_proxies: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = setting(
        (), "IVGRAPH_TRUSTED_PROXIES", about="CIDRs of proxies whose X-Forwarded-For and -Proto count. Default: none."
    )
    allow_http: Boolean = setting(
        False, "IVGRAPH_ALLOW_HTTP", about="Allow a public http URL off loopback. Tokens then travel in the clear."
    )
    keep_alive: int = setting(
        75,
        "IVGRAPH_KEEP_ALIVE",
        about="Seconds for which an idle connection is kept. Longer than a proxy in front keeps its own.",
        ge=1,
        le=86400,
    )
    sync_interval: int = setting(
        900,
        "IVGRAPH_SYNC_INTERVAL",
        about="Seconds from the end of one synchronization of a workspace's graph to the next, or more while webhooks "
        "tell of changes. 0: people start each.",
        ge=0,
        le=30 * 86400,
    )
    audit_retention_days: int = setting(
        400, "IVGRAPH_AUDIT_RETENTION_DAYS", about="Days an audit row is kept.", ge=1, le=36500
    )
    data_dir: Path = setting(
        default_data_dir(),
        "IVGRAPH_DATA_DIR",
        about="Embedded PostgreSQL and the demo's keys. Default: /var/lib/ivgraph-auth as root,"
        " else ~/.local/share/ivgraph-auth.",
    )
    mcp: Boolean = setting(True, "IVGRAPH_MCP", about="Serve the Model Context Protocol at /mcp.")
    client_id_metadata: Boolean = setting(
        True, "IVGRAPH_CLIENT_ID_METADATA", about="Take https URLs of client ID metadata documents as client ids."
    )
    dynamic_registration: Boolean = setting(
        False, "IVGRAPH_DYNAMIC_REGISTRATION", about="Let public apps register themselves (RFC 7591). On in `demo`."
    )
    metrics: Boolean = setting(False, "IVGRAPH_METRICS", about="Serve GET /metrics, for Prometheus.")
    metrics_token: SecretStr | None = setting(
        None, "IVGRAPH_METRICS_TOKEN", about="Asked of whoever reads /metrics, as Bearer. Default: nothing is asked."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = setting(
        "INFO", "IVGRAPH_LOG_LEVEL", about="DEBUG, INFO, WARNING or ERROR."
    )
    log_format: Literal["json", "console"] | None = setting(
        None, "IVGRAPH_LOG_FORMAT", about="json or console. Default: json, console on a terminal."
    )

    @field_validator("secret_key", "secret_key_previous")
    @classmethod
    def _check_length(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value().encode()) < _MIN_SECRET_BYTES["HS256"]:
            raise ValueError("must have at least 32 bytes; `ivgraph-auth keys generate` prints one")
        return value

    @field_validator("public_url")
    @classmethod
    def _check_public_path(cls, value: str) -> str:
        path = urlsplit(value).path
        if "?" in value or not PUBLIC_PATH.fullmatch(path):
            raise ValueError("its path may hold letters, digits and -._~ between single slashes, and no query")
        if path.split("/")[1:2] and path.split("/")[1] in OWN_PATHS:
            raise ValueError(f"its path must not begin with one of this service's own: {', '.join(sorted(OWN_PATHS))}")
        return value

    @field_validator("allowed_origins_setting")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for item in value:
            if not item.startswith(("http://", "https://")) or origin(check_host(item)) != item:
                raise ValueError("each must be an origin such as https://app.example.com, without a path; * is refused")
        return value

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        least = _MIN_SECRET_BYTES[self.jwt_algorithm]
        for key in (self.secret_key, self.secret_key_previous):
            if key is not None and len(key.get_secret_value().encode()) < least:
                raise ConfigurationError(f"IVGRAPH_JWT_ALGORITHM={self.jwt_algorithm} needs keys of {least} bytes.")
        if (self.notion_client_id is None) != (self.notion_client_secret is None):
            raise ConfigurationError("NOTION_CLIENT_ID and NOTION_CLIENT_SECRET belong together. Set both or none.")
        vault = (self.vault_addr, self.vault_token, self.vault_transit_key)
        if any(vault) and not all(vault):
            raise ConfigurationError(
                "IVGRAPH_VAULT_ADDR, IVGRAPH_VAULT_TOKEN and IVGRAPH_VAULT_TRANSIT_KEY belong together. Set all."
            )
        if self.force_https and self.public_url.startswith("http:"):
            raise ConfigurationError("FORCE_HTTPS needs an IVGRAPH_PUBLIC_URL that starts with https://.")
        signin, connect = self.public_path + SIGNIN_CALLBACK_PATH, self.public_path + CONNECT_CALLBACK_PATH
        if urlsplit(self.notion_redirect_uri).path != signin:
            raise ConfigurationError(f"The path of NOTION_REDIRECT_URI must be {signin}.")
        if urlsplit(self.notion_connect_redirect_uri).path != connect:
            raise ConfigurationError(f"The path of NOTION_CONNECT_REDIRECT_URI must be {connect}.")
        return self

    @property
    def notion_redirect_uri(self) -> str:
        given = self.notion_redirect_uri_setting
        # The gateway document gives this name to the tenants' callback; such a value sets that one instead.
        if given and urlsplit(given).path != self.public_path + CONNECT_CALLBACK_PATH:
            return given
        return self.public_url + SIGNIN_CALLBACK_PATH

    @property
    def notion_connect_redirect_uri(self) -> str:
        given = self.notion_redirect_uri_setting
        if given and urlsplit(given).path != self.public_path + CONNECT_CALLBACK_PATH:
            given = None
        return self.notion_connect_redirect_uri_setting or given or self.public_url + CONNECT_CALLBACK_PATH

    @property
    def notion_authorization_url(self) -> str:
        return self.notion_authorization_url_setting or f"{self.notion_api_url}/v1/oauth/authorize"

    @property
    def notion_token_url(self) -> str:
        return self.notion_token_url_setting or f"{self.notion_api_url}/v1/oauth/token"

    @property
    def signing_key(self) -> str:
        return self.secret_key.get_secret_value() if self.secret_key else ""

    @property
    def dashboard_url(self) -> str:
        return self.dashboard_url_setting or f"{self.public_url}/dashboard/"

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        return self.allowed_origins_setting or (origin(self.dashboard_url),)

    @property
    def public_path(self) -> str:
        """Where the service stands on a shared host, such as `/ivgraph`; empty where it has a host of its own."""
        return urlsplit(self.public_url).path

    @property
    def secure(self) -> bool:
        """Whether browsers reach us over https, so that cookies can say so."""
        return self.public_url.startswith("https:")


def load_settings(**given: Any) -> Settings:  # noqa: ANN401 -- any setting, by field name
    """Settings from `.env` and the environment (which wins), and from `given` (which wins over both).

    Raises ConfigurationError naming the settings that are wrong, never their values.
    """
    try:
        return Settings(**given)
    except ValidationError as problem:
        raise ConfigurationError(
            "; ".join(_explain(error["loc"], error["msg"]) for error in problem.errors())
        ) from None


def hand_down(**values: str) -> None:
    """Sets environment variables for the worker processes that this one is about to start."""
    os.environ.update(values)


def _explain(location: tuple[int | str, ...], message: str) -> str:
    field = Settings.model_fields.get(str(location[0])) if location else None
    name = names_of(field)[0] if field else ".".join(map(str, location)) or "settings"
    return f"{name}: {message}"
