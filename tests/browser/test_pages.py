"""The dashboard's pages: what somebody who is signed in sees and does there."""

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.visit import SIGN_IN, create_token, open_page, shown_token, sign_in, status_of
from tests.support.browser import Window
from tests.support.service import Service

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser

MARKUP = '<img src="/nowhere" onerror="document.title=1">'


@pytest.fixture
async def inside(dashboard: "Page") -> "Page":
    await sign_in(dashboard)
    return dashboard


async def test_a_token_gets_what_was_ticked(site: Service, inside: "Page", playwright: Any) -> None:
    await open_page(inside, "Service tokens")
    await inside.get_by_role("button", name="Create token").click()
    form = inside.get_by_role("dialog")
    await form.get_by_role("textbox", name="Name").fill("Digest")
    await form.get_by_role("checkbox", name="Follow links").uncheck()
    await playwright.expect(form.get_by_role("checkbox", name="Every workspace")).to_be_disabled()
    await form.get_by_role("checkbox", name="Manage connections notion:connect").check()
    await form.get_by_role("checkbox", name="Every workspace").check()
    await form.get_by_label("Expires after").select_option("Another number of days")
    await form.get_by_role("spinbutton", name="Days").fill("12")
    await form.get_by_role("button", name="Create token").click()
    token = await inside.get_by_label("Service token", exact=True).input_value()
    await inside.get_by_role("button", name="I have copied it").click()
    row = inside.get_by_role("listitem").filter(has_text="Digest")
    await playwright.expect(row).to_contain_text("every workspace")
    await playwright.expect(row).to_contain_text("Never used")
    client = await site.browser()
    bearer = {"Authorization": f"Bearer {token}"}
    worth = (await client.get("/api/auth/validate/", headers=bearer)).json()
    assert worth["scopes"] == ["graph:search", "graph:read", "notion:read", "notion:connect"]
    rows = await site.rows("SELECT expires_at - created_at AS lived FROM service_tokens WHERE name = 'Digest'")
    assert [row["lived"].days for row in rows] == [12]


async def test_a_token_with_nothing_but_a_name_reads_at_once(site: Service, inside: "Page") -> None:
    token = await create_token(inside, "Reader")
    client = await site.browser()
    for path in ("/api/v1/graph/search?q=handbook", "/api/v1/graph/changes", "/notion/v1/users/me"):
        answer = await client.get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text


async def test_a_form_says_what_is_missing_and_keeps_what_was_typed(inside: "Page", playwright: Any) -> None:
    await open_page(inside, "Service tokens")
    await inside.get_by_role("button", name="Create token").click()
    form = inside.get_by_role("dialog")
    create = form.get_by_role("button", name="Create token")
    await create.click()
    await playwright.expect(form.get_by_role("alert")).to_contain_text("name")
    await form.get_by_role("textbox", name="Name").fill("Kept")
    for name in ("Search the graph", "Read the graph", "Follow links", "Read in Notion"):
        await form.get_by_role("checkbox", name=name).uncheck()
    await create.click()
    await playwright.expect(form.get_by_role("alert")).to_contain_text("at least one thing")
    await form.get_by_role("checkbox", name="Search the graph").check()
    await form.get_by_role("checkbox", name="Lighthouse Studio").uncheck()
    await create.click()
    await playwright.expect(form.get_by_role("alert")).to_contain_text("at least one workspace")
    await form.get_by_label("Expires after").select_option("Another number of days")
    await form.get_by_role("spinbutton", name="Days").fill("3651")
    await form.get_by_role("checkbox", name="Lighthouse Studio").check()
    await create.click()
    await playwright.expect(form.get_by_role("alert")).to_contain_text("from 1 to 3650")
    await playwright.expect(form.get_by_role("textbox", name="Name")).to_have_value("Kept")


async def test_the_eleventh_token_is_refused_in_the_form(
    site: Service, inside: "Page", playwright: Any, window: Window
) -> None:
    window.provoked.append("status of 409")
    access = await shown_token(inside)
    client = await site.browser()
    bearer = {"Authorization": f"Bearer {access}"}
    workspaces = [item["id"] for item in (await client.get("/api/auth/me/", headers=bearer)).json()["workspaces"]]
    body = {"name": "One of ten", "scopes": ["graph:read"], "workspace_ids": workspaces}
    for _ in range(10):
        assert (await client.post("/api/tokens/", json=body, headers=bearer)).status_code == 201
    await open_page(inside, "Service tokens")
    await inside.get_by_role("button", name="Create token").click()
    form = inside.get_by_role("dialog")
    await form.get_by_role("textbox", name="Name").fill("The eleventh")
    await form.get_by_role("button", name="Create token").click()
    await playwright.expect(form.get_by_role("alert")).to_contain_text("Revoke one first")


