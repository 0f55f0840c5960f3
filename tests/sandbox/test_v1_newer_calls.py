"""Comments by id, templates, emojis, async tasks, meeting notes, views and file uploads, as Notion answers them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ivgraph_auth.sandbox.app import Sandbox
from ivgraph_auth.sandbox.content import lighthouse
from tests.sandbox.api import MIDDLE, NEW, Api, plain, words
from tests.sandbox.kit import Json
from tests.sandbox.test_recordings import DATA
from tests.support.clock import ManualClock

NOBODY = "00000000-0000-4000-8000-000000000000"
ROADMAP = {"page_id": lighthouse.ROADMAP}
RECORDED = DATA / "ramnes_notion-sdk-py"
needs_recordings = pytest.mark.skipif(not DATA.is_dir(), reason="no recordings here")


def theirs(folder: str) -> Iterator[Json]:
    for path in sorted((RECORDED / folder).glob("*.json")):
        yield json.loads(path.read_text("utf-8"))["response"]["body"]


def shape(value: Any) -> Any:
    """Members and JSON types; null stands for anything."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value[:1]]
    return type(value).__name__


async def upload(api: Api, content: bytes = b"a", kind: str = "text/plain", **more: Any) -> str:
    made = await api.post("file_uploads", **{"filename": "a.txt", "content_type": kind, **more})
    await api.answered("POST", f"file_uploads/{made['id']}/send", files={"file": ("a.txt", content, kind)})
    found: str = made["id"]
    return found


@pytest.fixture
async def other(api: Api) -> Api:
    return await Api.connected(api.client, person="bruno")


# Comments


async def test_a_comment_is_changed_and_deleted_by_who_wrote_it(api: Api) -> None:
    said = await api.post("comments", parent=ROADMAP, rich_text=words("Too loud?"))
    assert await api.get(f"comments/{said['id']}") == said
    changed = await api.patch(f"comments/{said['id']}", markdown="Not in *fog*.")
    assert (plain(changed["rich_text"]), changed["id"]) == ("Not in fog.", said["id"])
    assert await api.get(f"comments/{said['id']}") == changed
    assert await api.delete(f"comments/{said['id']}") == changed
    for method, more in (("GET", {}), ("PATCH", {"json": {"markdown": "a"}}), ("DELETE", {})):
        assert (await api.refused(method, f"comments/{said['id']}", **more))[:2] == (404, "object_not_found")
    theirs, *_ = await api.all("GET", "comments", block_id=lighthouse.ROADMAP)
    assert (await api.refused("DELETE", f"comments/{theirs['id']}"))[:2] == (403, "restricted_resource")
    assert (await api.refused("PATCH", f"comments/{NOBODY}", json={}))[:2] == (400, "validation_error")


async def test_a_comment_with_attachments(api: Api) -> None:
    image = await upload(api, kind="image/png", filename="a.png")
    said = await api.post("comments", parent=ROADMAP, markdown="See", attachments=[{"file_upload_id": image}])
    (attached,) = said["attachments"]
    assert (attached["category"], set(attached["file"])) == ("image", {"url", "expiry_time"})
    four = [{"file_upload_id": image}] * 4
    asked = {"parent": ROADMAP, "markdown": "See", "attachments": four}
    assert (await api.refused("POST", "comments", json=asked))[:2] == (400, "validation_error")


# Templates, emojis


@needs_recordings
async def test_lists_of_templates_and_emojis_have_the_recorded_members(api: Api) -> None:
    answer = await api.send("GET", f"data_sources/{lighthouse.TASKS_SOURCE}/templates")
    (template, *_) = answer.json()["templates"]
    assert set(template) == {"id", "name", "is_default"}
    for recorded in theirs("get-data_sources-id-templates"):
        assert list(answer.json()) == list(recorded)
    emojis = await api.send("GET", "custom_emojis")
    for recorded in theirs("get-custom_emojis"):
        assert list(emojis.json()) == list(recorded)


async def test_a_page_begins_as_its_template(api: Api) -> None:
    about = {"parent": {"data_source_id": lighthouse.TASKS_SOURCE}, "properties": {"Name": {"title": words("Mend")}}}
    made = await api.post("pages", **about, template={"type": "default"})
    lines = [plain(each["paragraph"]["rich_text"]) for each in await api.below(made["id"])]
    assert lines == ["What is to be done?", "Who knows more?"]
    missing = {**about, "template": {"type": "template_id", "template_id": NOBODY}}
    assert (await api.refused("POST", "pages", json=missing))[:2] == (404, "object_not_found")


# Async tasks


