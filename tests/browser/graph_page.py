"""The dashboard's page Graph, as somebody uses it; and what its picture has drawn."""

import json
from typing import TYPE_CHECKING, Any

from tests.browser.visit import sign_in
from tests.support.browser import Window, allow_signed_out
from tests.support.service import Service

if TYPE_CHECKING:
    from playwright.async_api import Page

# Beside WebGL's own functions, what is drawn: `whole` counts frames begun anew on the page's own canvas.
WATCH = """
window.drawn = { whole: 0, vertices: 0, scale: 0, x: 0, y: 0 };
window.longTasks = [];
new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration)))
  .observe({ type: "longtask" });
{
  const own = WebGL2RenderingContext.prototype;
  const { drawArrays, clear, uniform1f, uniform2f, getUniformLocation, bindFramebuffer } = own;
  const names = new WeakMap();
  let onPage = true;
  Object.assign(own, {
    bindFramebuffer(target, buffer) { onPage = buffer === null; bindFramebuffer.call(this, target, buffer); },
    clear(bits) { if (onPage) drawn.whole += 1; clear.call(this, bits); },
    drawArrays(mode, first, count) { if (onPage) drawn.vertices += count; drawArrays.call(this, mode, first, count); },
    getUniformLocation(program, name) {
      const place = getUniformLocation.call(this, program, name);
      if (place) names.set(place, name);
      return place;
    },
    uniform1f(place, value) {
      if (onPage && names.get(place) === "scale") drawn.scale = value;
      uniform1f.call(this, place, value);
    },
    uniform2f(place, x, y) {
      if (onPage && names.get(place) === "centre") Object.assign(drawn, { x, y });
      uniform2f.call(this, place, x, y);
    },
  });
}
"""
_FREE_FRAMES = """async (frames) => {
  for (let frame = 0; frame < frames; frame += 1) await new Promise(requestAnimationFrame);
  return { ...drawn };
}"""
# Chromium writes of its own reading when it has no graphics card to show the picture with.
SOFTWARE = "GPU stall due to ReadPixels"


class GraphPage:
    def __init__(self, page: "Page", playwright: Any) -> None:
        self.page = page
        self.main = page.get_by_role("main")
        self.canvas = page.get_by_label("Picture of the graph")
        self.chosen = page.get_by_label("The chosen page")
        self.expect = playwright.expect

    async def open(self, site: Service, window: Window, address: str = "#/graph") -> None:
        """Signs in, and goes there."""
        allow_signed_out(window, site)
        window.provoked.append(SOFTWARE)
        await self.page.context.add_init_script(WATCH)
        await self.page.goto(site.settings.dashboard_url)
        await sign_in(self.page)
        await self.page.goto(f"{site.settings.dashboard_url}{address}")
        await self.page.get_by_role("heading", name="Graph", level=1).wait_for()

    async def shows_surroundings(self) -> None:
        await self.main.get_by_text("What surrounds the chosen page").wait_for()

    async def show_whole(self) -> None:
        await self.page.get_by_role("button", name="Whole graph").click()
        await self.main.get_by_text("The whole graph:").wait_for()

    async def choose(self, words: str, title: str) -> None:
        """By the search."""
        await self.page.get_by_role("searchbox", name="Search titles").fill(words)
        await self.page.get_by_label("Search results").get_by_role("button", name=title).first.click()
        await self.expect(self.chosen.get_by_role("heading", level=2).last).to_contain_text(title)

    async def centre(self) -> tuple[float, float]:
        box = await self.canvas.bounding_box()
        assert box
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    async def drawn(self, frames: int = 2) -> Any:
        """What has been drawn once so many more frames have gone by."""
        return await self.page.evaluate(_FREE_FRAMES, frames)

    async def stands(self) -> Any:
        """Once the picture neither moves nor grows."""
        before, now = None, await self.drawn(12)
        while json.dumps(before) != json.dumps(now):
            before, now = now, await self.drawn(12)
        return now
