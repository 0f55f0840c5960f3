"""The pages that ask a person, in Chromium: no click meant for something else, no frame, nobody else's form."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tests.browser.visit import go_to_notion, sign_in
from tests.provider.kit import Client, make_admin, register
from tests.support.browser import allow_signed_out, open_window
from tests.support.service import START, Service

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

HALF_A_SECOND = 500


async def make_app(site: Service, *uris: str, app_type: str = "regular_web") -> Client:
    client = await register(await make_admin(site), app_type, *uris)
    # Whoever signs in by the page is nobody special.
    await site.execute("UPDATE accounts SET role = 'member'")
    return client


def link(site: Service, client: Client, **parameters: Any) -> str:
    return f"{site.settings.public_url}/oauth2/authorize?{urlencode(client.authorize(**parameters))}"


async def sign_in_as(page: "Page", name: str) -> None:
    await go_to_notion(page)
    await page.get_by_role("link", name=name).click()
    await page.get_by_role("button", name="Allow access").click()
    await page.get_by_role("heading", name=f"Hello, {name}").wait_for()


async def click_there(page: "Page", button: "Locator") -> None:
    """With the mouse, whether the button takes it or not."""
    box = await button.bounding_box()
    assert box
    await page.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


async def takes_no_click_at_first(page: "Page", playwright: Any, name: str) -> None:
    """Its time stands still, and goes on by the test."""
    button, address = page.get_by_role("button", name=name, exact=True), page.url
    await playwright.expect(button).to_be_disabled()
    await click_there(page, button)
    await page.clock.run_for(HALF_A_SECOND - 1)
    await playwright.expect(button).to_be_disabled()
    await click_there(page, button)
    assert page.url == address
    await page.clock.run_for(1)
    await playwright.expect(button).to_be_enabled()
    # It was below another window.
    await page.evaluate("dispatchEvent(new Event('focus'))")
    await playwright.expect(button).to_be_disabled()
    await click_there(page, button)
    await page.evaluate("document.querySelector('form').requestSubmit()")
    assert page.url == address
    await page.clock.run_for(HALF_A_SECOND)
    await playwright.expect(button).to_be_enabled()


async def stop_time(page: "Page") -> None:
    await page.clock.install()
    await page.clock.pause_at(await page.evaluate("Date.now()") + 1000)


async def test_the_consent_page_takes_no_click_at_first(site: Service, dashboard: "Page", playwright: Any) -> None:
    client = await make_app(site)
    await sign_in(dashboard)
    await stop_time(dashboard)
    await dashboard.goto(link(site, client))
    await takes_no_click_at_first(dashboard, playwright, "Allow")
    assert await site.rows("SELECT 1 FROM oauth_grants WHERE app_id = :id", id=client.id) == []


async def test_the_connect_page_takes_no_click_at_first(site: Service, dashboard: "Page", playwright: Any) -> None:
    ada = await site.sign_in("ada")
    asked = await ada.client.get("/oauth/authorize/notion", params={"tenant_id": "jacked"}, headers=ada.bearer)
    await stop_time(dashboard)
    await dashboard.goto(asked.json()["connectUrl"])
    await takes_no_click_at_first(dashboard, playwright, "Continue to Notion")


@pytest.mark.parametrize("uri", ["http://127.0.0.1:{port}/callback", "http://[::1]:{port}/callback"])
async def test_a_form_leads_back_to_the_app(site: Service, dashboard: "Page", window: Any, uri: str) -> None:
    """The policy of the page lets the redirect pass, of which browsers hold the form responsible."""
    uri = uri.format(port=9)
    client = await make_app(site, uri, app_type="native")
    await sign_in(dashboard)
    await dashboard.goto(link(site, client, redirect_uri=uri))
    async with dashboard.expect_request(lambda request: request.url.startswith(uri)) as led:
        await dashboard.get_by_role("button", name="Allow").click()
    assert "code=" in (await led.value).url
    # Nobody listens there.
    window.elsewhere.clear()
    window.provoked.append("Failed to load resource")


async def test_no_page_frames_it(site: Service, dashboard: "Page", window: Any) -> None:
    client = await make_app(site)
    await sign_in(dashboard)
    window.provoked.append("frame-ancestors")
    window.provoked.append("X-Frame-Options")
    window.provoked.append("chrome-error://")
    window.provoked.append(site.settings.public_url)
    await dashboard.goto(f"{site.sandbox.url}/")
    address = link(site, client)
    await dashboard.evaluate(
        "address => new Promise(done => { const frame = document.createElement('iframe');"
        " frame.onload = done; frame.src = address; document.body.append(frame); })",
        address,
    )
    frame = dashboard.frames[-1]
    assert frame.url.startswith("chrome-error:")
    assert await frame.get_by_role("button").count() == 0


async def test_a_form_of_another_person_is_refused(
    site: Service, dashboard: "Page", chromium: "Browser", playwright: Any
) -> None:
    client = await make_app(site)
    await sign_in(dashboard)
    await dashboard.goto(link(site, client))
    token = await dashboard.locator("input[name=csrf]").get_attribute("value")
    async with open_window(chromium, site.settings.public_url, site.sandbox.url) as other:
        other.provoked.append("status of 40")
        await other.page.goto(site.settings.dashboard_url)
        await sign_in_as(other.page, "Bruno")
        # He is brought to Ada's question, and to his own with Ada's form.
        await other.page.goto(dashboard.url)
        await playwright.expect(other.page.get_by_role("heading")).to_have_text("Bad Request")
        await other.page.goto(link(site, client))
        await other.page.evaluate("token => { document.querySelector('input[name=csrf]').value = token; }", token)
        await other.page.get_by_role("button", name="Allow").click()
        await playwright.expect(other.page.get_by_role("heading")).to_have_text("That did not work")
    assert await site.rows("SELECT 1 FROM oauth_grants WHERE app_id = :id", id=client.id) == []


async def grants_of(site: Service, client: Client) -> int:
    return len(await site.rows("SELECT 1 FROM oauth_grants WHERE app_id = :id", id=client.id))


async def codes_of(site: Service, client: Client) -> int:
    return len(
        await site.rows(
            "SELECT 1 FROM oauth_codes JOIN oauth_grants ON oauth_grants.id = grant_id WHERE app_id = :id",
            id=client.id,
        )
    )


async def test_a_page_that_another_person_has_signed_in_over_allows_nothing(
    site: Service, dashboard: "Page", window: Any, playwright: Any
) -> None:
    """Ada's question is open in one tab; in another of the same browser Bruno signs in."""
    client = await make_app(site)
    await sign_in(dashboard)
    await dashboard.goto(link(site, client))
    other = await dashboard.context.new_page()
    await other.goto(f"{site.settings.public_url}{START}")
    await other.get_by_role("link", name="Bruno").click()
    await other.get_by_role("button", name="Allow access").click()
    await other.get_by_role("heading", name="Hello, Bruno").wait_for()
    window.provoked.append("status of 403")
    await dashboard.bring_to_front()
    await dashboard.get_by_role("button", name="Allow").click()
    await playwright.expect(dashboard.get_by_role("heading")).to_have_text("That did not work")
    assert await grants_of(site, client) == 0


