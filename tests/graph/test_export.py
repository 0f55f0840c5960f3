"""The whole graph, for a picture."""

import gzip
from collections.abc import AsyncIterator

import pytest

from tests.graph.sync_kit import lift_rate_limit
from tests.graph.test_api import Reader, read
from tests.support.service import Json, Service

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
