"""The dashboard's connections: made, checked, renewed and taken back; and the pages that a consent leads over."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.visit import open_page, sign_in
from tests.support.browser import open_window
from tests.support.service import Service

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture
async def inside(dashboard: "Page") -> "Page":
    await sign_in(dashboard)
    return dashboard


async def connect(page: "Page", name: str) -> None:
    """To the notebook, from the dashboard and back to it."""
    await open_page(page, "Connections")
    await page.get_by_role("button", name="Connect a workspace").click()
    await page.get_by_role("textbox", name="Name").fill(name)
    await page.get_by_role("button", name="Continue to Notion").click()
    await page.get_by_role("link", name="Ada's notebook").click()
    await page.get_by_role("button", name="Allow access").click()
    await page.get_by_role("heading", name="Notion Authorization Successful").wait_for()
    await page.get_by_role("link", name="dashboard").click()
    await page.get_by_role("heading", name="Connections", level=1).wait_for()


async def test_a_workspace_comes_and_goes(site: Service, inside: "Page", playwright: Any) -> None:
    await connect(inside, "research")
    row = inside.get_by_role("listitem").filter(has_text="research")
    await playwright.expect(row).to_contain_text("Connected")
    await row.get_by_role("button", name="Check").click()
    await playwright.expect(inside.get_by_role("status")).to_contain_text("works")
    await playwright.expect(row).to_contain_text("read content")

    await open_page(inside, "Service tokens")
    await inside.get_by_role("button", name="Create token").click()
    form = inside.get_by_role("dialog")
    await form.get_by_role("textbox", name="Name").fill("Notebook reader")
    await form.get_by_role("checkbox", name="Ada's notebook").check()
    await form.get_by_role("button", name="Create token").click()
    await inside.get_by_role("button", name="I have copied it").click()

    site.sandbox.instance.state.revoke_authorization(workspace="notebook")
    await open_page(inside, "Connections")
    await row.get_by_role("button", name="Check").click()
    await playwright.expect(row).to_contain_text("Needs consent")
    await row.get_by_role("link", name="Reconnect").click()
    await inside.get_by_role("button", name="Continue to Notion").click()
    await inside.get_by_role("link", name="Ada's notebook").click()
    await inside.get_by_role("button", name="Allow access").click()
    await inside.get_by_role("link", name="dashboard").click()
    await playwright.expect(row).to_contain_text("Connected")

    await row.get_by_role("button", name="Disconnect").click()
    await playwright.expect(inside.get_by_role("dialog")).to_contain_text("“Notebook reader” cannot reach it")
    await inside.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    await playwright.expect(inside.get_by_role("status")).to_contain_text("is disconnected")
    await playwright.expect(row).to_have_count(0)


async def test_a_name_that_is_none_is_told(inside: "Page", playwright: Any) -> None:
    await open_page(inside, "Connections")
    await inside.get_by_role("button", name="Connect a workspace").click()
    await inside.get_by_role("textbox", name="Name").fill("two words")
    await inside.get_by_role("button", name="Continue to Notion").click()
    await playwright.expect(inside.get_by_role("alert")).to_contain_text("without blanks")


async def test_a_link_opened_in_another_browser_asks_before_it_stores(
    site: Service, chromium: "Browser", playwright: Any
) -> None:
    ada = await site.sign_in("ada")
    asked = await ada.client.get("/oauth/authorize/notion", params={"tenant_id": "sent"}, headers=ada.bearer)
    async with open_window(chromium, site.settings.public_url, site.sandbox.url) as window:
        await window.page.goto(asked.json()["connectUrl"])
        await playwright.expect(window.page.get_by_role("main")).to_contain_text("Ada Winter")
        await window.page.get_by_role("button", name="Continue to Notion").click()
        await window.page.get_by_role("button", name="Allow access").click()
        await playwright.expect(window.page.get_by_role("heading")).to_have_text("Notion Authorization Successful")
    async with open_window(chromium, site.settings.public_url, site.sandbox.url) as window:
        await window.page.goto((await again(ada, "elsewhere"))["authorizationUrl"])
        await window.page.get_by_role("button", name="Allow access").click()
        await playwright.expect(window.page.get_by_role("main")).to_contain_text("another browser")
        await window.page.get_by_role("button", name="Connect", exact=True).click()
        await playwright.expect(window.page.get_by_role("heading")).to_have_text("Notion Authorization Successful")


async def again(session: Any, tenant: str) -> Any:
    answer = await session.client.get("/oauth/authorize/notion", params={"tenant_id": tenant}, headers=session.bearer)
    return answer.json()
