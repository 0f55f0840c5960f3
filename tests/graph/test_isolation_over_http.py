"""What a service token reads of a graph is of its own account's connections, and of its own workspaces, alone."""

import uuid
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, event

from ivgraph_auth.database.asyncpg_pool import AsyncpgConnection
from ivgraph_auth.sandbox.content.lighthouse import HANDBOOK, MEETINGS, TOOLS
from ivgraph_auth.sandbox.content.small import CATALOGUE, GARDEN
from tests.graph.description import Description, describe
from tests.graph.sync_kit import lift_rate_limit, synchronize
from tests.support.service import Json, Service, Session

GRAPH = "/api/v1/graph"
SCOPES = ("graph:search", "graph:read", "graph:neighbors", "notion:read", "notion:write")
BY_ID = (
    "/nodes/{id}",
    "/nodes/{id}/neighbors",
    "/nodes/{id}/neighbors?direction=in&kind=link",
    "/nodes/{id}/content",
    "/nodes/{id}/content?format=blocks",
    "/paths?from={id}&to={own}",
    "/paths?from={own}&to={id}",
    "/paths?from={id}&to={id}",
    "/gaps?node_id={id}",
)
_is_asking = ContextVar("is_asking", default=False)


class Agent:
    def __init__(self, session: Session, token: str, wanted: Description) -> None:
        self.session = session
        self.wanted = wanted
        self._bearer = {"Authorization": f"Bearer {token}"}
        self.crossing = ""

    async def send(self, path: str, **query: Json) -> httpx.Response:
        return await self.session.client.get(f"{GRAPH}{path}", params=query or None, headers=self._bearer)

    async def get(self, path: str, **query: Json) -> Json:
        answer = await self.send(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def write(self, parent: str, title: str) -> str:
        properties = {"title": {"title": [{"text": {"content": title}}]}}
        page = await self._notion("POST", "pages", {"parent": {"page_id": parent}, "properties": properties})
        self.crossing = page["id"]
        return self.crossing

    async def link(self, page: str, target: str) -> None:
        text = {"content": "across", "link": {"url": f"https://www.notion.so/{target.replace('-', '')}"}}
        block = {"paragraph": {"rich_text": [{"text": text}]}}
        await self._notion("PATCH", f"blocks/{page}/children", {"children": [block]})

    async def _notion(self, method: str, path: str, body: Json) -> Json:
        workspace = {"X-Ivgraph-Workspace": self.session.workspace_ids[0]}
        client = self.session.client
        answer = await client.request(method, f"/notion/v1/{path}", json=body, headers={**self._bearer, **workspace})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def changes(self, since: str | None = None) -> tuple[set[str], str]:
        """The ids of all that changed, and where to go on."""
        found: set[str] = set()
        page = await self.get("/changes", **({"since": since} if since else {}))
        while page["results"]:
            found |= {each["id"] for each in page["results"]}
            page = await self.get("/changes", since=page["next_cursor"])
        return found, page["next_cursor"]


async def _agent(service: Service, person: str, workspace: str, *pages: str) -> Agent:
    ticked: Json = {"pages": pages} if pages else {}
    session = await service.sign_in(person, workspace=workspace, **ticked)
    token = (await session.mint(*SCOPES, workspace_ids=session.workspace_ids[:1]))["token"]
    return Agent(session, token, describe(service.sandbox.instance, person, workspace))


async def _read(service: Service, agent: Agent) -> None:
    for workspace_id in agent.session.workspace_ids:
        run = await synchronize(service, agent.session, workspace_id)
        assert run["status"] == "done", run


class People:
    """Ada and Farah have shared different pages of one workspace, Chiara is in another. Ada's page links to Chiara's,
    which links back to Ada's. Ada has a second workspace, which only one of her tokens is for.
    """

    def __init__(self, service: Service, ada: Agent, ada_everywhere: Agent, farah: Agent, chiara: Agent) -> None:
        self.service = service
        self.ada, self.ada_everywhere, self.farah, self.chiara = ada, ada_everywhere, farah, chiara


@pytest.fixture(scope="module")
async def people(shared_service: Service) -> AsyncIterator[People]:
    service = shared_service
    with pytest.MonkeyPatch.context() as monkeypatch:
        lift_rate_limit(monkeypatch)
        ada = await _agent(service, "ada", "lighthouse", HANDBOOK)
        farah = await _agent(service, "farah", "lighthouse", MEETINGS)
        chiara = await _agent(service, "chiara", "harbour")
        here, there = await ada.write(HANDBOOK, "Crossing here"), await chiara.write(CATALOGUE, "Crossing there")
        await ada.link(here, there)
        await chiara.link(there, here)
        ada.session.me = (await service.sign_in("ada", workspace="notebook")).me
        for agent in (ada, farah, chiara):
            await _read(service, agent)
        for agent, person, workspace in ((ada, "ada", "lighthouse"), (chiara, "chiara", "harbour")):
            agent.wanted = describe(service.sandbox.instance, person, workspace)
        everywhere = Agent(ada.session, (await ada.session.mint(*SCOPES))["token"], ada.wanted)
        yield People(service, ada, everywhere, farah, chiara)


@pytest.mark.parametrize("way", ["there", "back"])
async def test_pages_that_link_to_each_other_across_workspaces_do_not_show(people: People, way: str) -> None:
    own, other = (people.ada, people.chiara) if way == "there" else (people.chiara, people.ada)
    told = [
        await own.get("/search", q="crossing", limit=1),
        await own.get(f"/nodes/{own.crossing}"),
        await own.get(f"/nodes/{own.crossing}/neighbors", direction="both"),
        await own.get("/gaps", limit=100),
    ]
    found, node, around, _ = told
    assert ([each["id"] for each in found["results"]], found["next_cursor"]) == ([own.crossing], None)
    assert node["node"]["counts"] == {"in": {"child": 1}, "out": {}}
    assert [(gap["reason"], gap["count"]) for gap in node["node"]["node_gaps"]] == [("not_shared", 1)]
    assert ([each["edge"]["kind"] for each in around["results"]], around["next_cursor"]) == (["child"], None)
    for answer in told:
        assert other.crossing not in str(answer)
    changed, _ = await own.changes()
    assert changed == {str(node_id) for node_id in own.wanted.living}


async def test_what_happens_in_one_workspace_is_no_change_in_another(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    lift_rate_limit(monkeypatch)
    _, ours = await people.ada.changes()
    _, theirs = await people.chiara.changes()
    people.service.clock.advance(minutes=5)
    await people.chiara.link(people.chiara.crossing, TOOLS)
    await _read(people.service, people.chiara)
    assert (await people.ada.changes(ours))[0] == set()
    assert people.chiara.crossing in (await people.chiara.changes(theirs))[0]


async def test_two_people_of_one_workspace_see_each_what_they_shared(people: People) -> None:
    for own, other in ((people.ada, people.farah), (people.farah, people.ada)):
        hidden = other.wanted.living.keys() - own.wanted.living.keys()
        assert len(hidden) > 5
        mine = str(next(iter(own.wanted.living)))
        for node_id in sorted(hidden)[:6]:
            for path in BY_ID:
                answer = await own.send(path.format(id=node_id, own=mine))
                assert answer.status_code == 404, (path, answer.text)
            found = await own.get("/search", q=other.wanted.living[node_id].title)
            assert {each["id"] for each in found["results"]} <= {str(each) for each in own.wanted.living}
        assert not (await own.changes())[0] & {str(node_id) for node_id in hidden}


async def test_a_token_for_one_workspace_sees_nothing_of_its_owners_other_one(people: People) -> None:
    owner, both = people.ada.session, people.ada_everywhere
    assert (await both.get(f"/nodes/{GARDEN}"))["node"]["title"] == "Garden"
    assert [each["id"] for each in (await both.get("/search", q="garden"))["results"]] == [GARDEN]
    for path in BY_ID:
        assert (await people.ada.send(path.format(id=GARDEN, own=HANDBOOK))).status_code == 404, path
    found = await people.ada.get("/search", q="garden")
    assert (found["results"], found["waiting"]) == ([], [])
    assert GARDEN not in (await people.ada.changes())[0]
    # Nor by asking for that workspace.
    answer = await people.ada.send("/search", q="garden", workspace_id=owner.workspace_ids[1])
    assert GARDEN not in answer.text


async def test_anothers_workspace_is_answered_as_one_that_nobody_has(people: People, statements: list[str]) -> None:
    seen = []
    for workspace_id in (people.chiara.session.workspace_ids[0], str(uuid.uuid4())):
        statements.clear()
        token = _is_asking.set(True)
        answer = await people.ada.send("/search", q="c", workspace_id=workspace_id)
        _is_asking.reset(token)
        seen.append((answer.status_code, _without_request_id(answer), list(statements)))
    assert seen[0] == seen[1]
    assert "Crossing" not in str(seen[0])


@pytest.mark.parametrize(
    ("path", "member", "query"),
    [
        ("/search", "cursor", {"q": "w", "limit": 1}),
        ("/nodes/{id}/neighbors", "cursor", {"limit": 1}),
        ("/nodes/{id}/content", "cursor", {"max_chars": 200}),
        ("/changes", "since", {"limit": 1}),
    ],
)
async def test_anothers_cursor_is_as_good_as_none(people: People, path: str, member: str, query: Json) -> None:
    """Also for what both see; told apart from one that is made up by nothing."""
    cursor = (await people.ada.get(path.format(id=HANDBOOK), **query))["next_cursor"]
    assert cursor is not None
    assert (await people.ada.send(path.format(id=HANDBOOK), **query, **{member: cursor})).status_code == 200
    own_path = path.format(id=CATALOGUE)
    answers = [await people.chiara.send(own_path, **query, **{member: given}) for given in (cursor, cursor[::-1])]
    assert [answer.status_code for answer in answers] == [answers[1].status_code] * 2
    assert _without_request_id(answers[0]) == _without_request_id(answers[1])
    assert answers[0].status_code in (400, 422)


def _without_request_id(answer: httpx.Response) -> Json:
    return {name: value for name, value in answer.json().items() if name != "request_id"}


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Those that this test's requests make, by either way to the database; those of workers are none of them."""
    found: list[str] = []
    direct = AsyncpgConnection.execute

    async def execute(self: AsyncpgConnection, statement: Any, values: Any = None, /) -> Any:
        note(str(statement))
        return await direct(self, statement, values)

    def note(sql: str) -> None:
        if _is_asking.get():
            found.append(sql)

    def before(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        note(sql)

    monkeypatch.setattr(AsyncpgConnection, "execute", execute)
    event.listen(Engine, "before_cursor_execute", before)
    yield found
    event.remove(Engine, "before_cursor_execute", before)


@pytest.mark.parametrize("everywhere", [False, True], ids=["one workspace", "both workspaces"])
@pytest.mark.parametrize("path", BY_ID)
async def test_anothers_page_costs_the_same_statements_as_one_that_does_not_exist(
    people: People, statements: list[str], path: str, *, everywhere: bool
) -> None:
    """So that no time tells that it is there."""
    ada = people.ada_everywhere if everywhere else people.ada
    seen: list[tuple[list[str], Json]] = []
    for node_id in (people.chiara.crossing, MEETINGS, str(uuid.uuid4())):
        url = path.format(id=node_id, own=HANDBOOK)
        await ada.send(url)  # what is asked for first is remembered
        statements.clear()
        token = _is_asking.set(True)
        answer = await ada.send(url)
        _is_asking.reset(token)
        assert answer.status_code == 404
        seen.append((list(statements), _without_request_id(answer)))
    assert seen[0] == seen[1] == seen[2]
    assert len(seen[0][0]) > 0


async def test_the_whole_graph_for_a_picture_is_ones_own(people: People) -> None:
    for own in (people.ada, people.farah, people.chiara):
        workspace_id = own.session.workspace_ids[0]
        whole = (await _whole_graph(own, workspace_id)).json()
        assert {each["id"] for each in whole["nodes"]} == {str(node_id) for node_id in own.wanted.living}
        edges = {(each["kind"], each["from"], each["to"], each["property"] or "") for each in whole["edges"]}
        assert edges == {(edge.kind, str(edge.source), str(edge.target), edge.property) for edge in own.wanted.edges}


async def test_anothers_whole_graph_is_answered_as_one_that_nobody_has(people: People, statements: list[str]) -> None:
    seen = []
    for workspace_id in (people.chiara.session.workspace_ids[0], str(uuid.uuid4())):
        statements.clear()
        token = _is_asking.set(True)
        answer = await _whole_graph(people.ada, workspace_id)
        _is_asking.reset(token)
        seen.append((answer.status_code, _without_request_id(answer), list(statements)))
    assert seen[0][0] == 404
    assert seen[0] == seen[1]


async def _whole_graph(agent: Agent, workspace_id: str) -> httpx.Response:
    query = {"workspace_id": workspace_id}
    return await agent.session.client.get("/api/notion-graph/", params=query, headers=agent.session.bearer)
