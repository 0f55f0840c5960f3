"""How the dashboard looks: axe-core finds nothing serious, and nothing is wider than the window.

With IVGRAPH_TEST_PICTURES=<folder> each view is kept there as a picture; docs/dashboard.png is one of them.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.visit import SIGN_IN, enter_room, sign_in
from tests.support.browser import allow_signed_out, open_window
from tests.support.service import Service

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[1] / "node/node_modules/axe-core/axe.min.js"
SERIOUS = """async () => (await axe.run()).violations
  .filter(({ impact }) => ["serious", "critical"].includes(impact))
  .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(", ")}`)"""
ROOMS = ["Overview", "Service tokens", "Connections", "Sessions", "Activity", "Account"]
TOKENS = [("Research agent", ["graph:search", "graph:read"]), ("Weekly digest", ["notion:read", "notion:write"])]


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
    for name, scopes in TOKENS:
        body = {"name": name, "scopes": scopes, "workspace_ids": workspaces, "expires_in_days": 90}
        assert (await session.client.post("/api/tokens/", json=body, headers=session.bearer)).status_code == 201
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
        page, looks = window.page, Looks(window.page, axe, f"{width}-{scheme}")
        await page.goto(site.settings.dashboard_url)
        await page.get_by_role("button", name=SIGN_IN).wait_for()
        await looks.check("door")
        await sign_in(page)
        await looks.check("overview")
        for room in ROOMS[1:]:
            await enter_room(page, room)
            await looks.check(room.lower().replace(" ", "-"))
        await check_dialogs(page, looks)


async def check_dialogs(page: "Page", looks: Looks) -> None:
    await page.get_by_role("button", name="Delete my account").click()
    await looks.check("question")
    await page.keyboard.press("Escape")
    await enter_room(page, "Service tokens")
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
