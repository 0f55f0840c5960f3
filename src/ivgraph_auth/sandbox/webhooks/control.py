"""The sandbox's own endpoints for webhooks, which at Notion are pages of the connection's settings."""

from dataclasses import asdict
from functools import partial
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ivgraph_auth.core.urls import is_loopback_host
from ivgraph_auth.sandbox.content.node import Json
from ivgraph_auth.sandbox.control import ControlError, guarded, members_of, name_of
from ivgraph_auth.sandbox.instance import Sandbox
from ivgraph_auth.sandbox.webhooks.models import Disturbance, Subscription

_PATH = "/sandbox/webhooks"


def webhook_routes(instance: Sandbox) -> list[Route]:
    return [
        Route(_PATH, guarded(partial(_subscribe, instance)), methods=["POST"]),
        Route(_PATH, guarded(partial(_unsubscribe, instance)), methods=["DELETE"]),
        Route(_PATH, guarded(partial(_show, instance)), methods=["GET"]),
        Route(f"{_PATH}/disturbance", guarded(partial(_disturb, instance)), methods=["PUT"]),
        Route(f"{_PATH}/flush", guarded(partial(_flush, instance)), methods=["POST"]),
    ]


async def _subscribe(instance: Sandbox, request: Request) -> Response:
    """POST: {"url"} on this machine. The verification token goes there; 201 {"id", "url", "active"}, active when
    that was answered 2xx. An earlier subscription ends.
    """
    members = await members_of(request)
    url = name_of(members, "url")
    if set(members) != {"url"} or url is None or not _on_loopback(url):
        raise ControlError("url should be an http or https URL on this machine, and the only member")
    return JSONResponse(_told(await instance.webhooks.subscribe(url)), 201)


async def _unsubscribe(instance: Sandbox, _: Request) -> Response:
    """DELETE: 204. What waits is not sent any more."""
    instance.webhooks.unsubscribe()
    return Response(status_code=204)


async def _show(instance: Sandbox, _: Request) -> Response:
    """GET: {"subscription", "waiting", "automatic", "disturbance", "attempts": [{type, entity, event, number,
    status, outcome}]}, the oldest attempt first.
    """
    subscription = instance.state.subscription
    shown = {
        "subscription": None if subscription is None else _told(subscription),
        "waiting": instance.webhooks.waiting,
        "automatic": instance.webhooks.automatic,
        "disturbance": asdict(instance.webhooks.disturbance),
        "attempts": [asdict(attempt) for attempt in instance.webhooks.attempts],
    }
    return JSONResponse(shown)


async def _disturb(instance: Sandbox, request: Request) -> Response:
    """PUT /sandbox/webhooks/disturbance: the members of `Disturbance`, and `automatic`; what is left out is as it
    was in the beginning. 200 with both.
    """
    members = await members_of(request)
    automatic = members.pop("automatic", True)
    if not isinstance(automatic, bool):
        raise ControlError("automatic should be true or false")
    try:
        instance.webhooks.disturbance = Disturbance.parse(members)
    except ValueError as error:
        raise ControlError(str(error)) from error
    instance.webhooks.automatic = automatic
    return JSONResponse({**asdict(instance.webhooks.disturbance), "automatic": automatic})


async def _flush(instance: Sandbox, _: Request) -> Response:
    """POST /sandbox/webhooks/flush: what waits is sent now. {"sent", "failed", "waiting"}."""
    return JSONResponse(await instance.webhooks.flush())


def _told(subscription: Subscription) -> Json:
    return {"id": subscription.id, "url": subscription.url, "active": subscription.active}


def _on_loopback(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and parts.port != 0 and is_loopback_host(parts.hostname or "")
    except ValueError:
        return False
