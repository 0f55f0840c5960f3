"""Notion's side of webhooks: the subscription, and what it sends."""

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable

import httpx

from ivgraph_auth.core.http import HttpClient
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.sandbox.people import LIGHTHOUSE
from ivgraph_auth.sandbox.state import Grant
from ivgraph_auth.sandbox.v1 import writing
from ivgraph_auth.sandbox.v1.call_input import CallInput, Members
from ivgraph_auth.sandbox.v1.view import View
from tests.graph.phrases import words
from tests.support.service import Json, Service

PATH = "/api/webhooks/notion"
SUBSCRIPTION = f"{PATH}/subscription/"
NOBODY = ClientInfo()
TOKEN = "secret_" + "a1B2" * 10


def signature_of(body: bytes, token: str = TOKEN) -> str:
    return f"sha256={hmac.new(token.encode(), body, hashlib.sha256).hexdigest()}"


async def send(service: Service, body: bytes, *signatures: str, token: str = TOKEN) -> httpx.Response:
    """Signed with the token, or as given."""
    client = await service.browser()
    given = signatures or (signature_of(body, token),)
    headers = [("X-Notion-Signature", value) for value in given]
    return await client.post(PATH, content=body, headers=[("Content-Type", "application/json"), *headers])


async def hand_over(service: Service, token: str = TOKEN) -> httpx.Response:
    """The verification token of a new subscription."""
    return await send(service, json.dumps({"verification_token": token}).encode(), token=token)


async def open_door(service: Service) -> None:
    composition = service.app.composition
    await composition.services.webhooks.subscription.open_door(None, NOBODY)


async def subscribe(service: Service, token: str = TOKEN) -> None:
    await open_door(service)
    answer = await hand_over(service, token)
    assert answer.status_code == 200, answer.text


def connect_sandbox(service: Service) -> None:
    """What the sandbox sends goes to the service, when it is told to send."""
    webhooks = service.sandbox.instance.webhooks
    webhooks.automatic = False
    webhooks.make_client = lambda: HttpClient(transport=httpx.ASGITransport(service.app))


async def subscribe_sandbox(service: Service) -> None:
    connect_sandbox(service)
    await open_door(service)
    made = await service.sandbox.instance.webhooks.subscribe(f"{service.settings.public_url}{PATH}")
    assert made.active


async def flush(service: Service) -> None:
    """Until nothing waits at the sandbox."""
    webhooks = service.sandbox.instance.webhooks
    while webhooks.waiting:
        await webhooks.flush()


async def work_off(service: Service) -> None:
    """Until nothing is due."""
    due = service.app.composition.services.webhooks.due
    while await service.rows("SELECT 1 FROM graph_due"):
        await due.work()
        await due.wait()


async def settle(service: Service) -> None:
    await flush(service)
    await work_off(service)


def event_of(kind: str, entity: str, **more: Json) -> Json:
    """As sparse as Notion may send it."""
    return {
        "id": str(uuid.uuid4()),
        "timestamp": "2026-11-21T12:00:00.250Z",
        "workspace_id": LIGHTHOUSE.id,
        "type": kind,
        "entity": {"id": entity, "type": kind.partition(".")[0]},
        "data": {},
        **more,
    }


async def tell(service: Service, told: Json) -> None:
    """One event, signed rightly."""
    answer = await send(service, json.dumps(told).encode())
    assert answer.status_code == 200, answer.text


async def outcomes(service: Service) -> dict[uuid.UUID, str]:
    """What became of each event, by its id."""
    return {row["id"]: row["outcome"] for row in await service.rows("SELECT id, outcome FROM webhook_events")}


async def due(service: Service) -> list[str]:
    rows = await service.rows("SELECT DISTINCT notion_id FROM graph_due ORDER BY notion_id")
    return [str(row["notion_id"]) for row in rows]


def change(service: Service, action: Callable[..., Json], body: Json, *ids: str) -> Json:
    """As somebody does at Notion, who sees everything."""
    instance = service.sandbox.instance
    state = instance.state
    place = state.world.workspace("lighthouse")
    assert place is not None
    person = next(each for each in state.world.people if place.key in each.workspaces)
    tops = tuple(node.id for node in state.content.nodes(place.key) if node.parent is None)
    view = View(instance, Grant(person, place, tops, None, None, 0), "2026-03-11")
    with state.content.change():
        return action(view, CallInput({}, Members("body", body), 100), *ids)


def rename(service: Service, page: str, title: str) -> None:
    change(service, writing.update_page, {"properties": {"title": {"title": words(title)}}}, page)


def trash(service: Service, page: str, *, in_trash: bool = True) -> None:
    change(service, writing.update_page, {"in_trash": in_trash}, page)


async def title_of(service: Service, page: str) -> str | None:
    """In the only graph that has it; None where it does not show."""
    rows = await service.rows("SELECT title FROM graph_nodes WHERE notion_id = :page AND NOT hidden", page=page)
    assert len(rows) < 2
    return rows[0]["title"] if rows else None
