"""`GET /metrics`: who may read it, and that it counts what happened and gives nobody away."""

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import MakeService
from tests.gateway.kit import ME, Agent
from tests.support.postgres import TestDatabases
from tests.support.service import CALLBACK, Service, Session, fragment_of

PATH = "/metrics"
REQUESTS = "http_request_duration_seconds_count"
TOKEN = "a-token-of-the-operator"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def samples(service: Service) -> Samples:
    answer = await (await service.browser()).get(PATH)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    return found.get((f"ivgraph_{name}", frozenset(labels.items())), 0)


@pytest.fixture
async def counting(make_service: MakeService) -> Service:
    return await make_service(metrics=True)


async def test_off_by_default_as_if_it_were_not_there(shared_service: Service) -> None:
    client = await shared_service.browser()
    for method, path in (("GET", PATH), ("GET", f"{PATH}/"), ("POST", PATH)):
        answer = await client.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_token_is_asked_for_when_it_is_set(make_service: MakeService) -> None:
    service = await make_service(metrics=True, metrics_token=TOKEN)
    assert TOKEN not in repr(service.settings)
    client = await service.browser()
    tried = {
        "": (401, "not_authenticated"),
        f"Basic {TOKEN}": (401, "not_authenticated"),
        f"Bearer {TOKEN}x": (401, "token_not_valid"),
        "Bearer café": (401, "token_not_valid"),
    }
    for given, expected in tried.items():
        answer = await client.get(PATH, headers=[(b"authorization", given.encode())] if given else None)
        assert (answer.status_code, answer.json()["code"]) == expected
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert TOKEN not in answer.text
    session = await service.sign_in("ada")
    assert (await client.get(PATH, headers=session.bearer)).status_code == 401
    right = await client.get(PATH, headers={"Authorization": f"Bearer {TOKEN}"})
    assert right.status_code == 200
    assert "ivgraph_processes 1.0" in right.text
    assert TOKEN not in right.text


async def test_only_get_answers(counting: Service) -> None:
    answer = await (await counting.browser()).post(PATH)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


async def test_requests_are_told_by_template_method_and_status(counting: Service) -> None:
    session = await counting.sign_in("ada")
    token = await session.mint()
    before = await samples(counting)
    client = session.client
    for path in (f"/api/tokens/{token['id']}/", f"/api/tokens/{token['id']}", "/api/tokens/123456789/"):
        await client.delete(path, headers=session.bearer)
    for path in ("/api/auth/validate/", "/api/auth/validate"):
        await client.get(path, headers=session.bearer)
    await client.post("/api/auth/refresh/", json={"refresh": session.refresh})
    await client.post("/api/auth/refresh/", content=b"{", headers={"Content-Type": "application/json"})
    for path in ("/dashboard/", "/static/pages.css", "/static/nothing", f"/nowhere/{session.access}"):
        await client.get(path)
    await client.put("/api/tokens/")
    await client.request("BREW", "/api/tokens/")
    after = await samples(counting)
    expected = {
        ("/api/tokens/{token_id}/", "DELETE", "2xx"): 1,
        ("/api/tokens/{token_id}/", "DELETE", "4xx"): 2,
        ("/api/auth/validate/", "GET", "2xx"): 2,
        ("/api/auth/refresh/", "POST", "2xx"): 1,
        ("/api/auth/refresh/", "POST", "4xx"): 1,
        ("/dashboard/", "GET", "2xx"): 1,
        ("/static/", "GET", "2xx"): 1,
        ("/static/", "GET", "4xx"): 1,
        ("none", "GET", "4xx"): 1,
        ("/api/tokens/", "PUT", "4xx"): 1,
        ("/api/tokens/", "other", "4xx"): 1,
    }
    for (route, method, status), count in expected.items():
        labels = {"route": route, "method": method, "status": status}
        grown = value(after, REQUESTS, **labels) - value(before, REQUESTS, **labels)
        assert grown == count, labels


