"""The audit trail: each their own, admins everybody's; in pages, with filters."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from ivgraph_auth.api.docs import describe
from ivgraph_auth.audit.models import Event, Outcome
from ivgraph_auth.core.clock import rfc3339
from tests.conftest import MakeService
from tests.support.credentials import authorization
from tests.support.service import Service, Session

AUDIT = "/api/audit/"
MEMBERS = {
    "id", "at", "event", "outcome", "account_id", "actor", "tenant_id", "operation", "notion_request_id", "request_id",
    "address", "user_agent",
}  # fmt: skip


async def ask(session: Session, **query: Any) -> httpx.Response:
    return await session.client.get(AUDIT, params=query, headers=session.bearer)


async def rows(session: Session, **query: Any) -> list[Any]:
    answer = await ask(session, **query)
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["results"]
    return found


async def test_each_sees_what_happened_on_their_own_account_and_no_other(swept_service: Service) -> None:
    ada, bruno = await swept_service.sign_in("ada"), await swept_service.sign_in("bruno")
    token = await ada.mint("graph:read")
    await bruno.mint("graph:read")
    found = await rows(ada)
    assert [row["event"] for row in found] == ["account:token:minted", "account:session:opened"]
    assert {row["account_id"] for row in found} == {ada.me["id"]}
    minted = found[0]
    assert set(minted) == MEMBERS
    assert minted["actor"] == {"kind": "account", "id": ada.me["id"]}
    assert (minted["operation"], minted["outcome"]) == (f"token {token['id']}", "success")
    assert minted["at"] == rfc3339(swept_service.clock.now())
    assert minted["request_id"]


async def test_an_admin_sees_all_and_what_belongs_to_nobody(make_service: MakeService) -> None:
    service = await make_service(admin_emails=["ada.winter@lighthouse.example"])
    admin, bruno = await service.sign_in("ada"), await service.sign_in("bruno")
    browser = await service.browser()
    await browser.get("/api/integrations/auth/notion/callback", params={"code": "none", "state": "none"})
    assert admin.me["role"] == "admin"
    found = await rows(admin)
    assert {row["account_id"] for row in found} == {admin.me["id"], bruno.me["id"], None}
    assert {row["account_id"] for row in await rows(bruno)} == {bruno.me["id"]}


async def test_pages_follow_one_another_without_gap_or_repetition(swept_service: Service) -> None:
    ada = await swept_service.sign_in("ada")
    for _ in range(6):
        await ada.mint("graph:read")
    everything = await rows(ada)
    seen: list[Any] = []
    cursor: dict[str, Any] = {}
    while True:
        page = (await ask(ada, limit=3, **cursor)).json()
        seen += page["results"]
        if page["next_cursor"] is None:
            break
        # What happens meanwhile is not among the older ones.
        await ada.client.get(AUDIT, headers=ada.bearer)
        cursor = {"cursor": page["next_cursor"]}
    assert seen == everything
    assert len(seen) == 7


async def test_a_cursor_is_of_no_use_to_others_or_for_another_question(swept_service: Service) -> None:
    ada, bruno = await swept_service.sign_in("ada"), await swept_service.sign_in("bruno")
    await ada.mint("graph:read")
    cursor = (await ask(ada, limit=1)).json()["next_cursor"]
    for answer in (
        await ask(bruno, limit=1, cursor=cursor),
        await ask(ada, limit=1, cursor=cursor, outcome="success"),
        await ask(ada, cursor="nonsense"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")
    assert (await ask(ada, limit=5, cursor=cursor)).status_code == 200


async def test_the_newest_come_first_by_their_time(swept_service: Service) -> None:
    ada = await swept_service.sign_in("ada")
    await add(swept_service, ada, at="2020-01-01T00:00:00Z", outcome="success")
    await add(swept_service, ada, at="2019-01-01T00:00:00Z", outcome="success")
    seen = [row["at"] for row in await rows(ada)]
    assert seen == sorted(seen, reverse=True)
    assert seen[1:] == ["2020-01-01T00:00:00Z", "2019-01-01T00:00:00Z"]
    first = (await ask(ada, limit=2)).json()
    assert [row["at"] for row in await rows(ada, limit=2, cursor=first["next_cursor"])] == seen[2:]


async def add(service: Service, session: Session, *, at: str, outcome: str, tenant: str = "team-a") -> None:
    """A call to Notion, as the gateway writes it down."""
    await service.execute(
        "INSERT INTO audit_events (at, event, outcome, account_id, actor_kind, actor_id, tenant_id, operation) "
        "VALUES (CAST(CAST(:at AS text) AS timestamptz), 'agent:notion:called', :outcome, :account, 'service_token', "
        "'7', :tenant, 'notion.getPage')",
        at=at, outcome=outcome, account=int(session.me["id"]), tenant=tenant,
    )  # fmt: skip


async def test_calls_to_notion_by_their_outcome(swept_service: Service) -> None:
    ada = await swept_service.sign_in("ada")
    for hour, outcome in enumerate(["success", "started", "rate_limited", "http_502"]):
        await add(swept_service, ada, at=f"2020-01-01T{hour:02}:00:00Z", outcome=outcome)

    async def outcomes(**query: Any) -> list[str]:
        return [row["outcome"] for row in await rows(ada, event="agent:notion:called", **query)]

    assert await outcomes() == ["http_502", "rate_limited", "started", "success"]
    assert await outcomes(outcome="!success") == ["http_502", "rate_limited", "started"]
    assert await outcomes(outcome="started") == ["started"]
    assert await outcomes(outcome="http_502") == ["http_502"]
    assert await outcomes(actor="service_token:7", tenant_id="team-a", outcome="success") == ["success"]


async def test_calls_of_an_app_by_its_client_id(swept_service: Service) -> None:
    """Which may be a URL; of one that acts for another it is both."""
    ada = await swept_service.sign_in("ada")
    apps = ["ivc_reports", "https://client.example.com/app.json?a=b", "ivc_helper for ivc_reports"]
    for app in apps:
        await add(swept_service, ada, at="2020-01-01T00:00:00Z", outcome="success")
        await swept_service.execute(
            "UPDATE audit_events SET actor_kind = 'app', actor_id = :app WHERE actor_id = '7'", app=app
        )
    for app in apps:
        assert [row["actor"]["id"] for row in await rows(ada, actor=f"app:{app}")] == [app]
    assert len(await rows(ada, actor="app")) == 3


async def test_rows_of_another_version_are_answered_as_they_are(swept_service: Service) -> None:
    """The OpenAPI document lists names, and nothing that is stored makes the answer fail."""
    ada = await swept_service.sign_in("ada")
    await add(swept_service, ada, at="2020-01-01T00:00:00Z", outcome="Of No List")
    await swept_service.execute("UPDATE audit_events SET event = 'of:no:list' WHERE outcome = 'Of No List'")
    assert [(row["event"], row["outcome"]) for row in await rows(ada)][-1] == ("of:no:list", "Of No List")


def test_the_document_lists_every_event_and_the_known_outcomes(shared_service: Service) -> None:
    document = describe(shared_service.app)
    schemas = document["components"]["schemas"]
    assert schemas["Event"]["enum"] == list(Event)
    assert schemas["Outcome"]["enum"] == list(Outcome)
    for name in ("event", "outcome"):
        expected = [{"type": "string"}, {"$ref": f"#/components/schemas/{name.title()}"}]
        assert schemas["AuditRow"]["properties"][name]["anyOf"] == expected
    asked = {item["name"]: item["schema"] for item in document["paths"][AUDIT]["get"]["parameters"]}
    assert asked["event"]["anyOf"][0] == {"$ref": "#/components/schemas/Event"}


async def test_an_account_is_no_way_to_anothers_rows(make_service: MakeService) -> None:
    service = await make_service(admin_emails=["ada.winter@lighthouse.example"])
    admin, bruno = await service.sign_in("ada"), await service.sign_in("bruno")
    assert {row["account_id"] for row in await rows(admin, account_id=bruno.me["id"])} == {bruno.me["id"]}
    assert await rows(bruno, account_id=admin.me["id"]) == []
    assert len(await rows(bruno, account_id=bruno.me["id"])) == len(await rows(bruno)) > 0
    assert await rows(admin, account_id=2**63 - 1) == []


async def test_filters(swept_service: Service) -> None:
    ada = await swept_service.sign_in("ada")
    first = swept_service.clock.now()
    swept_service.clock.advance(seconds=60)
    await ada.mint("graph:read")
    later = rfc3339(first + timedelta(seconds=60))
    minted, opened = ["account:token:minted"], ["account:session:opened"]

    async def events(**query: Any) -> list[str]:
        return [row["event"] for row in await rows(ada, **query)]

    assert await events(event=minted[0]) == minted
    assert await events(outcome="success") == minted + opened
    assert await events(outcome="access_denied") == []
    assert await events(actor="account") == minted + opened
    assert await events(actor=f"account:{ada.me['id']}", event=minted[0]) == minted
    assert await events(actor="account:999999") == []
    assert await events(tenant_id="nobodys") == []
    assert await events(since=later) == minted
    assert await events(until=later) == opened
    assert await events(since=later, until=later) == []


@pytest.mark.parametrize(
    "query",
    [
        {"event": "account:token:eaten"},
        {"outcome": "NUL\x00"},
        {"outcome": "!started"},
        {"outcome": "success\n"},
        {"account_id": 0},
        {"account_id": 2**63},
        {"account_id": "me"},
        {"actor": "account:\x00"},
        {"actor": "a" * 200},
        {"tenant_id": "no spaces"},
        {"since": "yesterday"},
        {"since": "2026-11-21T00:00:00"},
        {"until": "9999-12-31T23:59:59-23:59"},
        {"until": "0001-01-01T00:00:00+23:59"},
        {"limit": 0},
        {"limit": 101},
        {"limit": 10**30},
    ],
)
async def test_a_filter_that_is_none_is_refused(shared_service: Service, query: dict[str, Any]) -> None:
    ada = await shared_service.guest("ada")
    assert (await ask(ada, **query)).status_code == 422


async def test_agents_do_not_read_it(shared_service: Service) -> None:
    ada = await shared_service.sign_in("ada")
    token = await ada.mint("graph:read")
    answer = await ada.client.get(AUDIT, headers=authorization(token["token"]))
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_credential_kind")
    assert (await ada.client.get(AUDIT)).status_code == 401
