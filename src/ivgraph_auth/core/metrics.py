"""What is counted for Prometheus. Labels hold names that this service chose, never ids, secrets or what a caller sent.

With several worker processes, whoever starts them names a directory that they share before this module is imported
(`DIRECTORY_VARIABLE`, prometheus_client's own); then every process can tell the sum of all.
"""

import os
from contextlib import suppress
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

DIRECTORY_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def count_alone() -> None:
    """Whatever directory was named when this module was imported: somebody else's, if this process was not started as
    one of several workers.
    """
    values.ValueClass = values.MutexValue


class Metrics:
    """One for each application. Made only where IVGRAPH_METRICS is on."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        # To find a histogram by its labels costs more than to count with it.
        self._known: dict[tuple[str, str, int], Histogram] = {}
        # Its count is the number of requests: a counter beside it would double what a request pays.
        self._requests = Histogram(
            "ivgraph_http_request_duration_seconds",
            "Requests answered, and how long from the head of each to the end of its answer.",
            ("route", "method", "status"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._sign_ins = self._counter("sign_ins", "Sign-ins that came back from Notion.", "outcome")
        self._tokens = self._counter("service_tokens", "Service tokens minted and revoked over HTTP.", "action")
        self._reused = self._counter("sessions_ended_for_reuse", "Sessions ended by an old refresh token used again.")
        self._calls = self._counter("notion_calls", "Calls to Notion asked for by agents.", "outcome")
        self._webhooks = self._counter("webhooks", "Webhooks that came, by what became of them.", "outcome")
        self._unavailable = self._counter("database_unavailable", "Requests refused with the database out of reach.")
        self._processes = self._gauge("processes", "Processes that serve.")
        self._caches = self._gauge("caches_on", "Processes that answer from memory; the others ask the database.")
        for action in ("minted", "revoked"):
            self._tokens.labels(action)

    def count_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """`route` is a template, `method` one that HTTP knows."""
        key = (route, method, status // 100)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._requests.labels(route, method, f"{key[2]}xx")
        known.observe(seconds)

    def count_sign_in(self, outcome: str) -> None:
        self._sign_ins.labels(outcome).inc()

    def count_token(self, action: str) -> None:
        self._tokens.labels(action).inc()

    def count_reuse(self) -> None:
        self._reused.inc()

    def count_notion_call(self, outcome: str) -> None:
        self._calls.labels(outcome).inc()

    def count_webhook(self, outcome: str) -> None:
        self._webhooks.labels(outcome).inc()

    def count_unavailable(self) -> None:
        self._unavailable.inc()

    def report_serving(self, *, cache: bool) -> None:
        """Says that the process is there, with or without its cache."""
        self._processes.set(1)
        self._caches.set(int(cache))

    def report_leaving(self) -> None:
        self._processes.set(0)
        self._caches.set(0)

    def render(self) -> bytes:
        """All of it, of all processes, in Prometheus' text format 0.0.4."""
        if values.ValueClass is values.MutexValue:
            return generate_latest(self._registry)
        shared = CollectorRegistry()
        directory = MultiProcessCollector(shared)._path  # type: ignore[no-untyped-call]  # noqa: SLF001 -- it does not say
        _forget_killed(Path(directory))
        return generate_latest(shared)

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"ivgraph_{name}", about, labels, registry=self._registry)

    def _gauge(self, name: str, about: str) -> Gauge:
        return Gauge(f"ivgraph_{name}", about, registry=self._registry, multiprocess_mode="livesum")


def _forget_killed(directory: Path) -> None:
    """A process that was killed said nothing of it: what it was is no longer so. What it did still counts."""
    for process in {int(path.stem.rpartition("_")[2]) for path in directory.glob("gauge_livesum_*.db")}:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            # Another process may have been asked at the same moment.
            with suppress(FileNotFoundError):
                mark_process_dead(process)  # type: ignore[no-untyped-call]
