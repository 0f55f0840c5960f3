"""How the dashboard looks: axe-core finds nothing serious, and nothing is wider than the window.

With IVGRAPH_TEST_PICTURES=<folder> each view is kept there as a picture; docs/dashboard.png is one of them.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.graph_page import SOFTWARE
from tests.browser.visit import SIGN_IN, add_calls, open_page, sign_in
from tests.support.browser import allow_signed_out, open_window
from tests.support.service import Service, Session

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[1] / "node/node_modules/axe-core/axe.min.js"
SERIOUS = """async () => (await axe.run()).violations
  .filter(({ impact }) => ["serious", "critical"].includes(impact))
  .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(", ")}`)"""
PAGES = ["Overview", "Graph", "Service tokens", "Connections", "Apps I let in", "Sessions", "Activity", "Account"]
TOKENS = [("Research agent", ["graph:search", "graph:read"]), ("Weekly digest", ["notion:read", "notion:write"])]

CALLS_MADE = [
    ("notion.getPageMarkdown", "success", 2),
    ("notion.search", "rate_limited", 1),
    ("notion.queryDataSource", "success", 2),
    ("notion.appendBlockChildren", "started", 1),
    ("notion.getPage", "object_not_found", 1),
    ("notion.getBlockChildren", "success", 60),
]


@pytest.fixture(scope="session")
def axe() -> str:
    if not AXE.exists():
        pytest.fail("axe-core is missing: npm install --prefix tests/node.")
    return AXE.read_text()


class Looks:
    def __init__(self, page: "Page", axe: str, kind: str) -> None:
        self._page = page
        self._axe = axe
        self._kind = kind

    async def check(self, name: str) -> None:
        await self._keep(name)
        await self._page.evaluate(self._axe)
        assert await self._page.evaluate(SERIOUS) == [], name
        assert await self._page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name

    async def _keep(self, name: str) -> None:
        if folder := os.environ.get("IVGRAPH_TEST_PICTURES"):
            await self._page.screenshot(path=Path(folder) / f"{name}-{self._kind}.png", animations="disabled")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
async def test_every_view_is_fit_for_everybody(
    site: Service, chromium: "Browser", axe: str, width: int, height: int, scheme: str
) -> None:
    session = await site.sign_in("ada")
    workspaces = [item["id"] for item in session.me["workspaces"]]
    await site.execute("DELETE FROM service_tokens")
    await site.execute("DELETE FROM audit_events")
    for name, scopes in TOKENS:
        body = {"name": name, "scopes": scopes, "workspace_ids": workspaces, "expires_in_days": 90}
        minted = await session.client.post("/api/tokens/", json=body, headers=session.bearer)
        assert minted.status_code == 201
        await let_work(site, session, minted.json())
    viewport = {"width": width, "height": height}
    async with open_window(
        chromium,
        site.settings.public_url,
        site.sandbox.url,
        viewport=viewport,
        color_scheme=scheme,
        reduced_motion="reduce",
    ) as window:
        allow_signed_out(window, site)
        window.provoked.append(SOFTWARE)
        page, looks = window.page, Looks(window.page, axe, f"{width}-{scheme}")
        await page.goto(site.settings.dashboard_url)
        await page.get_by_role("button", name=SIGN_IN).wait_for()
        await looks.check("sign-in")
        await sign_in(page)
        await looks.check("overview")
        for name in PAGES[1:]:
            await open_page(page, name)
            await looks.check(name.lower().replace(" ", "-"))
        await check_activity(page, looks)
        await check_dialogs(page, looks)


async def let_work(site: Service, session: Session, token: Any) -> None:
    """As if it had called Notion, with more or less luck."""
    tenants = session.workspace_ids * len(CALLS_MADE)
    for hours, (tenant, (operation, outcome, times)) in enumerate(zip(tenants, CALLS_MADE, strict=False), start=1):
        moment = site.clock.now() - timedelta(hours=hours)
        given = {"token": str(token["id"]), "tenant": tenant, "operation": operation, "times": times}
        await add_calls(site, int(session.me["id"]), day=moment.isoformat(), outcome=outcome, **given)
    await site.execute(
        "UPDATE connections SET usage_count = 1204, last_used_at = now() WHERE account_id = :me",
        me=int(session.me["id"]),
    )


async def check_activity(page: "Page", looks: Looks) -> None:
    await open_page(page, "Service tokens")
    await page.get_by_role("link", name="Activity of Research agent").click()
    await page.get_by_role("button", name="Clear filters").wait_for()
    await looks.check("activity-of-token")
    await page.get_by_role("button", name="More").scroll_into_view_if_needed()
    await looks.check("activity-more")
    if not await page.get_by_label("Outcome").is_visible():
        await page.get_by_text("Filters", exact=True).click()
        await looks.check("activity-filters")
    await page.get_by_label("Outcome").select_option("Scope missing")
    await page.get_by_text("Nothing matches", exact=True).wait_for()
    await looks.check("activity-nothing")
    await open_page(page, "Account")


async def check_dialogs(page: "Page", looks: Looks) -> None:
    await page.get_by_role("button", name="Delete my account").click()
    await looks.check("question")
    await page.keyboard.press("Escape")
    await open_page(page, "Service tokens")
    await page.get_by_role("button", name="Create token").click()
    form: Any = page.get_by_role("dialog")
    await looks.check("create")
    await form.get_by_role("button", name="Create token").click()
    await form.get_by_role("alert").wait_for()
    await looks.check("missing")
    await form.get_by_role("textbox", name="Name").fill("Library crawler")
    await form.get_by_role("button", name="Create token").click()
    await page.get_by_role("button", name="I have copied it").wait_for()
    await looks.check("secret")
    await page.get_by_role("button", name="I have copied it").click()
    await page.get_by_role("button", name="Revoke Library crawler").click()
    await page.get_by_role("button", name="Revoke token").click()
    await page.get_by_role("status").get_by_text("is revoked").wait_for()
    await looks.check("told")
