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


async def test_without_authorization_the_answer_is_401(docs: Window, playwright: Any) -> None:
    docs.provoked.append("status of 401")
    answer = await execute(docs.page, "me")
    await playwright.expect(answer.locator(".response-col_status")).to_contain_text("401")
    await playwright.expect(answer).to_contain_text("not_authenticated")
