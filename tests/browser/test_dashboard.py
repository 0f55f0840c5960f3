"""The page that stands in for a dashboard, as somebody with a browser meets it."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tests.support.browser import Window, open_window, run_site
from tests.support.service import Service

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = pytest.mark.browser

SIGN_IN = "Sign in with Notion"
NOT_ASKED_FOR = "did not ask for"
STORED = "JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie])"
NOTHING_STORED = '[{},{},""]'

Step = Callable[["Page"], Awaitable[None]]


@pytest.fixture
async def dashboard(site: Service, window: Window) -> "Page":
    await window.page.goto(site.settings.dashboard_url)
    return window.page


async def wait(page: "Page") -> None:
    await page.wait_for_load_state()


async def go_to_notion(page: "Page") -> None:
    await page.get_by_role("button", name=SIGN_IN).click()
    await page.wait_for_url("**/v1/oauth/authorize?**")


async def sign_in(page: "Page") -> str:
    """As Ada, who comes first and is chosen already. Answers the access token that the page shows."""
    await go_to_notion(page)
    await page.get_by_role("button", name="Allow access").click()
    return await shown_token(page)


async def shown_token(page: "Page") -> str:
    box = page.get_by_label("Access token")
    await box.wait_for()
    return str(await box.input_value())


async def addresses(page: "Page") -> list[str]:
    """All that the browser's history holds, the address bar included."""
    devtools = await page.context.new_cdp_session(page)
    history = await devtools.send("Page.getNavigationHistory")
    return [entry["url"] for entry in history["entries"]] + [page.url]


async def status_of_me(site: Service, access: str) -> int:
    client = await site.browser()
    return (await client.get("/api/auth/me/", headers={"Authorization": f"Bearer {access}"})).status_code


async def test_sign_in_arrives_signed_in(site: Service, dashboard: "Page", playwright: Any) -> None:
    await go_to_notion(dashboard)
    await dashboard.get_by_role("link", name="Farah Haddad").click()
    await dashboard.get_by_role("link", name="Harbour Library").click()
    await dashboard.get_by_role("button", name="Allow access").click()
    await playwright.expect(dashboard.locator("#who")).to_have_text("Farah Haddad")
    await playwright.expect(dashboard.get_by_role("listitem")).to_contain_text("Harbour Library")
    await playwright.expect(dashboard.get_by_role("button", name=SIGN_IN)).to_be_hidden()
    assert await status_of_me(site, await shown_token(dashboard)) == 200


async def test_tokens_stay_in_the_pages_memory(site: Service, dashboard: "Page") -> None:
    access = await sign_in(dashboard)
    assert dashboard.url == site.settings.dashboard_url
    for address in await addresses(dashboard):
        assert "#" not in address
        assert access not in address
    assert await dashboard.evaluate(STORED) == NOTHING_STORED
    cookies = await dashboard.context.cookies()
    assert {cookie["name"] for cookie in cookies} == {"ivg_browser", "ivg_session"}
    assert all(cookie["httpOnly"] and cookie["sameSite"] == "Lax" for cookie in cookies)
    assert not any("." in cookie["value"] for cookie in cookies)


async def test_sign_in_works_where_a_code_is_handed_over(
    chromium: "Browser", database_url: str, playwright: Any
) -> None:
    async with (
        run_site(database_url, signin_handoff="code") as site,
        open_window(chromium, site.settings.public_url, site.sandbox.url) as window,
    ):
        await window.page.goto(site.settings.dashboard_url)
        access = await sign_in(window.page)
        await playwright.expect(window.page.locator("#who")).to_have_text("Ada Winter")
        assert window.page.url == site.settings.dashboard_url
        assert await window.page.evaluate(STORED) == NOTHING_STORED
        assert await status_of_me(site, access) == 200


