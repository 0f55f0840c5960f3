"""The writing tools: what they do at Notion, once, and what they refuse with words that help."""

import pytest

from ivgraph_auth.agents.errors import InvalidArguments, PartlyDone
from ivgraph_auth.core.errors import InsufficientScope
from ivgraph_auth.gateway.errors import KeyReused, NotionSaidNo, OutcomeUnknown, WriteUncertain
from ivgraph_auth.sandbox.content import lighthouse
from ivgraph_auth.sandbox.content.build import ident
from tests.agents.kit import Model, node_called, title_of
from tests.graph.sync_kit import lift_rate_limit, synchronize
from tests.support.service import Json, Service

PROJECTS, TASKS = ident("projects"), ident("tasks source")


@pytest.fixture
async def writer(swept_service: Service, monkeypatch: pytest.MonkeyPatch) -> Model:
    """Connected to one workspace, of which nothing has been read."""
    lift_rate_limit(monkeypatch)
    model = await Model.of(swept_service, await swept_service.sign_in("ada"))
    model.forget()
    return model


def properties_of(model: Model, title: str) -> dict[str, Json]:
    node = node_called(model.service, title)
    return {name: each["value"] for name, each in node.data["properties"].items()}


async def markdown_of(model: Model, node_id: str) -> str:
    text: str = (await model.call("fetch", id=node_id)).structured["text"]
    return text.partition("\n\n")[2]


async def test_a_page_with_content(writer: Model) -> None:
    answer = await writer.call(
        "create_page",
        parent=lighthouse.HANDBOOK,
        title="Foghorn *etiquette*",
        content="## Rules\n- Be **loud**",
        icon="📯",
    )
    made = answer.structured
    assert answer.text == f"Created: Foghorn *etiquette* ({made['id']}) {made['url']}"
    assert [link.uri for link in answer.links] == [f"notion://page/{made['id']}"]
    node = node_called(writer.service, "Foghorn *etiquette*")
    assert (node.id, node.parent) == (made["id"], lighthouse.HANDBOOK)
    assert await markdown_of(writer, made["id"]) == "## Rules\n- Be **loud**"
    assert await writer.trail() == [("notion.createPage", "success"), ("notion.getPage", "success")]


async def test_a_row_with_properties_in_a_plain_form(writer: Model) -> None:
    await writer.call(
        "create_page",
        parent=PROJECTS,
        title="Bell tower",
        properties={
            "Stage": "planned", "Budget": "1500", "public": True, "Due": "2026-12-01/2026-12-24",
            "Owner": "Bruno Okafor", "Summary": "As **loud** as the horn",
            "Link": "https://bells.example", "Needs": [ident("project lamp")],
        },
        content="First the rope.",
    )  # fmt: skip
    told = properties_of(writer, "Bell tower")
    assert told["Stage"]["name"] == "Planned"
    assert (told["Budget"], told["Public"], told["Link"]) == (1500, True, "https://bells.example")
    assert (told["Due"]["start"], told["Due"]["end"]) == ("2026-12-01", "2026-12-24")
    assert [each["id"] for each in told["Owner"]] == [lighthouse.BRUNO]
    assert [each["plain_text"] for each in told["Summary"]] == ["As ", "loud", " as the horn"]
    assert told["Needs"] == [{"id": ident("project lamp")}]
    assert (await writer.trail())[0] == ("notion.createPage", "success")
    assert len(await writer.trail()) == 1


async def test_notions_own_form_is_taken_too(writer: Model) -> None:
    await writer.call(
        "create_page",
        parent=TASKS,
        title="Tar the rope",
        properties='{"Effort": {"number": 2}, "Tags": {"multi_select": [{"name": "Iron"}]},'
        ' "Finished": {"checkbox": true}}',
    )
    told = properties_of(writer, "Tar the rope")
    assert (told["Effort"], told["Finished"], [each["name"] for each in told["Tags"]]) == (2, True, ["Iron"])


async def test_what_does_not_fit_is_told_by_property_type_and_what_would_do(writer: Model) -> None:
    with pytest.raises(InvalidArguments) as refused:
        await writer.call(
            "create_page",
            parent=PROJECTS,
            title="Nothing",
            properties={"Stagee": "Done", "Budget": "much", "Due": "soon", "Edited": "2026-01-01", "Needs": "the lamp"},
        )
    told = {each["loc"][1]: each["msg"] for each in refused.value.extra["errors"]}
    assert told == {
        "Stagee": "No such property; did you mean 'Stage'?",
        "Budget": "Is of the type number: give a number, as 3 or 2.5.",
        "Due": 'Is of the type date: give a day, a time or a range: "2026-12-01", "2026-12-01T09:30:00+01:00", '
        '"2026-12-01/2026-12-03".',
        "Edited": "Is of the type last_edited_time: Notion computes it, and it cannot be written; leave it out.",
        "Needs": "Is of the type relation: give ids, URLs or exact titles of pages that it may lead to; "
        "search finds them.",
    }
    assert "POST /v1/pages" not in writer.asked()
    with pytest.raises(InvalidArguments, match="is none of its options; there are: Open, Agreed"):
        await writer.call("create_page", parent=ident("decisions"), title="Nothing", properties={"State": "Vetoed"})


