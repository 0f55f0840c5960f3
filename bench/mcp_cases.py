"""What `/mcp` is asked, and the same asked elsewhere."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import graph_http
import rivals
from loading import Case, Request, answer
from stage import Stage, free_port

import graph
from gateway import ALWAYS_FULL
from ivgraph_auth.core.secrets import random_token

LIST, SEARCH, COMMENTS = "tools/list", "tools/call search", "tools/call comments"
OLDER = ", revision 2025-11-25"
INVOKE = "the same comments at /api/v1/tools/invoke"
OVER_REST = "the same search at /api/v1/graph/search"
FASTMCP_LIST, FASTMCP_SEARCH = "fastmcp: tools/list", "fastmcp: tools/call search"
PAGE = "adcff48f-6f79-47f2-adde-bc498a32af00"
_MODERN, _LEGACY = "2026-07-28", "2025-11-25"
_HEADERS = "Accept: application/json, text/event-stream"
_PEER_SEARCH = """
    SELECT n.notion_id, n.title, n.url FROM (
        SELECT id FROM graph_nodes WHERE words @@ $1::text::tsquery AND NOT hidden LIMIT 2001
    ) AS found JOIN graph_nodes AS n USING (id)
    ORDER BY n.title_key = $2 DESC, starts_with(n.title_key, $2) DESC, n.edited_at DESC LIMIT $3
"""


@dataclass(frozen=True)
class Prepared:
    """`token` reads the graph and Notion; `tenant` is its connection."""

    token: str
    tenant: str
    words: list[str]


async def prepare(nodes: int) -> Prepared:
    graph_http.SCOPES = (*graph_http.SCOPES, "notion:read")  # type: ignore[assignment]
    token, _ = await graph_http.prepare(nodes)
    plain = await graph_http.plain_connection()
    for statement in ALWAYS_FULL.split(";\n    "):
        await plain.execute(statement)
    tenant = await plain.fetchval("SELECT tenant_id FROM connections")
    await plain.close()
    return Prepared(token, tenant, graph.vocabulary()[graph.VOCABULARY // 2 :][:100])


def message(method: str, token: str, revision: str = _MODERN, **params: Any) -> Request:  # noqa: ANN401 -- JSON
    headers = f"{_HEADERS}; MCP-Protocol-Version: {revision}"
    if revision == _MODERN:
        headers += f"; Mcp-Method: {method}" + (f"; Mcp-Name: {params['name']}" if "name" in params else "")
        about = {"protocolVersion": revision, "clientInfo": {"name": "bench", "version": "1"}, "clientCapabilities": {}}
        params["_meta"] = {f"io.modelcontextprotocol/{name}": value for name, value in about.items()}
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return Request("POST", "/mcp", token, json.dumps(body), more=headers)


def calls(token: str, tool: str, revision: str, arguments: list[dict[str, Any]]) -> list[Request]:
    return [message("tools/call", token, revision, name=tool, arguments=each) for each in arguments]


def ours(port: int, made: Prepared, rounds: int) -> list[Case]:
    right = answer(200, "jsonrpc", "id", "result")
    searches: list[dict[str, Any]] = [{"query": word, "limit": 10} for word in made.words]
    body = {"toolId": "notion.listComments", "tenantId": made.tenant, "parameters": {"block_id": PAGE}}
    invoke = Request("POST", "/api/v1/tools/invoke", made.token, json.dumps(body))
    over_rest = [Request("GET", f"/api/v1/graph/search?q={word}&limit=10", made.token) for word in made.words]
    found = []
    for suffix, revision in (("", _MODERN), (OLDER, _LEGACY)):
        listing = [message("tools/list", made.token, revision)]
        found += [
            Case.repeated(LIST + suffix, port, right, listing, rounds),
            Case.repeated(SEARCH + suffix, port, right, calls(made.token, "search", revision, searches), rounds),
            Case.repeated(
                COMMENTS + suffix, port, right, calls(made.token, "comments", revision, [{"id": PAGE}]), rounds
            ),
        ]
    return [
        *found,
        Case.repeated(OVER_REST, port, answer(200, "results", "as_of"), over_rest, rounds),
        Case.repeated(INVOKE, port, answer(200, "success", "result"), [invoke], rounds),
    ]


def start_fastmcp(on: Stage, python: Path, made: Prepared, rounds: int) -> list[Case]:
    token, port = random_token(), free_port()
    environment = {
        **on.database("ivgraph"),
        "PEER_TOKEN": token,
        "PEER_SEARCH": _PEER_SEARCH,
    }
    command = [
        *(str(python), "-m", "uvicorn", "fastmcp_app:app", "--app-dir", str(rivals.PEERS), "--port", str(port)),
        *("--log-level", "info"),
    ]
    on.start(command, port, "/mcp", environment)
    right = answer(200, "jsonrpc", "id", "result")
    searches: list[dict[str, Any]] = [{"query": word, "limit": 10} for word in made.words]
    return [
        Case.repeated(FASTMCP_LIST, port, right, [message("tools/list", token)], rounds),
        Case.repeated(FASTMCP_SEARCH, port, right, calls(token, "search", _MODERN, searches), rounds),
    ]


def run_prepare(nodes: int) -> Prepared:
    return asyncio.run(prepare(nodes))
