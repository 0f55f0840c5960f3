"""Where everything is put together: this package alone calls constructors of services."""

from dataclasses import dataclass

from ivgraph_auth.accounts.service import AccountService
from ivgraph_auth.app.compose.agents import compose_agent_tools
from ivgraph_auth.app.compose.connecting import Connecting, compose_connecting
from ivgraph_auth.app.compose.encryption import Encryption
from ivgraph_auth.app.compose.foundation import Foundation, compose_foundation, notion_api
from ivgraph_auth.app.compose.graphs import Graphs, compose_graphs
from ivgraph_auth.app.compose.provider import compose_provider
from ivgraph_auth.app.store import VaultStore
from ivgraph_auth.app.values import lifetimes, sign_in_policy, signing_keys
from ivgraph_auth.audit.completions import Completions
from ivgraph_auth.audit.reader import AuditReader
from ivgraph_auth.audit.service import AuditTrail
from ivgraph_auth.authz.service import ExplainService
from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.http import HttpClient
from ivgraph_auth.core.metrics import Metrics
from ivgraph_auth.core.public_http import PublicHttp
from ivgraph_auth.database.engine import UNIT_SECONDS, Database
from ivgraph_auth.database.migrations import Schema
from ivgraph_auth.gateway.call_recorder import CallRecorder
from ivgraph_auth.gateway.idempotency import IdempotentCalls
from ivgraph_auth.gateway.notion_calls import NotionCalls
from ivgraph_auth.gateway.retries import Retries
from ivgraph_auth.gateway.service import Gateway
from ivgraph_auth.graph.sync_service import SyncService
from ivgraph_auth.liveness.service import Liveness
from ivgraph_auth.processes.registry import ProcessRegistry
from ivgraph_auth.sessions.handoff import HandoffService
from ivgraph_auth.sessions.issuer import TokenIssuer
from ivgraph_auth.sessions.jwt import SessionTokens
from ivgraph_auth.sessions.service import SessionService
from ivgraph_auth.signin.leave import LeaveService
from ivgraph_auth.signin.service import SignInService
from ivgraph_auth.signin.suspend import SuspendService
from ivgraph_auth.tokens.service import TokenService
from ivgraph_auth.vault.credential_store import EncryptedCredentialStore
from ivgraph_auth.web.open_streams import OpenStreams
from ivgraph_auth.web.rate_limits import AttemptLimiter
from ivgraph_auth.web.services import Services

NOTION_SECONDS = 10.0
# Of one grant at most 200 calls can be under way: 30 at once, then 3 a second, of at most a minute.
_GATEWAY_CONNECTIONS = 2000


@dataclass(frozen=True, slots=True)
class Composition:
    """The services for `api`, and what `app` itself keeps running, flushes and closes."""

    services: Services
    database: Database
    http: HttpClient
    gateway_http: HttpClient
    public_http: PublicHttp
    audit: AuditTrail
    accounts: AccountService
    suspension: SuspendService
    liveness: Liveness
    processes: ProcessRegistry
    credential_store: EncryptedCredentialStore
    connecting: Connecting
    completions: Completions
    idempotency: IdempotentCalls
    encryption: Encryption
    sync: SyncService
    metrics: Metrics | None

    def store(self, account_id: int) -> VaultStore:
        """For an AuthManager that acts for this account."""
        of = self.connecting
        return VaultStore(account_id, connections=of.connections, access=of.access, tenants=of.tenants)

    async def close(self) -> None:
        await self.http.close()
        await self.gateway_http.close()
        await self.public_http.close()
        await self.database.close()