@pytest.mark.slow
async def test_related_pages_and_parents_are_found_in_the_graph(writer: Model) -> None:
    await synchronize(writer.service, writer.owner)
    writer.forget()
    await writer.call("create_page", parent=TASKS, title="Polish", properties={"Project": "lamp refit"})
    assert properties_of(writer, "Polish")["Project"] == [{"id": ident("project lamp")}]
    assert writer.asked() == [f"GET /v1/data_sources/{TASKS}", "POST /v1/pages"]


async def test_a_page_of_ones_own_at_the_top(writer: Model) -> None:
    made = (await writer.call("create_page", title="Diary", parent=None)).structured
    assert node_called(writer.service, "Diary").parent is None
    assert (await writer.call("fetch", id=made["id"])).structured["title"] == "Diary"


async def test_properties_title_and_content_of_a_page_are_changed(writer: Model) -> None:
    lamp = ident("project lamp")
    answer = await writer.call(
        "update_page",
        id=lamp,
        title="Lamp refit, done",
        properties={"Stage": "Done", "Budget": None},
        edits=[{"old": "The new lens", "new": "The old lens"}],
    )
    assert answer.text.startswith("Updated: Lamp refit, done (")
    told = properties_of(writer, "Lamp refit, done")
    assert (told["Stage"]["name"], told["Budget"]) == ("Done", None)
    assert "The old lens is described in" in await markdown_of(writer, lamp)
    assert (await writer.trail())[0] == ("notion.updatePage", "success")
    await writer.call("update_page", id=lamp, replace_content="All is new.")
    assert await markdown_of(writer, lamp) == "All is new."
    assert (await writer.trail())[-2] == ("notion.updatePageMarkdown", "success")
    diary = (await writer.call("create_page", title="Old diary")).structured["id"]
    assert (await writer.call("update_page", id=diary, in_trash=True)).text.startswith("Moved to the trash: Old diary")
    assert writer.service.sandbox.instance.state.content[diary].trashed


async def test_pages_below_are_not_deleted_by_new_content(writer: Model) -> None:
    with pytest.raises(NotionSaidNo, match="would delete child pages"):
        await writer.call("update_page", id=lighthouse.ROADMAP, replace_content="Nothing")


async def test_a_change_that_is_half_done_says_so(writer: Model) -> None:
    arguments = {"id": ident("project horn"), "properties": {"Budget": 1}, "edits": [{"old": "nowhere", "new": "x"}]}
    with pytest.raises(PartlyDone, match=r"The properties are changed, the content is not: .*could not be found"):
        await writer.call("update_page", **arguments, idempotency_key="half")
    assert properties_of(writer, "Fog horn")["Budget"] == 1
    with pytest.raises(OutcomeUnknown):
        await writer.call("update_page", **arguments, idempotency_key="half")


async def test_nothing_to_change_is_refused(writer: Model) -> None:
    with pytest.raises(InvalidArguments, match="Say what to change"):
        await writer.call("update_page", id=lighthouse.STYLE)
    with pytest.raises(InvalidArguments, match="not both"):
        await writer.call("update_page", id=lighthouse.STYLE, edits=[{"old": "a", "new": "b"}], replace_content="c")
    assert await writer.trail() == []


async def test_content_is_added_at_the_end_and_behind_a_text(writer: Model) -> None:
    await writer.call("append", id=lighthouse.WINTER, content="Bring a coat.")
    await writer.call(
        "append", id=lighthouse.WINTER, content="And a hat.", after="Quiet work while the tower is closed."
    )
    lines = (await markdown_of(writer, lighthouse.WINTER)).splitlines()
    assert [line for line in lines if line][:2] == ["Quiet work while the tower is closed.", "And a hat."]
    assert "Bring a coat." in lines


async def test_a_connection_that_may_only_insert_adds_blocks(writer: Model) -> None:
    await writer.service.execute("UPDATE grants SET capabilities = ARRAY['read_content', 'insert_content']")
    await writer.call("append", id=lighthouse.WINTER, content="## Tools\n- Rope\n  - Tar\n- [x] Oil")
    assert writer.asked() == [f"PATCH /v1/blocks/{lighthouse.WINTER}/children"]
    text = await markdown_of(writer, lighthouse.WINTER)
    for line in ("## Tools", "- Rope", "- [x] Oil"):
        assert line in text.splitlines()
    assert [outcome for _, outcome in await writer.trail()] == ["success", "success"]


async def test_something_is_added_inside_a_block(writer: Model) -> None:
    block = writer.service.sandbox.instance.state.content[lighthouse.WINTER].children[1]
    await writer.call("append", id=block, content="Only at noon.")
    assert "Only at noon." in await markdown_of(writer, lighthouse.WINTER)


