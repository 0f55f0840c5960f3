"""How the page Graph looks, as test_looks.py has it for the other pages."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.generated_graph import empty
from tests.browser.graph_page import GraphPage
from tests.browser.test_looks import Looks, axe
from tests.graph.sync_kit import lift_rate_limit, synchronize
from tests.support.browser import open_window
from tests.support.service import Service

if TYPE_CHECKING:
    from playwright.async_api import Browser

__all__ = ["axe"]

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
async def test_the_graph_is_fit_for_everybody(
    site: Service,
    chromium: "Browser",
    playwright: Any,
    axe: str,
    monkeypatch: pytest.MonkeyPatch,
    width: int,
    height: int,
    scheme: str,
) -> None:
    lift_rate_limit(monkeypatch)
    session = await site.sign_in("ada")
    await empty(site, session.workspace_ids[0])
    await synchronize(site, session)
    viewport: Any = {"width": width, "height": height}
    look: Any = {"viewport": viewport, "color_scheme": scheme, "reduced_motion": "reduce"}
    async with open_window(chromium, site.settings.public_url, site.sandbox.url, **look) as window:
        graph, looks = GraphPage(window.page, playwright), Looks(window.page, axe, f"{width}-{scheme}")
        await graph.open(site, window)
        await graph.shows_surroundings()
        await graph.choose("handbook", "Handbook")
        await graph.shows_surroundings()
        await graph.stands()
        await looks.check("graph-surroundings")
        await graph.page.get_by_role("searchbox").fill("meeting")
        await graph.page.get_by_label("Search results").get_by_role("button").first.wait_for()
        await looks.check("graph-search")
        await graph.page.keyboard.press("Escape")
        await graph.show_whole()
        await graph.stands()
        await looks.check("graph-whole")
        await graph.page.get_by_role("button", name="Path from here").click()
        await graph.choose("visitor guide", "Visitor guide")
        await graph.chosen.get_by_role("button", name="Show what it says").click()
        await graph.page.get_by_label("What the page says").wait_for()
        await graph.page.get_by_text("Not everything could be read").first.click()
        await graph.stands()
        await looks.check("graph-path")
        await graph.page.get_by_role("button", name="Synchronize now").click()
        await graph.main.get_by_role("progressbar").wait_for()
        await looks.check("graph-synchronization")
        await graph.expect(graph.main).to_contain_text("As it was in Notion", timeout=30_000)
