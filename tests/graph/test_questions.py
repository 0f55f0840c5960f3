"""The questions on the sample workspaces (questions.toml), asked over HTTP with service tokens."""

import re
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from ivgraph_auth.sandbox.faults import Fault
from tests.graph.sync_kit import lift_rate_limit, synchronize
from tests.support.service import Json, Service, Session

QUESTIONS = tomllib.loads(Path(__file__).with_name("questions.toml").read_text("utf-8"))["question"]
EXTRA = "灯台の手引き"
GRAPH_SCOPES = ("graph:search", "graph:read", "graph:neighbors", "notion:read")
HANDBOOK = "7a4ba646-0ee0-4a09-8c0e-12bc72c71a45"


class Names:
    """Ids by what the questions call things, and back."""

    def __init__(self, service: Service) -> None:
        instance = service.sandbox.instance
        self.ids: dict[str, str] = {}
        for workspace in ("lighthouse", "notebook", "harbour"):
            for node in instance.state.content.nodes(workspace):
                if node.kind != "block":
                    self.ids[_called(node)] = node.id
        self._names = {node_id: name for name, node_id in self.ids.items()}

    def fill(self, text: str) -> str:
        return re.sub(r"\{([^{}]+)\}", lambda found: self.ids.get(found[1], found[0]), text)

    def of(self, node_id: str) -> str:
        return self._names[node_id]


def _called(node: Any) -> str:
    if node.kind == "page":
        pieces = next(each["value"] for each in node.data["properties"].values() if each["type"] == "title")
    else:
        pieces = node.data["title"]
    title = "".join(piece["plain_text"] for piece in pieces)
    return {"page": title, "database": f"{title} database", "data_source": f"{title} source"}[node.kind]


class Agent:
    """Asks with somebody's service token."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self._client = client
        self._bearer = {"Authorization": f"Bearer {token}"}

    async def ask(self, call: str, status: int) -> Json:
        """The answer; of a list in pages all results, of content in pieces all of it."""
        parts = urlsplit(f"/api/v1/graph{call}")
        query = dict(parse_qsl(parts.query))
        whole: Json = None
        while True:
            answer = await self._client.get(parts.path, params=query, headers=self._bearer)
            assert answer.status_code == status, answer.text
            page = answer.json()
            whole = page if whole is None else _joined(whole, page)
            if page.get("next_cursor") is None:
                return whole
            query["cursor"] = page["next_cursor"]

    async def write(self, parent: str, title: str) -> None:
        body = {
            "parent": {"page_id": parent},
            "properties": {"title": {"title": [{"text": {"content": title}}]}},
        }
        answer = await self._client.post("/notion/v1/pages", json=body, headers=self._bearer)
        assert answer.status_code == 200, answer.text


def _joined(whole: Json, page: Json) -> Json:
    for member in ("results", "markdown", "blocks"):
        if page.get(member):
            whole[member] += page[member]
    return whole


class Readers:
    def __init__(self, names: Names, agents: dict[str, Agent]) -> None:
        self.names = names
        self.agents = agents


async def _token(session: Session, *scopes: str, **more: Json) -> Agent:
    return Agent(session.client, (await session.mint(*scopes, **more))["token"])


@pytest.fixture(scope="module")
async def readers(shared_service: Service) -> AsyncIterator[Readers]:
    """All of them connected, and their workspaces read."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        lift_rate_limit(monkeypatch)
        sessions = {
            "bruno": await shared_service.sign_in("bruno"),
            "farah": await shared_service.sign_in("farah", workspace="lighthouse", pages=[HANDBOOK]),
            "chiara": await shared_service.sign_in("chiara"),
        }
        ada = await shared_service.sign_in("ada")
        writer = await _token(ada, "notion:write")
        await writer.write(Names(shared_service).ids["Café corner"], EXTRA)
        sessions["ada"] = await shared_service.sign_in("ada", workspace="notebook")
        assert len(sessions["ada"].workspace_ids) == 2
        for session in sessions.values():
            for workspace_id in session.workspace_ids:
                run = await synchronize(shared_service, session, workspace_id)
                assert run["status"] == "done", run
        agents = {who: await _token(session, *GRAPH_SCOPES) for who, session in sessions.items()}
        yield Readers(Names(shared_service), agents)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["asks"])
