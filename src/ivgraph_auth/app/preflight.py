"""What must hold before the service starts."""

import re
from urllib.parse import urlsplit

from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.http import check_environment
from ivgraph_auth.core.urls import is_loopback_host
from ivgraph_auth.keys.keyring import parse_keyring

_HEADER = re.compile(r"[\x21-\x7e]{1,4096}")


def check_for_serving(settings: Settings, host: str) -> None:
    """Raises ConfigurationError, naming the setting or variable, when the service must not start like this."""
    if settings.secret_key is None:
        raise ConfigurationError("IVGRAPH_SECRET_KEY is not set. `ivgraph-auth keys generate` prints one.")
    _check_encryption(settings)
    if settings.database_url is None:
        raise ConfigurationError("DATABASE_URL is not set. Name a PostgreSQL, or use `serve --embedded`.")
    if "public_url" not in settings.model_fields_set and not is_loopback_host(host):
        raise ConfigurationError("IVGRAPH_PUBLIC_URL is not set, and the service would listen beyond this machine.")
    if not (_is_safe(settings.public_url) or settings.allow_http):
        raise ConfigurationError(
            "IVGRAPH_PUBLIC_URL is plain http beyond this machine. Use https, or set IVGRAPH_ALLOW_HTTP=true."
        )
    check_environment()


def _check_encryption(settings: Settings) -> None:
    if settings.encryption_keys is None and settings.vault_addr is None:
        raise ConfigurationError("IVGRAPH_ENCRYPTION_KEYS is not set. `ivgraph-auth keys generate` prints one.")
    if settings.encryption_keys is not None:
        parse_keyring(settings.encryption_keys.get_secret_value())
    if settings.vault_token and not _HEADER.fullmatch(settings.vault_token.get_secret_value()):
        raise ConfigurationError("IVGRAPH_VAULT_TOKEN holds what no token holds: a blank, a line's end, or no ASCII.")
    if settings.vault_addr and not (_is_safe(settings.vault_addr) or settings.allow_http):
        raise ConfigurationError(
            "IVGRAPH_VAULT_ADDR is plain http beyond this machine. Use https, or set IVGRAPH_ALLOW_HTTP=true."
        )


def _is_safe(url: str) -> bool:
    """Nobody reads along on the way."""
    return url.startswith("https:") or is_loopback_host(urlsplit(url).hostname)
