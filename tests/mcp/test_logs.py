"""What is logged of calls to `/mcp`: that there was a request, and nothing of what was asked or answered."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ivgraph_auth.core.logging import _format
from ivgraph_auth.graph.service import GraphService
from tests.mcp.kit import LEGACY, MODERN, caller
from tests.support.service import Json, Service

VERSIONS = (*LEGACY, MODERN)
Lines = Callable[[], list[Json]]
SENTINEL = "quartz-heron-7731"


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What has been logged since it was asked the last time. Tests log at the most talkative level."""
    written = io.StringIO()
    before = _format.handler.setStream(written)

    def read() -> list[Json]:
        said = written.getvalue().splitlines()
        written.seek(0)
        written.truncate()
        return [json.loads(line) for line in said]

    yield read
    _format.handler.setStream(before)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_call_is_one_line(shared_service: Service, version: str, lines: Lines) -> None:
    ada = await caller(shared_service, "graph:search", version=version)
    lines()
    await ada.call("search", query=SENTINEL)
    await ada.ask("tools/call", name="search", arguments={SENTINEL: SENTINEL})
    await ada.ask("tools/call", name=SENTINEL, arguments={})
    await ada.ask("tools/list", cursor=SENTINEL)
    await ada.send(f'{{"jsonrpc": "2.0", "method": "{SENTINEL}", "params": ["{SENTINEL}"]}}'.encode())
    await ada.send(f'{{"jsonrpc": "2.0", "{SENTINEL}'.encode())
    said = [line for line in lines() if line["logger"] != "ivgraph_auth.access"]
    assert SENTINEL not in json.dumps(said)
    assert ada.token is not None
    assert ada.token not in json.dumps(said)
    assert [line for line in said if line["logger"].startswith(("mcp", "sse"))] == []


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_fault_of_ours_is_told_as_such(
    shared_service: Service, version: str, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model learns that something went wrong, and nothing of what."""

    async def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError(SENTINEL)

    ada = await caller(shared_service, "graph:search", version=version)
    monkeypatch.setattr(GraphService, "search", fail)
    lines()
    answer = await ada.ask("tools/call", name="search", arguments={"query": "a"})
    assert answer.status_code == 200
    result = answer.json()["result"]
    assert (result["isError"], result["structuredContent"]["code"]) == (True, "internal_error")
    assert SENTINEL not in answer.text
    (failed,) = [line for line in lines() if line["event"] == "request.failed"]
    assert failed["request_id"] == answer.headers["X-Request-ID"]
    assert "RuntimeError" in failed["exception"]


@pytest.mark.parametrize("name", ["mcp.server.runner", "mcp.shared.jsonrpc_dispatcher"])
def test_an_error_of_the_package_is_logged_without_what_it_quotes(name: str, lines: Lines) -> None:
    try:
        int(SENTINEL)
    except ValueError:
        logging.getLogger(name).exception("handler for %r returned an invalid result", "tools/call")
    (line,) = lines()
    assert (line["level"], line["logger"]) == ("error", name)
    assert "tools/call" in line["event"]
    assert "ValueError" in line["event"]
    assert "test_logs" in line["event"]
    assert SENTINEL not in json.dumps(line)
