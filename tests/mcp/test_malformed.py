"""What no client of good will sends to `/mcp`: refused in the protocol's own words, and never a fault of ours."""

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest

from tests.mcp.kit import LEGACY, MODERN, Caller, caller
from tests.support.service import Service, run_server

VERSIONS = (*LEGACY, MODERN)
PARSE_ERROR, INVALID_REQUEST, INVALID_PARAMS, HEADER_MISMATCH, UNSUPPORTED = -32700, -32600, -32602, -32020, -32022
MEBIBYTE = 1024 * 1024


@pytest.fixture(params=VERSIONS)
async def ada(shared_service: Service, request: pytest.FixtureRequest) -> Caller:
    return await caller(shared_service, "graph:search", version=request.param)


def error_code(answer: httpx.Response) -> int:
    body = answer.json()
    assert body["jsonrpc"] == "2.0"
    code: int = body["error"]["code"]
    return code


def is_no_fault(answer: httpx.Response) -> None:
    """Of ours: an answer in the protocol's form, and neither of the codes of an error that nobody caught."""
    assert answer.status_code < 500, answer.text
    body = answer.json()
    assert body.get("error", {}).get("code") not in {0, -32603}, body
    assert "Traceback" not in answer.text


def changed(ada: Caller, **members: Any) -> tuple[bytes, dict[str, str]]:
    """A call of search, other in these members; one that is `...` is left out."""
    message, headers = ada.message("tools/call", name="search", arguments={"query": "a"})
    merged = {**message, **members}
    return json.dumps({name: value for name, value in merged.items() if value is not ...}).encode(), headers


MALFORMED: list[dict[str, Any]] = [
    {"jsonrpc": "1.0"},
    {"jsonrpc": ...},
    {"method": ...},
    {"method": 7},
    {"method": None},
    {"id": None},
    {"id": True},
    {"id": 1.5},
    {"id": []},
    {"params": [1]},
    {"params": "name"},
    {"params": {"name": 7}},
    {"params": {"name": "search", "arguments": [1]}},
    {"params": {"name": "search", "arguments": "query"}},
    {"params": {"name": "search", "arguments": {"query": "a"}, "_meta": 7}},
    {"method": "tools/" + "a" * 10_000},
    {"method": "tools/\udfff"},
]


async def test_a_malformed_message_is_refused(ada: Caller) -> None:
    for members in MALFORMED:
        body, headers = changed(ada, **members)
        answer = await ada.send(body, headers)
        is_no_fault(answer)
        assert error_code(answer) < 0, members


async def test_batches_are_refused(ada: Caller) -> None:
    """The revisions that are spoken here have none (MCP 2025-06-18, Key Changes)."""
    body, headers = changed(ada)
    for batch in (b"[]", b"[" + body + b"]", b"[" + body + b"," + body + b"]"):
        answer = await ada.send(batch, headers)
        assert answer.status_code == 400
        assert error_code(answer) in {INVALID_REQUEST, INVALID_PARAMS}


async def test_depth_ends_somewhere(ada: Caller) -> None:
    head, tail = (
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"query":',
        b"}}}",
    )
    if ada.version == MODERN:
        meta = json.dumps(ada.message("tools/call")[0]["params"]["_meta"]).encode()
        head = head.replace(b'"params":{', b'"params":{"_meta":' + meta + b",")
    _, headers = ada.message("tools/call", name="search")
    for depth in (60, 190, 500, 900, 5_000):
        answer = await ada.send(head + b"[" * depth + b"]" * depth + tail, headers)
        is_no_fault(answer)
        if answer.status_code == 200:
            assert answer.json()["result"]["structuredContent"]["code"] == "invalid_parameters"
        else:
            assert depth > 190


UNSENDABLE = [
    '{"query": "a\\u0000b"}',
    '{"query": "a", "\\u0000": 1}',
    '{"query": "\\ud800"}',
    '{"query": "a", "\\udc00\\ud800": 1}',
    '{"query": "a", "type": {"deep": ["\\udfff"]}}',
    '{"query": "a", "cursor": "\\u0000"}',
    '{"query": 1e400}',
    '{"query": NaN}',
    '{"query": ' + "9" * 400 + "}",
    '{"query": "a", "limit": ' + "9" * 5_000 + "}",
]


