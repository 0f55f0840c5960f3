"""Webhooks as Notion sends them: signed, gathered, repeated, and as badly as they are told to be."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ivgraph_auth.core.http import HttpClient
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.sandbox.app import Sandbox, SandboxConfig, StateFileError, create_sandbox
from ivgraph_auth.sandbox.content import lighthouse
from ivgraph_auth.sandbox.people import LIGHTHOUSE
from tests.sandbox.api import Api, paragraph, words
from tests.sandbox.kit import CLIENT_ID, CLIENT_SECRET, Json
from tests.support.clock import ManualClock
from tests.support.service import run_server

URL = "http://127.0.0.1:9/hooks"
ROADMAP, LAMP, PROJECTS, SOURCE = (
    lighthouse.ROADMAP,
    lighthouse.LAMP,
    lighthouse.PROJECTS,
    lighthouse.PROJECTS_SOURCE,
)


@dataclass
class Receiver:
    """Keeps what comes, and answers with the next of `statuses`, or 200."""

    statuses: list[int] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    token: str = ""

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/hooks", self.take, methods=["POST"])])

    async def take(self, request: Request) -> Response:
        body = await request.body()
        assert request.headers["content-type"] == "application/json"
        if not self.token:
            self.token = json.loads(body)["verification_token"]
        self.bodies.append(body)
        self.signatures.append(request.headers["x-notion-signature"])
        return Response(status_code=self.statuses.pop(0) if self.statuses else 200)

    def taken(self) -> list[Json]:
        """What came since the last look, each signed rightly."""
        for body, signature in zip(self.bodies, self.signatures, strict=True):
            assert signature == f"sha256={hmac.new(self.token.encode(), body, hashlib.sha256).hexdigest()}"
        found = [json.loads(body) for body in self.bodies]
        self.bodies.clear()
        self.signatures.clear()
        return found


@pytest.fixture
def receiver(instance: Sandbox) -> Receiver:
    made = Receiver()
    instance.webhooks.make_client = lambda: HttpClient(transport=httpx.ASGITransport(made.app))
    instance.webhooks.automatic = False
    return made


@dataclass
class Hooked:
    """Ada's connection and the subscription of its client."""

    api: Api
    receiver: Receiver
    instance: Sandbox

    async def flush(self) -> Json:
        answer = await self.api.client.post("/sandbox/webhooks/flush")
        assert answer.status_code == 200
        found: Json = answer.json()
        return found

    async def events(self) -> list[Json]:
        await self.flush()
        return self.receiver.taken()

    async def types(self) -> list[tuple[str, str]]:
        return [(event["type"], event["entity"]["id"]) for event in await self.events()]

    async def disturb(self, **wish: object) -> httpx.Response:
        return await self.api.client.put("/sandbox/webhooks/disturbance", json={"automatic": False, **wish})


@pytest.fixture
async def hooked(api: Api, receiver: Receiver, instance: Sandbox) -> AsyncIterator[Hooked]:
    answer = await api.client.post("/sandbox/webhooks", json={"url": URL})
    assert answer.status_code == 201
    assert answer.json() == {"id": answer.json()["id"], "url": URL, "active": True}
    (handshake,) = receiver.taken()
    assert handshake == {"verification_token": receiver.token}
    assert receiver.token.startswith("secret_")
    yield Hooked(api, receiver, instance)
    instance.close()


async def test_one_event_whole(hooked: Hooked) -> None:
    block = (await hooked.api.patch(f"blocks/{ROADMAP}/children", children=[paragraph("New")]))["results"][0]["id"]
    (event,) = await hooked.events()
    me = await hooked.api.get("users/me")
    assert event.pop("id") != event["subscription_id"]
    subscription = hooked.instance.state.subscription
    assert subscription is not None
    assert event == {
        "timestamp": "2026-11-21T12:00:00.250Z",
        "workspace_id": LIGHTHOUSE.id,
        "workspace_name": "Lighthouse Studio",
        "subscription_id": subscription.id,
        "integration_id": hooked.instance.webhooks.integration_id,
        "authors": [{"id": me["id"], "type": "bot"}],
        "accessible_by": [{"id": lighthouse.ADA, "type": "person"}, {"id": me["id"], "type": "bot"}],
        "attempt_number": 1,
        "api_version": "2026-03-11",
        "entity": {"id": ROADMAP, "type": "page"},
        "type": "page.content_updated",
        "data": {
            "parent": {"id": LIGHTHOUSE.id, "type": "space"},
            "updated_blocks": [{"id": block, "type": "block"}],
        },
    }


