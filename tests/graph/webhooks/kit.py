"""Notion's side of webhooks: the subscription, and what it sends."""

import hashlib
import hmac
import json

import httpx

from ivgraph_auth.core.http import HttpClient
from ivgraph_auth.core.principal import ClientInfo
from tests.support.service import Service

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
