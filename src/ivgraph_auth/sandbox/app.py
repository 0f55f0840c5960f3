"""A faithful stand-in for Notion's API, for development, demonstration and tests.

It answers as Notion does as far as that is known from recordings and documentation. Where it is not known: a code is
spent by the first exchange that names it; a refresh ends the old access token at once; a spent refresh token is
refused and changes nothing else; revoking either token of a pair ends that pair; what is wrong with a file upload is
told in words of ours; a connection changes its own comments only. Of the calls made with a token, `v1/routes.py` has
the list. The capability is asked for before the members are looked at.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ivgraph_auth.core.clock import Clock, SystemClock
from ivgraph_auth.sandbox.config import SandboxConfig
from ivgraph_auth.sandbox.control import control_routes
from ivgraph_auth.sandbox.faults import Fault
from ivgraph_auth.sandbox.instance import Call, Sandbox
from ivgraph_auth.sandbox.notion_app import NotionApp
from ivgraph_auth.sandbox.pages import html_answer, style_answer
from ivgraph_auth.sandbox.state import State
from ivgraph_auth.sandbox.store import StateFileError
from ivgraph_auth.sandbox.webhooks.control import webhook_routes
from ivgraph_auth.sandbox.webhooks.events import events_of
from ivgraph_auth.sandbox.webhooks.outbox import Outbox

__all__ = ["Call", "Fault", "Sandbox", "SandboxConfig", "StateFileError", "create_sandbox"]


def create_sandbox(config: SandboxConfig, *, clock: Clock | None = None) -> Sandbox:
    """StateFileError when `config.state_file` is there and is not a state file of this client."""
    time = clock or SystemClock()
    app = Starlette(lifespan=lambda _: _lifespan(instance))
    state = State(config, time)
    instance: Sandbox = Sandbox(
        config=config, clock=time, state=state, app=app, webhooks=Outbox(state, config.client_id)
    )
    state.content.noticed = lambda changes: instance.webhooks.add(events_of(instance, changes))
    app.router.routes += [
        Route("/", partial(_front_page, instance), methods=["GET"]),
        Route("/static/sandbox.css", _style, methods=["GET"]),
        *control_routes(instance),
        *webhook_routes(instance),
    ]
    app.router.redirect_slashes = False
    app.router.default = NotionApp(instance)
    return instance


@asynccontextmanager
async def _lifespan(instance: Sandbox) -> AsyncIterator[None]:
    instance.closed.clear()
    yield
    instance.close()


async def _front_page(instance: Sandbox, request: Request) -> Response:
    world = instance.state.world
    return html_answer(
        "front.html",
        root=request.scope.get("root_path", ""),
        integration=instance.config.integration_name,
        client_id=instance.config.client_id,
        redirect_uris=instance.config.redirect_uris,
        people=[(person, world.workspaces_of(person)) for person in world.people],
    )


async def _style(_: Request) -> Response:
    return style_answer()