async def test_pages(hooked: Hooked) -> None:
    api = hooked.api
    page = (await api.post("pages", parent={"page_id": ROADMAP}, properties={"title": words("New")}))["id"]
    await api.patch(f"blocks/{page}/children", children=[paragraph("New")])
    assert await hooked.types() == [("page.created", page), ("page.content_updated", ROADMAP)]
    await api.patch(f"pages/{page}", properties={"title": words("Newer")}, icon={"emoji": "🪁"})
    (event,) = await hooked.events()
    assert (event["type"], event["data"]["updated_properties"]) == ("page.properties_updated", ["title"])
    assert event["data"]["parent"] == {"id": ROADMAP, "type": "page"}
    await api.patch(f"pages/{page}", is_locked=True)
    assert await hooked.types() == [("page.locked", page)]
    await api.patch(f"pages/{page}", is_locked=False)
    assert await hooked.types() == [("page.unlocked", page)]
    await api.post(f"pages/{page}/move", parent={"page_id": lighthouse.HANDBOOK})
    (event,) = await hooked.events()
    assert (event["type"], event["data"]["parent"]["id"]) == ("page.moved", lighthouse.HANDBOOK)
    await api.delete(f"blocks/{page}")
    assert await hooked.types() == [("page.deleted", page)]
    await api.patch(f"pages/{page}", in_trash=False)
    assert await hooked.types() == [("page.undeleted", page)]


async def test_rows_and_databases(hooked: Hooked) -> None:
    api = hooked.api
    await api.patch(f"pages/{LAMP}", properties={"Budget": {"number": 3}})
    (event,) = await hooked.events()
    assert event["type"] == "page.properties_updated"
    assert event["data"]["parent"] == {"id": PROJECTS, "type": "database", "data_source_id": SOURCE}
    assert len(event["data"]["updated_properties"]) == 1
    task = lighthouse.STOPS[0]
    await api.patch(f"pages/{LAMP}", properties={"Tasks": {"relation": [{"id": task}]}})
    assert set(await hooked.types()) >= {("page.properties_updated", LAMP), ("page.properties_updated", task)}
    await api.delete(f"blocks/{LAMP}")
    (deleted, rows) = await hooked.events()
    assert (deleted["type"], rows["type"]) == ("page.deleted", "data_source.content_updated")
    assert (rows["entity"]["id"], rows["data"]["updated_blocks"]) == (SOURCE, [{"id": LAMP, "type": "page"}])
    await api.patch(f"data_sources/{SOURCE}", properties={"Colour": {"rich_text": {}}, "Link": None})
    schema = [each for each in await hooked.events() if each["type"] == "data_source.schema_updated"]
    told = {(each["name"], each["action"]) for each in schema[0]["data"]["updated_properties"]}
    assert told == {("Colour", "created"), ("Link", "deleted")}
    await api.patch(f"data_sources/{SOURCE}", title=words("Plans"))
    assert await hooked.types() == [("data_source.content_updated", SOURCE)]
    await api.patch(f"databases/{PROJECTS}", title=words("Plans"))
    assert await hooked.types() == [("database.content_updated", PROJECTS)]
    await api.patch(f"databases/{PROJECTS}", parent={"page_id": lighthouse.STYLE})
    assert await hooked.types() == [("database.moved", PROJECTS)]
    for name, thing in (("database", PROJECTS), ("data_source", SOURCE)):
        for in_trash, kind in ((True, "deleted"), (False, "undeleted")):
            await api.patch(f"{name}s/{thing}", in_trash=in_trash)
            assert await hooked.types() == [(f"{name}.{kind}", thing)]


async def test_new_and_moved_data_sources(hooked: Hooked) -> None:
    api = hooked.api
    made = await api.post("databases", parent={"page_id": ROADMAP}, title=words("Stores"))
    source = made["data_sources"][0]["id"]
    assert await hooked.types() == [
        ("database.created", made["id"]),
        ("page.content_updated", ROADMAP),
        ("data_source.created", source),
    ]
    await api.patch(f"data_sources/{SOURCE}", parent={"database_id": made["id"]})
    assert await hooked.types() == [("data_source.moved", SOURCE)]
    row = (await api.post("pages", parent={"data_source_id": source}))["id"]
    assert await hooked.types() == [("page.created", row), ("data_source.content_updated", source)]


async def test_comments(hooked: Hooked) -> None:
    said = await hooked.api.post("comments", parent={"page_id": ROADMAP}, rich_text=words("Hm"))
    (event,) = await hooked.events()
    assert (event["type"], event["entity"]) == ("comment.created", {"id": said["id"], "type": "comment"})
    assert event["data"] == {"page_id": ROADMAP, "parent": {"id": ROADMAP, "type": "page"}}
    content = hooked.instance.state.content
    comment = content.comment(said["id"])
    assert comment is not None
    with content.change():
        comment.rich_text = []
    assert await hooked.types() == [("comment.updated", said["id"])]
    with content.change():
        content.retract(comment)
    assert await hooked.types() == [("comment.deleted", said["id"])]