async def test_sign_in_goes_by_keyboard_alone(dashboard: "Page", playwright: Any) -> None:
    await dashboard.keyboard.press("Tab")
    await playwright.expect(dashboard.get_by_role("button", name=SIGN_IN)).to_be_focused()
    await dashboard.keyboard.press("Enter")
    await dashboard.wait_for_url("**/v1/oauth/authorize?**")
    await dashboard.get_by_role("button", name="Allow access").focus()
    await dashboard.keyboard.press("Enter")
    await playwright.expect(dashboard.locator("#who")).to_have_text("Ada Winter")


@pytest.mark.parametrize(
    ("before", "extra"),
    [
        pytest.param(wait, {}, id="nothing asked for"),
        pytest.param(wait, {"state": ""}, id="nothing asked for, empty state"),
        pytest.param(go_to_notion, {}, id="no state"),
        pytest.param(go_to_notion, {"state": "guessed"}, id="another state than asked for"),
    ],
)
async def test_somebody_elses_tokens_in_the_address_are_ignored(
    before: Step, extra: dict[str, str], site: Service, dashboard: "Page", playwright: Any
) -> None:
    await before(dashboard)
    attacker = await site.sign_in("bruno")
    fragment = urlencode({"access": attacker.access, "refresh": attacker.refresh, **extra})
    await dashboard.goto("about:blank")
    await dashboard.goto(f"{site.settings.dashboard_url}#{fragment}")
    await playwright.expect(dashboard.get_by_role("status")).to_contain_text(NOT_ASKED_FOR)
    await playwright.expect(dashboard.get_by_role("button", name=SIGN_IN)).to_be_visible()
    await playwright.expect(dashboard.get_by_label("Access token")).to_be_hidden()
    assert not any(attacker.access in address for address in await addresses(dashboard))


async def test_tokens_put_into_the_address_of_an_open_page_are_ignored(
    site: Service, dashboard: "Page", playwright: Any
) -> None:
    access = await sign_in(dashboard)
    attacker = await site.sign_in("bruno")
    await dashboard.goto(f"{site.settings.dashboard_url}#access={attacker.access}")
    await playwright.expect(dashboard.get_by_role("status")).to_contain_text(NOT_ASKED_FOR)
    await playwright.expect(dashboard.locator("#who")).to_have_text("Ada Winter")
    assert await shown_token(dashboard) == access
    assert dashboard.url == site.settings.dashboard_url


async def test_cancel_at_notion_is_told(site: Service, dashboard: "Page", playwright: Any) -> None:
    await go_to_notion(dashboard)
    await dashboard.get_by_role("button", name="Cancel").click()
    await playwright.expect(dashboard.get_by_role("status")).to_contain_text("cancelled")
    await playwright.expect(dashboard.get_by_role("button", name=SIGN_IN)).to_be_visible()
    assert dashboard.url == site.settings.dashboard_url
    await sign_in(dashboard)


async def test_sign_out_ends_the_session(site: Service, dashboard: "Page", playwright: Any) -> None:
    access = await sign_in(dashboard)
    await dashboard.get_by_role("button", name="Sign out").click()
    await playwright.expect(dashboard.get_by_role("button", name=SIGN_IN)).to_be_visible()
    assert await status_of_me(site, access) == 401
    assert not any(access in address for address in await addresses(dashboard))
    await dashboard.go_back()
    await dashboard.go_forward()
    await playwright.expect(dashboard.get_by_role("button", name=SIGN_IN)).to_be_visible()


async def test_the_token_can_be_copied(dashboard: "Page", playwright: Any) -> None:
    access = await sign_in(dashboard)
    await dashboard.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await dashboard.get_by_role("button", name="Copy").click()
    await playwright.expect(dashboard.get_by_role("button", name="Copied")).to_be_visible()
    assert await dashboard.evaluate("navigator.clipboard.readText()") == access


async def test_a_failed_callback_is_a_page_that_leads_back(site: Service, window: Window, playwright: Any) -> None:
    window.provoked.append("status of 403")
    answer = await window.page.goto(f"{site.settings.notion_redirect_uri}?state=unknown&code=none")
    assert answer
    assert answer.status == 403
    await window.page.get_by_role("link", name="start page").click()
    await playwright.expect(window.page.get_by_role("button", name=SIGN_IN)).to_be_visible()
