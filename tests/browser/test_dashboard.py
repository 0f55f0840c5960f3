"""Signing in and out: how somebody comes in and goes, in one tab and in several."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tests.browser.visit import (
    NOTHING_STORED,
    SIGN_IN,
    STORED,
    addresses,
    create_token,
    go_to_notion,
    open_page,
    shown_token,
    sign_in,
    status_of,
)
from tests.support.browser import Window, allow_signed_out, open_window, run_site
from tests.support.service import Service

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Request

pytestmark = pytest.mark.browser

NOT_ASKED_FOR = "did not ask for"
Step = Callable[["Page"], Awaitable[None]]


async def wait(page: "Page") -> None:
    await page.get_by_role("button", name=SIGN_IN).wait_for()


async def another_tab(page: "Page", url: str) -> "Page":
    tab = await page.context.new_page()
    await tab.goto(url)
    return tab


async def test_from_sign_in_to_a_token_that_is_refused(
    site: Service, dashboard: "Page", playwright: Any, window: Window
) -> None:
    await sign_in(dashboard)
    access = await shown_token(dashboard)
    token = await create_token(dashboard, "Research agent")
    await playwright.expect(dashboard.get_by_label("Command to try it")).to_have_value(
        f'curl -H "Authorization: Bearer {token}" {site.settings.public_url}/api/auth/validate/'
    )
    await dashboard.get_by_role("button", name="I have copied it").click()
    assert token not in await dashboard.content()
    assert await status_of(site, token) == 200

    await dashboard.get_by_role("button", name="Revoke Research agent").click()
    await dashboard.get_by_role("button", name="Revoke token").click()
    await playwright.expect(dashboard.get_by_role("status")).to_contain_text("Research agent is revoked")
    assert await status_of(site, token) == 401

    second = await another_tab(dashboard, site.settings.dashboard_url)
    await second.get_by_role("heading", name="Hello, Ada").wait_for()
    await dashboard.get_by_role("button", name="Sign out").click()
    await playwright.expect(dashboard.get_by_role("button", name=SIGN_IN)).to_be_visible()
    await playwright.expect(second.get_by_role("button", name=SIGN_IN)).to_be_visible()
    await playwright.expect(second.get_by_role("main")).to_contain_text("signed out in another tab")
    assert await status_of(site, access) == 401

    for page in (dashboard, second):
        assert not any(secret in address for address in await addresses(page) for secret in (access, token))
        assert await page.evaluate(STORED) == NOTHING_STORED
    window.assert_quiet()


async def test_sign_in_arrives_signed_in(site: Service, dashboard: "Page", playwright: Any) -> None:
    await go_to_notion(dashboard)
    await dashboard.get_by_role("link", name="Farah Haddad").click()
    await dashboard.get_by_role("link", name="Harbour Library").click()
    await dashboard.get_by_role("button", name="Allow access").click()
    await playwright.expect(dashboard.locator("#who")).to_have_text("Farah Haddad")
    await playwright.expect(dashboard.get_by_role("region", name="Workspaces")).to_contain_text("Harbour Library")
    await playwright.expect(dashboard.get_by_role("button", name=SIGN_IN)).to_be_hidden()
    assert await status_of(site, await shown_token(dashboard)) == 200


async def test_tokens_stay_in_the_pages_memory(site: Service, dashboard: "Page") -> None:
    await sign_in(dashboard)
    access = await shown_token(dashboard)
    assert dashboard.url == f"{site.settings.dashboard_url}#/account"
    for address in await addresses(dashboard):
        assert "access" not in address
        assert access not in address
    assert await dashboard.evaluate(STORED) == NOTHING_STORED
    cookies = await dashboard.context.cookies()
    assert {cookie["name"] for cookie in cookies} == {"ivg_browser", "ivg_session"}
    assert all(cookie["httpOnly"] and cookie["sameSite"] == "Lax" for cookie in cookies)
    assert not any("." in cookie["value"] for cookie in cookies)


async def test_sign_in_works_where_a_code_is_handed_over(chromium: "Browser", database_url: str) -> None:
    async with (
        run_site(database_url, signin_handoff="code") as site,
        open_window(chromium, site.settings.public_url, site.sandbox.url) as window,
    ):
        allow_signed_out(window, site)
        await window.page.goto(site.settings.dashboard_url)
        await sign_in(window.page)
        assert window.page.url == site.settings.dashboard_url
        assert await window.page.evaluate(STORED) == NOTHING_STORED
        assert await status_of(site, await shown_token(window.page)) == 200


async def test_a_reload_stays_signed_in_and_on_the_page(dashboard: "Page", playwright: Any) -> None:
    await sign_in(dashboard)
    await open_page(dashboard, "Sessions")
    await dashboard.reload()
    await playwright.expect(dashboard.get_by_role("heading", level=1)).to_have_text("Sessions")
    await playwright.expect(dashboard.locator("#who")).to_have_text("Ada Winter")


async def test_sign_in_goes_by_keyboard_alone(dashboard: "Page", playwright: Any) -> None:
    await wait(dashboard)
    await dashboard.keyboard.press("Tab")
    await playwright.expect(dashboard.get_by_role("button", name=SIGN_IN)).to_be_focused()
    await dashboard.keyboard.press("Enter")
    await dashboard.wait_for_url("**/v1/oauth/authorize?**")
    await dashboard.get_by_role("button", name="Allow access").focus()
    await dashboard.keyboard.press("Enter")
    await playwright.expect(dashboard.locator("#who")).to_have_text("Ada Winter")
    await dashboard.keyboard.press("Tab")
    await playwright.expect(dashboard.get_by_role("link", name="Skip to content")).to_be_focused()
    await dashboard.keyboard.press("Enter")
    await playwright.expect(dashboard.get_by_role("main")).to_be_focused()


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
    await playwright.expect(dashboard.get_by_role("main")).to_contain_text(NOT_ASKED_FOR)
    await playwright.expect(dashboard.get_by_role("button", name=SIGN_IN)).to_be_visible()
    assert not any(attacker.access in address for address in await addresses(dashboard))


async def test_tokens_put_into_the_address_of_an_open_page_are_ignored(
    site: Service, dashboard: "Page", playwright: Any
) -> None:
    await sign_in(dashboard)
    access = await shown_token(dashboard)
    attacker = await site.sign_in("bruno")
    await dashboard.goto(f"{site.settings.dashboard_url}#access={attacker.access}")
    await playwright.expect(dashboard.get_by_role("status")).to_contain_text(NOT_ASKED_FOR)
    await playwright.expect(dashboard.locator("#who")).to_have_text("Ada Winter")
    assert dashboard.url == site.settings.dashboard_url
    assert await shown_token(dashboard) == access


async def test_cancel_at_notion_is_told(site: Service, dashboard: "Page", playwright: Any) -> None:
    await go_to_notion(dashboard)
    await dashboard.get_by_role("button", name="Cancel").click()
    await playwright.expect(dashboard.get_by_role("main")).to_contain_text("cancelled")
    await playwright.expect(dashboard.get_by_role("button", name=SIGN_IN)).to_be_visible()
    assert dashboard.url == site.settings.dashboard_url
    await sign_in(dashboard)


async def test_sign_out_ends_the_session(site: Service, dashboard: "Page", playwright: Any) -> None:
    await sign_in(dashboard)
    access = await shown_token(dashboard)
    await dashboard.get_by_role("button", name="Sign out").click()
    await playwright.expect(dashboard.get_by_role("button", name=SIGN_IN)).to_be_visible()
    assert await status_of(site, access) == 401
    assert not any(access in address for address in await addresses(dashboard))
    await dashboard.go_back()
    await dashboard.go_forward()
    await playwright.expect(dashboard.get_by_role("button", name=SIGN_IN)).to_be_visible()


async def test_a_session_that_ended_elsewhere_leads_to_the_sign_in(
    site: Service, dashboard: "Page", playwright: Any, window: Window
) -> None:
    window.provoked.append("status of 401")
    await sign_in(dashboard)
    access = await shown_token(dashboard)
    client = await site.browser()
    await client.post("/api/auth/logout-all/", headers={"Authorization": f"Bearer {access}"})
    await dashboard.get_by_role("link", name="Activity").click()
    await playwright.expect(dashboard.get_by_role("main")).to_contain_text("Your session has ended")


async def test_tabs_ask_for_a_new_token_once(site: Service, dashboard: "Page", playwright: Any) -> None:
    """The page's own clock goes on by the four hours that a token lives; the service's does not."""
    await sign_in(dashboard)
    asked: list[str] = []

    def note(request: "Request") -> None:
        if request.url.endswith("/api/auth/session/"):
            asked.append(request.method)

    dashboard.context.on("request", note)
    tabs = [dashboard, *[await another_tab(dashboard, site.settings.dashboard_url) for _ in range(3)]]
    for tab in tabs:
        await tab.get_by_role("heading", name="Hello, Ada").wait_for()
    assert asked == []  # the first tab's token was handed on
    for tab in tabs:
        await tab.clock.install()
        await tab.clock.fast_forward("04:00:00")
    for tab in tabs:
        await tab.evaluate("location.hash = '#/activity'")
    for tab in tabs:
        await playwright.expect(tab.get_by_role("heading", level=1)).to_have_text("Activity")
        await playwright.expect(tab.get_by_role("listitem").first).to_be_visible()
    assert asked == ["POST"]


async def test_a_sign_in_in_another_tab_changes_who_is_shown(site: Service, dashboard: "Page", playwright: Any) -> None:
    await sign_in(dashboard)
    second = await another_tab(dashboard, site.settings.dashboard_url)
    await second.get_by_role("button", name="Sign out").click()
    await playwright.expect(dashboard.get_by_role("button", name=SIGN_IN)).to_be_visible()
    await go_to_notion(second)
    await second.get_by_role("link", name="Farah Haddad").click()
    await second.get_by_role("link", name="Harbour Library").click()
    await second.get_by_role("button", name="Allow access").click()
    await playwright.expect(dashboard.locator("#who")).to_have_text("Farah Haddad")


async def test_a_failed_callback_is_a_page_that_leads_back(site: Service, window: Window, playwright: Any) -> None:
    window.provoked.extend(["status of 403", "status of 401"])
    answer = await window.page.goto(f"{site.settings.notion_redirect_uri}?state=unknown&code=none")
    assert answer
    assert answer.status == 403
    await window.page.get_by_role("link", name="start page").click()
    await playwright.expect(window.page.get_by_role("button", name=SIGN_IN)).to_be_visible()
