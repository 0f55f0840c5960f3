"""A list that was answered before is answered alike, to those with the same rights alone."""

import json
from typing import Any

import pytest

from ivgraph_auth.api.mcp.lists import ListMemo, ListRequest
from tests.mcp.kit import LEGACY, MODERN, Caller, caller
from tests.support.service import Service

VERSIONS = (*LEGACY, MODERN)


async def ask(caller: Caller, message_id: Any, **headers: str) -> Any:
    """For a list, with an id and headers of our own."""
    sent = (await caller.ask("tools/list")).request
    message = {**json.loads(sent.content), "id": message_id}
    kept = {name: value for name, value in sent.headers.items() if name != "content-length"}
    return await caller.client.post(caller.address, json=message, headers={**kept, **headers})


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("message_id", [7, 0, -1, "seven", 'a"b', "ä", "", 10**15])
async def test_each_gets_the_id_it_sent(shared_service: Service, version: str, message_id: int | str) -> None:
    ada = await caller(shared_service, "graph:search", version=version)
    first = (await ada.ask("tools/list")).json()
    again = await ask(ada, message_id)
    assert again.status_code == 200
    assert again.json() == {**first, "id": message_id}
    assert again.headers["content-type"] == "application/json"


async def test_other_rights_get_another_list(shared_service: Service) -> None:
    lists = []
    for scope in ("graph:search", "notion:connect", "graph:search"):
        ada = await caller(shared_service, scope)
        lists.append([tool["name"] for tool in (await ada.ask("tools/list")).json()["result"]["tools"]])
    assert lists[0] == lists[2] != lists[1]
    narrowed = await caller(shared_service, "graph:search", address="/mcp?tools=fetch")
    assert "search" not in [tool["name"] for tool in (await narrowed.ask("tools/list")).json()["result"]["tools"]]


@pytest.mark.parametrize("message_id", [None, True, 1.5, [1], {}])
async def test_what_is_no_id_is_refused_as_before(shared_service: Service, message_id: Any) -> None:
    ada = await caller(shared_service, "graph:search")
    await ada.ask("tools/list")
    assert (await ask(ada, message_id)).status_code == 400


async def test_headers_that_the_protocol_refuses_are_refused_as_before(shared_service: Service) -> None:
    ada = await caller(shared_service, "graph:search")
    assert (await ask(ada, 1)).status_code == 200
    for wrong in ({"mcp-method": "tools/call"}, {"accept": "text/html"}, {"mcp-protocol-version": "2099-01-01"}):
        assert (await ask(ada, 1, **wrong)).status_code in (400, 406), wrong


async def test_no_more_are_kept_than_a_few() -> None:
    memo = ListMemo()

    async def send(_: Any) -> None: ...

    async def answer(asked: ListRequest, body: bytes, status: int = 200) -> None:
        listening = memo.listen(asked, send)
        await listening({"type": "http.response.start", "status": status})
        await listening({"type": "http.response.body", "body": body})

    for number in range(100):
        await answer(ListRequest(number, "1"), b'{"jsonrpc":"2.0","id":1,"result":{}}')
    assert [number for number in range(100) if memo.find(ListRequest(number, "2"))] == list(range(36, 100))
    await answer(ListRequest("refused", "1"), b'{"jsonrpc":"2.0","id":1,"error":{}}')
    await answer(ListRequest("failed", "1"), b'{"jsonrpc":"2.0","id":1,"result":{}}', 500)
    assert memo.find(ListRequest("refused", "1")) is None
    assert memo.find(ListRequest("failed", "1")) is None
