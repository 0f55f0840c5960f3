"""The pages below a path of a shared host."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.test_docs import oauth2_form, sign_in_there
from tests.support.browser import Window, allow_signed_out, open_window, run_site
from tests.support.postgres import TestDatabases
from tests.support.service import Service

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
async def below(migrated: TestDatabases) -> AsyncIterator[Service]:
    url = await migrated.create()
    async with run_site(url, path="/ivgraph") as site:
        yield site
    await migrated.drop(url)


@pytest.fixture
async def window(chromium: "Browser", below: Service) -> AsyncIterator[Window]:
    origin = below.settings.public_url.removesuffix("/ivgraph")
    async with open_window(chromium, origin, below.sandbox.url) as window:
        allow_signed_out(window, below)
        yield window


async def test_the_dashboard_leads_to_notion_by_way_of_the_path(
    window: Window, below: Service, playwright: Any
) -> None:
    page = window.page
    await page.goto(below.settings.dashboard_url)
    await playwright.expect(page.get_by_role("link", name="API reference")).to_have_attribute("href", "/ivgraph/docs")
    await page.get_by_role("button", name="Sign in with Notion").click()
    await page.wait_for_url(f"{below.sandbox.url}/**")


async def test_the_docs_sign_in_by_way_of_the_path(window: Window, below: Service, playwright: Any) -> None:
    await window.page.goto(f"{below.settings.public_url}/docs")
    popup = await sign_in_there(window.page)
    await popup.get_by_role("button", name="Allow access").click()
    async with popup.expect_event("close"):
        await popup.get_by_role("button", name="Allow").click()
    await playwright.expect(oauth2_form(window.page)).to_contain_text("Authorized")


async def test_the_docs_show_every_operation(window: Window, below: Service, playwright: Any) -> None:
    await window.page.goto(f"{below.settings.public_url}/docs")
    await playwright.expect(window.page.locator(".opblock").first).to_be_visible()
