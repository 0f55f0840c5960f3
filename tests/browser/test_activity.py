"""The Activity page: what happened, in sentences, narrowed by filters that stand in the address."""

from typing import TYPE_CHECKING, Any

import pytest

from ivgraph_auth.audit.models import Event
from tests.browser.visit import SIGN_IN, add_calls, create_token, open_page, sign_in
from tests.support.browser import Window, allow_signed_out, open_window
from tests.support.service import Service

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

AGENT = "Research agent"


@pytest.fixture
async def me(site: Service, dashboard: "Page") -> int:
    await sign_in(dashboard)
    account: int = (await site.rows("SELECT id FROM accounts WHERE name = 'Ada Winter'"))[0]["id"]
    await site.execute("DELETE FROM audit_events WHERE event = 'agent:notion:called'")
    return account


@pytest.fixture
async def token(site: Service, dashboard: "Page", me: int) -> str:
    """Its id."""
    assert me
    await create_token(dashboard, AGENT)
    await dashboard.get_by_role("button", name="I have copied it").click()
    return str((await site.rows("SELECT id FROM service_tokens WHERE name = :name", name=AGENT))[0]["id"])


def rows(page: "Page") -> "Locator":
    return page.locator("#activity-list").get_by_role("listitem")


async def test_a_call_to_notion_is_a_sentence(
    site: Service, dashboard: "Page", playwright: Any, me: int, token: str
) -> None:
    expected = {
        "rate_limited": f"Token “{AGENT}” called notion.getPage for team-a Too many calls",
        "started": f"Token “{AGENT}” called notion.getPage for team-a No answer recorded",
        "caller_gone": f"Token “{AGENT}” called notion.getPage for team-a Caller left before the answer",
        "success": f"Token “{AGENT}” called notion.getPage for team-a",
    }
    for hour, outcome in enumerate(expected):
        await add_calls(site, me, token=token, day=f"2120-01-01T{hour:02}", outcome=outcome)
    workspace = (await site.rows("SELECT tenant_id FROM connections WHERE tenant_id LIKE '%-%-%-%-%'"))[0]["tenant_id"]
    await add_calls(site, me, token="4711", tenant=workspace, operation="notion.search", day="2120-01-02")
    await open_page(dashboard, "Activity")
    first = rows(dashboard).locator("p:first-child")
    await playwright.expect(first.first).to_have_text("Service token 4711 called notion.search for Lighthouse Studio")
    for place, text in enumerate(reversed(expected.values()), start=1):
        await playwright.expect(first.nth(place)).to_have_text(text)
    await playwright.expect(first.nth(5)).to_have_text(f"You created service token “{AGENT}”")


async def test_every_event_has_a_sentence(site: Service, dashboard: "Page", playwright: Any, me: int) -> None:
    from_code = [option for option in await event_values(dashboard) if option]
    assert set(from_code) == set(Event)
    for event in from_code:
        await site.execute(
            "INSERT INTO audit_events (at, event, outcome, account_id, actor_kind, tenant_id, operation) "
            "VALUES ('2121-01-01', :event, 'success', :me, 'account', 'team-a', 'token 1')",
            event=event, me=me,
        )  # fmt: skip
    await dashboard.reload()
    for place in range(len(from_code)):
        sentence = await rows(dashboard).nth(place).locator("p").first.inner_text()
        assert ":" not in sentence, sentence
        assert sentence[0].isupper()
    await playwright.expect(rows(dashboard).first).to_contain_text("in 9")
    await site.execute("DELETE FROM audit_events WHERE at = '2121-01-01'")


async def test_what_the_page_does_not_know_is_told_by_its_name(
    site: Service, dashboard: "Page", playwright: Any, me: int
) -> None:
    await site.execute(
        "INSERT INTO audit_events (at, event, outcome, account_id, actor_kind) "
        "VALUES ('2122-01-01', 'of:no:list', 'of_no_list', :me, 'nobody')",
        me=me,
    )
    await open_page(dashboard, "Activity")
    await playwright.expect(rows(dashboard).first.locator("p").first).to_have_text("of:no:list Of no list")
    await site.execute("DELETE FROM audit_events WHERE event = 'of:no:list'")


async def event_values(page: "Page") -> list[str]:
    await open_page(page, "Activity")
    values: list[str] = await page.get_by_label("What happened").evaluate(
        "node => [...node.options].map((o) => o.value)"
    )
    return values


async def test_filters_narrow_stay_while_paging_and_are_cleared(
    site: Service, dashboard: "Page", playwright: Any, me: int, token: str
) -> None:
    expect = playwright.expect
    await add_calls(site, me, token=token, day="2020-05-01", times=60)
    await add_calls(site, me, token=token, day="2020-05-02", times=3, outcome="rate_limited", tenant="team-b")
    await add_calls(site, me, token="4711", day="2020-05-03", times=2)
    await open_page(dashboard, "Activity")
    await dashboard.get_by_label("What happened").select_option("Notion called")
    await dashboard.get_by_label("Who").select_option(AGENT)
    await expect(rows(dashboard)).to_have_count(50)
    more = dashboard.get_by_role("button", name="More")
    await more.click()
    await expect(rows(dashboard)).to_have_count(63)
    await expect(more).to_be_hidden()
    await dashboard.get_by_label("Outcome").select_option("All but success")
    await expect(rows(dashboard)).to_have_count(3)
    await expect(rows(dashboard).first).to_contain_text("Too many calls")
    await dashboard.reload()
    await expect(rows(dashboard)).to_have_count(3)
    await expect(dashboard.get_by_label("Who")).to_have_value(f"service_token:{token}")
    await dashboard.get_by_label("Tenant", exact=True).fill("team-a")
    await dashboard.get_by_label("Tenant", exact=True).press("Enter")
    await expect(dashboard.get_by_role("main")).to_contain_text("Nothing matches")
    await dashboard.get_by_role("button", name="Clear filters").click()
    await expect(rows(dashboard).first).to_contain_text("You created service token")
    assert dashboard.url.endswith("/dashboard/#/activity")
    await expect(dashboard.get_by_text("Filters", exact=True)).to_be_visible()
    await expect(dashboard.get_by_role("button", name="Clear filters")).to_be_hidden()