async def test_comments_begin_discussions_and_answer_in_them(writer: Model) -> None:
    said = (await writer.call("comment", id=lighthouse.STYLE, text="Is **jargon** a word?")).structured
    await writer.call("comment", discussion_id=said["discussion_id"], text="It is.")
    read = (await writer.call("comments", id=lighthouse.STYLE)).structured["results"]
    assert [(each["text"], each["discussion_id"]) for each in read] == [
        ("Is **jargon** a word?", said["discussion_id"]),
        ("It is.", said["discussion_id"]),
    ]
    await writer.call("comment", id=ident("roadmap intro"), text="Mine!")
    assert "Mine!" in (await writer.call("comments", id=ident("roadmap intro"))).text
    for wrong in ({}, {"id": lighthouse.STYLE, "discussion_id": said["discussion_id"]}):
        with pytest.raises(InvalidArguments, match="one of the two"):
            await writer.call("comment", text="x", **wrong)


@pytest.mark.parametrize(
    ("tool", "arguments", "written"),
    [
        ("create_page", {"parent": PROJECTS, "title": "Twice", "properties": {"Stage": "Done"}}, "POST /v1/pages"),
        ("append", {"id": lighthouse.STYLE, "content": "Twice"}, f"PATCH /v1/pages/{lighthouse.STYLE}/markdown"),
        ("comment", {"id": lighthouse.STYLE, "text": "Twice"}, "POST /v1/comments"),
        ("update_page", {"id": lighthouse.STYLE, "title": "Twice"}, f"PATCH /v1/pages/{lighthouse.STYLE}"),
    ],
)
async def test_a_write_runs_once_under_its_key(writer: Model, tool: str, arguments: Json, written: str) -> None:
    first = await writer.call(tool, **arguments, idempotency_key="once")
    again = await writer.call(tool, **arguments, idempotency_key="once")
    assert again == first
    assert writer.asked().count(written) == 1
    assert [outcome for _, outcome in await writer.trail()] == ["success", "repeated"]
    changed = {name: value if name in ("id", "parent", "properties") else "Other" for name, value in arguments.items()}
    with pytest.raises(KeyReused):
        await writer.call(tool, **changed, idempotency_key="once")
    await writer.call(tool, **arguments)
    assert writer.asked().count(written) == 2


async def test_a_lost_answer_is_not_written_again(writer: Model) -> None:
    writer.fault("/v1/pages", "status", status=502, times=1)
    arguments = {"parent": lighthouse.STYLE, "title": "Lost", "idempotency_key": "lost"}
    with pytest.raises(WriteUncertain):
        await writer.call("create_page", **arguments)
    with pytest.raises(OutcomeUnknown):
        await writer.call("create_page", **arguments)


async def test_what_notion_refuses_may_be_tried_again_under_the_same_key(writer: Model) -> None:
    writer.fault("/v1/comments", "status", status=400, code="validation_error", times=2)
    arguments = {"id": lighthouse.STYLE, "text": "Again", "idempotency_key": "again"}
    with pytest.raises(NotionSaidNo):
        await writer.call("comment", **arguments)
    assert (await writer.call("comment", **arguments)).text.startswith("Said")


async def test_reading_scopes_do_not_write(writer: Model) -> None:
    reader = await Model.of(writer.service, writer.owner, "graph:read", "notion:read")
    for tool in ("create_page", "update_page", "append", "upload"):
        with pytest.raises(InsufficientScope, match="notion:write"):
            await reader.call(tool)
    with pytest.raises(InsufficientScope, match="notion:comment"):
        await reader.call("comment")
    only = await Model.of(writer.service, writer.owner, "notion:write")
    made = await only.call("create_page", parent=PROJECTS, title="By a writer", properties={"Stage": "Done"})
    assert title_of(writer.service.sandbox.instance.state.content[made.structured["id"]]) == "By a writer"


@pytest.mark.slow
async def test_a_database_is_no_page(writer: Model) -> None:
    await synchronize(writer.service, writer.owner)
    for tool, more in (("append", {"content": "x"}), ("update_page", {"title": "x"})):
        with pytest.raises(InvalidArguments, match="This is a database, not a page; create_page makes rows"):
            await writer.call(tool, id=PROJECTS, **more)


@pytest.mark.slow
async def test_what_was_removed_is_told_as_gone(writer: Model) -> None:
    made = (await writer.call("create_page", parent=lighthouse.STYLE, title="For a day")).structured["id"]
    await synchronize(writer.service, writer.owner)
    assert made in {each["id"] for each in (await writer.call("changes", limit=100)).structured["results"]}
    await writer.call("update_page", id=made, in_trash=True)
    await synchronize(writer.service, writer.owner)
    told = await writer.call("changes", limit=100)
    assert told.structured["gone"] == [made]
    assert f"Gone: {made}" in told.text
    assert made not in {each["id"] for each in told.structured["results"]}
