"""The page Graph, with the sandbox's workspace: from the first synchronization to a path between two pages."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.generated_graph import empty
from tests.browser.graph_page import GraphPage
from tests.browser.visit import open_page
from tests.graph.sync_kit import lift_rate_limit, synchronize
from tests.support.browser import Window, open_window
from tests.support.service import Service, Session

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        lift_rate_limit(patch)
        yield


@pytest.fixture
async def ada(site: Service) -> Session:
    """Somebody whose workspace is read."""
    session = await site.sign_in("ada")
    await empty(site, session.workspace_ids[0])
    assert (await synchronize(site, session))["status"] == "done"
    return session


@pytest.fixture
def graph(window: Window, playwright: Any) -> GraphPage:
    return GraphPage(window.page, playwright)


async def test_the_first_synchronization_is_started_here_and_followed_to_its_end(
    site: Service, window: Window, graph: GraphPage
) -> None:
    await site.execute("DELETE FROM graphs")
    await graph.open(site, window)
    await graph.expect(graph.main).to_contain_text("has not been read whole yet")
    await graph.expect(graph.main).to_contain_text("Nothing to show yet")
    await graph.page.get_by_role("button", name="Start the first synchronization").click()
    await graph.main.get_by_role("progressbar").wait_for()
    await graph.expect(graph.main).to_contain_text("As it was in Notion", timeout=30_000)
    await graph.shows_surroundings()
    (nodes,) = await site.rows("SELECT count(*) AS count FROM graph_nodes WHERE NOT hidden")
    await graph.show_whole()
    await graph.expect(graph.main).to_contain_text(f"The whole graph: {nodes['count']} pages")


async def test_a_run_is_stopped_here(site: Service, window: Window, graph: GraphPage) -> None:
    await site.execute("DELETE FROM graphs")
    await graph.open(site, window)
    await graph.page.get_by_role("button", name="Start the first synchronization").click()
    await graph.page.get_by_role("button", name="Stop").click()
    await graph.expect(graph.main).to_contain_text("Stopped", timeout=30_000)


@pytest.mark.usefixtures("ada")
async def test_a_run_that_fails_says_what_to_do(site: Service, window: Window, graph: GraphPage) -> None:
    await graph.open(site, window)
    await graph.shows_surroundings()
    site.sandbox.instance.state.revoke_authorization()
    await graph.page.get_by_role("button", name="Synchronize now").click()
    await graph.expect(graph.main).to_contain_text("Reconnect it on the page Connections", timeout=30_000)


@pytest.mark.usefixtures("ada")
async def test_what_a_later_run_has_read_is_shown_when_it_is_asked_for(
    site: Service, window: Window, graph: GraphPage
) -> None:
    await graph.open(site, window)
    await graph.choose("visitor guide", "Visitor guide")
    await graph.page.get_by_role("button", name="Synchronize now").click()
    await graph.page.get_by_role("button", name="Show what has changed").click()
    await graph.shows_surroundings()
    await graph.expect(graph.page.get_by_role("button", name="Show what has changed")).to_have_count(0)
    await graph.expect(graph.chosen.get_by_role("heading", level=2)).to_contain_text("Visitor guide")


@pytest.mark.usefixtures("ada")
async def test_neighbours_lead_from_page_to_page_and_the_address_keeps_where_one_is(
    site: Service, window: Window, graph: GraphPage
) -> None:
    await graph.open(site, window)
    await graph.choose("meeting notes", "Meeting notes")
    await graph.shows_surroundings()
    inside = graph.chosen.get_by_role("group").filter(has_text="Inside it")
    neighbor = inside.get_by_role("button", name="Meeting in November")
    await neighbor.focus()
    await graph.page.keyboard.press("Enter")
    heading = graph.chosen.get_by_role("heading", level=2)
    await graph.expect(heading).to_contain_text("Meeting in November")
    await graph.expect(heading).to_be_focused()
    await graph.expect(graph.chosen).to_contain_text("Lighthouse Studio")
    await graph.expect(graph.chosen.get_by_role("link", name="Open in Notion")).to_have_attribute(
        "href", re.compile("^https://")
    )
    await graph.show_whole()
    await graph.page.get_by_role("checkbox", name="Mention").uncheck()
    address = graph.page.url
    await graph.page.reload()
    await graph.main.get_by_text("The whole graph:").wait_for()
    await graph.expect(heading).to_contain_text("Meeting in November")
    await graph.expect(graph.page.get_by_role("checkbox", name="Mention")).not_to_be_checked()
    assert graph.page.url == address


async def test_a_page_says_what_stands_on_it_when_it_is_asked(
    site: Service, window: Window, graph: GraphPage, ada: Session
) -> None:
    await graph.open(site, window)
    await graph.choose("visitor guide", "Visitor guide")
    await graph.chosen.get_by_role("button", name="Show what it says").click()
    rows = await site.rows("SELECT notion_id FROM graph_nodes WHERE title = 'Visitor guide' AND type = 'page'")
    path = f"/api/v1/graph/nodes/{rows[0]['notion_id']}/content?max_chars=6000"
    content = (await ada.client.get(path, headers=ada.bearer)).json()
    assert content["markdown"]
    await graph.expect(graph.page.get_by_label("What the page says")).to_have_text(content["markdown"])


async def test_the_path_between_two_pages_is_drawn_and_listed(
    site: Service, window: Window, graph: GraphPage, ada: Session
) -> None:
    await graph.open(site, window)
    await graph.choose("meeting in november", "Meeting in November")
    await graph.chosen.get_by_role("button", name="Path from here").click()
    await graph.expect(graph.chosen).to_contain_text("Choose the other end")
    await graph.choose("visitor guide", "Visitor guide")
    ids = {}
    for title in ("Meeting in November", "Visitor guide"):
        rows = await site.rows("SELECT notion_id FROM graph_nodes WHERE title = :title AND type = 'page'", title=title)
        ids[title] = str(rows[0]["notion_id"])
    query = {"from": ids["Meeting in November"], "to": ids["Visitor guide"]}
    found = (await ada.client.get("/api/v1/graph/paths", params=query, headers=ada.bearer)).json()["paths"]
    steps = graph.chosen.get_by_role("list").first.get_by_role("button")
    await graph.expect(steps).to_have_text([node["title"] for node in found[0]["nodes"]])
    assert f"from={ids['Meeting in November']}" in graph.page.url
    await graph.page.get_by_role("button", name="End the path").click()
    await graph.expect(steps).not_to_have_count(len(found[0]["nodes"]))
    assert "from=" not in graph.page.url


@pytest.mark.usefixtures("ada")
async def test_a_page_that_is_gone_is_told(site: Service, window: Window, graph: GraphPage) -> None:
    window.provoked.append("status of 404")
    await graph.open(site, window, f"#/graph?node={'0' * 32}")
    await graph.expect(graph.page.get_by_role("status").filter(has_text="not in the graph any more")).to_be_visible()
    await graph.choose("visitor guide", "Visitor guide")


async def test_somebody_without_a_workspace_is_told_to_connect_one(
    site: Service, chromium: "Browser", playwright: Any
) -> None:
    async with open_window(chromium, site.settings.public_url, site.sandbox.url) as window:
        graph = GraphPage(window.page, playwright)
        await window.page.context.route("**/api/auth/me/", without_workspaces)
        await graph.open(site, window)
        await graph.expect(graph.main).to_contain_text("Nothing is connected")
        await graph.page.get_by_role("button", name="Connections").click()
        await open_page(graph.page, "Connections")


async def without_workspaces(route: Any) -> None:
    answer = await route.fetch()
    await route.fulfill(response=answer, json={**await answer.json(), "workspaces": []})
