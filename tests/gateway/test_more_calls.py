"""The calls that came with `@notionhq/client` 5.26, at the drop-in address and as tools, with the scopes they take."""

import pytest

from ivgraph_auth.sandbox.content.lighthouse import PROJECTS, PROJECTS_SOURCE, ROADMAP, TASKS_SOURCE
from tests.gateway.kit import NOBODYS, Agent, error_of, refusal_of
from tests.support.service import Json

TEXT = [{"text": {"content": "Lit at dusk."}}]


async def comment(agent: Agent) -> Json:
    made = await agent.notion("POST", "comments", json={"parent": {"page_id": ROADMAP}, "rich_text": TEXT})
    assert made.status_code == 200, made.text
    return made.json()


async def result(agent: Agent, tool: str, **parameters: Json) -> Json:
    answer = await agent.invoke(f"notion.{tool}", parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


async def test_a_comment_by_its_id(agent: Agent) -> None:
    said = await comment(agent)
    assert (await result(agent, "getComment", comment_id=said["id"]))["rich_text"] == said["rich_text"]
    changed = await result(agent, "updateComment", comment_id=said["id"], markdown="Lit at **dawn**.")
    assert "".join(each["plain_text"] for each in changed["rich_text"]) == "Lit at dawn."
    assert (await agent.notion("GET", f"comments/{said['id']}")).json()["rich_text"] == changed["rich_text"]
    assert (await result(agent, "deleteComment", comment_id=said["id"]))["id"] == said["id"]
    gone = await agent.notion("DELETE", f"comments/{said['id']}")
    assert refusal_of(gone) == (404, "object_not_found")


async def test_commenting_has_a_scope_of_its_own(agent: Agent) -> None:
    said = await comment(agent)
    writer = await Agent.of(agent.service, agent.owner, "notion:read", "notion:write")
    speaker = await Agent.of(agent.service, agent.owner, "notion:comment")
    calls: list[tuple[str, str, Json]] = [
        ("POST", "comments", {"parent": {"page_id": ROADMAP}, "rich_text": TEXT}),
        ("PATCH", f"comments/{said['id']}", {"rich_text": TEXT}),
        ("DELETE", f"comments/{said['id']}", None),
    ]
    for method, path, body in calls:
        refused = await writer.notion(method, path, json=body)
        assert refusal_of(refused) == (403, "restricted_resource")
        assert "notion:comment" in refused.json()["message"]
        assert (await speaker.notion(method, path, json=body)).status_code == 200
    asked = {"parent": {"page_id": ROADMAP}, "rich_text": TEXT}
    assert error_of(await writer.invoke("notion.createComment", asked))["code"] == "insufficient_scope"
    assert (await speaker.invoke("notion.createComment", asked)).status_code == 200
    # It opens nothing else: not even what was said.
    for path in (f"comments?block_id={ROADMAP}", f"comments/{said['id']}", f"pages/{ROADMAP}"):
        assert refusal_of(await speaker.notion("GET", path)) == (403, "restricted_resource")
    page = await speaker.notion("PATCH", f"pages/{ROADMAP}", json={"icon": None})
    assert refusal_of(page) == (403, "restricted_resource")


async def test_a_comment_under_a_key_is_written_once(agent: Agent) -> None:
    asked = {"parent": {"page_id": ROADMAP}, "rich_text": TEXT}
    key = {"Idempotency-Key": "comment"}
    first = await agent.notion("POST", "comments", json=asked, headers=key)
    again = await agent.notion("POST", "comments", json=asked, headers=key)
    assert (again.status_code, again.json()) == (200, first.json())
    assert [row["outcome"] for row in await agent.trail()] == ["success", "repeated"]


async def test_templates_and_a_page_made_of_one(agent: Agent) -> None:
    first, second = (await result(agent, "listDataSourceTemplates", data_source_id=TASKS_SOURCE))["templates"]
    assert (first["is_default"], second["is_default"]) == (True, False)
    some = await agent.notion("GET", f"data_sources/{TASKS_SOURCE}/templates", params={"name": "repair"})
    assert some.json() == {"templates": [second], "has_more": False, "next_cursor": None}
    asked = {
        "parent": {"data_source_id": TASKS_SOURCE},
        "properties": {"Name": {"title": TEXT}},
        "template": {"type": "template_id", "template_id": second["id"]},
    }
    page = await agent.notion("POST", "pages", json=asked)
    assert page.status_code == 200, page.text
    blocks = (await agent.notion("GET", f"blocks/{page.json()['id']}/children")).json()["results"]
    assert blocks[0]["paragraph"]["rich_text"][0]["plain_text"] == "What is broken?"


async def test_a_write_that_is_done_later_is_followed(agent: Agent) -> None:
    content = {"type": "insert_content", "insert_content": {"content": "Later."}, "allow_async": True}
    accepted = await agent.notion("PATCH", f"pages/{ROADMAP}/markdown", json=content)
    assert (accepted.status_code, accepted.json()["object"]) == (202, "async_task")
    task = accepted.json()["id"]
    states = [(await result(agent, "getAsyncTask", task_id=task))["status"] for _ in range(2)]
    assert states == ["running", "succeeded"]
    done = (await agent.notion("GET", f"async_tasks/{task}")).json()
    assert "Later." in done["result"]["markdown"]
    assert refusal_of(await agent.notion("GET", "async_tasks/task_0")) == (404, "object_not_found")


async def test_a_tool_may_leave_a_page_for_later(agent: Agent) -> None:
    asked = {"parent": {"page_id": ROADMAP}, "properties": {"title": TEXT}, "markdown": "Much.", "allow_async": True}
    answer = await agent.invoke("notion.createPage", asked)
    assert (answer.status_code, answer.json()["metadata"]["notionStatus"]) == (200, 202)
    task = answer.json()["result"]["id"]
    while (told := await result(agent, "getAsyncTask", task_id=task))["status"] != "succeeded":
        assert told["poll_after_seconds"] == 2
    assert told["result"]["object"] == "page"


async def test_custom_emojis(agent: Agent) -> None:
    every = await result(agent, "listCustomEmojis", page_size=2)
    assert [each["name"] for each in every["results"]] == ["lamp-lit", "fog-horn"]
    (last,) = (await result(agent, "listCustomEmojis", start_cursor=every["next_cursor"]))["results"]
    assert (await result(agent, "listCustomEmojis", name=last["name"]))["results"] == [last]


async def test_views_are_read_with_the_scope_to_read(agent: Agent) -> None:
    reader = await Agent.of(agent.service, agent.owner, "notion:read")
    (first,) = (await result(reader, "listViews", database_id=PROJECTS))["results"]
    view = await result(reader, "getView", view_id=first["id"])
    assert (view["type"], view["data_source_id"]) == ("table", PROJECTS_SOURCE)
    found = await result(reader, "queryView", view_id=view["id"], page_size=2)
    assert (len(found["results"]), found["has_more"]) == (2, True)
    more = await result(
        reader, "getViewQueryResults", view_id=view["id"], query_id=found["id"], start_cursor=found["next_cursor"]
    )
    rows = [each["id"] for each in found["results"] + more["results"]]
    assert len(set(rows)) == found["total_count"]
    path = f"views/{view['id']}/queries/{found['id']}"
    assert (await reader.notion("DELETE", path)).json()["deleted"] is True
    assert refusal_of(await reader.notion("GET", path)) == (404, "object_not_found")
    for method, target in (("POST", "views"), ("PATCH", f"views/{view['id']}"), ("DELETE", f"views/{view['id']}")):
        assert refusal_of(await reader.notion(method, target, json={})) == (403, "restricted_resource")


async def test_views_are_made_changed_and_deleted_with_the_scope_to_write(agent: Agent) -> None:
    about = {"database_id": PROJECTS, "data_source_id": PROJECTS_SOURCE, "name": "By name", "type": "table"}
    sorts = [{"property": "Name", "direction": "descending"}]
    made = (await agent.notion("POST", "views", json={**about, "sorts": sorts})).json()
    renamed = await agent.notion("PATCH", f"views/{made['id']}", json={"name": "From Z"})
    assert renamed.json() == {**made, "name": "From Z", "request_id": renamed.json()["request_id"]}
    found = (await agent.notion("POST", f"views/{made['id']}/queries", json={})).json()
    names = [
        (await agent.notion("GET", f"pages/{each['id']}")).json()["properties"]["Name"]["title"][0]["plain_text"]
        for each in found["results"]
    ]
    assert names == sorted(names, reverse=True)
    assert (await agent.notion("DELETE", f"views/{made['id']}")).json()["id"] == made["id"]
    assert refusal_of(await agent.notion("GET", f"views/{made['id']}")) == (404, "object_not_found")


async def test_meeting_notes_are_made_of_a_recording(agent: Agent) -> None:
    upload = (await agent.notion("POST", "file_uploads", json={"filename": "talk.mp3"})).json()["id"]
    file = {"file": ("talk.mp3", b"Good morning.", "audio/mpeg")}
    assert (await agent.notion("POST", f"file_uploads/{upload}/send", files=file)).status_code == 200
    asked = {
        "source": {"type": "file_upload", "file_upload_id": upload},
        "parent": {"type": "page_id", "page_id": ROADMAP},
        "title": "Weekly",
    }
    made = await result(agent, "createMeetingNote", **asked)
    assert (made["type"], made["meeting_notes"]["status"]) == ("meeting_notes", "transcription_in_progress")
    (found,) = (await result(agent, "queryMeetingNotes", limit=5))["results"]
    assert found["id"] == made["id"]
    reader = await Agent.of(agent.service, agent.owner, "notion:read")
    assert error_of(await reader.invoke("notion.createMeetingNote", asked))["code"] == "insufficient_scope"


@pytest.mark.parametrize(
    ("tool", "parameters"),
    [
        ("updateComment", {"comment_id": NOBODYS}),
        ("updateComment", {"comment_id": NOBODYS, "markdown": "", "rich_text": TEXT}),
        ("listViews", {}),
        ("getAsyncTask", {"task_id": "../users"}),
        ("getAsyncTask", {"task_id": ""}),
        ("queryMeetingNotes", {"limit": 0}),
        ("getViewQueryResults", {"view_id": NOBODYS}),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_notion_would_refuse_is_refused_before(agent: Agent, tool: str, parameters: Json) -> None:
    agent.forget()
    answer = await agent.invoke(f"notion.{tool}", parameters)
    assert (answer.status_code, error_of(answer)["code"]) == (422, "invalid_parameters")
    assert agent.asked() == []
