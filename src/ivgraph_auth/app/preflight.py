"""What must hold before the service starts."""

from urllib.parse import urlsplit

from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.urls import is_loopback_host


def check_for_serving(settings: Settings, host: str) -> None:
    """Raises ConfigurationError, naming the setting, when the service must not start like this."""
    if settings.secret_key is None:
        raise ConfigurationError("IVGRAPH_SECRET_KEY is not set. `ivgraph-auth keys generate` prints one.")
    if settings.encryption_keys is None:
        raise ConfigurationError("IVGRAPH_ENCRYPTION_KEYS is not set. `ivgraph-auth keys generate` prints one.")
    if settings.database_url is None:
        raise ConfigurationError("DATABASE_URL is not set. Name a PostgreSQL, or use `serve --embedded`.")
    if "public_url" not in settings.model_fields_set and not is_loopback_host(host):
        raise ConfigurationError("IVGRAPH_PUBLIC_URL is not set, and the service would listen beyond this machine.")
    if not (settings.secure or settings.allow_http or is_loopback_host(urlsplit(settings.public_url).hostname)):
        raise ConfigurationError(
            "IVGRAPH_PUBLIC_URL is plain http beyond this machine. Use https, or set IVGRAPH_ALLOW_HTTP=true."
        )
