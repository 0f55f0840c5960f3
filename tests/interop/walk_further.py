"""The second half of the walk: comments by id, emojis, async tasks, files, meeting notes, templates and views."""

from ivgraph_auth.sandbox.content import lighthouse
from tests.interop.notion_target import Sdk
from tests.sandbox.api import plain, words
from tests.support.service import Json

_PART = "p" * 5 * 1024 * 1024


def bare(answer: Json) -> Json:
    """Without what is another in every answer."""
    assert answer["request_id"]
    return {name: value for name, value in answer.items() if name != "request_id"}


async def walk_further(sdk: Sdk, page: str, *, with_data_sources: bool) -> None:
    await _comment(sdk, page)
    await _later(sdk, page)
    await _files(sdk, page)
    emojis = await sdk.collect("custom_emojis.list", page_size=1)
    assert [each["name"] for each in emojis] == ["lamp-lit", "fog-horn", "tide-table"]
    if with_data_sources:
        await _templates(sdk)
        await _views(sdk)


async def _comment(sdk: Sdk, page: str) -> None:
    """Written, changed and deleted; what else was said stays."""
    before = await sdk.collect("comments.list", block_id=page)
    said = bare(await sdk.call("comments.create", parent={"page_id": page}, rich_text=words("A slip")))
    assert bare(await sdk.call("comments.retrieve", comment_id=said["id"])) == said
    changed = bare(await sdk.call("comments.update", comment_id=said["id"], rich_text=words("No slip")))
    assert plain(changed["rich_text"]) == "No slip"
    assert bare(await sdk.call("comments.delete", comment_id=said["id"])) == changed
    assert await sdk.collect("comments.list", block_id=page) == before


async def _later(sdk: Sdk, page: str) -> None:
    edit = {"type": "insert_content", "insert_content": {"content": "Later"}, "allow_async": True}
    # By path: the Python client leaves `allow_async` out.
    task = bare(await sdk.request("PATCH", f"pages/{page}/markdown", edit))
    assert (task["object"], task["status"]) == ("async_task", "queued")
    while (told := await sdk.request("GET", f"async_tasks/{task['id']}"))["status"] != "succeeded":
        assert told["status"] == "running"
    assert told["result"]["markdown"].endswith("Later")


async def _files(sdk: Sdk, page: str) -> None:
    """In one part and in two, put on the page; a recording becomes meeting notes."""
    one = bare(await sdk.call("file_uploads.create", filename="a.txt"))
    sent = bare(await sdk.send(one["id"], "Lit at dusk."))
    assert (sent["status"], sent["content_length"]) == ("uploaded", 12)
    several = {"mode": "multi_part", "filename": "b.txt", "number_of_parts": 2}
    two = bare(await sdk.call("file_uploads.create", **several))
    for number, content in (("1", _PART), ("2", "end")):
        told = bare(await sdk.send(two["id"], content, part_number=number))
    assert told["number_of_parts"] == {"total": 2, "sent": 2}
    done = bare(await sdk.call("file_uploads.complete", file_upload_id=two["id"]))
    assert (done["status"], done["content_length"]) == ("uploaded", len(_PART) + 3)
    assert bare(await sdk.call("file_uploads.retrieve", file_upload_id=two["id"])) == done
    assert await sdk.collect("file_uploads.list", status="uploaded", page_size=1) == [done, sent]
    await _notes(sdk, page, one["id"])


async def _notes(sdk: Sdk, page: str, upload: str) -> None:
    source = {"type": "file_upload", "file_upload_id": upload}
    asked = {"source": source, "parent": {"type": "page_id", "page_id": page}, "title": "Weekly"}
    made = bare(await sdk.request("POST", "blocks/meeting_notes", asked))
    found = await sdk.call("blocks.meeting_notes.query", limit=10)
    assert found["results"] == [made]
    await sdk.call("blocks.delete", block_id=made["id"])


async def _templates(sdk: Sdk) -> None:
    source = {"data_source_id": lighthouse.TASKS_SOURCE}
    first = await sdk.call("data_sources.list_templates", **source, page_size=1)
    last = await sdk.call("data_sources.list_templates", **source, start_cursor=first["next_cursor"])
    names = [each["name"] for each in first["templates"] + last["templates"]]
    assert names == ["Task", "Repair"]


async def _views(sdk: Sdk) -> None:
    about = {"database_id": lighthouse.PROJECTS, "data_source_id": lighthouse.PROJECTS_SOURCE}
    made = bare(await sdk.call("views.create", **about, name="All of them", type="list"))
    assert bare(await sdk.call("views.retrieve", view_id=made["id"])) == made
    listed = await sdk.collect("views.list", database_id=lighthouse.PROJECTS, page_size=1)
    assert made["id"] in [each["id"] for each in listed]
    changed = bare(await sdk.call("views.update", view_id=made["id"], name="Everything"))
    assert changed["name"] == "Everything"
    found = bare(await sdk.call("views.queries.create", view_id=made["id"]))
    kept = {"view_id": made["id"], "query_id": found["id"]}
    assert await sdk.collect("views.queries.results", **kept, page_size=3) == found["results"]
    assert (await sdk.call("views.queries.delete", **kept))["deleted"] is True
    assert (await sdk.call("views.delete", view_id=made["id"]))["id"] == made["id"]
