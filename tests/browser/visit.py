"""The dashboard, as somebody with a browser goes through it."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.support.service import Service

if TYPE_CHECKING:
    from playwright.async_api import Page

SIGN_IN = "Sign in with Notion"
STORED = "JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie])"
NOTHING_STORED = '[{},{},""]'


async def go_to_notion(page: "Page") -> None:
    await page.get_by_role("button", name=SIGN_IN).click()
    await page.wait_for_url("**/v1/oauth/authorize?**")


async def sign_in(page: "Page") -> None:
    """As Ada, who comes first and is chosen already."""
    await go_to_notion(page)
    await page.get_by_role("button", name="Allow access").click()
    await page.get_by_role("heading", name="Hello, Ada").wait_for()


async def open_page(page: "Page", name: str) -> None:
    await page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
    await page.get_by_role("heading", name=name, level=1, exact=True).wait_for()


async def shown_token(page: "Page") -> str:
    """The access token, which the page shows when it is asked to."""
    await open_page(page, "Account")
    await page.get_by_role("button", name="Show my access token").click()
    instance = page.get_by_label("Access token", exact=True).get_by_role("textbox")
    access = await instance.input_value()
    await page.keyboard.press("Escape")
    return access


async def create_token(page: "Page", name: str) -> str:
    """Answers the token's text; the dialog that shows it still stands."""
    await open_page(page, "Service tokens")
    await page.get_by_role("button", name="Create token").click()
    form = page.get_by_role("dialog")
    await form.get_by_role("textbox", name="Name").fill(name)
    await form.get_by_role("button", name="Create token").click()
    return await page.get_by_label("Service token", exact=True).input_value()


CALLS = """
    INSERT INTO audit_events
        (at, event, outcome, account_id, actor_kind, actor_id, tenant_id, operation, address, user_agent)
    SELECT CAST(:day AS timestamptz) + n * interval '1 minute', 'agent:notion:called', :outcome, :account,
        'service_token', :token, :tenant, :operation, '127.0.0.1', 'agent/1.0'
    FROM generate_series(1, :times) AS n
"""


async def add_calls(site: Service, account: int, *, day: str, outcome: str = "success", **given: object) -> None:
    """Calls to Notion, as the gateway writes them down: a minute after another from the beginning of that day on."""
    values = {"token": "0", "tenant": "team-a", "operation": "notion.getPage", "times": 1, **given}
    moment = datetime.fromisoformat(day).replace(tzinfo=UTC)
    await site.execute(CALLS, account=account, day=moment, outcome=outcome, **values)


async def addresses(page: "Page") -> list[str]:
    """All that the browser's history holds, the address bar included."""
    devtools = await page.context.new_cdp_session(page)
    history = await devtools.send("Page.getNavigationHistory")
    return [entry["url"] for entry in history["entries"]] + [page.url]


async def status_of(site: Service, credential: str, path: str = "/api/auth/me/") -> int:
    client = await site.browser()
    return (await client.get(path, headers={"Authorization": f"Bearer {credential}"})).status_code