async def test_text_and_numbers_that_cannot_be_stored_are_a_tools_error(ada: Caller) -> None:
    """Some are no JSON for the parser of older revisions, and a number of 5,000 digits is none for ours."""
    body, headers = changed(ada)
    for arguments in UNSENDABLE:
        answer = await ada.send(body.replace(b'{"query": "a"}', arguments.encode()), headers)
        is_no_fault(answer)
        if answer.status_code == 400:
            assert error_code(answer) == PARSE_ERROR
            assert ada.version in LEGACY or "9" * 5_000 in arguments
            continue
        result = answer.json()["result"]
        assert (result["isError"], result["structuredContent"]["code"]) == (True, "invalid_parameters"), arguments
        assert result["structuredContent"]["errors"]


async def test_a_body_of_another_encoding_is_no_json(ada: Caller) -> None:
    """JSON between systems is UTF-8 (RFC 8259 §8.1)."""
    body, headers = changed(ada)
    for encoding in ("utf-16", "utf-32-le"):
        answer = await ada.send(body.decode().encode(encoding), headers)
        assert (answer.status_code, error_code(answer)) == (400, PARSE_ERROR)


async def test_the_same_member_twice_is_read_in_one_way(shared_service: Service, ada: Caller) -> None:
    """What is checked for its scopes is what is called."""
    connects = await caller(shared_service, "notion:connect", version=ada.version)
    body, headers = changed(ada)
    harmless = json.dumps({**json.loads(body)["params"], "name": "nothing"})
    doubled = body.replace(b'"params": ', b'"params": ' + harmless.encode() + b', "params": ')
    assert doubled.count(b'"params"') == 2
    assert (await connects.send(doubled, headers)).status_code == 403
    assert "result" in (await ada.send(doubled, headers)).json()


@pytest.mark.parametrize("length", [MEBIBYTE, MEBIBYTE + 1])
async def test_a_body_may_have_a_mebibyte(ada: Caller, length: int) -> None:
    body, headers = changed(ada)
    filled = body[:-1] + b" " * (length - len(body)) + b"}"
    assert len(filled) == length
    answer = await ada.send(filled, headers)
    if length == MEBIBYTE:
        assert "result" in answer.json()
        return
    assert (answer.status_code, answer.json()["error"]["data"]["code"]) == (413, "content_too_large")


async def test_a_long_name_is_an_unknown_tool(ada: Caller) -> None:
    name = "a" * 10_000
    answer = await ada.ask("tools/call", name=name, arguments={})
    is_no_fault(answer)
    assert error_code(answer) == INVALID_PARAMS
    assert name not in answer.text


async def test_an_odd_name_is_an_unknown_tool(ada: Caller) -> None:
    for name in ("\x00", "\ud800", "search\n", "SEARCH", "", " search", "../search"):
        message, headers = ada.message("tools/call", name="x", arguments={})
        message["params"]["name"] = name
        written = base64.b64encode(name.encode("utf-8", "replace")).decode()
        answer = await ada.send(json.dumps(message).encode(), {**headers, "Mcp-Name": f"=?base64?{written}?="})
        is_no_fault(answer)
        assert error_code(answer) in {INVALID_PARAMS, HEADER_MISMATCH, PARSE_ERROR, INVALID_REQUEST}, name


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"Mcp-Method": "tools/list"}, HEADER_MISMATCH),
        ({"Mcp-Method": ""}, HEADER_MISMATCH),
        ({"Mcp-Name": "fetch"}, HEADER_MISMATCH),
        ({"Mcp-Name": ""}, HEADER_MISMATCH),
        ({"Mcp-Name": "=?base64?!!?="}, HEADER_MISMATCH),
        ({"Mcp-Name": "=?base64?c2VhcmNo?="}, None),
        ({"MCP-Protocol-Version": "2026-07-29"}, HEADER_MISMATCH),
        ({"MCP-Protocol-Version": "nonsense"}, HEADER_MISMATCH),
    ],
    ids=str,
)
async def test_headers_that_do_not_fit_the_body(
    shared_service: Service, given: dict[str, str], code: int | None
) -> None:
    """2026-07-28 says in headers what the body says, for whoever routes by them."""
    ada = await caller(shared_service, "graph:search")
    body, headers = changed(ada)
    answer = await ada.send(body, {**headers, **given})
    if code is None:
        assert "result" in answer.json()
        return
    assert (answer.status_code, error_code(answer)) == (400, code)


