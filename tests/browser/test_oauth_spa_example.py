"""The single-page app that docs/sign-in-with-ivgraph.md hands out, as its own command serves it, in Chromium."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.interop.examples_at_work import next_line, started
from tests.provider.kit import make_admin, register
from tests.support.browser import Window, open_window, run_site
from tests.support.postgres import TestDatabases
from tests.support.processes import free_port
from tests.support.service import Service

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = pytest.mark.browser

# What a tab keeps, with its hour over.
GROW_OLD = """() => {
  const tokens = JSON.parse(localStorage.getItem("tokens"));
  localStorage.setItem("tokens", JSON.stringify({ ...tokens, expires_at: 0 }));
}"""


@dataclass
class Stage:
    site: Service
    window: Window
    url: str

    async def count(self, table: str) -> int:
        [found] = await self.site.rows(f"SELECT count(*) AS n FROM {table}")  # noqa: S608 -- the test's word
        return int(found["n"])


@pytest.fixture
async def stage(chromium: "Browser", migrated: TestDatabases) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        database_url = await migrated.create()
        stack.push_async_callback(migrated.drop, database_url)
        site = await stack.enter_async_context(run_site(database_url))
        port = free_port()
        url, admin = f"http://127.0.0.1:{port}/", await make_admin(site, "bruno")
        app = await register(admin, "spa", url, name="Page")
        for uri, kind in ((url.rstrip("/"), "origin"), (url, "logout")):
            body = {"uri": uri, "uri_type": kind}
            answer = await admin.client.post(
                f"/api/oauth/apps/{app.id}/redirect-uris/", json=body, headers=admin.bearer
            )
            assert answer.status_code == 201, answer.text
        settings = {"ISSUER": site.settings.public_url, "CLIENT_ID": app.client_id, "PORT": str(port)}
        served = await stack.enter_async_context(started("spa/serve.py", **settings))
        assert await next_line(served) == url
        origins = (site.settings.public_url, site.sandbox.url, url.rstrip("/"))
        window = await stack.enter_async_context(open_window(chromium, *origins))
        yield Stage(site, window, url)


async def sign_in(stage: Stage, playwright: Any) -> None:
    page = stage.window.page
    await page.goto(stage.url)
    await page.get_by_role("button", name="Sign in with IVGraph").click()
    await page.get_by_role("button", name="Allow access").click()
    await page.get_by_role("button", name="Allow", exact=True).click()
    await playwright.expect(page.locator("#who")).to_have_text("Signed in as Ada Winter.")
    assert page.url == stage.url


async def search(page: "Page", playwright: Any) -> None:
    await page.get_by_role("button", name="Search").click()
    await playwright.expect(page.locator("#found li")).to_have_text("Nothing found.")


async def test_the_page_signs_in_calls_and_signs_out(stage: Stage, playwright: Any) -> None:
    await sign_in(stage, playwright)
    page = stage.window.page
    await search(page, playwright)
    await page.reload()
    await playwright.expect(page.locator("#who")).to_have_text("Signed in as Ada Winter.")
    other = await page.context.new_page()
    await other.goto(stage.url)
    await page.get_by_role("button", name="Sign out").click()
    await playwright.expect(page.locator("#who")).to_have_text("Not signed in.")
    await playwright.expect(other.locator("#who")).to_have_text("Not signed in.")
    assert page.url == stage.url
    assert await page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert await stage.count("oauth_authorizations") == 0
    # Of the service, too: the next sign-in goes by Notion.
    await page.get_by_role("button", name="Sign in with IVGraph").click()
    await page.get_by_role("button", name="Allow access").wait_for()


async def test_of_two_tabs_one_at_a_time_refreshes(stage: Stage, playwright: Any) -> None:
    """The browser may show a tab late what another has stored: then it asks too, and gets the same successor."""
    await sign_in(stage, playwright)
    page = stage.window.page
    other = await page.context.new_page()
    await other.goto(stage.url)
    await playwright.expect(other.locator("#who")).to_have_text("Signed in as Ada Winter.")
    await page.evaluate(GROW_OLD)
    under_way: list[str] = []
    most = 0

    def begin(request: Any) -> None:
        nonlocal most
        if request.url.endswith("/oauth2/token"):
            under_way.append(request.url)
            most = max(most, len(under_way))

    def end(request: Any) -> None:
        if request.url.endswith("/oauth2/token"):
            under_way.pop()

    page.context.on("request", begin)
    page.context.on("requestfinished", end)
    for tab in (page, other):
        await tab.evaluate("document.querySelector('#search').requestSubmit()")
    for tab in (page, other):
        await playwright.expect(tab.locator("#found li")).to_have_text("Nothing found.")
    assert most == 1
    assert await stage.count("oauth_refresh_tokens") == 2


async def test_withdrawn_it_is_signed_out(stage: Stage, playwright: Any) -> None:
    await sign_in(stage, playwright)
    ada = await stage.site.sign_in("ada")
    [grant] = (await ada.client.get("/api/auth/grants/", headers=ada.bearer)).json()["results"]
    await ada.client.delete(f"/api/auth/grants/{grant['id']}/", headers=ada.bearer)
    stage.window.provoked += ["status of 401", "status of 400"]
    await stage.window.page.get_by_role("button", name="Search").click()
    await playwright.expect(stage.window.page.locator("#who")).to_have_text("Not signed in.")


async def test_a_code_that_was_not_asked_for_is_left_alone(stage: Stage, playwright: Any) -> None:
    page = stage.window.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{stage.url}?code=planted&state=guessed&iss={stage.site.settings.public_url}")
    await playwright.expect(page.locator("#who")).to_have_text("Not signed in.")
    assert page.url == stage.url
    assert not any(url.endswith("/oauth2/token") for url in asked)
