"""Where a refusal sends a person: the form for a token has the missing scopes ticked, and errors have links."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.visit import create_token, open_page, sign_in
from tests.support.browser import Window
from tests.support.service import Service

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser


async def test_the_link_of_a_missing_scope_ticks_what_the_agent_needs(
    site: Service, dashboard: "Page", playwright: Any, window: Window
) -> None:
    await sign_in(dashboard)
    secret = await create_token(dashboard, "Narrow")
    await dashboard.get_by_role("button", name="I have copied it").click()
    agent = await site.browser()
    answer = await agent.post(
        "/notion/v1/pages", json={}, headers={"Authorization": f"Bearer {secret}", "X-Ivgraph-Timeout": "5"}
    )
    url = answer.json()["message"].rpartition(" ")[2]
    assert "#/tokens?scopes=" in url
    await dashboard.goto(url)
    await dashboard.get_by_role("button", name="Create token").first.click()
    wanted = url.partition("scopes=")[2].split(",")
    assert "notion:write" in wanted
    for scope in ("graph:search", "graph:read", "graph:neighbors", "notion:read", "notion:write", "notion:connect"):
        box = dashboard.locator(f'input[name="scopes"][value="{scope}"]')
        await playwright.expect(box).to_be_checked(checked=scope in wanted)
    window.assert_quiet()


async def test_an_error_has_the_link_that_helps(dashboard: "Page", playwright: Any, window: Window) -> None:
    await sign_in(dashboard)
    window.provoked.append("status of 409")
    told = {
        "code": "oauth_expired",
        "detail": "Notion authorization has expired.",
        "next": [
            {"who": "agent", "do": "Give your person the link."},
            {"who": "person", "do": "Open the link and connect the workspace again.", "url": "https://a.example/x"},
        ],
    }
    await dashboard.route("**/api/tokens/", lambda route: route.fulfill(status=409, json=told))
    await open_page(dashboard, "Service tokens")
    link = dashboard.get_by_role("link", name="connect the workspace again")
    await playwright.expect(link).to_have_attribute("href", "https://a.example/x")
