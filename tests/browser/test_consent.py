"""The pages that ask a person, in Chromium: no click meant for something else, no frame, nobody else's form."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tests.browser.visit import go_to_notion, sign_in
from tests.provider.kit import Client, make_admin, register
from tests.support.browser import open_window
from tests.support.service import Service

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

HALF_A_SECOND = 500


async def make_app(site: Service, *uris: str, app_type: str = "regular_web") -> Client:
    client = await register(await make_admin(site), app_type, *uris)
    # Whoever signs in by the page is nobody special.
    await site.execute("UPDATE accounts SET role = 'member'")
    return client


def link(site: Service, client: Client, **parameters: Any) -> str:
    return f"{site.settings.public_url}/oauth2/authorize?{urlencode(client.authorize(**parameters))}"


async def sign_in_as(page: "Page", name: str) -> None:
    await go_to_notion(page)
    await page.get_by_role("link", name=name).click()
    await page.get_by_role("button", name="Allow access").click()
    await page.get_by_role("heading", name=f"Hello, {name}").wait_for()


async def click_there(page: "Page", button: "Locator") -> None:
    """With the mouse, whether the button takes it or not."""
    box = await button.bounding_box()
    assert box
    await page.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


async def takes_no_click_at_first(page: "Page", playwright: Any, name: str) -> None:
    """Its time stands still, and goes on by the test."""
    button, address = page.get_by_role("button", name=name, exact=True), page.url
    await playwright.expect(button).to_be_disabled()
    await click_there(page, button)
    await page.clock.run_for(HALF_A_SECOND - 1)
    await playwright.expect(button).to_be_disabled()
    await click_there(page, button)
    assert page.url == address
    await page.clock.run_for(1)
    await playwright.expect(button).to_be_enabled()
    # It was below another window.
    await page.evaluate("dispatchEvent(new Event('focus'))")
    await playwright.expect(button).to_be_disabled()
    await click_there(page, button)
    await page.evaluate("document.querySelector('form').requestSubmit()")
    assert page.url == address
    await page.clock.run_for(HALF_A_SECOND)
    await playwright.expect(button).to_be_enabled()


async def stop_time(page: "Page") -> None:
    await page.clock.install()
    await page.clock.pause_at(await page.evaluate("Date.now()") + 1000)


async def test_the_consent_page_takes_no_click_at_first(site: Service, dashboard: "Page", playwright: Any) -> None:
    client = await make_app(site)
    await sign_in(dashboard)
    await stop_time(dashboard)
    await dashboard.goto(link(site, client))
    await takes_no_click_at_first(dashboard, playwright, "Allow")
    assert await site.rows("SELECT 1 FROM oauth_grants WHERE app_id = :id", id=client.id) == []


async def test_the_connect_page_takes_no_click_at_first(site: Service, dashboard: "Page", playwright: Any) -> None:
    ada = await site.sign_in("ada")
    asked = await ada.client.get("/oauth/authorize/notion", params={"tenant_id": "jacked"}, headers=ada.bearer)
    await stop_time(dashboard)
    await dashboard.goto(asked.json()["connectUrl"])
    await takes_no_click_at_first(dashboard, playwright, "Continue to Notion")


@pytest.mark.parametrize("uri", ["http://127.0.0.1:{port}/callback", "http://[::1]:{port}/callback"])
async def test_a_form_leads_back_to_the_app(site: Service, dashboard: "Page", window: Any, uri: str) -> None:
    """The policy of the page lets the redirect pass, of which browsers hold the form responsible."""
    uri = uri.format(port=9)
    client = await make_app(site, uri, app_type="native")
    await sign_in(dashboard)
    await dashboard.goto(link(site, client, redirect_uri=uri))
    async with dashboard.expect_request(lambda request: request.url.startswith(uri)) as led:
        await dashboard.get_by_role("button", name="Allow").click()
    assert "code=" in (await led.value).url
    # Nobody listens there.
    window.elsewhere.clear()
    window.provoked.append("Failed to load resource")


async def test_no_page_frames_it(site: Service, dashboard: "Page", window: Any) -> None:
    client = await make_app(site)
    await sign_in(dashboard)
    window.provoked.append("frame-ancestors")
    window.provoked.append("X-Frame-Options")
    window.provoked.append("chrome-error://")
    window.provoked.append(site.settings.public_url)
    await dashboard.goto(f"{site.sandbox.url}/")
    address = link(site, client)
    await dashboard.evaluate(
        "address => new Promise(done => { const frame = document.createElement('iframe');"
        " frame.onload = done; frame.src = address; document.body.append(frame); })",
        address,
    )
    frame = dashboard.frames[-1]
    assert frame.url.startswith("chrome-error:")
    assert await frame.get_by_role("button").count() == 0


async def test_a_form_of_another_person_is_refused(
    site: Service, dashboard: "Page", chromium: "Browser", playwright: Any
) -> None:
    client = await make_app(site)
    await sign_in(dashboard)
    await dashboard.goto(link(site, client))
    token = await dashboard.locator("input[name=csrf]").get_attribute("value")
    async with open_window(chromium, site.settings.public_url, site.sandbox.url) as other:
        other.provoked.append("status of 40")
        await other.page.goto(site.settings.dashboard_url)
        await sign_in_as(other.page, "Bruno")
        # He is brought to Ada's question, and to his own with Ada's form.
        await other.page.goto(dashboard.url)
        await playwright.expect(other.page.get_by_role("heading")).to_have_text("Bad Request")
        await other.page.goto(link(site, client))
        await other.page.evaluate("token => { document.querySelector('input[name=csrf]').value = token; }", token)
        await other.page.get_by_role("button", name="Allow").click()
        await playwright.expect(other.page.get_by_role("heading")).to_have_text("That did not work")
    assert await site.rows("SELECT 1 FROM oauth_grants WHERE app_id = :id", id=client.id) == []
