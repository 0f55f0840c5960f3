"""How the dashboard's pages of apps look: axe-core finds nothing serious, and nothing is wider than the window."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.test_looks import Looks, axe
from tests.browser.visit import open_page, sign_in
from tests.provider.kit import get_tokens, make_admin, register
from tests.support.browser import allow_signed_out, open_window
from tests.support.service import Service

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

__all__ = ["axe"]
pytestmark = pytest.mark.browser

LONG = "https://app.example.com/" + "a-long-way-to-the-callback/" * 8
BY_ITSELF = """
    INSERT INTO oauth_apps (client_id, registration, app_type, name, scopes, grant_types, auth_method, created_at)
    VALUES ('https://client.example.com/oauth/metadata/app.json', 'metadata_document', 'native', 'Trip planner',
        ARRAY['openid', 'graph:read'], ARRAY['authorization_code'], 'none', now())
"""


@pytest.fixture(autouse=True)
async def _apps(site: Service) -> AsyncIterator[None]:
    """One that Ada has let in, one that brought its own description, and she is an admin."""
    await site.execute("DELETE FROM oauth_apps")
    ada = await make_admin(site)
    reports = await register(ada, "regular_web", name="Reports")
    await get_tokens(ada, reports, scope="openid profile email offline_access graph:read graph:search notion:read")
    await site.execute(BY_ITSELF)
    yield
    await site.execute("DELETE FROM oauth_apps")
    await site.execute("UPDATE accounts SET role = 'member'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
async def test_every_view_is_fit_for_everybody(
    site: Service, chromium: "Browser", axe: str, width: int, height: int, scheme: str
) -> None:
    async with open_window(
        chromium,
        site.settings.public_url,
        site.sandbox.url,
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
    ) as window:
        allow_signed_out(window, site)
        page, looks = window.page, Looks(window.page, axe, f"{width}-{scheme}")
        await page.goto(site.settings.dashboard_url)
        await sign_in(page)
        await looks.check("overview-with-app")
        await open_page(page, "Apps I let in")
        await looks.check("grants")
        await page.get_by_role("button", name="Withdraw Reports").click()
        await looks.check("withdraw")
        await page.keyboard.press("Escape")
        await open_page(page, "Apps")
        await looks.check("apps")
        await page.get_by_label("Show").select_option("Registered by themselves")
        await page.get_by_text("None of these").wait_for()
        await looks.check("apps-none")
        await check_registering(page, looks)


async def check_registering(page: "Page", looks: Looks) -> None:
    await page.get_by_role("button", name="Register app").click()
    form = page.get_by_role("dialog")
    await looks.check("app-register")
    await form.get_by_role("button", name="Register app").click()
    await form.get_by_role("alert").wait_for()
    await form.get_by_role("textbox", name="Name").fill("Library")
    await form.get_by_label("Callback URI").fill(LONG)
    await form.get_by_role("button", name="Register app").click()
    await page.get_by_role("button", name="I have copied it").wait_for()
    await looks.check("app-secret")
    await page.get_by_role("button", name="I have copied it").click()
    await page.get_by_role("heading", name="Library").wait_for()
    await looks.check("app")
    for button, name in (("Add URI", "app-uri"), ("New secret", "app-new-secret"), ("Change", "app-change")):
        await page.get_by_role("button", name=button).click()
        await looks.check(name)
        await page.keyboard.press("Escape")
    await page.get_by_role("heading", name="Secrets").scroll_into_view_if_needed()
    await looks.check("app-more")
