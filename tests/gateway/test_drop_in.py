"""What Notion's own clients send passes, and what Notion answers comes back."""

import json

import pytest

from ivgraph_auth.sandbox.content.lighthouse import GUIDE, PROJECTS_SOURCE
from tests.gateway.kit import NOBODYS, Agent, new_page, refusal_of

GUIDE_ID = str(GUIDE)


async def test_an_answer_comes_back_as_notion_wrote_it(agent: Agent) -> None:
    answer = await agent.notion("GET", f"pages/{GUIDE_ID}")
    assert answer.status_code == 200
    assert answer.json()["object"] == "page"
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["x-notion-request-id"] == answer.json()["request_id"]
    assert answer.headers["x-ivgraph-budget-remaining"] == "29"
    assert answer.headers["x-ivgraph-budget-reset"] == "1"
    assert "cf-ray" not in answer.headers


@pytest.mark.parametrize(("version", "shape"), [("2022-06-28", "properties"), ("2025-09-03", "data_sources")])
async def test_the_version_is_the_callers(agent: Agent, version: str, shape: str) -> None:
    found = await agent.notion("POST", "search", json={"page_size": 100}, headers={"Notion-Version": version})
    databases = [item for item in found.json()["results"] if item["object"] in ("database", "data_source")]
    database = databases[0]["id"] if version == "2022-06-28" else databases[0]["parent"]["database_id"]
    answer = await agent.notion("GET", f"databases/{database}", headers={"Notion-Version": version})
    assert shape in answer.json()


async def test_without_a_version_it_is_ours_and_a_wrong_one_is_notions_to_refuse(agent: Agent) -> None:
    assert (await agent.notion("GET", "users/me")).status_code == 200
    for wrong in ("2020-01-01", ""):
        answer = await agent.notion("GET", "users/me", headers={"Notion-Version": wrong})
        assert refusal_of(answer) == (400, "missing_version")


async def test_query_and_encoding_pass_untouched(agent: Agent) -> None:
    """Ids of properties come percent-encoded from Notion, and go back like that."""
    properties = (await agent.notion("GET", f"pages/{GUIDE_ID}")).json()["properties"]
    encoded = [value["id"] for value in properties.values() if "%" in value["id"]]
    assert encoded
    for property_id in encoded:
        agent.forget()
        answer = await agent.notion("GET", f"pages/{GUIDE_ID}/properties/{property_id}?page_size=1")
        assert answer.status_code == 200, answer.text
    agent.forget()
    await agent.notion("GET", f"pages/{GUIDE_ID}?filter_properties={encoded[0]}&filter_properties=title")
    (call,) = agent.service.sandbox.instance.calls
    assert call.path == f"/v1/pages/{GUIDE_ID}"


async def test_a_write_is_read_back(agent: Agent) -> None:
    made = await agent.notion("POST", "pages", json=new_page(GUIDE_ID, "Über “Äpfel” 🍎"))
    assert made.status_code == 200
    page = made.json()["id"]
    block = {"paragraph": {"rich_text": [{"text": {"content": "a line"}}]}}
    appended = await agent.notion("PATCH", f"blocks/{page}/children", json={"children": [block]})
    assert appended.status_code == 200
    children = await agent.notion("GET", f"blocks/{page}/children")
    assert [item["paragraph"]["rich_text"][0]["plain_text"] for item in children.json()["results"]] == ["a line"]
    assert (await agent.notion("DELETE", f"blocks/{children.json()['results'][0]['id']}")).status_code == 200
    assert (await agent.notion("GET", f"blocks/{page}/children")).json()["results"] == []
    read = await agent.notion("GET", f"pages/{page}")
    assert read.json()["properties"]["title"]["title"][0]["plain_text"] == "Über “Äpfel” 🍎"


async def test_rows_of_a_data_source_are_queried(agent: Agent) -> None:
    found = await agent.notion("POST", f"data_sources/{PROJECTS_SOURCE}/query", json={"page_size": 2})
    assert found.status_code == 200, found.text
    assert len(found.json()["results"]) == 2


async def test_notions_refusals_come_back_with_their_status(agent: Agent) -> None:
    assert refusal_of(await agent.notion("GET", f"pages/{NOBODYS}")) == (404, "object_not_found")
    assert refusal_of(await agent.notion("POST", "pages", json={})) == (400, "validation_error")
    broken = await agent.notion("POST", "pages", content=b"{", headers={"Content-Type": "application/json"})
    assert refusal_of(broken) == (400, "invalid_json")
    agent.fault("/v1/users/me", "status", status=409, code="conflict_error")
    assert refusal_of(await agent.notion("GET", "users/me")) == (409, "conflict_error")
    outcomes = [row["outcome"] for row in await agent.trail()]
    assert outcomes == ["object_not_found", "validation_error", "invalid_json", "conflict_error"]


@pytest.mark.parametrize("status", [500, 502, 503, 504, 529])
async def test_a_failure_of_notion_is_the_clients_to_retry(agent: Agent, status: int) -> None:
    agent.forget()
    agent.fault("/v1/users/me", "status", status=status, code="internal_server_error", retry_after=7)
    answer = await agent.notion("GET", "users/me")
    assert refusal_of(answer) == (status, "internal_server_error")
    assert answer.headers["retry-after"] == "7"
    assert len(agent.asked()) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "html", "status": 502},
        {"kind": "html", "status": 403},
        {"kind": "redirect", "location": "https://evil.example/"},
        {"kind": "garbage", "garbage": "text"},
        {"kind": "garbage", "garbage": "truncated"},
        {"kind": "garbage", "garbage": "list"},
        {"kind": "garbage", "garbage": "empty"},
        {"kind": "garbage", "garbage": "deep"},
        {"kind": "garbage", "garbage": "binary"},
        {"kind": "drop"},
    ],
    ids=lambda fault: "-".join(str(value) for value in fault.values())[:30],
)
async def test_nonsense_is_service_unavailable_and_changes_nothing(agent: Agent, fault: dict[str, object]) -> None:
    agent.forget()
    agent.fault("/v1/users/me", **fault)  # type: ignore[arg-type]
    answer = await agent.notion("GET", "users/me")
    assert refusal_of(answer) == (503, "service_unavailable")
    assert len(agent.asked()) == 1
    assert (await agent.trail())[-1]["outcome"] == "upstream_error"
    assert (await agent.notion("GET", "users/me")).status_code == 200


async def test_a_body_of_more_than_a_mebibyte_is_refused(agent: Agent) -> None:
    agent.forget()
    answer = await agent.notion("POST", "pages", content=b"x" * (1024 * 1024 + 1))
    assert refusal_of(answer) == (400, "validation_error")
    assert agent.asked() == []


async def test_a_body_with_any_bytes_is_notions_to_judge(agent: Agent) -> None:
    for body in (b"\xff\xfe", b"\x00", b'{"a": "\\u0000"}', json.dumps({"parent": {"page_id": "\ud800"}}).encode()):
        answer = await agent.notion("POST", "pages", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400


@pytest.mark.slow
async def test_a_call_that_hangs_ends_when_its_caller_says(agent: Agent) -> None:
    agent.fault("/v1/users/me", "hang")
    answer = await agent.notion("GET", "users/me", headers={"X-Ivgraph-Timeout": "1"})
    assert refusal_of(answer) == (504, "gateway_timeout")
    for wrong in ("0", "56", "x"):
        answer = await agent.notion("GET", "users/me", headers={"X-Ivgraph-Timeout": wrong})
        assert refusal_of(answer) == (400, "validation_error")
