"""The read API on the sandbox's workspace: what it answers, and to whom."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from ivgraph_auth.sandbox.content import lighthouse
from ivgraph_auth.sandbox.faults import Fault
from tests.conftest import MakeService
from tests.graph.description import Description, describe
from tests.graph.sync_kit import lift_rate_limit, synchronize
from tests.support.service import Json, Service, Session

GRAPH = "/api/v1/graph"


class Reader:
    """Somebody whose workspace has been read."""

    def __init__(self, service: Service, session: Session, wanted: Description) -> None:
        self.service = service
        self.session = session
        self.wanted = wanted
        self.bearer = session.bearer

    async def get(self, path: str, *, status: int = 200, **query: Any) -> Any:
        answer = await self.session.client.get(f"{GRAPH}{path}", params=query or None, headers=self.bearer)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def all(self, path: str, **query: Json) -> list[Json]:
        found, cursor = [], None
        while True:
            page = await self.get(path, **query, **({"cursor": cursor} if cursor else {}))
            found += page["results"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    def id_of(self, title: str) -> str:
        facts = self.wanted.living.items()
        (found,) = [str(node) for node, fact in facts if (fact.title, fact.type) == (title, "page")]
        return found


async def read(service: Service, person: str, **form: Json) -> Reader:
    session = await service.sign_in(person, **form)
    for workspace_id in session.workspace_ids:
        run = await synchronize(service, session, workspace_id)
        assert run["status"] == "done", run
    return Reader(service, session, describe(service.sandbox.instance, person))


@pytest.fixture(scope="module")
async def ada(shared_service: Service) -> AsyncIterator[Reader]:
    """For all tests that change nothing."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        lift_rate_limit(monkeypatch)
        yield await read(shared_service, "ada")


async def test_a_page_is_found_read_and_walked(ada: Reader) -> None:
    found = await ada.get("/search", q="tools ke")
    assert [item["title"] for item in found["results"]] == ["Tools and keys"]
    assert found["as_of"] is not None
    assert (found["waiting"], found["truncated"], found["next_cursor"]) == ([], False, None)
    node_id = found["results"][0]["id"]
    node = (await ada.get(f"/nodes/{node_id.replace('-', '').upper()}"))["node"]
    assert (node["id"], node["type"], node["title"]) == (node_id, "page", "Tools and keys")
    assert node["parent"] == {"type": "page_id", "id": ada.id_of("Handbook")}
    wanted = [edge for edge in ada.wanted.edges if node_id in (str(edge.source), str(edge.target))]
    assert sum(node["counts"]["in"].values()) + sum(node["counts"]["out"].values()) == len(wanted)


async def test_every_edge_is_a_neighbour_both_ways(ada: Reader) -> None:
    for title in ("Handbook", "Tools and keys"):
        node_id = ada.id_of(title)
        for direction, end in (("out", "from"), ("in", "to")):
            found = await ada.all(f"/nodes/{node_id}/neighbors", direction=direction, limit=3)
            edges = {(item["edge"]["kind"], item["edge"]["from"], item["edge"]["to"]) for item in found}
            assert all(item["edge"][end] == node_id for item in found)
            assert edges == {
                (edge.kind, str(edge.source), str(edge.target))
                for edge in ada.wanted.edges
                if node_id == str(edge.source if direction == "out" else edge.target) and edge.source != edge.target
            }


async def test_the_whole_workspace_is_found_by_its_changes(ada: Reader) -> None:
    page = await ada.get("/changes", limit=100)
    seen: list[Json] = []
    while page["results"]:
        seen += page["results"]
        page = await ada.get("/changes", since=page["next_cursor"])
    assert {item["id"] for item in seen} == {str(node) for node in ada.wanted.living}
    assert page["start_again"] is False