async def test_the_same_link_in_another_browser_asks_nobody(
    site: Service, dashboard: "Page", chromium: "Browser", playwright: Any
) -> None:
    """Not even the same person: a question is for the browser in which the app has asked it."""
    client = await make_app(site)
    await sign_in(dashboard)
    await dashboard.goto(link(site, client))
    async with open_window(chromium, site.settings.public_url, site.sandbox.url) as other:
        allow_signed_out(other, site)
        other.provoked.append("status of 400")
        await other.page.goto(site.settings.dashboard_url)
        await sign_in(other.page)
        await other.page.goto(dashboard.url)
        await playwright.expect(other.page.get_by_role("heading")).to_have_text("Bad Request")
        assert await other.page.get_by_role("button", name="Allow").count() == 0
    assert await grants_of(site, client) == 0


FORGED = """
([action, fields]) => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = action;
  for (const [name, value] of fields) {
    const field = document.createElement("input");
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}
"""


async def open_elsewhere(site: Service, page: "Page") -> None:
    """Somebody's page, without a policy of its own: on the same host, at another port."""
    address = f"{site.sandbox.url}/somebody"
    await page.route(address, lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    await page.goto(address)


@pytest.mark.parametrize("token", [None, "", "0" * 64])
async def test_a_page_of_another_origin_cannot_answer_for_the_person(
    site: Service, dashboard: "Page", window: Any, playwright: Any, token: str | None
) -> None:
    """On the same host, so that the browser sends the cookies along; it cannot read the form's token."""
    client = await make_app(site)
    await sign_in(dashboard)
    await dashboard.goto(link(site, client))
    question = dashboard.url
    window.provoked.append("status of 403")
    await open_elsewhere(site, dashboard)
    forged = [["decision", "allow"], ["scope", "graph:read"], *([] if token is None else [["csrf", token]])]
    async with dashboard.expect_navigation():
        await dashboard.evaluate(FORGED, [question, forged])
    await playwright.expect(dashboard.get_by_role("heading")).to_have_text("That did not work")
    assert await grants_of(site, client) == 0
    # Nor is the question read from there.
    window.provoked.append("CORS")
    window.provoked.append("Failed to load resource")
    await open_elsewhere(site, dashboard)
    read = "url => fetch(url, { credentials: 'include' }).then(answer => answer.text(), () => 'kept from me')"
    assert await dashboard.evaluate(read, question) == "kept from me"


ATTEMPTS = """
() => [
  () => mine.document.forms[0].submit(),
  () => mine.document.querySelector("button").click(),
  () => mine.eval("document.forms[0].submit()"),
  () => mine.location.href,
].map((attempt) => { try { attempt(); return "done"; } catch (error) { return error.name; } })
"""


async def test_a_window_of_another_origin_cannot_press_the_button(
    site: Service, dashboard: "Page", window: Any
) -> None:
    """That has opened the question itself, and knows where it is."""
    client = await make_app(site)
    await sign_in(dashboard)
    await dashboard.goto(f"{site.sandbox.url}/")
    async with dashboard.expect_popup() as opened:
        await dashboard.evaluate("address => { window.mine = open(address); }", link(site, client))
    popup = await opened.value
    await popup.get_by_role("button", name="Allow").wait_for()
    assert await dashboard.evaluate(ATTEMPTS) == ["SecurityError"] * 4
    assert await grants_of(site, client) == 0
    window.provoked.append("Failed to load resource")


async def test_going_back_and_allowing_again_gives_nothing_more(
    site: Service, dashboard: "Page", window: Any, playwright: Any
) -> None:
    uri = "http://127.0.0.1:9/callback"
    client = await make_app(site, uri, app_type="native")
    # The app's page, once it is there: from a navigation that fails nobody goes back while it does.
    await dashboard.route(f"{uri}?**", lambda route: route.fulfill(body="<h1>The app</h1>", content_type="text/html"))
    await sign_in(dashboard)
    await dashboard.goto(link(site, client, redirect_uri=uri))
    await dashboard.get_by_role("button", name="Allow").click()
    await playwright.expect(dashboard.get_by_role("heading")).to_have_text("The app")
    assert "code=" in dashboard.url
    assert await codes_of(site, client) == 1
    window.elsewhere.clear()
    window.provoked.append("status of 400")
    await dashboard.go_back()
    if await dashboard.get_by_role("button", name="Allow").count():
        await dashboard.get_by_role("button", name="Allow").click()
    await playwright.expect(dashboard.get_by_role("heading")).to_have_text("Bad Request")
    assert await codes_of(site, client) == 1
    assert window.elsewhere == []


async def test_a_hurried_double_click_allows_once(site: Service, dashboard: "Page", window: Any) -> None:
    """Once the button takes clicks, two of them are one answer."""
    uri = "http://127.0.0.1:9/callback"
    client = await make_app(site, uri, app_type="native")
    await sign_in(dashboard)
    await dashboard.goto(link(site, client, redirect_uri=uri))
    async with dashboard.expect_request(lambda request: request.url.startswith(uri)) as led:
        await dashboard.get_by_role("button", name="Allow").dblclick()
    assert "code=" in (await led.value).url
    assert (await codes_of(site, client), await grants_of(site, client)) == (1, 1)
    window.elsewhere.clear()
    window.provoked.append("Failed to load resource")
    window.provoked.append("status of 400")
