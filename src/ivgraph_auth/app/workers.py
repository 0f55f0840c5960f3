"""What runs beside the requests: writing down when credentials were used, and removing what has run out."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import NoReturn

import structlog

from ivgraph_auth.app.compose.composition import Composition
from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.core.memory import collect_all, collect_recent
from ivgraph_auth.core.metrics import Metrics
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.keys.watch import LOOK_SECONDS
from ivgraph_auth.liveness.service import Liveness

_log = structlog.get_logger(__name__)
_METRICS_SECONDS = 1.0
_FLUSH_SECONDS = 5
_SYNC_SECONDS = 2
_DUE_SECONDS = 1
_COLLECT_RECENT_SECONDS = 5
_COLLECT_ALL_SECONDS = 60
_PRUNE_SECONDS = 3600
_BATCH = 1000
_BATCH_SECONDS = 30.0


async def run_workers(composition: Composition) -> None:
    """Runs until it is cancelled."""
    async with asyncio.TaskGroup() as group:
        group.create_task(composition.liveness.run())
        if composition.metrics:
            group.create_task(_tell_metrics(composition.metrics, composition.liveness))
        group.create_task(_every(LOOK_SECONDS, composition.encryption.watch.look))
        group.create_task(_every(_SYNC_SECONDS, composition.sync.work))
        due = composition.services.webhooks.due
        group.create_task(_every(_DUE_SECONDS, due.work, wake=due.wake))
        group.create_task(_every(_FLUSH_SECONDS, lambda: flush(composition)))
        group.create_task(_every(_COLLECT_RECENT_SECONDS, collect_recent))
        group.create_task(_every(_COLLECT_ALL_SECONDS, collect_all))
        group.create_task(_every(_PRUNE_SECONDS, lambda: prune(composition)))


async def flush(composition: Composition) -> None:
    await composition.services.tokens.usage.flush()
    await composition.services.sessions.usage.flush()
    await composition.services.provider.tokens.flush()
    await composition.connecting.grant_lookup.usage.flush()
    await composition.completions.flush()


async def prune(composition: Composition) -> int:
    """Removes expired states, codes and sessions, what graphs have left, and audit rows past their retention. Answers
    how many rows went.
    """
    services = composition.services
    keep_audit_after = services.clock.now() - timedelta(days=services.settings.audit_retention_days)
    batches: tuple[Callable[[Connection], Awaitable[int]], ...] = (
        partial(composition.connecting.states.prune, most=_BATCH),
        partial(services.consent.prune, most=_BATCH),
        partial(services.sessions.prune, most=_BATCH),
        partial(composition.liveness.prune, most=_BATCH),
        partial(composition.idempotency.prune, most=_BATCH),
        partial(composition.sync.prune, most=_BATCH),
        partial(services.provider.prune, most=_BATCH),
        partial(services.provider.clients.prune, most=_BATCH),
        partial(services.webhooks.prune, most=_BATCH),
        partial(composition.audit.prune, before=keep_audit_after, most=_BATCH),
    )
    removed = 0
    for batch in batches:
        count = _BATCH
        while count >= _BATCH:
            async with composition.database.transaction(seconds=_BATCH_SECONDS) as connection:
                count = await batch(connection)
            removed += count
    return removed


async def _tell_metrics(metrics: Metrics, liveness: Liveness) -> NoReturn:
    """Another process may be asked: each says for itself whether it has its cache. Runs until it is cancelled."""
    try:
        while True:
            metrics.report_serving(cache=liveness.trouble is None)
            await asyncio.sleep(_METRICS_SECONDS)
    finally:
        metrics.report_leaving()


async def _every(seconds: float, work: Callable[[], Awaitable[object]], *, wake: asyncio.Event | None = None) -> None:
    """And at once when `wake` is set."""
    wake = wake or asyncio.Event()
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(wake.wait(), seconds)
        wake.clear()
        try:
            await work()
        except ServiceError as failure:
            _log.warning("worker.failed", reason=failure.detail)
        except Exception:  # noqa: BLE001 -- one failed round must not end the work; it is logged whole
            _log.exception("worker.failed")