async def test_a_shortest_path(ada: Reader) -> None:
    handbook, tools = ada.id_of("Handbook"), ada.id_of("Tools and keys")
    found = await ada.get(f"/paths?from={tools}&to={handbook}")
    assert all(len(path["nodes"]) == 2 for path in found["paths"])
    assert found["paths"][0]["nodes"][0]["id"] == tools
    assert (await ada.get(f"/paths?from={tools}&to={tools}"))["paths"] == [
        {"nodes": [(await ada.get("/search", q="Tools and keys"))["results"][0]], "edges": []}
    ]


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/search?q=a", "graph:search"),
        ("/nodes/{id}", "graph:read"),
        ("/nodes/{id}/content", "graph:read"),
        ("/changes", "graph:read"),
        ("/gaps", "graph:read"),
        ("/nodes/{id}/neighbors", "graph:neighbors"),
        ("/paths?from={id}&to={id}", "graph:neighbors"),
    ],
)
async def test_each_door_names_the_scope_that_it_takes(ada: Reader, path: str, scope: str) -> None:
    others = {"graph:search", "graph:read", "graph:neighbors"} - {scope}
    await ada.service.execute("DELETE FROM service_tokens")
    token = await ada.session.mint(*sorted(others))
    url = f"{GRAPH}{path.format(id=ada.id_of('Handbook'))}"
    answer = await ada.session.client.get(url, headers={"Authorization": f"Bearer {token['token']}"})
    assert answer.status_code == 403
    assert answer.json()["code"] == "insufficient_scope"
    assert scope in answer.headers["WWW-Authenticate"]
    right = await ada.session.mint(scope)
    answer = await ada.session.client.get(url, headers={"Authorization": f"Bearer {right['token']}"})
    assert answer.status_code == 200, answer.text


@pytest.mark.slow
async def test_two_people_of_one_workspace_see_each_their_own(ada: Reader) -> None:
    farah = await read(ada.service, "farah", workspace="lighthouse", pages=[lighthouse.HANDBOOK])
    bruno = await read(ada.service, "bruno")
    only_ada = [node for node in ada.wanted.living if node not in farah.wanted.living]
    only_bruno = [node for node in bruno.wanted.living if node not in ada.wanted.living]
    assert only_ada
    assert only_bruno
    for reader, hidden in ((farah, only_ada), (ada, only_bruno)):
        for node in hidden[:5]:
            await reader.get(f"/nodes/{node}", status=404)
            await reader.get(f"/nodes/{node}/neighbors", status=404)
        titles = await reader.get("/changes", limit=100)
        assert not {item["id"] for item in titles["results"]} & {str(node) for node in hidden}