async def test_names_are_text_and_can_be_changed(inside: "Page", playwright: Any) -> None:
    await create_token(inside, MARKUP)
    await inside.get_by_role("button", name="I have copied it").click()
    await playwright.expect(inside.get_by_role("listitem").first).to_contain_text(MARKUP)
    await inside.get_by_role("button", name="Rename").first.click()
    await inside.get_by_role("textbox", name="Name").fill("Plain")
    await inside.keyboard.press("Enter")
    await playwright.expect(inside.get_by_role("listitem").first).to_contain_text("Plain")
    await playwright.expect(inside).to_have_title("Service tokens · IVGraph")


async def test_the_token_is_copied_by_its_button(inside: "Page", playwright: Any) -> None:
    await inside.context.grant_permissions(["clipboard-read", "clipboard-write"])
    token = await create_token(inside, "Copied")
    await inside.keyboard.press("Escape")  # does not lose what is shown only once
    await inside.get_by_role("button", name="Copy token").click()
    await playwright.expect(inside.get_by_role("button", name="Copied", exact=True)).to_be_visible()
    assert await inside.evaluate("navigator.clipboard.readText()") == token
    await inside.get_by_role("button", name="I have copied it").click()


async def test_another_session_is_ended(site: Service, inside: "Page", playwright: Any) -> None:
    other = await site.sign_in("ada")
    await open_page(inside, "Sessions")
    rows = inside.get_by_role("main").get_by_role("listitem")
    await playwright.expect(rows.first).to_contain_text("This one")
    before = await rows.count()
    await rows.filter(has_text="python-httpx").first.get_by_role("button", name=re.compile("^End")).click()
    await inside.get_by_role("button", name="End session").click()
    await playwright.expect(rows).to_have_count(before - 1)
    assert await status_of(site, other.access) == 401


async def test_signing_out_everywhere_ends_this_session_too(site: Service, inside: "Page", playwright: Any) -> None:
    other = await site.sign_in("ada")
    await open_page(inside, "Sessions")
    await inside.get_by_role("button", name="Sign out everywhere").click()
    await inside.get_by_role("dialog").get_by_role("button", name="Sign out everywhere").click()
    await playwright.expect(inside.get_by_role("button", name=SIGN_IN)).to_be_visible()
    assert await status_of(site, other.access) == 401


async def test_a_service_out_of_reach_is_told_and_tried_again(inside: "Page", playwright: Any, window: Window) -> None:
    window.provoked.append("net::ERR_FAILED")
    await inside.route("**/api/audit/**", lambda route: route.abort())
    await inside.get_by_role("link", name="Activity", exact=True).click()
    await playwright.expect(inside.get_by_role("main")).to_contain_text("did not answer")
    await inside.unroute("**/api/audit/**")
    await inside.get_by_role("button", name="Try again").click()
    await playwright.expect(inside.get_by_role("listitem").first).to_be_visible()


async def test_the_account_is_deleted_after_a_question(site: Service, dashboard: "Page", playwright: Any) -> None:
    await dashboard.get_by_role("button", name=SIGN_IN).click()
    await dashboard.get_by_role("link", name="Farah Haddad").click()
    await dashboard.get_by_role("link", name="Harbour Library").click()
    await dashboard.get_by_role("button", name="Allow access").click()
    await playwright.expect(dashboard.locator("#who")).to_have_text("Farah Haddad")
    access = await shown_token(dashboard)
    await dashboard.get_by_role("button", name="Delete my account").click()
    await dashboard.get_by_role("button", name="Cancel").click()
    assert await status_of(site, access) == 200
    await dashboard.get_by_role("button", name="Delete my account").click()
    await dashboard.get_by_role("dialog").get_by_role("button", name="Delete my account").click()
    await playwright.expect(dashboard.get_by_role("main")).to_contain_text("Your account is deleted")
    assert await status_of(site, access) == 401
    assert await site.rows("SELECT id FROM accounts WHERE name = 'Farah Haddad'") == []


async def test_an_old_sign_in_is_asked_for_again_before_deleting(
    site: Service, inside: "Page", playwright: Any
) -> None:
    await site.execute("UPDATE accounts SET last_login_at = last_login_at - interval '1 hour'")
    await open_page(inside, "Account")
    await inside.get_by_role("button", name="Delete my account").click()
    await inside.get_by_role("dialog").get_by_role("button", name=SIGN_IN).click()
    await inside.get_by_role("button", name="Allow access").click()
    await playwright.expect(inside.get_by_role("heading", level=1)).to_have_text("Account")
    assert inside.url.endswith("/dashboard/#/account")