async def test_a_write_that_is_done_later(api: Api) -> None:
    edit = {"type": "insert_content", "insert_content": {"content": "Later."}, "allow_async": True}
    path = f"pages/{lighthouse.ROADMAP}/markdown"
    answer = await api.at(MIDDLE).send("PATCH", path, json=edit)
    assert answer.status_code == 202
    task = answer.json()
    looks = [await api.at(MIDDLE).answered("GET", f"async_tasks/{task['id']}") for _ in range(2)]
    assert [each["status"] for each in looks] == ["running", "succeeded"]
    assert "poll_after_seconds" in looks[0]
    assert "Later." in looks[1]["result"]["markdown"]
    assert task["operation"] == {"surface": "rest", "name": "PATCH /v1/pages/:page_id/markdown"}
    wrong = {**edit, "type": "nonsense"}
    assert (await api.refused("PATCH", path, json=wrong))[:2] == (400, "validation_error")
    if DATA.is_dir():
        accepted, done = next(theirs("patch-pages-id-markdown")), next(theirs("get-async_tasks-id"))
        assert shape(task) == shape(accepted)
        assert set(looks[1]) | {"request_id"} == set(done)


# Meeting notes


async def test_meeting_notes_of_both_sources(api: Api) -> None:
    recording = await upload(api, kind="audio/mpeg", filename="a.mp3")
    source = {"type": "file_upload", "file_upload_id": recording}
    first = await api.post("blocks/meeting_notes", source=source, parent={"type": "page_id", **ROADMAP}, title="A")
    audio = {"audio": {"file_upload": {"id": recording}}}
    (block,) = (await api.patch(f"blocks/{lighthouse.ROADMAP}/children", children=[audio]))["results"]
    second = await api.post("blocks/meeting_notes", source={"type": "block", "block_id": block["id"]}, title="B")
    assert second["parent"] == {"type": "page_id", **ROADMAP}
    ordered = await api.post("blocks/meeting_notes/query", sort=[{"property": "title", "direction": "descending"}])
    assert [each["id"] for each in ordered["results"]] == [second["id"], first["id"]]
    one = await api.post("blocks/meeting_notes/query", limit=1)
    assert (len(one["results"]), one["has_more"]) == (1, True)
    older = await api.at(MIDDLE).get(f"blocks/{first['id']}")
    assert (older["type"], first["type"]) == ("transcription", "meeting_notes")
    wrong = {"source": {"type": "block", "block_id": first["id"]}}
    assert (await api.refused("POST", "blocks/meeting_notes", json=wrong))[:2] == (400, "validation_error")


# Views


@needs_recordings
async def test_views_and_their_queries_have_the_recorded_members(api: Api) -> None:
    api = api.at(MIDDLE)
    about = {"database_id": lighthouse.PROJECTS, "data_source_id": lighthouse.PROJECTS_SOURCE}
    made = (await api.send("POST", "views", json={**about, "name": "All", "type": "table"})).json()
    view = f"views/{made['id']}"
    query = (await api.send("POST", f"{view}/queries", json={})).json()
    mine = {
        "post-views": made,
        "get-views-id": (await api.send("GET", view)).json(),
        "patch-views-id": (await api.send("PATCH", view, json={"name": "Every"})).json(),
        "get-views": (await api.send("GET", "views", params={"database_id": lighthouse.PROJECTS})).json(),
        "post-views-id-queries": query,
        "get-views-id-queries-id": (await api.send("GET", f"{view}/queries/{query['id']}")).json(),
        "delete-views-id-queries-id": (await api.send("DELETE", f"{view}/queries/{query['id']}")).json(),
        "delete-views-id": (await api.send("DELETE", view)).json(),
    }
    for folder, answer in mine.items():
        for recorded in theirs(folder):
            assert list(answer) == list(recorded), folder
            told = {name: value for name, value in shape(answer).items() if name != "results"}
            assert told == {name: value for name, value in shape(recorded).items() if name != "results"}, folder


async def test_a_view_filters_and_sorts(api: Api) -> None:
    about = {"database_id": lighthouse.TASKS, "data_source_id": lighthouse.TASKS_SOURCE}
    done = {"property": "Finished", "checkbox": {"equals": True}}
    rows = await api.all("POST", f"data_sources/{lighthouse.TASKS_SOURCE}/query", filter=done)
    view = await api.post("views", **about, name="Done", type="board", filter=done)
    found = await api.post(f"views/{view['id']}/queries")
    assert {each["id"] for each in found["results"]} == {each["id"] for each in rows}
    wrong = {**about, "name": "a", "type": "table", "filter": {"property": "Nothing", "checkbox": {"equals": True}}}
    assert (await api.refused("POST", "views", json=wrong))[:2] == (400, "validation_error")
    assert (await api.refused("GET", "views"))[:2] == (400, "validation_error")


async def test_what_a_view_led_to_is_kept_for_a_quarter_of_an_hour(api: Api, clock: ManualClock) -> None:
    (view,) = (await api.get("views", data_source_id=lighthouse.PROJECTS_SOURCE))["results"]
    found = await api.post(f"views/{view['id']}/queries", page_size=1)
    path = f"views/{view['id']}/queries/{found['id']}"
    assert len((await api.get(path))["results"]) == found["total_count"]
    clock.advance(minutes=15)
    assert (await api.refused("GET", path))[:2] == (404, "object_not_found")
    assert (await api.delete(path))["deleted"] is True


# File uploads