async def test_days_are_those_of_this_place(
    site: Service, chromium: "Browser", dashboard: "Page", playwright: Any, me: int
) -> None:
    assert dashboard
    await add_calls(
        site, me, day="2020-06-09T23:00", times=3, tenant="kept"
    )  # 01:00 of the tenth in Athens would be 02:01
    await add_calls(site, me, day="2020-06-09T20:00", times=2, tenant="before")
    await add_calls(site, me, day="2020-06-10T21:00", times=4, tenant="after")
    options = {"timezone_id": "Europe/Athens"}
    async with open_window(chromium, site.settings.public_url, site.sandbox.url, **options) as window:
        allow_signed_out(window, site)
        page = window.page
        await page.goto(site.settings.dashboard_url)
        await sign_in(page)
        await open_page(page, "Activity")
        await page.get_by_label("From", exact=True).fill("2020-06-10")
        await page.get_by_label("To", exact=True).fill("2020-06-10")
        await playwright.expect(rows(page)).to_have_count(3)
        await page.reload()
        await playwright.expect(page.get_by_label("To", exact=True)).to_have_value("2020-06-10")
        await playwright.expect(page.get_by_label("From", exact=True)).to_have_value("2020-06-10")
        await page.get_by_label("To", exact=True).fill("2020-06-09")
        assert "not before" in await page.get_by_label("To", exact=True).evaluate("node => node.validationMessage")
        await playwright.expect(rows(page)).to_have_count(3)


async def test_a_filter_that_fails_can_be_tried_again(
    dashboard: "Page", playwright: Any, window: Window, me: int
) -> None:
    assert me
    window.provoked.append("net::ERR_FAILED")
    await open_page(dashboard, "Activity")
    await dashboard.route("**/api/audit/**", lambda route: route.abort())
    await dashboard.get_by_label("Outcome").select_option("Success")
    await playwright.expect(dashboard.locator("#activity-list")).to_contain_text("did not answer")
    await dashboard.unroute("**/api/audit/**")
    await dashboard.get_by_role("button", name="Try again").click()
    await playwright.expect(rows(dashboard).first).to_be_visible()
    await playwright.expect(dashboard.get_by_label("Outcome")).to_have_value("success")


async def test_a_token_leads_to_what_it_did(
    site: Service, dashboard: "Page", playwright: Any, me: int, token: str
) -> None:
    await add_calls(site, me, token=token, day="2020-05-01", times=4)
    await add_calls(site, me, token="4711", day="2020-05-01", times=2)
    await dashboard.get_by_role("link", name=f"Activity of {AGENT}").click()
    await playwright.expect(dashboard.get_by_role("heading", level=1)).to_have_text("Activity")
    await playwright.expect(rows(dashboard)).to_have_count(4)
    await playwright.expect(dashboard.get_by_label("Who")).to_have_value(f"service_token:{token}")
    await dashboard.go_back()
    await playwright.expect(dashboard.get_by_role("heading", level=1)).to_have_text("Service tokens")


async def test_a_connection_tells_its_use_and_leads_to_it(
    site: Service, dashboard: "Page", playwright: Any, me: int
) -> None:
    tenant = (await site.rows("SELECT tenant_id FROM connections WHERE account_id = :me LIMIT 1", me=me))[0][
        "tenant_id"
    ]
    await add_calls(site, me, tenant=tenant, day="2120-05-01", times=4)
    await site.execute(
        "UPDATE connections SET usage_count = 1234, last_used_at = now() - interval '2 hours' "
        "WHERE tenant_id = :tenant",
        tenant=tenant,
    )
    await open_page(dashboard, "Connections")
    line = dashboard.get_by_role("listitem").filter(has=dashboard.get_by_role("link", name=tenant))
    await playwright.expect(line).to_contain_text("used 1,234 times, last used 2 hours ago")
    await line.get_by_role("link", name="Activity").click()
    await playwright.expect(rows(dashboard).nth(3)).to_contain_text("Service token 0 called notion.getPage")
    await playwright.expect(dashboard.get_by_label("Tenant", exact=True)).to_have_value(tenant)


async def test_an_admin_sees_whose_it_is_and_can_look_at_one_account(
    site: Service, dashboard: "Page", playwright: Any
) -> None:
    bruno = await site.sign_in("bruno")
    await site.execute("UPDATE accounts SET role = 'admin' WHERE name = 'Ada Winter'")
    try:
        await dashboard.get_by_role("button", name=SIGN_IN).click()
        await dashboard.get_by_role("button", name="Allow access").click()
        await open_page(dashboard, "Activity")
        await dashboard.get_by_role("textbox", name="Account").fill(bruno.me["id"])
        await dashboard.get_by_role("textbox", name="Account").press("Enter")
        await playwright.expect(rows(dashboard).first).to_contain_text(f"Account {bruno.me['id']} signed in")
        await playwright.expect(rows(dashboard).filter(has_text="You ")).to_have_count(0)
    finally:
        await site.execute("UPDATE accounts SET role = 'member'")
