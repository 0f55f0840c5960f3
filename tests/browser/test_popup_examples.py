"""Sign-in in a popup, as docs/spa.md shows it: the page that opens it is on an origin of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.test_spa_examples import Stage, stage, window_of
from tests.support.browser import Window
from tests.support.postgres import TestDatabases

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = pytest.mark.browser

STORED = "JSON.stringify([{...sessionStorage}, {...localStorage}])"
# The page keeps what it opens for itself; this lets a test see what it sees.
SHOW_POPUP = """
const open = window.open.bind(window);
window.open = (...given) => (window.popup = open(...given));
"""
BLOCK = "window.open = () => null;"


@dataclass
class Opener:
    on: Stage
    window: Window
    expect: Any

    @property
    def page(self) -> "Page":
        return self.window.page

    async def says(self, text: str) -> None:
        await self.expect(self.page.locator("#who")).to_have_text(text)

    async def press(self) -> "Page":
        """Answers the popup, once it shows Notion's consent."""
        async with self.page.expect_popup() as opened:
            await self.page.get_by_role("button", name="Sign in with Notion").click()
        popup = await opened.value
        await popup.wait_for_url("**/v1/oauth/authorize?**")
        return popup

    async def sees_closed(self) -> bool:
        closed: bool = await self.page.evaluate("popup.closed")
        return closed


@asynccontextmanager
async def opener(
    chromium: "Browser", playwright: Any, databases: TestDatabases, script: str = SHOW_POPUP
) -> AsyncIterator[Opener]:
    async with stage(databases, "popup-end.html", "code") as on, window_of(chromium, on) as window:
        await window.page.add_init_script(script)
        await window.page.goto(f"{on.listed}/popup.html")
        yield Opener(on, window, playwright.expect)


async def allow(popup: "Page") -> None:
    async with popup.expect_event("close"):
        await popup.get_by_role("button", name="Allow access").click()


async def test_a_page_elsewhere_signs_in_by_popup(
    chromium: "Browser", playwright: Any, migrated: TestDatabases
) -> None:
    async with opener(chromium, playwright, migrated) as at:
        popup = await at.press()
        assert not await at.sees_closed()
        await at.says("Go on in the other window.")
        await allow(popup)
        await at.says("Signed in as Ada Winter.")
        assert await at.sees_closed()
        assert at.page.url == f"{at.on.listed}/popup.html"
        assert await at.page.evaluate(STORED) == "[{},{}]"


async def test_whoever_cancels_at_notion_is_told_and_may_try_again(
    chromium: "Browser", playwright: Any, migrated: TestDatabases
) -> None:
    async with opener(chromium, playwright, migrated) as at:
        popup = await at.press()
        async with popup.expect_event("close"):
            await popup.get_by_role("button", name="Cancel").click()
        await at.says("Sign-in failed: access_denied")
        await allow(await at.press())
        await at.says("Signed in as Ada Winter.")


async def test_whoever_closes_the_popup_is_told_and_may_try_again(
    chromium: "Browser", playwright: Any, migrated: TestDatabases
) -> None:
    async with opener(chromium, playwright, migrated) as at:
        popup = await at.press()
        await popup.close()
        await at.says("The window was closed. Try again.")
        await allow(await at.press())
        await at.says("Signed in as Ada Winter.")


async def test_a_window_that_is_cut_off_on_its_way_signs_in_all_the_same(
    chromium: "Browser", playwright: Any, migrated: TestDatabases
) -> None:
    """As when Notion's own page answers `Cross-Origin-Opener-Policy: same-origin`."""
    async with opener(chromium, playwright, migrated) as at:
        popup = await at.press()
        # A window that the page never opened, and so none that it could see, in the same place.
        cut_off = await at.page.context.new_page()
        await cut_off.goto(popup.url)
        await popup.close()
        await at.says("The window was closed. Try again.")
        await cut_off.get_by_role("button", name="Allow access").click()
        await at.says("Signed in as Ada Winter.")


async def test_a_blocked_popup_is_told(chromium: "Browser", playwright: Any, migrated: TestDatabases) -> None:
    async with opener(chromium, playwright, migrated, BLOCK) as at:
        await at.page.get_by_role("button", name="Sign in with Notion").click()
        await at.says("The browser blocked the window. Allow windows for this page, and try again.")


async def test_nobody_else_can_hand_over_a_code(chromium: "Browser", playwright: Any, migrated: TestDatabases) -> None:
    async with opener(chromium, playwright, migrated) as at:
        urls: list[str] = []
        at.page.context.on("request", lambda request: urls.append(request.url))
        popup = await at.press()
        (state,) = {values[0] for url in urls if (values := parse_qs(urlsplit(url).query).get("client_state"))}
        # A window of another origin, which even knows what the page waits for.
        await popup.evaluate("state => opener.postMessage({ code: 'foreign', state }, '*')", state)
        # A page of this origin, to which somebody was sent with a code that nobody here asked for.
        foreign = await at.page.context.new_page()
        await foreign.goto(f"{at.on.listed}/popup-end.html#code=foreign&state=guessed")
        await at.says("Go on in the other window.")
        await allow(popup)
        await at.says("Signed in as Ada Winter.")
        assert sum(url.endswith("/api/auth/exchange/") for url in urls) == 1