def compose(
    settings: Settings,
    clock: Clock,
    *,
    notion_seconds: float = NOTION_SECONDS,
    database_seconds: float = UNIT_SECONDS,
    sync_weight: float = 1.0,
) -> Composition:
    """`settings` have passed `check_for_serving`. `notion_seconds` is how long a sign-in may wait for Notion,
    `database_seconds` how long a transaction may take, `sync_weight` for how much of a call a background one counts.
    """
    foundation = compose_foundation(settings, clock, database_seconds)
    base = foundation.base
    connecting = compose_connecting(foundation, notion_seconds)
    # Its own: agents whose calls hang take no connection from somebody who signs in.
    gateway_http = HttpClient(connections=_GATEWAY_CONNECTIONS)
    completions = Completions(database=base.database)
    idempotency = _idempotency(foundation)
    gateway = _gateway(foundation, connecting, gateway_http, completions, idempotency)
    graphs = compose_graphs(foundation, connecting, gateway, gateway_http, sync_weight)
    services = _services(foundation, connecting, gateway, graphs, notion_seconds)
    return Composition(
        services=services,
        database=base.database,
        http=foundation.http,
        gateway_http=gateway_http,
        public_http=foundation.public_http,
        audit=base.audit,
        accounts=AccountService(base),
        suspension=SuspendService(base, services.sessions, services.tokens, services.provider.grants),
        liveness=base.liveness,
        processes=foundation.processes,
        credential_store=foundation.credential_store,
        connecting=connecting,
        completions=completions,
        idempotency=idempotency,
        encryption=foundation.encryption,
        sync=graphs.sync,
        metrics=foundation.metrics,
    )


def _idempotency(foundation: Foundation) -> IdempotentCalls:
    return IdempotentCalls(
        database=foundation.base.database,
        credential_store=foundation.credential_store,
        processes=foundation.processes,
    )


def _gateway(
    foundation: Foundation,
    connecting: Connecting,
    http: HttpClient,
    completions: Completions,
    idempotency: IdempotentCalls,
) -> Gateway:
    clock, grant_lookup = foundation.base.clock, connecting.grant_lookup
    recorder = CallRecorder(
        foundation.base, completions=completions, rate_limiter=foundation.rate_limiter, metrics=foundation.metrics
    )
    calls = NotionCalls(
        clock=clock, grant_lookup=grant_lookup, access=connecting.access, credential_store=foundation.credential_store,
        rate_limiter=foundation.rate_limiter, recorder=recorder, api=notion_api(foundation.settings, http),
    )  # fmt: skip
    return Gateway(
        clock=clock, grant_lookup=grant_lookup, recorder=recorder, idempotency=idempotency, calls=calls,
        retries=Retries(), version=foundation.settings.notion_version,
    )  # fmt: skip


def _services(
    foundation: Foundation, connecting: Connecting, gateway: Gateway, graphs: Graphs, notion_seconds: float
) -> Services:
    settings, base = foundation.settings, foundation.base
    sessions = _sessions(foundation)
    handoff = HandoffService(base, sessions=sessions)
    explain = ExplainService(gateway=gateway, content=graphs.content)
    return Services(
        settings=settings,
        clock=base.clock,
        metrics=foundation.metrics,
        audit_reader=AuditReader(database=base.database, cursors=foundation.cursors),
        limiter=AttemptLimiter(settings.rate_limit, base.clock),
        streams=OpenStreams(),
        schema=Schema(base.database),
        key_verifier=foundation.encryption.verifier,
        liveness=base.liveness,
        sessions=sessions,
        handoff=handoff,
        tokens=TokenService(base),
        connections=connecting.connections,
        consent=connecting.consent,
        verification=connecting.verification,
        signin=SignInService(
            base, states=connecting.states, authorization=connecting.authorization, sessions=sessions, handoff=handoff,
            api=foundation.api, policy=sign_in_policy(settings, notion_seconds),
        ),
        gateway=gateway,
        explain=explain,
        agent_tools=compose_agent_tools(foundation, connecting, gateway, graphs, explain),
        graph=graphs.reading,
        content=graphs.content,
        export=graphs.export,
        sync=graphs.sync,
        webhooks=graphs.webhooks,
        leave=LeaveService(
            base, credential_store=foundation.credential_store, connections=connecting.connections, sessions=sessions
        ),
        provider=compose_provider(foundation),
    )  # fmt: skip


def _sessions(foundation: Foundation) -> SessionService:
    settings = foundation.settings
    tokens = SessionTokens(
        keys=signing_keys(settings),
        algorithm=settings.jwt_algorithm,
        issuer=settings.public_url,
        clock=foundation.base.clock,
    )
    return SessionService(
        foundation.base,
        tokens=tokens,
        issuer=TokenIssuer(clock=foundation.base.clock, tokens=tokens, lifetimes=lifetimes(settings)),
        cursors=foundation.cursors,
        always_rotate=settings.refresh_rotation == "required",
    )
