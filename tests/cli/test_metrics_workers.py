"""`GET /metrics` of several worker processes."""

import signal
from os import kill
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.cli.conftest import LISTENS, secrets
from tests.support.processes import Commands, free_port

PROCESS = r"Started server process \[(\d+)\]"
DIRECTORY = "ivgraph-metrics-*"


def told(url: str) -> dict[str, float]:
    """Each connection may meet another process."""
    text = httpx.get(f"{url}/metrics").text
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.labels in ({}, {"route": "/health/live", "method": "GET", "status": "2xx"})
    }


def told_of_two(url: str) -> dict[str, float]:
    for _ in range(200):
        found = told(url)
        if found["ivgraph_processes"] == 2:
            return found
    raise AssertionError(found)


@pytest.mark.slow
def test_workers_are_summed_outlive_their_end_and_leave_nothing(
    commands: Commands, database_url: str, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{(port := free_port())}"
    settings = {**secrets(), "DATABASE_URL": database_url, "IVGRAPH_METRICS": "true"}
    serve = commands.start("serve", "--workers", "2", "--port", str(port), **settings, TMPDIR=str(tmp_path))
    workers = [int(serve.line(PROCESS).group(1)) for _ in range(2)]
    serve.line(LISTENS)
    (directory,) = tmp_path.glob(DIRECTORY)
    assert directory.stat().st_mode & 0o777 == 0o700
    for _ in range(30):
        assert httpx.get(f"{url}/health/live").status_code == 200
    assert {told_of_two(url)["ivgraph_http_request_duration_seconds_count"] for _ in range(10)} == {30}
    for worker in workers:
        kill(worker, signal.SIGKILL)
    for _ in workers:
        serve.line(PROCESS)
        serve.line(LISTENS)
    assert {told_of_two(url)["ivgraph_http_request_duration_seconds_count"] for _ in range(10)} == {30}
    finished = serve.end(signal.SIGTERM)
    assert finished.code == 0, finished.text
    assert list(tmp_path.glob(DIRECTORY)) == []