async def test_sign_ins_tokens_and_reuse_are_counted(counting: Service) -> None:
    session = await counting.sign_in("ada")
    await counting.sign_in("bruno")
    client = await counting.browser()
    assert fragment_of(await counting.arrive(client, decision="cancel"))["error"] == "access_denied"
    assert (await client.get(CALLBACK, params={"code": "x", "state": "y"})).status_code == 403
    tokens = [await session.mint() for _ in range(3)]
    await client.delete(f"/api/tokens/{tokens[0]['id']}/", headers=session.bearer)
    await client.delete(f"/api/tokens/{tokens[0]['id']}/", headers=session.bearer)
    for _ in range(2):
        await client.post("/api/auth/refresh/", json={"refresh": session.refresh, "rotate": True})
        counting.clock.advance(seconds=40)
    found = await samples(counting)
    assert value(found, "sign_ins_total", outcome="success") == 2
    assert value(found, "sign_ins_total", outcome="access_denied") == 1
    assert value(found, "sign_ins_total", outcome="state_unknown") == 1
    assert value(found, "service_tokens_total", action="minted") == 3
    assert value(found, "service_tokens_total", action="revoked") == 1
    assert value(found, "sessions_ended_for_reuse_total") == 1
    assert value(found, "processes") == 1
    assert value(found, "database_unavailable_total") == 0


@pytest.fixture
async def orphan(make_service: MakeService, migrated: TestDatabases) -> tuple[Service, Session]:
    """Somebody is signed in, and the database is gone."""
    url = await migrated.create()
    service = await make_service(database_url=url, metrics=True)
    session = await service.sign_in("ada")
    await migrated.drop(url)
    return service, session


async def test_calls_to_notion_are_counted_and_what_notion_calls_an_error_is_no_label(counting: Service) -> None:
    agent = await Agent.of(counting, await counting.sign_in("ada"))
    await agent.invoke(*ME)
    await agent.notion("GET", "users/me")
    await agent.notion("GET", "nothing")
    agent.fault("/v1/users/me", "status", status=409, code="short_and_stout", times=2)
    await agent.invoke(*ME)
    await agent.notion("GET", "users/me")
    found = await samples(counting)
    assert value(found, "notion_calls_total", outcome="success") == 2
    assert value(found, "notion_calls_total", outcome="invalid_request_url") == 1
    assert value(found, "notion_calls_total", outcome="notion_refused") == 2
    asked = {"route": "/notion/v1/{path}", "method": "GET", "status": "2xx"}
    assert value(found, REQUESTS, **asked) == 1
    assert "short_and_stout" not in str(found)


async def test_refusals_for_want_of_a_database_are_counted_and_it_answers_all_the_same(
    orphan: tuple[Service, Session],
) -> None:
    service, session = orphan
    for _ in range(2):
        assert (await session.client.get("/api/tokens/", headers=session.bearer)).status_code in (401, 503)
        answer = await session.client.post("/api/auth/refresh/", json={"refresh": session.refresh})
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.headers["retry-after"]
    assert value(await samples(service), "database_unavailable_total") >= 2


async def test_no_label_holds_what_a_caller_sent(counting: Service) -> None:
    session = await counting.sign_in("ada")
    token = await session.mint()
    sent = [session.access, session.refresh, token["token"], session.me["id"] + "0000", session.workspace_ids[0]]
    for text in sent:
        for path in (f"/{text}", f"/api/tokens/{text}/", f"/api/auth/sessions/{text}", f"/static/{text}", f"/?{text}"):
            await session.client.get(path, headers={"User-Agent": text, "X-Request-ID": "0" * 64})
        await session.client.request(re.sub(r"\W", "", text)[:20], "/")
    told = (await (await counting.browser()).get(PATH)).text
    assert [text for text in [*sent, "0" * 64] if text in told] == []
    assert set(re.findall(r'method="(\w+)"', told)) == {"GET", "POST", "other"}
