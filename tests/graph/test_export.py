"""The whole graph, for a picture."""

import gzip
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from ivgraph_auth.database.errors import DatabaseUnavailable
from ivgraph_auth.graph import export_repository, export_service
from ivgraph_auth.graph.export_repository import START, NodeBatch
from tests.graph.sync_kit import lift_rate_limit
from tests.graph.test_api import Reader, read
from tests.support.service import Json, Service, run_server

WHOLE = "/api/notion-graph/"


@pytest.fixture(scope="module")
async def ada(shared_service: Service) -> AsyncIterator[Reader]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        lift_rate_limit(monkeypatch)
        yield await read(shared_service, "ada")


async def whole(reader: Reader, **query: str) -> Json:
    answer = await reader.session.client.get(WHOLE, params=query, headers=reader.bearer)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.slow
async def test_it_is_all_that_its_person_sees_each_once(ada: Reader) -> None:
    found = await whole(ada)
    assert found.keys() == {"nodes", "edges", "as_of", "sync"}
    ids = [item["id"] for item in found["nodes"]]
    assert ids == sorted(map(str, ada.wanted.living))
    edges = [(item["kind"], item["from"], item["to"], item["property"] or "") for item in found["edges"]]
    wanted = {edge for edge in ada.wanted.edges if edge.kind != "link" or edge.source != edge.target}
    assert len(edges) == len(set(edges))
    assert set(edges) == {(edge.kind, str(edge.source), str(edge.target), edge.property) for edge in wanted}
    handbook = ada.id_of("Handbook")
    (by_search,) = [item for item in (await ada.get("/search", q="handbook"))["results"] if item["id"] == handbook]
    assert by_search in found["nodes"]
    assert found["as_of"] == found["sync"]["started_at"]
    assert found["sync"]["status"] == "done"


async def test_of_one_workspace(ada: Reader) -> None:
    assert await whole(ada, workspace_id=ada.session.workspace_ids[0]) == await whole(ada)
    elsewhere = await ada.session.client.get(WHOLE, params={"workspace_id": "0" * 32}, headers=ada.bearer)
    assert elsewhere.status_code == 404


async def test_it_is_packed_for_who_can_unpack_it(ada: Reader) -> None:
    plain = await ada.session.client.get(WHOLE, headers={**ada.bearer, "Accept-Encoding": "gzip;q=0, br"})
    assert "content-encoding" not in plain.headers
    request = ada.session.client.build_request("GET", WHOLE, headers={**ada.bearer, "Accept-Encoding": "br, gzip"})
    packed = await ada.session.client.send(request, stream=True)
    assert packed.headers["content-encoding"] == "gzip"
    raw = b"".join([piece async for piece in packed.aiter_raw()])
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < len(plain.content) / 3


async def test_head_reads_nothing(ada: Reader) -> None:
    answer = await ada.session.client.head(WHOLE, headers=ada.bearer)
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "application/json", b"")


async def read_of_cut(service: Service, headers: dict[str, str]) -> bytes:
    """What comes of an answer before its connection ends."""
    text = bytearray()
    async with (
        run_server(service.app) as url,
        httpx.AsyncClient(base_url=url) as client,
        client.stream("GET", WHOLE, headers={**headers, "Accept-Encoding": "identity"}) as answer,
    ):
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
            await gather(answer, text)
    return bytes(text)


async def gather(answer: httpx.Response, into: bytearray) -> None:
    async for piece in answer.aiter_bytes():
        into += piece


async def test_one_that_is_cut_short_does_not_look_whole(ada: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise DatabaseUnavailable

    monkeypatch.setattr(export_repository, "read_edges", fail)
    assert (await read_of_cut(ada.service, ada.bearer)).endswith(b'],"edges":[')


@pytest.mark.slow
@pytest.mark.parametrize("what", ["session", "connection"])
async def test_it_ends_where_its_reader_may_read_no_more(
    service: Service, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Between two batches."""
    lift_rate_limit(monkeypatch)
    reader = await read(service, "ada")
    monkeypatch.setattr(export_service, "_MOST_NODES", 3)
    read_nodes, client = export_repository.read_nodes, reader.session.client

    async def read_and_end(*arguments: Any, **named: Any) -> NodeBatch:
        if named["start"] > START.source:
            if what == "session":
                ended = await client.post("/api/auth/logout-all/", headers=reader.bearer)
            else:
                workspace = reader.session.workspace_ids[0]
                ended = await client.delete(f"/api/connections/{workspace}/", headers=reader.bearer)
            assert ended.status_code == 200
        return await read_nodes(*arguments, **named)

    monkeypatch.setattr(export_repository, "read_nodes", read_and_end)
    assert (await read_of_cut(service, reader.bearer)).count(b'"last_edited_at"') == 3
