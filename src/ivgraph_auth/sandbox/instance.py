"""The sandbox as its parts and its tests hold it."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from starlette.types import ASGIApp

from ivgraph_auth.core.clock import Clock
from ivgraph_auth.sandbox.config import SandboxConfig
from ivgraph_auth.sandbox.faults import Faults
from ivgraph_auth.sandbox.held import Held
from ivgraph_auth.sandbox.state import State
from ivgraph_auth.sandbox.webhooks.outbox import Outbox

_CALLS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Call:
    """One call of Notion's API, without anything secret: no query, no headers, no bodies."""

    method: str
    path: str
    status: int | None  # None: never answered
    grant_type: str | None = None  # of a token call that named one of the two
    fault: str | None = None  # the kind of the fault it met
    grant: str | None = None  # whose living access token it came with: "ada@lighthouse"
    at: float = field(default=0.0, compare=False)  # when it came, in seconds since 1970


@dataclass(slots=True)
class Sandbox:
    """A running sandbox.

    `app` is the ASGI application. The switches may be turned at any time and hold for the answers that follow.
    Whoever serves the app calls `close()` before asking the server to stop: servers wait for open answers before they
    end the lifespan, and a scripted hang would keep them waiting.
    """

    config: SandboxConfig
    clock: Clock
    state: State
    app: ASGIApp
    webhooks: Outbox
    faults: Faults = field(default_factory=Faults)
    stored: Held = field(default_factory=Held)
    calls: list[Call] = field(default_factory=list)
    held: int = 0  # answers that hang, drip or go on and on, and whose client is still there
    # `live`: {error, request_id}, as measured. `rest`: {object, status, code, message, request_id}, as documented.
    oauth_error_shape: Literal["live", "rest"] = "live"
    null_refresh_token: bool = False  # as connections made before refresh tokens existed
    null_workspace: bool = False  # workspace_name and workspace_icon are null
    search_lag: timedelta = timedelta()  # what is younger than this is not yet found by search
    row_limit: int = 10_000  # how many rows one query or search ever tells
    page_limit: int = 100  # how many items one answer ever holds: it may be fewer than were asked for
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    def close(self) -> None:
        """Ends every hanging and dripping answer, and sends no more webhooks. To be called in the loop that serves the
        app.
        """
        self.closed.set()
        self.webhooks.close()

    def note(self, call: Call) -> None:
        self.calls.append(call)
        del self.calls[:-_CALLS_KEPT]