async def test_what_nobody_sees_is_told_to_nobody(hooked: Hooked, client: httpx.AsyncClient) -> None:
    """Nor is sharing: who shares a page learns of its changes from then on."""
    bruno = await Api.connected(client, person="bruno", pages=[lighthouse.DRAFTS])
    await bruno.patch(f"blocks/{lighthouse.DRAFTS}/children", children=[paragraph("New")])
    (event,) = await hooked.events()
    assert [each["type"] for each in event["accessible_by"]] == ["person", "bot"]
    assert event["accessible_by"][0]["id"] == lighthouse.BRUNO
    sharing = {"person": "bruno", "workspace": "lighthouse", "page": lighthouse.DRAFTS, "shared": False}
    assert (await client.post("/sandbox/sharing", json=sharing)).json() == {"grants": 1}
    assert (await bruno.refused("GET", f"pages/{lighthouse.DRAFTS}"))[0] == 404
    content = hooked.instance.state.content
    with content.change():
        content[lighthouse.DRAFTS].trashed = True
    assert await hooked.events() == []
    assert (await client.post("/sandbox/sharing", json={**sharing, "shared": True})).json() == {"grants": 1}
    assert (await bruno.get(f"pages/{lighthouse.DRAFTS}"))["in_trash"] is True
    assert (await client.post("/sandbox/sharing", json={**sharing, "shared": 1})).status_code == 400
    assert (await client.post("/sandbox/sharing", json={**sharing, "page": "x"})).status_code == 400


async def test_edits_of_one_moment_are_one_event(hooked: Hooked, client: httpx.AsyncClient, clock: ManualClock) -> None:
    bruno = await Api.connected(client, person="bruno")
    blocks = []
    for api in (hooked.api, bruno, bruno):
        added = await api.patch(f"blocks/{ROADMAP}/children", children=[paragraph("New")])
        blocks.append({"id": added["results"][0]["id"], "type": "block"})
        clock.advance(seconds=1)
    assert (await client.get("/sandbox/webhooks")).json()["waiting"] == 1
    (event,) = await hooked.events()
    assert event["data"]["updated_blocks"] == blocks
    assert len(event["authors"]) == 2
    assert len(event["accessible_by"]) == 4
    assert event["timestamp"] == "2026-11-21T12:00:02.250Z"


async def test_a_refused_change_tells_nothing(hooked: Hooked) -> None:
    assert (await hooked.api.refused("PATCH", f"pages/{LAMP}", json={"properties": {"Budget": {"number": "x"}}}))[0]
    assert await hooked.events() == []


async def test_eight_attempts(hooked: Hooked) -> None:
    await hooked.api.delete(f"blocks/{ROADMAP}")
    hooked.receiver.statuses = [500, 302, 404, *[503] * 5]
    for attempt in range(1, 9):
        assert await hooked.flush() == {"sent": 0, "failed": 1, "waiting": int(attempt < 8)}
    events = hooked.receiver.taken()
    assert [event["attempt_number"] for event in events] == list(range(1, 9))
    assert len({event["id"] for event in events}) == 1
    shown = (await hooked.api.client.get("/sandbox/webhooks")).json()
    assert [each["outcome"] for each in shown["attempts"]] == [*["failed"] * 7, "given_up"]
    assert hooked.receiver.token not in json.dumps(shown)
    assert await hooked.flush() == {"sent": 0, "failed": 0, "waiting": 0}


async def test_no_answer_is_tried_again(hooked: Hooked) -> None:
    await hooked.api.delete(f"blocks/{ROADMAP}")
    reachable = hooked.instance.webhooks.make_client

    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    hooked.instance.webhooks.make_client = lambda: HttpClient(transport=httpx.MockTransport(refuse))
    assert await hooked.flush() == {"sent": 0, "failed": 1, "waiting": 1}
    hooked.instance.webhooks.make_client = reachable
    assert [event["attempt_number"] for event in await hooked.events()] == [2]


async def many(hooked: Hooked) -> list[str]:
    for stop in lighthouse.STOPS:
        await hooked.api.patch(f"pages/{stop}", properties={"Finished": {"checkbox": True}})
    return list(lighthouse.STOPS)


async def test_doubled(hooked: Hooked) -> None:
    assert (await hooked.disturb(double=1)).json()["double"] == 1
    stops = await many(hooked)
    events = await hooked.events()
    assert [event["entity"]["id"] for event in events] == [stop for stop in stops for _ in range(2)]
    assert len({event["id"] for event in events}) == len(stops)


