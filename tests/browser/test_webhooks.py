"""The page by which an admin subscribes to Notion's webhooks."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.visit import open_page, sign_in
from tests.graph.webhooks.kit import TOKEN, event_of, hand_over, send
from tests.support.browser import Window
from tests.support.service import Service

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser


async def test_from_asking_to_the_first_webhook(
    site: Service, window: Window, dashboard: "Page", playwright: Any
) -> None:
    await sign_in(dashboard)
    await playwright.expect(dashboard.get_by_role("link", name="Webhooks")).to_have_count(0)
    await site.execute("UPDATE accounts SET role = 'admin'")
    await dashboard.reload()
    await open_page(dashboard, "Webhooks")
    page = dashboard.get_by_role("main")
    await playwright.expect(page).to_contain_text("Not subscribed")
    await playwright.expect(page).to_contain_text(f"{site.settings.public_url}/api/webhooks/notion")
    await page.get_by_role("button", name="Wait for Notion").click()
    await playwright.expect(page).to_contain_text("Waiting for Notion")
    # It looks by itself whether the token has come.
    assert (await hand_over(site)).status_code == 200
    await page.get_by_role("button", name="Show the token").click()
    token = dashboard.get_by_label("Verification token", exact=True).get_by_role("textbox")
    await playwright.expect(token).to_have_value(TOKEN)
    await dashboard.keyboard.press("Escape")
    await playwright.expect(page.get_by_role("button", name="Show the token")).to_have_count(0)
    body = json.dumps(event_of("comment.created", "a17a6a44-d7ba-4909-952a-e8fe86acc0ed")).encode()
    assert (await send(site, body)).status_code == 200
    await dashboard.reload()
    await playwright.expect(page).to_contain_text("Webhooks arrive")
    await playwright.expect(page).to_contain_text("1 ignored")
    await page.get_by_role("button", name="Remove").click()
    await dashboard.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await playwright.expect(page).to_contain_text("Not subscribed")
    await site.execute("UPDATE accounts SET role = 'member'")
    window.assert_quiet()
