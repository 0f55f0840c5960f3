"""The pages on which a person lets an app or a device in, and signs out: fit for everybody, not clicked by mistake."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tests.browser.test_consent import stop_time, takes_no_click_at_first
from tests.browser.test_looks import Looks, axe
from tests.browser.visit import go_to_notion, sign_in
from tests.provider.kit import Client, make_admin, register
from tests.support.browser import allow_signed_out, open_window
from tests.support.service import Service

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

__all__ = ["axe"]
pytestmark = pytest.mark.browser

LOOPBACK = "http://127.0.0.1:7777/callback"
ASKED = "openid profile email offline_access graph:read graph:search notion:read notion:write notion:connect"
WRITING = ("Write in Notion", "Connect Notion workspaces")


@pytest.fixture(autouse=True)
async def _no_apps(site: Service) -> AsyncIterator[None]:
    await site.execute("DELETE FROM oauth_apps")
    yield
    await site.execute("DELETE FROM oauth_apps")


async def make_app(site: Service, *, verified: bool = True, app_type: str = "native", uri: str = LOOPBACK) -> Client:
    client = await register(await make_admin(site), app_type, uri, name="Reading list")
    await site.execute("UPDATE accounts SET role = 'member'")
    if not verified:
        await site.execute("UPDATE oauth_apps SET registration = 'dynamic'")
    return client


async def begin_device(site: Service, client: Client) -> dict[str, Any]:
    browser = await site.browser()
    answer = await browser.post("/oauth2/device", data={"client_id": client.client_id, "scope": ASKED})
    assert answer.status_code == 200, answer.text
    begun: dict[str, Any] = answer.json()
    return begun


def authorize(site: Service, client: Client, **parameters: Any) -> str:
    asked = client.authorize(**{"scope": ASKED, "redirect_uri": LOOPBACK, **parameters})
    return f"{site.settings.public_url}/oauth2/authorize?{urlencode(asked)}"


async def test_a_device_is_let_in_by_whoever_signs_in(site: Service, dashboard: "Page", playwright: Any) -> None:
    expect = playwright.expect
    begun = await begin_device(site, await make_app(site, verified=False))
    await dashboard.goto(begun["verification_uri"])
    await dashboard.get_by_role("button", name="Allow access").click()
    field = dashboard.get_by_label("The code that your device shows")
    await expect(field).to_be_focused()
    await field.fill(begun["user_code"].lower().replace("-", " "))
    await dashboard.get_by_role("button", name="Continue").click()
    main = dashboard.get_by_role("main")
    await expect(main).to_contain_text(begun["user_code"])
    await expect(main).to_contain_text("Nobody here has verified this app")
    for name in WRITING:
        await expect(dashboard.get_by_role("checkbox", name=name)).not_to_be_checked()
    await expect(dashboard.get_by_role("checkbox", name="Read in Notion")).to_be_checked()
    await dashboard.get_by_role("button", name="Allow").click()
    await expect(main).to_contain_text("Go back to it")
    await main.get_by_role("link", name="Apps I let in").click()
    await expect(dashboard.get_by_role("heading", level=1)).to_have_text("Apps I let in")
    row = dashboard.get_by_role("main").get_by_role("listitem")
    await expect(row).to_contain_text("Not verified")
    await expect(row).to_contain_text("Read in Notion")
    await expect(row).not_to_contain_text("Write in Notion")


async def test_a_wrong_code_is_told_beside_the_field(
    site: Service, dashboard: "Page", window: Any, playwright: Any
) -> None:
    window.provoked.append("status of 400")
    await sign_in(dashboard)
    await dashboard.goto(f"{site.settings.public_url}/device?user_code=BCDF-GHJK")
    field = dashboard.get_by_label("The code that your device shows")
    await playwright.expect(field).to_have_accessible_description(
        "No device waits with this code. Look at the device again: a code is good for ten minutes."
    )


async def test_the_device_page_takes_no_click_at_first(site: Service, dashboard: "Page", playwright: Any) -> None:
    begun = await begin_device(site, await make_app(site))
    await sign_in(dashboard)
    await stop_time(dashboard)
    await dashboard.goto(begun["verification_uri_complete"])
    await takes_no_click_at_first(dashboard, playwright, "Allow")
    assert await site.rows("SELECT 1 FROM oauth_grants") == []


async def test_the_question_of_another_browser_takes_no_click_at_first(
    site: Service, dashboard: "Page", playwright: Any
) -> None:
    await open_foreign_consent(site, dashboard, before=stop_time)
    await takes_no_click_at_first(dashboard, playwright, "Connect")


async def test_signing_out_takes_no_click_at_first(site: Service, dashboard: "Page", playwright: Any) -> None:
    await sign_in(dashboard)
    await stop_time(dashboard)
    await dashboard.goto(f"{site.settings.public_url}/oauth2/logout")
    await takes_no_click_at_first(dashboard, playwright, "Sign out")


async def open_foreign_consent(site: Service, page: "Page", before: Any = None) -> None:
    """Comes back from Notion with what another browser has asked for."""
    ada = await site.sign_in("ada")
    asked = await ada.client.get("/oauth/authorize/notion", params={"tenant_id": "foreign"}, headers=ada.bearer)
    await page.goto(asked.json()["authorizationUrl"])
    if before:
        await before(page)
    await page.get_by_role("button", name="Allow access").click()
    await page.get_by_role("button", name="Connect", exact=True).wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
async def test_every_page_is_fit_for_everybody(
    site: Service, chromium: "Browser", playwright: Any, axe: str, width: int, height: int, scheme: str
) -> None:
    async with open_window(
        chromium,
        site.settings.public_url,
        site.sandbox.url,
        viewport={"width": width, "height": height},
        color_scheme=scheme,
    ) as window:
        allow_signed_out(window, site)
        # Of its own page, which this test has opened by hand.
        window.provoked += ["status of 400", "Scripts may close only the windows that were opened by them"]
        page, looks = window.page, Looks(window.page, axe, f"{width}-{scheme}")

        async def look(name: str, button: str = "") -> None:
            """Once its buttons can be clicked: what is switched off may be pale."""
            if button:
                await playwright.expect(page.get_by_role("button", name=button, exact=True)).to_be_enabled()
            await looks.check(name)

        await open_foreign_consent(site, page)
        await look("consent", "Connect")
        await page.goto(site.settings.dashboard_url)
        await go_to_notion(page)
        await page.get_by_role("button", name="Allow access").click()
        await page.get_by_role("heading", name="Hello, Ada").wait_for()
        await check_provider_pages(site, page, look)


async def check_provider_pages(site: Service, page: "Page", look: Any) -> None:
    public_url = site.settings.public_url
    web = await make_app(site, app_type="regular_web", uri="https://app.example.com/callback")
    await page.goto(authorize(site, web, redirect_uri="https://app.example.com/callback"))
    await look("authorize-verified", "Allow")
    await site.execute("DELETE FROM oauth_apps")
    native = await make_app(site, verified=False)
    await page.goto(authorize(site, native))
    await look("authorize-unverified", "Allow")
    await page.goto(f"{public_url}/device")
    await look("device", "Continue")
    await page.goto(f"{public_url}/device?user_code=BCDF-GHJK")
    await look("device-trouble", "Continue")
    begun = await begin_device(site, native)
    await page.goto(begun["verification_uri_complete"])
    await look("device-consent", "Allow")
    await page.get_by_role("button", name="Allow").click()
    await page.get_by_text("Go back to it").wait_for()
    await look("device-decided")
    await page.goto(f"{public_url}/oauth2/authorize?client_id=nobody")
    await look("error")
    await page.goto(f"{public_url}/docs/oauth2-redirect")
    await look("docs-redirect")
    await page.goto(f"{public_url}/oauth2/logout")
    await look("logout", "Sign out")
    await page.get_by_role("button", name="Sign out").click()
    await page.get_by_role("heading", name="Signed out").wait_for()
    await look("logged-out")
