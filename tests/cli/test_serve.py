import asyncio
import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.conftest import LISTENS, House, Toured, copied, refusal, rows, secrets
from tests.cli.visitor import START, arrive, fragment_of, sign_in, valid
from tests.support.postgres import TestDatabases
from tests.support.processes import Commands, Running, free_port, left_behind, processes_of

REFRESH = json.dumps({"refresh": "none"}).encode()


def start(commands: Commands, *options: str, **settings: str) -> tuple[str, Running]:
    port = free_port()
    return f"http://127.0.0.1:{port}", commands.start("serve", "--port", str(port), *options, **settings)


def parsed(lines: list[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


def assert_ready(url: str) -> None:
    assert httpx.get(f"{url}/health/ready").json()["problems"] == []


class HalfSent:
    """A request whose body is not there yet."""

    def __init__(self, url: str, name: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=30)
        head = (
            f"POST /api/auth/refresh/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Request-ID: {name}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(REFRESH)}\r\nExpect: 100-continue\r\n\r\n"
        )
        self._socket.sendall(head.encode())
        self._answer = self._socket.makefile("rb")
        # Asked for the body: the service is in the middle of it.
        assert self._answer.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert self._answer.readline() == b"\r\n"

    def finish(self) -> bytes:
        self._socket.sendall(REFRESH)
        return self._answer.read()

    def close(self) -> None:
        self._answer.close()
        self._socket.close()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


async def serve_ready(commands: Commands, databases: TestDatabases) -> tuple[str, Running]:
    url, serve = start(commands, **secrets(), DATABASE_URL=await databases.create())
    serve.line(LISTENS)
    return url, serve


async def test_requests_in_flight_at_sigterm_are_all_answered(
    commands: Commands, migrated: TestDatabases, stack: ExitStack
) -> None:
    url, serve = await serve_ready(commands, migrated)
    requests = [HalfSent(url, f"flight-{number}") for number in range(20)]
    for request in requests:
        stack.callback(request.close)
    serve.send(signal.SIGTERM)
    serve.line("Shutting down")
    for request in requests:
        answer = request.finish()
        assert answer.startswith(b"HTTP/1.1 401 "), answer
        assert b'"code":"token_not_valid"' in answer
    finished = serve.wait()
    assert finished.code == 0, finished.text
    assert finished.err == ""
    answered = {line["request_id"] for line in parsed(finished.lines) if line.get("event") == "request"}
    assert answered == {f"flight-{number}" for number in range(20)}


@pytest.mark.slow
async def test_a_request_that_never_ends_does_not_keep_it(
    commands: Commands, migrated: TestDatabases, stack: ExitStack
) -> None:
    url, serve = await serve_ready(commands, migrated)
    request = HalfSent(url, "endless")
    stack.callback(request.close)
    finished = serve.end(signal.SIGTERM)
    assert finished.code == 0, finished.text
    assert finished.err == ""


async def test_a_second_signal_ends_it_at_once(commands: Commands, migrated: TestDatabases, stack: ExitStack) -> None:
    url, serve = await serve_ready(commands, migrated)
    request = HalfSent(url, "endless")
    stack.callback(request.close)
    serve.send(signal.SIGINT)
    serve.line("Waiting for connections to close")
    finished = serve.end(signal.SIGINT)
    assert finished.code == 0, finished.text
    assert finished.err == ""
    assert "graceful shutdown exceeded" not in finished.text


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
async def test_an_idle_connection_is_closed_as_the_setting_says(commands: Commands, house: House, workers: int) -> None:
    settings = {**house.settings, "IVGRAPH_PUBLIC_URL": house.url, "IVGRAPH_KEEP_ALIVE": "1"}
    url, serve = start(commands, "--workers", str(workers), **settings)
    for _ in range(workers):
        serve.line(LISTENS)
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=30) as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        # All that comes, up to the end that the service makes.
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" not in received.lower()
    assert serve.end(signal.SIGTERM).code == 0


@pytest.mark.parametrize("impatient", [False, True])
async def test_what_waits_to_be_written_down_is_written_at_the_end(
    commands: Commands, house: House, stack: ExitStack, *, impatient: bool
) -> None:
    token = sign_in(house.url, "farah").mint()
    url, serve = start(commands, **{**house.settings, "IVGRAPH_PUBLIC_URL": house.url})
    serve.line(LISTENS)
    assert valid(url, token)
    if impatient:
        stack.callback(HalfSent(url, "endless").close)
        serve.send(signal.SIGTERM)
        serve.line("Waiting for connections to close")
    assert serve.end(signal.SIGTERM).code == 0
    query = "SELECT last_used_at IS NOT NULL AS used FROM service_tokens WHERE prefix = $1"
    assert await rows(house.database_url, query, token[:10]) == [{"used": True}]


def test_it_starts_while_the_database_is_away_and_says_so(commands: Commands) -> None:
    nowhere = f"postgresql://app:hush-hush@127.0.0.1:{free_port()}/identity"
    url, serve = start(commands, **secrets(), DATABASE_URL=nowhere)
    serve.line(LISTENS)
    assert httpx.get(f"{url}/health/live").status_code == 200
    ready = httpx.get(f"{url}/health/ready")
    assert ready.status_code == 503
    assert ready.json()["status"] == "unavailable"
    assert "database" in ready.json()["problems"][0]
    tried = httpx.get(f"{url}/api/auth/validate/", headers={"Authorization": f"Bearer ivg_{'a' * 32}"})
    assert (tried.status_code, tried.json()["code"]) == (503, "unavailable")
    assert int(tried.headers["retry-after"]) > 0
    finished = serve.end()
    assert finished.code == 0
    assert "hush" not in finished.text


async def test_an_empty_database_is_refused_with_a_hint_and_taken_with_migrate(
    commands: Commands, empty_database: str
) -> None:
    settings = {**secrets(), "DATABASE_URL": empty_database}
    _, refused = start(commands, **settings)
    assert "serve --migrate" in refusal(refused.wait())
    assert await rows(empty_database, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'") == []
    url, serve = start(commands, "--migrate", **settings)
    serve.line(LISTENS)
    assert_ready(url)


@pytest.mark.parametrize("arguments", [["serve"], ["serve", "--migrate"], ["migrate"], ["users", "list"]])
async def test_a_schema_newer_than_this_version_is_refused(
    commands: Commands, database_url: str, arguments: list[str]
) -> None:
    await rows(database_url, "UPDATE alembic_version SET version_num = '20991231'")
    said = refusal(commands.run(*arguments, **secrets(), DATABASE_URL=database_url))
    assert "newer" in said
    assert "20991231" in said
    assert await rows(database_url, "SELECT version_num FROM alembic_version") == [{"version_num": "20991231"}]


def test_two_that_migrate_at_once_both_come_up(commands: Commands, empty_database: str) -> None:
    settings = {**secrets(), "DATABASE_URL": empty_database}
    both = [start(commands, "--migrate", **settings) for _ in range(2)]
    for url, serve in both:
        serve.line(LISTENS)
        assert_ready(url)
    assert sum(serve.output.count("Running upgrade  ->") for _, serve in both) == 1


@pytest.mark.parametrize(
    "whole_group", [pytest.param(False, id="sigterm"), pytest.param(True, id="ctrl-c", marks=pytest.mark.slow)]
)
@pytest.mark.slow
def test_several_workers_keep_no_counts_unasked_and_end_together(
    commands: Commands, database_url: str, tmp_path: Path, *, whole_group: bool
) -> None:
    settings = {**secrets(), "DATABASE_URL": database_url, "TMPDIR": str(tmp_path)}
    url, serve = start(commands, "--workers", "2", **settings)
    for _ in range(2):
        serve.line(LISTENS)
    assert_ready(url)
    assert httpx.get(f"{url}/metrics").status_code == 404
    assert list(tmp_path.glob("ivgraph-metrics-*")) == []
    workers = {line["event"] for line in parsed(serve.lines) if "Started server process" in line["event"]}
    assert len(workers) == 2
    assert len(processes_of(commands.home)) >= 2
    if whole_group:
        os.killpg(serve.pid, signal.SIGINT)  # as a terminal does
    else:
        serve.send(signal.SIGTERM)
    finished = serve.wait()
    assert finished.code == 0, finished.text
    assert finished.err == ""
    assert left_behind(commands.home) == []


@pytest.mark.slow
def test_embedded_keeps_its_data_over_a_kill(commands: Commands, house: House, toured: Toured, data_dir: Path) -> None:
    settings = {**secrets(), "IVGRAPH_DATA_DIR": str(data_dir)}
    settings |= {name: value for name, value in house.settings.items() if name.startswith("NOTION_")}
    copied(toured, data_dir)
    (data_dir / "demo" / "postgres").rename(data_dir / "postgres")
    url, killed = start(commands, "--embedded", **settings)
    killed.line(LISTENS)
    visitor = sign_in(url, "chiara")
    token = visitor.mint()
    killed.end(signal.SIGKILL)

    url, serve = start(commands, "--embedded", **settings)
    serve.line(LISTENS)
    assert valid(url, token)
    second = start(commands, "--embedded", **settings)[1].wait()
    assert "IVGRAPH_DATA_DIR" in refusal(second)
    finished = serve.end(signal.SIGTERM)
    assert finished.code == 0, finished.text
    assert left_behind(data_dir) == []


def logged(house: House, request_id: str) -> list[dict[str, Any]]:
    """The lines of one request, when its last one is written."""
    house.serve.line(f'"request_id": "{request_id}".*"event": "request"|"event": "request".*"{request_id}"')
    return [line for line in parsed(house.serve.lines) if line.get("request_id") == request_id]


def test_every_line_is_json_and_every_request_has_one_with_its_id(house: House) -> None:
    given = {"X-Request-ID": "from-the-outside"}
    answer = httpx.get(f"{house.url}/api/auth/me/?secret-looking=thing", headers=given)
    assert answer.headers["x-request-id"] == "from-the-outside"
    (line,) = logged(house, "from-the-outside")
    told = {name: line[name] for name in ("event", "method", "path", "status", "address", "level")}
    assert told == {
        "event": "request",
        "method": "GET",
        "path": "/api/auth/me/",
        "status": 401,
        "address": "127.0.0.1",
        "level": "info",
    }
    made = httpx.get(f"{house.url}/health/live").headers["x-request-id"]
    assert logged(house, made)
    for each in parsed(house.serve.lines):
        assert {"event", "level", "timestamp", "logger"} <= set(each)
        assert each["event"] != "request" or each["request_id"]
        assert "?" not in each.get("path", "")
    assert "secret-looking" not in house.serve.output


def test_no_secret_is_in_the_logs_whatever_their_level(house: House) -> None:
    visitor = sign_in(house.url, "farah")
    seen = [*visitor.seen, visitor.mint()]
    rotated = httpx.post(f"{house.url}/api/auth/refresh/", json={"refresh": visitor.refresh, "rotate": True}).json()
    seen += [rotated["access"], rotated["refresh"]]
    assert valid(house.url, seen[-3])
    httpx.get(house.url + START, params={"code": seen[0]}, headers={"X-Request-ID": "the-last-one"})
    logged(house, "the-last-one")
    keys = [house.settings[name] for name in ("IVGRAPH_SECRET_KEY", "IVGRAPH_ENCRYPTION_KEYS", "NOTION_CLIENT_SECRET")]
    for secret in [*seen, *keys]:
        assert secret not in house.serve.output
        assert secret not in house.sandbox.output


def test_what_the_operator_must_know_is_logged_under_the_requests_id(house: House) -> None:
    fault = {"path": "/v1/oauth/token", "kind": "status", "status": 401, "code": "invalid_client"}
    httpx.post(f"{house.sandbox_url}/sandbox/faults", json=fault)
    arrived, _ = arrive(house.url, "farah")
    assert fragment_of(arrived)["error"] == "server_error"
    lines = logged(house, arrived.headers["x-request-id"])
    assert [line["level"] for line in lines] == ["error", "info"]


@pytest.mark.parametrize(
    ("settings", "levels"),
    [
        ({}, {"info"}),
        ({"IVGRAPH_LOG_LEVEL": "WARNING"}, set()),
        ({"IVGRAPH_LOG_FORMAT": "console"}, None),
    ],
)
def test_level_and_format_of_the_log_are_settings(
    commands: Commands, empty_database: str, settings: dict[str, str], levels: set[str] | None
) -> None:
    """What comes before it learns that its port is taken is the migration's log."""
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        finished = commands.run(
            "serve", "--migrate", "--port", port, **secrets(), **settings, DATABASE_URL=empty_database
        )
    assert "cannot be used" in refusal(finished)
    if levels is None:
        assert any("Running upgrade" in line and not line.startswith("{") for line in finished.lines)
    else:
        assert {line["level"] for line in parsed(finished.lines)} == levels


async def test_answers_come_together_from_many_at_once(house: House) -> None:
    async with httpx.AsyncClient() as client:
        answers = await asyncio.gather(*(client.get(f"{house.url}/health/ready") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
