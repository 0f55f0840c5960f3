"""The graphs of workspaces: how they are read at Notion, and who may read them here."""

from dataclasses import dataclass
from datetime import timedelta

from ivgraph_auth.app.compose.connecting import Connecting
from ivgraph_auth.app.compose.foundation import Foundation, notion_api
from ivgraph_auth.core.http import HttpClient
from ivgraph_auth.gateway.retries import Retries
from ivgraph_auth.gateway.service import Gateway
from ivgraph_auth.graph.background_calls import BackgroundCalls
from ivgraph_auth.graph.content_service import ContentService
from ivgraph_auth.graph.export_service import ExportService
from ivgraph_auth.graph.lookup import GraphLookup
from ivgraph_auth.graph.service import GraphService
from ivgraph_auth.graph.sync import Sync
from ivgraph_auth.graph.sync_service import SyncService
from ivgraph_auth.graph.webhooks.due import DueWorker
from ivgraph_auth.graph.webhooks.reading import DueReader
from ivgraph_auth.graph.webhooks.service import WebhookService
from ivgraph_auth.graph.webhooks.subscription import SubscriptionService

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Graphs:
    reading: GraphService
    lookup: GraphLookup
    content: ContentService
    export: ExportService
    sync: SyncService
    webhooks: WebhookService


def compose_graphs(
    foundation: Foundation, connecting: Connecting, gateway: Gateway, http: HttpClient, sync_weight: float
) -> Graphs:
    settings, base = foundation.settings, foundation.base
    calls = BackgroundCalls(
        access=connecting.access,
        credential_store=foundation.credential_store,
        rate_limiter=foundation.rate_limiter,
        api=notion_api(settings, http),
        retries=Retries(attempts=_ATTEMPTS),
        weight=sync_weight,
    )
    process_id = foundation.processes.process_id
    sync = Sync(base, calls, process_id)
    interval = timedelta(seconds=settings.sync_interval) or None
    subscription = SubscriptionService(base, foundation.credential_store)
    due = DueWorker(base, DueReader(base, calls, process_id), process_id)
    return Graphs(
        GraphService(base, connecting.grant_lookup, foundation.cursors),
        GraphLookup(base, connecting.grant_lookup, foundation.cursors),
        ContentService(base, connecting.grant_lookup, gateway, foundation.cursors),
        ExportService(base, connecting.grant_lookup),
        SyncService(base, connecting.grant_lookup, sync, foundation.cursors, interval),
        WebhookService(base, subscription, due, foundation.metrics),
    )
