"""Swagger UI in a browser that reaches this service and nothing else."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest

from ivgraph_auth.api.docs import describe
from tests.support.browser import Window, open_window
from tests.support.service import Json, Service

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator, Page

pytestmark = pytest.mark.browser


@pytest.fixture
async def docs(chromium: "Browser", site: Service) -> AsyncIterator[Window]:
    """Cut off from everything else, the sandbox Notion too."""
    async with open_window(chromium, site.settings.public_url) as window:
        await window.page.goto(f"{site.settings.public_url}/docs")
        yield window


def operation_ids(site: Service) -> set[str]:
    paths: Json = describe(site.app)["paths"]
    return {operation["operationId"] for path in paths.values() for operation in path.values()}


async def authorize(page: "Page", scheme: str, credential: str) -> None:
    await page.get_by_role("button", name="Authorize").first.click()
    form = page.locator(".auth-container", has=page.get_by_role("heading", name=f"{scheme} (http, Bearer)"))
    await form.get_by_role("textbox").fill(credential)
    await form.get_by_role("button", name="Apply credentials").click()
    await form.get_by_role("button", name="Close").click()


async def sign_in_there(page: "Page") -> "Page":
    """By the button of the scheme `oauth2`; answers the window that it has opened, at Notion."""
    await page.get_by_role("button", name="Authorize").first.click()
    async with page.context.expect_page() as opened:
        await oauth2_form(page).get_by_role("button", name="Apply given OAuth2 credentials").click()
    return await opened.value


def oauth2_form(page: "Page") -> "Locator":
    heading = page.get_by_role("heading", name="oauth2 (OAuth2, authorizationCode with PKCE)")
    return page.locator(".auth-container", has=heading)


async def execute(page: "Page", operation_id: str) -> "Locator":
    """Opens the operation and runs it; answers the row with what came back."""
    operation = page.locator(f'[id$="-{operation_id}"].opblock')
    await operation.locator(".opblock-summary-control").click()
    await operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table .response")
    await answer.wait_for()
    return answer


async def test_every_operation_is_shown(docs: Window, site: Service, playwright: Any) -> None:
    expected = operation_ids(site)
    operations = docs.page.locator(".opblock")
    await playwright.expect(operations).to_have_count(len(expected))
    shown = await operations.evaluate_all("blocks => blocks.map(block => block.id.split('-').at(-1))")
    assert set(shown) == expected


@pytest.mark.parametrize("scheme", ["session", "service_token"])
async def test_authorize_works_for_every_kind_of_credential(
    scheme: str, docs: Window, site: Service, playwright: Any
) -> None:
    session = await site.sign_in("ada")
    credential = session.access if scheme == "session" else (await session.mint())["token"]
    await authorize(docs.page, scheme, credential)
    answer = await execute(docs.page, "me")
    await playwright.expect(answer.locator(".response-col_status")).to_contain_text("200")
    await playwright.expect(answer).to_contain_text("Ada Winter")


@pytest.fixture
async def with_notion(chromium: "Browser", site: Service) -> AsyncIterator[Window]:
    await site.execute("DELETE FROM oauth_apps")
    async with open_window(chromium, site.settings.public_url, site.sandbox.url) as window:
        await window.page.goto(f"{site.settings.public_url}/docs")
        yield window
    await site.execute("DELETE FROM oauth_apps")


async def test_authorize_signs_in_by_this_service_itself(with_notion: Window, site: Service, playwright: Any) -> None:
    page, expect = with_notion.page, playwright.expect
    popup = await sign_in_there(page)
    await popup.get_by_role("button", name="Allow access").click()
    await expect(popup.get_by_role("heading")).to_have_text("Let API reference in?")
    await expect(popup.get_by_role("checkbox", name="Read in Notion")).to_be_checked()
    # What changes anything is asked for by whoever ticks it.
    await expect(popup.get_by_role("checkbox", name="Write in Notion")).to_have_count(0)
    async with popup.expect_event("close"):
        await popup.get_by_role("button", name="Allow").click()
    await expect(oauth2_form(page)).to_contain_text("Authorized")
    await oauth2_form(page).get_by_role("button", name="Close").click()
    answer = await execute(page, "me")
    await expect(answer.locator(".response-col_status")).to_contain_text("200")
    await expect(answer).to_contain_text("Ada Winter")
    rows = await site.rows("SELECT uri FROM oauth_redirect_uris")
    assert [row["uri"] for row in rows] == [f"{site.settings.public_url}/docs/oauth2-redirect"]
    assert await page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])") == "[{},{}]"


async def test_a_refusal_is_told_in_the_docs(with_notion: Window, playwright: Any) -> None:
    popup = await sign_in_there(with_notion.page)
    await popup.get_by_role("button", name="Allow access").click()
    async with popup.expect_event("close"):
        await popup.get_by_role("button", name="Cancel").click()
    await playwright.expect(oauth2_form(with_notion.page)).to_contain_text("access_denied")


async def test_an_answer_that_was_not_asked_for_changes_nothing(
    with_notion: Window, site: Service, playwright: Any
) -> None:
    page = with_notion.page
    popup = await sign_in_there(page)
    other = await page.context.new_page()
    await other.goto(f"{site.settings.public_url}/docs/oauth2-redirect?code=made-up&state=guessed")
    await playwright.expect(other.get_by_role("heading")).to_have_text("Back to the API reference")
    assert other.url.endswith("/docs/oauth2-redirect")
    await playwright.expect(oauth2_form(page)).not_to_contain_text("Authorized")
    await popup.get_by_role("button", name="Allow access").click()
    async with popup.expect_event("close"):
        await popup.get_by_role("button", name="Allow").click()
    await playwright.expect(oauth2_form(page)).to_contain_text("Authorized")


async def test_without_authorization_the_answer_is_401(docs: Window, playwright: Any) -> None:
    docs.provoked.append("status of 401")
    answer = await execute(docs.page, "me")
    await playwright.expect(answer.locator(".response-col_status")).to_contain_text("401")
    await playwright.expect(answer).to_contain_text("not_authenticated")
