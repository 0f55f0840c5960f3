"""Apps in the dashboard: an admin registers them, and everybody sees and withdraws those that they have let in."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from ivgraph_auth.provider.docs_client import DOCS_CLIENT_ID
from tests.browser.visit import open_page, sign_in
from tests.provider.kit import CALLBACK, Client, get_tokens, make_admin, register
from tests.support.browser import Window
from tests.support.credentials import authorization
from tests.support.service import Service, Session

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser

MARKUP = '<img src="/nowhere" onerror="document.title=1">'
ORIGIN = "https://app.example.com"


@pytest.fixture(autouse=True)
async def _no_apps(site: Service) -> AsyncIterator[None]:
    await site.execute("DELETE FROM oauth_apps")
    yield
    await site.execute("DELETE FROM oauth_apps")
    await site.execute("UPDATE accounts SET role = 'member'")


@pytest.fixture
async def admin(site: Service, dashboard: "Page") -> "Page":
    await sign_in(dashboard)
    await site.execute("UPDATE accounts SET role = 'admin' WHERE name = 'Ada Winter'")
    await dashboard.reload()
    await open_page(dashboard, "Apps")
    return dashboard


async def is_accepted(site: Service, client_id: str, secret: str) -> bool:
    client = await site.browser()
    answer = await client.post("/oauth2/introspect", data={"token": "none"}, auth=httpx.BasicAuth(client_id, secret))
    assert answer.status_code in (200, 401)
    return answer.status_code == 200


async def shown_credentials(page: "Page") -> tuple[str, str]:
    """Client id and secret, as the dialog shows them once."""
    shown = page.get_by_role("dialog")
    secret = await shown.get_by_label("Client secret").input_value()
    client_id = await shown.get_by_label("Client id").input_value()
    await page.keyboard.press("Escape")  # does not lose what is shown only once
    await shown.get_by_role("button", name="I have copied it").click()
    assert secret not in await page.content()
    return client_id, secret


async def register_app(page: "Page", name: str, uri: str = CALLBACK) -> tuple[str, str]:
    await page.get_by_role("button", name="Register app").click()
    form = page.get_by_role("dialog")
    await form.get_by_role("textbox", name="Name").fill(name)
    await form.get_by_label("Callback URI").fill(uri)
    await form.get_by_role("button", name="Register app").click()
    return await shown_credentials(page)


async def test_an_app_comes_and_goes(site: Service, admin: "Page", playwright: Any) -> None:
    expect = playwright.expect
    client_id, secret = await register_app(admin, MARKUP)
    await expect(admin.get_by_role("heading", level=1)).to_have_text(MARKUP)
    main = admin.get_by_role("main")
    await expect(main.get_by_label("Client id")).to_have_value(client_id)
    await expect(main.get_by_role("list", name="Callback")).to_contain_text(CALLBACK)
    await expect(main).not_to_contain_text("Write in Notion")
    assert await is_accepted(site, client_id, secret)
    await admin.get_by_role("link", name="All apps").click()
    row = admin.get_by_role("listitem").filter(has_text=client_id)
    await expect(row).to_contain_text("Verified")
    await expect(row).to_contain_text("Web app with a server")
    await row.get_by_role("link", name="Manage").click()
    await admin.get_by_role("button", name="Delete app").click()
    await admin.get_by_role("dialog").get_by_role("button", name="Delete app").click()
    await expect(admin.get_by_role("main")).to_contain_text("No apps")
    assert not await is_accepted(site, client_id, secret)


async def test_a_secret_is_replaced_while_the_old_one_works(site: Service, admin: "Page", playwright: Any) -> None:
    client_id, first = await register_app(admin, "Reports")
    await admin.get_by_role("button", name="New secret").click()
    await admin.get_by_role("dialog").get_by_role("button", name="Make a new secret").click()
    _, second = await shown_credentials(admin)
    secrets = admin.get_by_role("list", name="Secrets").get_by_role("listitem")
    await playwright.expect(secrets).to_have_count(2)
    await playwright.expect(secrets.first).to_contain_text("in use")
    await playwright.expect(secrets.last).to_contain_text("works until")
    assert [await is_accepted(site, client_id, secret) for secret in (first, second)] == [True, True]
    await admin.get_by_role("button", name="New secret").click()
    await admin.get_by_label("The old one works for").select_option("No longer: it ends now")
    await admin.get_by_role("dialog").get_by_role("button", name="Make a new secret").click()
    _, third = await shown_credentials(admin)
    await playwright.expect(secrets).to_have_count(1)
    assert [await is_accepted(site, client_id, secret) for secret in (first, second, third)] == [False, False, True]


async def test_redirect_uris_of_each_kind(site: Service, admin: "Page", playwright: Any, window: Window) -> None:
    window.provoked.append("status of 422")
    await register_app(admin, "Reports", "http://app.example.com/callback")
    # The refusal stood beside the secret; the app is there without it.
    main, expect = admin.get_by_role("main"), playwright.expect
    await expect(main.get_by_role("heading", name="Callback")).to_be_visible()
    await expect(main.get_by_role("list", name="Callback")).to_have_count(0)
    added = {"Callback": CALLBACK, "Origin": ORIGIN, "Logout": f"{ORIGIN}/bye?from=here"}
    for kind, uri in added.items():
        await main.get_by_role("button", name="Add URI").click()
        form = admin.get_by_role("dialog")
        await form.get_by_label("Kind").select_option(kind)
        await form.get_by_role("button", name="Add").click()
        await expect(form.get_by_role("alert")).to_contain_text("Write the URI")
        await form.get_by_role("textbox", name="URI").fill(uri + "#fragment")
        await form.get_by_role("button", name="Add").click()
        await expect(form.get_by_role("alert")).to_contain_text("fragment")
        await form.get_by_role("textbox", name="URI").fill(uri)
        await form.get_by_role("button", name="Add").click()
        await expect(main.get_by_role("list", name=kind)).to_contain_text(uri)
    rows = await site.rows("SELECT uri_type, uri FROM oauth_redirect_uris ORDER BY uri_type")
    assert {row["uri_type"]: row["uri"] for row in rows} == {kind.lower(): uri for kind, uri in added.items()}
    await main.get_by_role("button", name=f"Remove {ORIGIN}", exact=True).click()
    await admin.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(main.get_by_role("list", name="Origin")).to_have_count(0)
    assert await site.rows("SELECT 1 FROM oauth_redirect_uris WHERE uri_type = 'origin'") == []


async def test_a_refused_uri_is_told_beside_the_secret(admin: "Page", playwright: Any, window: Window) -> None:
    window.provoked.append("status of 422")
    await admin.get_by_role("button", name="Register app").click()
    form = admin.get_by_role("dialog")
    await form.get_by_role("textbox", name="Name").fill("Reports")
    await form.get_by_label("Callback URI").fill("https://*.example.com/")
    await form.get_by_role("button", name="Register app").click()
    await playwright.expect(admin.get_by_role("dialog").get_by_role("alert")).to_contain_text("wildcard")
    await shown_credentials(admin)


async def test_name_and_scopes_are_changed(site: Service, admin: "Page", playwright: Any) -> None:
    await register_app(admin, "Reports")
    await admin.get_by_role("button", name="Change").click()
    form = admin.get_by_role("dialog")
    await form.get_by_role("textbox", name="Name").fill("Weekly reports")
    await form.get_by_role("checkbox", name="Read the graph").uncheck()
    await form.get_by_role("checkbox", name="Write in Notion").check()
    await form.get_by_role("button", name="Save").click()
    await playwright.expect(admin.get_by_role("heading", level=1)).to_have_text("Weekly reports")
    await playwright.expect(admin.get_by_role("main")).to_contain_text("Write in Notion")
    (row,) = await site.rows("SELECT scopes FROM oauth_apps")
    assert "notion:write" in row["scopes"]
    assert "graph:read" not in row["scopes"]


async def test_a_public_app_has_no_secret(admin: "Page", playwright: Any) -> None:
    await admin.get_by_role("button", name="Register app").click()
    form = admin.get_by_role("dialog")
    await form.get_by_role("textbox", name="Name").fill("Page")
    await form.get_by_role("radio", name="Single-page app").check()
    await form.get_by_role("button", name="Register app").click()
    shown = admin.get_by_role("dialog")
    await playwright.expect(shown).to_contain_text("It has no secret")
    await shown.get_by_role("button", name="Done").click()
    await playwright.expect(admin.get_by_role("main")).to_contain_text("Single-page app")
    await playwright.expect(admin.get_by_role("heading", name="Secrets")).to_have_count(0)


async def test_an_app_that_registered_itself_is_only_deleted(site: Service, admin: "Page", playwright: Any) -> None:
    await site.execute(
        "INSERT INTO oauth_apps (client_id, registration, app_type, name, scopes, grant_types, auth_method, created_at)"
        " VALUES ('https://client.example.com/app.json', 'metadata_document', 'native', 'Trip planner',"
        " ARRAY['openid', 'later:scope'], ARRAY['authorization_code'], 'none', now())"
    )
    await admin.reload()
    row = admin.get_by_role("main").get_by_role("listitem").filter(has_text="Trip planner")
    await playwright.expect(row).to_contain_text("Not verified")
    await playwright.expect(row).to_contain_text("by client.example.com")
    # Of a newer service, perhaps.
    await playwright.expect(row).to_contain_text("later:scope")
    await row.get_by_role("link", name="Manage").click()
    await playwright.expect(admin.get_by_role("main")).to_contain_text("Its name is its own word")
    for name in ("Change", "Add URI", "New secret"):
        await playwright.expect(admin.get_by_role("button", name=name)).to_have_count(0)
    await playwright.expect(admin.get_by_role("button", name="Delete app")).to_be_visible()


async def test_the_services_own_app_is_kept_by_it(site: Service, admin: "Page", playwright: Any) -> None:
    browser = await site.browser()
    asked = {"client_id": DOCS_CLIENT_ID, "redirect_uri": f"{site.settings.public_url}/docs/oauth2-redirect"}
    assert (await browser.get("/oauth2/authorize", params=asked)).status_code == 303
    await admin.reload()
    row = admin.get_by_role("main").get_by_role("listitem").filter(has_text=DOCS_CLIENT_ID)
    await playwright.expect(row).to_contain_text("Part of this service")
    await row.get_by_role("link", name="Manage").click()
    await playwright.expect(admin.get_by_role("heading", level=1)).to_have_text("API reference")
    for name in ("Change", "Add URI", "New secret", "Delete app"):
        await playwright.expect(admin.get_by_role("button", name=name)).to_have_count(0)


async def test_apps_are_managed_by_admins_alone(site: Service, dashboard: "Page", playwright: Any) -> None:
    await sign_in(dashboard)
    await playwright.expect(dashboard.get_by_role("link", name="Apps", exact=True)).to_have_count(0)
    await dashboard.goto(f"{site.settings.dashboard_url}#/apps")
    await playwright.expect(dashboard.get_by_role("heading", level=1)).to_have_text("Hello, Ada")


async def let_in(site: Service, session: Session, **parameters: Any) -> tuple[Client, str]:
    """Answers the app, and an access token of it."""
    client = await register(session, "regular_web", name="Reports")
    tokens = await get_tokens(session, client, **parameters)
    await site.execute("UPDATE accounts SET role = 'member'")
    return client, tokens["access_token"]


async def test_what_was_let_in_is_seen_and_withdrawn(site: Service, dashboard: "Page", playwright: Any) -> None:
    expect = playwright.expect
    client, access = await let_in(site, await make_admin(site), scope="openid graph:read offline_access")
    await sign_in(dashboard)
    await expect(dashboard.get_by_role("link", name="Apps 1 let in")).to_be_visible()
    await open_page(dashboard, "Apps I let in")
    row = dashboard.get_by_role("main").get_by_role("listitem")
    for text in ("Reports", "Verified", "Know who it is", "Read the graph", "Stay connected", "Lighthouse Studio"):
        await expect(row).to_contain_text(text)
    await expect(row).not_to_contain_text("Ada\u2019s notebook")
    await expect(row).to_contain_text("not used yet")
    browser = await site.browser()
    assert (await browser.get("/api/auth/validate/", headers=authorization(access))).status_code == 200
    await site.app.composition.services.provider.tokens.flush()
    await dashboard.reload()
    await expect(row).to_contain_text("last used")
    await row.get_by_role("button", name="Withdraw").click()
    await dashboard.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert (await browser.get("/api/auth/validate/", headers=authorization(access))).status_code == 200
    await row.get_by_role("button", name="Withdraw").click()
    await dashboard.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    await expect(dashboard.get_by_role("status")).to_contain_text("Reports is withdrawn")
    await expect(dashboard.get_by_role("main")).to_contain_text("You have let no app in")
    assert (await browser.get("/api/auth/validate/", headers=authorization(access))).status_code == 401
    await open_page(dashboard, "Activity")
    first = dashboard.locator("#activity-list").get_by_role("listitem").locator("p:first-child")
    await expect(first.first).to_have_text(f"You withdrew app {client.id}")


async def test_what_an_app_did_is_told_by_its_name(site: Service, dashboard: "Page", playwright: Any) -> None:
    client, access = await let_in(site, await make_admin(site), scope="notion:read")
    browser = await site.browser()
    called = await browser.get("/notion/v1/users/me", headers=authorization(access))
    assert called.status_code == 200, called.text
    await sign_in(dashboard)
    await open_page(dashboard, "Apps I let in")
    await dashboard.get_by_role("link", name="Activity of Reports").click()
    first = dashboard.locator("#activity-list").get_by_role("listitem").locator("p:first-child")
    await playwright.expect(first).to_have_count(1)
    await playwright.expect(first).to_have_text("App \u201cReports\u201d called notion.getSelf for Lighthouse Studio")
    await playwright.expect(dashboard.get_by_label("Who")).to_have_value(f"app:{client.client_id}")
    await dashboard.get_by_label("Who").select_option("Anyone")
    await playwright.expect(first.filter(has_text=" let ").first).to_have_text("You let app \u201cReports\u201d in")


async def test_an_app_without_scopes_of_workspaces_reaches_none(
    site: Service, dashboard: "Page", playwright: Any
) -> None:
    await let_in(site, await make_admin(site), scope="openid profile")
    await sign_in(dashboard)
    await open_page(dashboard, "Apps I let in")
    row = dashboard.get_by_role("main").get_by_role("listitem")
    await playwright.expect(row).to_contain_text("See name and picture")
    await playwright.expect(row).not_to_contain_text("Lighthouse Studio")
