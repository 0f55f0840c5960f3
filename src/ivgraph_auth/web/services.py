"""What the routes get: the services, built once by `app/compose`."""

from dataclasses import dataclass

from ivgraph_auth.agents.service import AgentToolService
from ivgraph_auth.audit.reader import AuditReader
from ivgraph_auth.authz.service import ExplainService
from ivgraph_auth.connect.consent import ConsentService
from ivgraph_auth.connect.service import ConnectionService
from ivgraph_auth.connect.verify import VerifyService
from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.metrics import Metrics
from ivgraph_auth.database.migrations import Schema
from ivgraph_auth.gateway.service import Gateway
from ivgraph_auth.graph.content_service import ContentService
from ivgraph_auth.graph.export_service import ExportService
from ivgraph_auth.graph.service import GraphService
from ivgraph_auth.graph.sync_service import SyncService
from ivgraph_auth.graph.webhooks.service import WebhookService
from ivgraph_auth.keys.verification import KeyVerifier
from ivgraph_auth.liveness.service import Liveness
from ivgraph_auth.provider.provider import Provider
from ivgraph_auth.sessions.handoff import HandoffService
from ivgraph_auth.sessions.service import SessionService
from ivgraph_auth.signin.leave import LeaveService
from ivgraph_auth.signin.service import SignInService
from ivgraph_auth.tokens.service import TokenService
from ivgraph_auth.web.open_streams import OpenStreams
from ivgraph_auth.web.rate_limits import AttemptLimiter


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    clock: Clock
    metrics: Metrics | None
    audit_reader: AuditReader
    limiter: AttemptLimiter
    streams: OpenStreams
    schema: Schema
    key_verifier: KeyVerifier
    liveness: Liveness
    sessions: SessionService
    handoff: HandoffService
    tokens: TokenService
    connections: ConnectionService
    consent: ConsentService
    verification: VerifyService
    signin: SignInService
    gateway: Gateway
    explain: ExplainService
    agent_tools: AgentToolService
    graph: GraphService
    content: ContentService
    export: ExportService
    sync: SyncService
    webhooks: WebhookService
    leave: LeaveService
    provider: Provider
