"""The service on a real socket at its own public URL, and a real browser that is watched."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ivgraph_auth.core.clock import SystemClock
from tests.support.clock import ManualClock
from tests.support.service import Service, run_sandbox, run_server, run_service

if TYPE_CHECKING:
    from playwright.async_api import Browser, ConsoleMessage, Page, Route

CHROMIUM = Path("/usr/bin/chromium")  # Debian's
# Names are not looked up at all, so that not even the browser itself can call out.
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
_TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  console.error(`Against the policy: ${violatedDirective} ${blockedURI}`));
"""


class RealClock(ManualClock):
    """The machine's own time: cookies expire by the browser's clock."""

    def now(self) -> datetime:
        return SystemClock().now()

    def monotonic(self) -> float:
        return SystemClock().monotonic()


class _Door:
    """Listens before the service is there, which must know its own address."""

    app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


@asynccontextmanager
async def run_site(database_url: str, *, path: str = "", **settings: Any) -> AsyncIterator[Service]:
    clock, door = RealClock(), _Door()
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(run_server(door))
        sandbox = await stack.enter_async_context(run_sandbox(clock))
        service = await stack.enter_async_context(
            run_service(clock, sandbox, database_url=database_url, public_url=url + path, **settings)
        )
        door.app = service.app
        yield service


@dataclass
class Window:
    """A page in a context of its own. `elsewhere`: requests to origins that were not let in; all were cut."""

    page: "Page"
    origins: Sequence[str]
    elsewhere: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    provoked: list[str] = field(default_factory=list)

    async def watch(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await self.page.context.add_init_script(_TELL_VIOLATIONS)
        here = "|".join(map(re.escape, self.origins))
        await self.page.context.route(re.compile(rf"^(?!(?:{here})/)"), self._cut)

    def assert_quiet(self) -> None:
        """Nothing was asked of elsewhere, and nobody complained but of what the test has `provoked`."""
        unexpected = [text for text in self.complaints if not any(part in text for part in self.provoked)]
        assert (self.elsewhere, unexpected) == ([], [])

    def _on_console(self, message: "ConsoleMessage") -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} {message.location['url']}")

    async def _cut(self, route: "Route") -> None:
        self.elsewhere.append(route.request.url)
        await route.abort()


def allow_signed_out(window: Window, site: Service) -> None:
    """A page asks whether somebody is signed in here; Chromium writes of every 401, also of this expected one."""
    window.provoked.append(f"status of 401 (Unauthorized) {site.settings.public_url}/api/auth/session/")


@asynccontextmanager
async def open_window(browser: "Browser", *origins: str, **options: Any) -> AsyncIterator[Window]:
    """Whatever its pages complain about, or ask of any other origin, fails the test."""
    context = await browser.new_context(**options)
    window = Window(await context.new_page(), origins)
    await window.watch()
    try:
        yield window
    finally:
        await context.close()
    window.assert_quiet()
