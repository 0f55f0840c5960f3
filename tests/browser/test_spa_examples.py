"""The pages that docs/spa.md hands out, on an origin of their own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import HTMLResponse
from starlette.types import Receive, Scope, Send

from tests.support.browser import Window, open_window, run_site
from tests.support.postgres import TestDatabases
from tests.support.service import Service, run_server

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = pytest.mark.browser

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
AUTH = "http://127.0.0.1:8000"  # as it stands in them
ASK = """async ([url, access]) => {
  const headers = { Authorization: `Bearer ${access}` };
  return fetch(url, { headers }).then((answer) => answer.status, (problem) => problem.name);
}"""


class Elsewhere:
    """A web server of somebody's own."""

    def __init__(self) -> None:
        self.service_url = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        text = (EXAMPLES / scope["path"].removeprefix("/")).read_text() if scope["path"] != "/favicon.ico" else ""
        await HTMLResponse(text.replace(AUTH, self.service_url))(scope, receive, send)


@dataclass
class Stage:
    service: Service
    listed: str
    unlisted: str


@asynccontextmanager
async def stage(databases: TestDatabases, example: str, handoff: str) -> AsyncIterator[Stage]:
    elsewhere = Elsewhere()
    async with AsyncExitStack() as stack:
        listed, unlisted = [await stack.enter_async_context(run_server(elsewhere)) for _ in range(2)]
        url = await databases.create()
        stack.push_async_callback(databases.drop, url)
        service = await stack.enter_async_context(
            run_site(url, dashboard_url_setting=f"{listed}/{example}", signin_handoff=handoff)
        )
        elsewhere.service_url = service.settings.public_url
        yield Stage(service, listed, unlisted)


@asynccontextmanager
async def window_of(chromium: "Browser", on: Stage) -> AsyncIterator[Window]:
    origins = (on.service.settings.public_url, on.service.sandbox.url, on.listed, on.unlisted)
    async with open_window(chromium, *origins) as window:
        yield window


@pytest.mark.parametrize(("example", "handoff"), [("fragment.html", "fragment"), ("code.html", "code")])
async def test_the_example_signs_in_from_another_origin(
    chromium: "Browser", playwright: Any, migrated: TestDatabases, example: str, handoff: str
) -> None:
    async with stage(migrated, example, handoff) as on, window_of(chromium, on) as window:
        page = window.page
        await page.goto(f"{on.listed}/{example}")
        await page.get_by_role("button", name="Sign in with Notion").click()
        await page.get_by_role("button", name="Allow access").click()
        await playwright.expect(page.locator("#who")).to_have_text("Signed in as Ada Winter.")
        assert page.url == f"{on.listed}/{example}"
        assert await page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])") == "[{},{}]"
        # Tokens that this page did not ask for.
        await page.goto(f"{on.listed}/{example}#access=foreign&code=foreign&state=guessed")
        await page.reload()
        await playwright.expect(page.locator("#who")).to_have_text("Not signed in.")


async def test_the_browser_refuses_an_origin_that_is_not_listed(chromium: "Browser", migrated: TestDatabases) -> None:
    async with stage(migrated, "fragment.html", "fragment") as on, window_of(chromium, on) as window:
        access = (await on.service.sign_in("ada")).access
        asked = [f"{on.service.settings.public_url}/api/auth/me/", access]
        await window.page.goto(f"{on.listed}/fragment.html")
        assert await window.page.evaluate(ASK, asked) == 200
        window.provoked += ["CORS policy", "ERR_FAILED"]
        await window.page.goto(f"{on.unlisted}/fragment.html")
        assert await window.page.evaluate(ASK, asked) == "TypeError"