async def test_dropped(hooked: Hooked) -> None:
    await hooked.disturb(drop=0.5, seed=3)
    stops = await many(hooked)
    events = await hooked.events()
    assert 5 < len(events) < len(stops) - 5
    dropped = [each for each in hooked.instance.webhooks.attempts if each.outcome == "dropped"]
    assert len(dropped) + len(events) == len(stops)
    assert await hooked.events() == []


async def test_late_and_out_of_order(hooked: Hooked) -> None:
    await hooked.disturb(delay=0.5, reorder=True)
    stops = await many(hooked)
    first = [event["entity"]["id"] for event in await hooked.events()]
    await hooked.disturb()
    await hooked.api.delete(f"blocks/{ROADMAP}")
    second = [event["entity"]["id"] for event in await hooked.events()]
    assert sorted(first + second) == sorted([*stops, ROADMAP])
    assert 5 < len(first) < len(stops) - 5
    assert first != sorted(first, key=stops.index)


@pytest.mark.parametrize(
    "wish",
    [{"drop": 2}, {"drop": "x"}, {"double": True}, {"reorder": 1}, {"seed": 0.5}, {"lose": 1}, {"automatic": 1}],
)
async def test_a_disturbance_that_does_not_fit(hooked: Hooked, wish: Json) -> None:
    answer = await hooked.disturb(**wish)
    assert answer.status_code == 400
    assert next(iter(wish)) in answer.json()["detail"]


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"url": 1},
        {"url": "https://elsewhere.example/hooks"},
        {"url": "ftp://127.0.0.1/"},
        {"url": URL, "more": 1},
        {"url": "http://127.0.0.1:0/"},
        {"url": "http://127.0.0.1:x/"},
        {"url": "http://[::1/"},
    ],
)
async def test_only_this_machine_is_called(client: httpx.AsyncClient, members: Json) -> None:
    assert (await client.post("/sandbox/webhooks", json=members)).status_code == 400
    assert (await client.get("/sandbox/webhooks")).json()["subscription"] is None


async def test_a_token_that_nobody_takes(api: Api, receiver: Receiver) -> None:
    receiver.statuses = [401]
    made = (await api.client.post("/sandbox/webhooks", json={"url": URL})).json()
    assert made["active"] is False
    await api.delete(f"blocks/{ROADMAP}")
    assert (await api.client.post("/sandbox/webhooks/flush")).json() == {"sent": 0, "failed": 0, "waiting": 0}
    assert (await api.client.post("/sandbox/webhooks", json={"url": URL})).json()["active"] is True
    first, second = [json.loads(body)["verification_token"] for body in receiver.bodies]
    assert first != second


async def test_a_subscription_that_ended(hooked: Hooked) -> None:
    await hooked.api.delete(f"blocks/{ROADMAP}")
    assert (await hooked.api.client.delete("/sandbox/webhooks")).status_code == 204
    assert await hooked.flush() == {"sent": 0, "failed": 0, "waiting": 0}
    await hooked.api.patch(f"pages/{ROADMAP}", in_trash=False)
    assert await hooked.events() == []


async def test_the_subscription_outlives_the_process(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    config = SandboxConfig(CLIENT_ID, Secret(CLIENT_SECRET), state_file=file)
    receiver = Receiver()
    async with run_server(receiver.app) as url:
        before = create_sandbox(config)
        made = await before.webhooks.subscribe(f"{url}/hooks")
        assert made.token not in repr(made)
        after = create_sandbox(config)
        assert after.state.subscription == made
        after.webhooks.moment = 0
        async with httpx.AsyncClient(transport=httpx.ASGITransport(after.app), base_url="http://notion.test") as client:
            api = await Api.connected(client)
            await api.delete(f"blocks/{ROADMAP}")
        timer = after.webhooks._timer
        assert timer is not None
        await timer
        assert [each.get("type") for each in receiver.taken()] == [None, "page.deleted"]
        after.webhooks.unsubscribe()
    assert create_sandbox(config).state.subscription is None
    file.write_text(file.read_text().replace('"grants"', '"webhooks": {"id": 1}, "grants"'))
    with pytest.raises(StateFileError, match="damaged"):
        create_sandbox(config)


async def test_it_sends_by_itself_and_tries_again(hooked: Hooked) -> None:
    hooked.instance.webhooks.automatic = True
    hooked.instance.webhooks.moment = 0
    hooked.receiver.statuses = [500]
    await hooked.api.delete(f"blocks/{ROADMAP}")
    timer = hooked.instance.webhooks._timer
    assert timer is not None
    await timer
    assert [event["attempt_number"] for event in hooked.receiver.taken()] == [1, 2]
    hooked.instance.webhooks.moment = 3600
    await hooked.api.patch(f"pages/{ROADMAP}", in_trash=False)
    hooked.instance.close()
    assert hooked.instance.webhooks._timer is None