@pytest.mark.slow
async def test_a_connection_that_is_removed_takes_its_graph_with_it(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    lift_rate_limit(monkeypatch)
    ada = await read(await make_service(), "ada")
    node_id = ada.id_of("Handbook")
    workspace = ada.session.workspace_ids[0]
    removed = await ada.session.client.delete(f"/api/connections/{workspace}/", headers=ada.bearer)
    assert removed.status_code == 200
    await ada.get(f"/nodes/{node_id}", status=404)
    assert (await ada.get("/search", q="handbook"))["results"] == []
    assert await ada.service.rows("SELECT * FROM graphs") == []


@pytest.mark.parametrize("query", ["q=%00", "q=", "q=%20", "", "q=a&type=block", "q=a&workspace_id=x", "q=a&limit=0"])
async def test_a_search_that_makes_no_sense(ada: Reader, query: str) -> None:
    answer = await ada.session.client.get(f"{GRAPH}/search?{query}", headers=ada.bearer)
    assert answer.status_code == 422, answer.text


async def test_what_a_page_says_in_pieces(ada: Reader) -> None:
    node_id = ada.id_of("Handbook")
    whole = (await ada.get(f"/nodes/{node_id}/content"))["markdown"]
    assert f"notion://page/{ada.id_of('Tools and keys')}" in whole
    for form, member in (("markdown", "markdown"), ("blocks", "blocks")):
        pieces: list[Any] = []
        cursor: dict[str, Any] = {}
        while True:
            piece = await ada.get(f"/nodes/{node_id}/content", format=form, max_chars=200, **cursor)
            pieces.append(piece[member])
            if piece["next_cursor"] is None:
                break
            cursor = {"cursor": piece["next_cursor"]}
        assert len(pieces) > 1
        assert form == "blocks" or "".join(pieces) == whole
    assert ("agent:notion:called", "success") in await ada.service.audit()


async def test_where_notion_has_no_markdown_of_a_page_it_is_made_of_its_blocks(ada: Reader) -> None:
    faults = ada.service.sandbox.instance.faults
    node_id = ada.id_of("Handbook")
    faults.add(Fault("/v1/pages/*/markdown", "status", status=400, code="invalid_request_url", times=None))
    try:
        whole = (await ada.get(f"/nodes/{node_id}/content"))["markdown"]
        pieces: list[str] = []
        cursor = None
        while cursor or not pieces:
            piece = await ada.get(f"/nodes/{node_id}/content", max_chars=200, **({"cursor": cursor} if cursor else {}))
            pieces.append(piece["markdown"])
            cursor = piece["next_cursor"]
    finally:
        faults.clear()
    assert len(pieces) > 1
    assert "".join(pieces) == whole
    for title in ("Tools and keys", "Roadmap"):  # the second by a block that has no words of its own
        assert f"[{title}](notion://page/{ada.id_of(title)})" in whole
    assert "Welcome aboard!" in whole


_REFUSALS = [(403, "restricted_resource"), (404, "object_not_found"), (400, "validation_error")]


@pytest.mark.parametrize(("status", "code"), _REFUSALS)
async def test_where_notion_refuses_markdown_it_is_made_of_blocks(ada: Reader, status: int, code: str) -> None:
    node_id = ada.id_of("Handbook")
    faults = ada.service.sandbox.instance.faults
    faults.add(Fault("/v1/pages/*/markdown", "status", status=status, code=code))
    piece = await ada.get(f"/nodes/{node_id}/content", max_chars=200)
    text = piece["markdown"]
    # The cursor goes on by blocks, although Notion would answer Markdown again.
    while piece["next_cursor"] is not None:
        piece = await ada.get(f"/nodes/{node_id}/content", max_chars=200, cursor=piece["next_cursor"])
        text += piece["markdown"]
    assert f"notion://page/{ada.id_of('Tools and keys')}" in text
    faults.add(Fault("/v1/pages/*/markdown", "status", status=status, code=code))
    assert (await ada.get(f"/nodes/{node_id}/content"))["markdown"] == text


async def test_a_page_that_is_gone_at_notion_has_no_content(ada: Reader) -> None:
    node_id = ada.id_of("Handbook")
    for path in ("/v1/pages/*/markdown", "/v1/blocks/*/children"):
        fault = Fault(path, "status", status=404, code="object_not_found")
        ada.service.sandbox.instance.faults.add(fault)
    await ada.get(f"/nodes/{node_id}/content", status=404)


async def test_a_database_has_no_content(ada: Reader) -> None:
    (database, *_) = [node for node, fact in ada.wanted.living.items() if fact.type == "database"]
    await ada.get(f"/nodes/{database}/content", status=404)


async def test_a_search_of_one_workspace_waits_for_no_other(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    lift_rate_limit(monkeypatch)
    reader = await read(await make_service(), "ada")
    (first,) = reader.session.workspace_ids
    session = await reader.service.sign_in("ada", workspace="notebook")
    (second,) = set(session.workspace_ids) - {first}
    of_one = await reader.get("/search", q="a", workspace_id=first)
    assert of_one["as_of"] is not None
    assert of_one["waiting"] == []
    of_all = await reader.get("/search", q="a")
    assert (of_all["as_of"], of_all["waiting"]) == (None, [second])