async def test_question(readers: Readers, question: Json) -> None:
    names, agent = readers.names, readers.agents[question.get("by", "ada")]
    call = names.fill(question["call"])
    assert "{" not in call, call
    answer = await agent.ask(call, question.get("status", 200))
    facts = question.keys() - {"asks", "by", "call", "status", "from_blocks"}
    assert bool(facts) != (question.get("status", 200) != 200), "a question needs facts, or a refusal"
    for fact in facts:
        found, wanted = FACTS[fact](answer, names), question[fact]
        if fact in ("says", "says_not"):
            for line in wanted:
                assert (names.fill(line) in found) is (fact == "says"), (line, found)
        elif fact in ("node", "properties"):
            assert {name: found[name] for name in wanted} == {
                name: names.fill(value) if isinstance(value, str) else value for name, value in wanted.items()
            }
        else:
            assert found == (sorted(wanted) if fact in ("edges", "paths") else wanted)


@pytest.mark.parametrize(
    "question", [each for each in QUESTIONS if "says" in each], ids=lambda question: question["asks"]
)
async def test_question_on_content_that_is_made_of_blocks(
    readers: Readers, shared_service: Service, question: Json
) -> None:
    names, faults = readers.names, shared_service.sandbox.instance.faults
    faults.add(Fault("/v1/pages/*/markdown", "status", status=400, code="invalid_request_url", times=None))
    try:
        answer = await readers.agents["ada"].ask(names.fill(question["call"]), 200)
    finally:
        faults.clear()
    for line in question.get("from_blocks", question["says"]):
        assert names.fill(line) in answer["markdown"]
    assert not any(line in answer["markdown"] for line in question.get("says_not", ()))


def _node(answer: Json, _: Names) -> Json:
    node = answer["node"]
    parent = node["parent"]
    return {**node, "parent": "workspace" if parent["type"] == "workspace" else parent["id"]}


def _edges(answer: Json, names: Names) -> list[str]:
    found = []
    for each in answer["results"]:
        edge = each["edge"]
        assert each["node"]["id"] in (edge["from"], edge["to"])
        name = f" ({edge['property']})" if edge["property"] else ""
        found.append(f"{edge['kind']} {names.of(edge['from'])} > {names.of(edge['to'])}{name}")
    return sorted(found)


def _paths(answer: Json, names: Names) -> list[str]:
    """Each edge must connect the nodes that it stands between."""
    for path in answer["paths"]:
        ids = [node["id"] for node in path["nodes"]]
        for edge, *ends in zip(path["edges"], ids, ids[1:], strict=False):
            assert {edge["from"], edge["to"]} == set(ends)
    return sorted(" - ".join(names.of(node["id"]) for node in path["nodes"]) for path in answer["paths"])


def _length(answer: Json, _: Names) -> int:
    (length,) = {len(path["edges"]) for path in answer["paths"]}
    return length


FACTS: dict[str, Any] = {
    "titles": lambda answer, _: [each["title"] for each in answer["results"]],
    "total": lambda answer, _: len({str(each) for each in answer["results"]}),
    "node": _node,
    "properties": lambda answer, _: answer["node"]["properties"],
    "in": lambda answer, _: answer["node"]["counts"]["in"],
    "out": lambda answer, _: answer["node"]["counts"]["out"],
    "gaps": lambda answer, _: sorted({gap["reason"] for gap in answer["node"]["node_gaps"]}),
    "all_gaps": lambda answer, _: sorted({gap["reason"] for gap in answer["gaps"]}),
    "edges": _edges,
    "paths": _paths,
    "length": _length,
    "count": lambda answer, _: len(answer["paths"]),
    "says": lambda answer, _: answer["markdown"],
    "says_not": lambda answer, _: answer["markdown"],
    "types": lambda answer, _: [block["type"] for block in answer["blocks"] if block["parent"]["type"] == "page_id"],
}