@pytest.mark.parametrize("version", ["2026-07-29", "1999-01-01", "nonsense", ""])
async def test_another_revision_is_told_which_there_are(shared_service: Service, version: str) -> None:
    ada = await caller(shared_service, "graph:search")
    message, headers = ada.message("tools/list")
    message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = version
    answer = await ada.send(json.dumps(message).encode(), {**headers, "MCP-Protocol-Version": version})
    assert (answer.status_code, error_code(answer)) == (400, UNSUPPORTED)
    assert answer.json()["error"]["data"]["supported"] == [MODERN]


async def test_a_revision_that_is_named_twice_is_refused(ada: Caller) -> None:
    body, headers = changed(ada)
    fields = {"Accept": "*/*", "Content-Type": "application/json", "Authorization": f"Bearer {ada.token}", **headers}
    for second in VERSIONS:
        for content in (body, b'{"jsonrpc": "2.0", "method": "notifications/initialized"}'):
            named = [*fields.items(), ("mcp-protocol-version", second)]
            answer = await ada.client.post("/mcp", content=content, headers=named)
            assert (answer.status_code, answer.json()["error"]["data"]["code"]) == (400, "invalid_request")


ACCEPTED = {
    "text/event-stream": 406,
    "text/html": 406,
    "": 406,
    "*/*": 200,
    "application/*": 200,
    "application/json": 200,
    "text/event-stream, application/json;q=0.1": 200,
}


async def test_json_must_be_welcome(ada: Caller) -> None:
    body, headers = changed(ada)
    statuses = {name: (await ada.send(body, {**headers, "Accept": name})).status_code for name in ACCEPTED}
    assert statuses == ACCEPTED


async def test_another_media_type_is_not_read(ada: Caller) -> None:
    """What a page of another origin may send without asking first (Fetch standard, simple requests) is no message."""
    body, headers = changed(ada)
    for media_type in ("text/plain", "", "application/xml", "multipart/form-data"):
        answer = await ada.send(body, {**headers, "Content-Type": media_type})
        assert (answer.status_code, answer.json()["error"]["data"]["code"]) == (415, "unsupported_media_type")


async def test_notifications_are_taken(ada: Caller) -> None:
    for method in ("notifications/initialized", "notifications/cancelled", "notifications/nothing"):
        for params in ({}, {"requestId": 1}, {"requestId": "\ud800"}):
            message = {"jsonrpc": "2.0", "method": method, "params": params}
            answer = await ada.send(json.dumps(message).encode())
            assert answer.status_code < 500
            if params != {"requestId": "\ud800"}:
                assert (answer.status_code, answer.content) == (202, b"")


async def test_an_unknown_method_is_told_as_such(ada: Caller) -> None:
    answer = await ada.ask("prompts/conjure")
    assert error_code(answer) == -32601


@pytest.mark.parametrize("cursor", ["nonsense", "", "\x00"])
async def test_a_cursor_that_nobody_gave(ada: Caller, cursor: str) -> None:
    answer = await ada.ask("tools/list", cursor=cursor)
    is_no_fault(answer)


async def test_blanks_around_a_headers_value_are_none_of_it(shared_service: Service) -> None:
    """RFC 9110 §5.5: a value that a header repeats of the body is compared without them."""
    ada = await caller(shared_service, "graph:search")
    body, headers = changed(ada)
    fields = {**headers, "Mcp-Name": " \t search \t ", "Content-Type": "application/json ", "Accept": "*/*"}
    lines = [f"{name}:{value}" for name, value in {**fields, "Authorization": f"Bearer {ada.token} "}.items()]
    async with run_server(shared_service.app) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        head = ["POST /mcp HTTP/1.1", "Host: a", "Connection: close", f"Content-Length: {len(body)}", *lines]
        writer.write("\r\n".join([*head, "", ""]).encode() + body)
        answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"result"' in answer
