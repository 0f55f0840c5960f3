"""What every feature stands on, and the clients of Notion."""

from dataclasses import dataclass

from ivgraph_auth.app.compose.encryption import Encryption, compose_encryption
from ivgraph_auth.app.values import text
from ivgraph_auth.audit.service import AuditTrail
from ivgraph_auth.base import Base
from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.http import HttpClient
from ivgraph_auth.core.metrics import Metrics
from ivgraph_auth.core.paging import Cursors
from ivgraph_auth.core.public_http import PublicHttp
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.database.engine import Database
from ivgraph_auth.gateway.rate_limiter import RateLimiter
from ivgraph_auth.liveness.service import Liveness
from ivgraph_auth.notion.client import NotionApi
from ivgraph_auth.notion.oauth import NotionOAuth
from ivgraph_auth.processes.registry import ProcessRegistry
from ivgraph_auth.vault.credential_store import EncryptedCredentialStore


@dataclass(frozen=True, slots=True)
class Foundation:
    settings: Settings
    base: Base
    processes: ProcessRegistry
    http: HttpClient
    public_http: PublicHttp
    metrics: Metrics | None
    encryption: Encryption
    credential_store: EncryptedCredentialStore
    cursors: Cursors
    oauth: NotionOAuth | None
    api: NotionApi
    rate_limiter: RateLimiter


def compose_foundation(settings: Settings, clock: Clock, database_seconds: float) -> Foundation:
    database = Database(text(settings.database_url), unit_seconds=database_seconds)
    processes = ProcessRegistry(database=database)
    http = HttpClient()
    metrics = Metrics() if settings.metrics else None
    direct_url = text(settings.database_direct_url or settings.database_url)
    base = Base(
        database,
        clock,
        AuditTrail(clock=clock, metrics=metrics),
        Liveness(database=database, processes=processes, direct_url=direct_url),
    )
    encryption = compose_encryption(settings, clock, database, http, processes)
    return Foundation(
        settings=settings,
        base=base,
        processes=processes,
        http=http,
        public_http=PublicHttp(),
        metrics=metrics,
        encryption=encryption,
        credential_store=EncryptedCredentialStore(base, keys=encryption.keys, verifier=encryption.verifier),
        cursors=Cursors(Secret(settings.signing_key)),
        oauth=notion_oauth(settings, http),
        api=notion_api(settings, http),
        rate_limiter=RateLimiter(base),
    )


def notion_api(settings: Settings, http: HttpClient) -> NotionApi:
    return NotionApi(http=http, api_url=settings.notion_api_url, version=settings.notion_version)


def notion_oauth(settings: Settings, http: HttpClient) -> NotionOAuth | None:
    """None where no client is set."""
    if settings.notion_client_id is None or settings.notion_client_secret is None:
        return None
    return NotionOAuth(
        http=http,
        client_id=settings.notion_client_id,
        client_secret=Secret(settings.notion_client_secret.get_secret_value()),
        token_url=settings.notion_token_url,
        api_url=settings.notion_api_url,
        version=settings.notion_version,
    )