@needs_recordings
async def test_file_uploads_have_the_recorded_members(api: Api) -> None:
    api = api.at(MIDDLE)
    about = {"mode": "single_part", "filename": "a.txt", "content_type": "text/plain"}
    made = (await api.send("POST", "file_uploads", json=about)).json()
    path = f"file_uploads/{made['id']}"
    sent = (await api.send("POST", f"{path}/send", files={"file": ("a.txt", b"a", "text/plain")})).json()
    mine = {
        "post-file_uploads": made,
        "post-file_uploads-id-send": sent,
        "get-file_uploads-id": (await api.send("GET", path)).json(),
        "get-file_uploads": (await api.send("GET", "file_uploads")).json(),
    }
    for folder, answer in mine.items():
        for recorded in theirs(folder):
            assert list(answer) == list(recorded), folder
            if folder != "get-file_uploads":
                assert shape(answer) == shape(recorded), folder


async def test_bytes_that_look_like_a_boundary_arrive_as_they_are(api: Api, instance: Sandbox) -> None:
    content = b"--x\r\n\r\n--\r\n" + bytes(range(256)) + b"\r\n--"
    made = await upload(api, content)
    assert instance.stored.uploads[made].read() == content
    assert (await api.client.get(f"/sandbox/files/{made}")).content == content
    assert (await api.client.get(f"/sandbox/files/{NOBODY}")).status_code == 404


async def test_what_is_wrong_with_a_file_is_told(api: Api) -> None:
    for wrong in (
        {"mode": "multi_part", "number_of_parts": 2},
        {"mode": "multi_part", "filename": "a.txt"},
        {"mode": "external_url", "filename": "a.txt"},
        {"filename": "a.txt", "number_of_parts": 0},
        {"filename": "a" * 900 + ".txt"},
        {"filename": "a.unknown-kind"},
    ):
        assert (await api.refused("POST", "file_uploads", json=wrong))[:2] == (400, "validation_error"), wrong
    made = (await api.post("file_uploads", filename="a.txt"))["id"]
    path = f"file_uploads/{made}/send"
    for files in ({"other": b"a"}, {"file": ("a.png", b"a", "image/png")}):
        assert (await api.refused("POST", path, files=files))[:2] == (400, "validation_error")
    assert (await api.refused("POST", path, content=b"a"))[:2] == (400, "validation_error")
    block = {"children": [{"file": {"file_upload": {"id": made}}}]}
    put = await api.refused("PATCH", f"blocks/{lighthouse.ROADMAP}/children", json=block)
    assert put[:2] == (400, "validation_error")
    large = await api.send("POST", path, files={"file": ("a.txt", b"a" * (20 * 1024 * 1024 + 1), "text/plain")})
    assert large.status_code == 413


async def test_an_upload_ends_after_an_hour_and_belongs_to_who_made_it(
    api: Api, clock: ManualClock, other: Api
) -> None:
    made = (await api.post("file_uploads", filename="a.txt"))["id"]
    assert (await other.refused("GET", f"file_uploads/{made}"))[:2] == (404, "object_not_found")
    assert await other.all("GET", "file_uploads") == []
    clock.advance(hours=1)
    assert (await api.get(f"file_uploads/{made}"))["status"] == "expired"
    file = {"file": ("a.txt", b"a", "text/plain")}
    assert (await api.refused("POST", f"file_uploads/{made}/send", files=file))[:2] == (400, "validation_error")


async def test_a_file_from_elsewhere_is_there_when_somebody_looks(api: Api) -> None:
    url = "https://lighthouse.example/lamp.pdf"
    made = await api.post("file_uploads", mode="external_url", filename="lamp.pdf", external_url=url)
    assert made["status"] == "pending"
    found = await api.get(f"file_uploads/{made['id']}")
    assert (found["status"], found["file_import_result"]["type"]) == ("uploaded", "success")


async def test_a_file_stands_wherever_one_may(api: Api) -> None:
    image = await upload(api, kind="image/png", filename="lamp.png")
    reference = {"file_upload": {"id": image}}
    page = await api.post(
        "pages",
        parent=ROADMAP,
        properties={"title": words("Lamp")},
        icon=reference,
        cover=reference,
        children=[{"image": reference}],
    )
    (block,) = await api.below(page["id"])
    for told in (page["icon"], page["cover"], block["image"]):
        assert (told["type"], "lamp.png" in told["file"]["url"]) == ("file", True)
    assert (await api.get(f"pages/{page['id']}/markdown"))["markdown"].startswith("![image](https://")
    assert (await api.get(f"file_uploads/{image}"))["expiry_time"] is None
    link = {"image": {"external": {"url": "https://lighthouse.example/lamp.png"}}}
    assert (await api.patch(f"blocks/{block['id']}", **link))["image"]["type"] == "external"


@pytest.mark.parametrize("version", [MIDDLE, NEW])
async def test_only_older_versions_say_archived(api: Api, version: str) -> None:
    made = await api.at(version).post("file_uploads", filename="a.txt")
    assert ("archived" in made) is (version == MIDDLE)
