"""What is written can be read back, is held against Notion's limits, and outlives the process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.sandbox.app import SandboxConfig, StateFileError, create_sandbox
from ivgraph_auth.sandbox.content import lighthouse
from tests.sandbox.api import MIDDLE, NEW, OLD, VERSIONS, Api, paragraph, plain, title_of, words
from tests.sandbox.kit import CLIENT_ID, CLIENT_SECRET, Json
from tests.support.clock import ManualClock

UNDER_ROADMAP = {"page_id": lighthouse.ROADMAP}


async def made(api: Api, title: str = "Made here", **more: Any) -> Json:
    return await api.post("pages", parent=UNDER_ROADMAP, properties={"title": words(title)}, **more)


def texts(blocks: list[Json]) -> list[str]:
    return [plain(block[block["type"]].get("rich_text", [])) for block in blocks]


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_page_with_content(api: Api, version: str) -> None:
    here = api.at(version)
    inside = {"toggle": {"rich_text": words("More"), "children": [paragraph("Deep")]}}
    page = await made(here, icon={"emoji": "🪁"}, children=[paragraph("First"), inside])
    assert await here.get(f"pages/{page['id']}") == page
    assert page["icon"] == {"type": "emoji", "emoji": "🪁"}
    assert page["created_by"] == {"object": "user", "id": (await here.get("users/me"))["id"]}
    assert texts(await here.below(page["id"])) == ["First", "More", "Deep"]
    child = (await here.all("GET", f"blocks/{lighthouse.ROADMAP}/children"))[-1]
    assert (child["id"], child["child_page"]) == (page["id"], {"title": "Made here"})
    assert [each["id"] for each in await here.all("POST", "search", query="made here")] == [page["id"]]


async def test_a_change_makes_the_page_younger(api: Api, clock: ManualClock) -> None:
    before = await api.get(f"pages/{lighthouse.ROADMAP}")
    clock.advance(minutes=3)
    await api.patch(f"blocks/{lighthouse.SYNCED}/children", children=[paragraph("New")])
    holder = await api.get(f"pages/{lighthouse.HANDBOOK}")
    assert holder["last_edited_time"] == "2026-11-21T12:03:00.000Z"
    assert await api.get(f"pages/{lighthouse.ROADMAP}") == before
    assert (await api.post("search", page_size=1))["results"][0]["id"] == lighthouse.HANDBOOK


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_row(api: Api, version: str) -> None:
    here = api.at(version)
    kind = {"database_id": lighthouse.PROJECTS} if version == OLD else {"data_source_id": lighthouse.PROJECTS_SOURCE}
    values = {
        "Name": {"title": words("Paint the door")},
        "Stage": {"select": {"name": "Planned"}},
        "Budget": {"number": 12.5},
        "Public": {"checkbox": True},
        "Due": {"date": {"start": "2026-12-01"}},
        "Owner": {"people": [{"id": lighthouse.ADA}]},
        "Summary": {"rich_text": [{"mention": {"page": {"id": lighthouse.LAMP}}}]},
        "Link": {"url": "https://lighthouse.example"},
        "Tasks": {"relation": [{"id": lighthouse.STOPS[0]}]},
    }
    row = await here.post("pages", parent=kind, properties=values)
    assert row["properties"]["Owner"]["people"][0]["name"] == "Ada Winter"
    assert row["properties"]["Summary"]["rich_text"][0]["plain_text"] == "Lamp refit"
    assert row["properties"]["Stage"]["select"]["name"] == "Planned"
    path = f"databases/{lighthouse.PROJECTS}" if version == OLD else f"data_sources/{lighthouse.PROJECTS_SOURCE}"
    wanted = {"property": "Name", "title": {"equals": "paint the door"}}
    assert await here.all("POST", f"{path}/query", filter=wanted) == [row]
    stop = await here.get(f"pages/{lighthouse.STOPS[0]}")
    assert {"id": row["id"]} in stop["properties"]["Project"]["relation"]
    await here.patch(f"pages/{row['id']}", properties={row["properties"]["Tasks"]["id"]: {"relation": []}})
    stop = await here.get(f"pages/{lighthouse.STOPS[0]}")
    assert {"id": row["id"]} not in stop["properties"]["Project"]["relation"]


async def test_more_references_than_a_page_tells(api: Api) -> None:
    """Only a relation says that it was cut."""
    mentions = [{"mention": {"page": {"id": stop}}} for stop in lighthouse.STOPS]
    people = [{"id": lighthouse.ADA}] * 28
    properties = {"Summary": {"rich_text": mentions}, "Owner": {"people": people}}
    page = await api.patch(f"pages/{lighthouse.LAMP}", properties=properties)
    for name, kind in (("Summary", "rich_text"), ("Owner", "people")):
        told = page["properties"][name]
        assert len(told[kind]) == 25
        assert set(told) == {"id", "type", kind}
        assert len(await api.all("GET", f"pages/{lighthouse.LAMP}/properties/{told['id']}")) == 28


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"Colour": {"number": 1}}, "Colour is not a property that exists."),
        ({"Budget": {"checkbox": True}}, "Budget is expected to be number."),
        ({"Budget": {"number": "1"}}, "body.properties.Budget.number should be a number or `null`."),
        ({"Edited": {"last_edited_time": "2026-01-01"}}, "its value is made by Notion"),
        ({"Link": {"url": "x" * 2001}}, "body.properties.Link.url.length should be ≤ `2000`, instead was `2001`."),
        (
            {"Needs": {"relation": [{"id": lighthouse.STOPS[0]}]}},
            f"Could not find page with ID: {lighthouse.STOPS[0]}.",
        ),
        (
            {"Needs": {"relation": [{"id": lighthouse.LAMP}] * 101}},
            "relation.length should be ≤ `100`, instead was `101`",
        ),
        ({"Owner": {"people": [{"id": "ada"}]}}, "should be a valid uuid"),
    ],
)
async def test_a_value_that_does_not_fit_changes_nothing(api: Api, values: Json, said: str) -> None:
    before = await api.get(f"pages/{lighthouse.LAMP}")
    sent = {"Public": {"checkbox": False}, "Stage": {"select": {"name": "Never"}}, **values}
    status, _, message = await api.refused("PATCH", f"pages/{lighthouse.LAMP}", json={"properties": sent})
    assert status in {400, 404}
    assert said in message
    assert await api.get(f"pages/{lighthouse.LAMP}") == before
    source = await api.get(f"data_sources/{lighthouse.PROJECTS_SOURCE}")
    assert "Never" not in [each["name"] for each in source["properties"]["Stage"]["select"]["options"]]


@pytest.mark.parametrize("version", VERSIONS)
async def test_where_blocks_are_put(api: Api, version: str) -> None:
    here = api.at(version)
    page = (await made(here, children=[paragraph("1"), paragraph("3")]))["id"]
    first = (await here.all("GET", f"blocks/{page}/children"))[0]["id"]
    after: Json = (
        {"position": {"type": "after_block", "after_block": {"id": first}}} if version == NEW else {"after": first}
    )
    listed = await here.patch(f"blocks/{page}/children", children=[paragraph("2")], **after)
    assert texts(listed["results"]) == ["2", "3"]
    await here.patch(f"blocks/{page}/children", children=[paragraph("4")])
    await here.patch(f"blocks/{page}/children", children=[paragraph("0")], position={"type": "start"})
    assert texts(await here.below(page)) == ["0", "1", "2", "3", "4"]
    if version == NEW:
        sent = {"children": [paragraph("x")], "after": first}
        assert (
            "body.after should be not present" in (await here.refused("PATCH", f"blocks/{page}/children", json=sent))[2]
        )


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_block_changed_and_thrown_away(api: Api, version: str) -> None:
    here = api.at(version)
    page = (await made(here, children=[{"to_do": {"rich_text": words("Oil")}}, paragraph("Stays")]))["id"]
    block = (await here.all("GET", f"blocks/{page}/children"))[0]
    changed = await here.patch(f"blocks/{block['id']}", to_do={"checked": True})
    assert (changed["to_do"]["checked"], texts([changed])) == (True, ["Oil"])
    assert await here.get(f"blocks/{block['id']}") == changed
    assert (await here.refused("PATCH", f"blocks/{block['id']}", json={"paragraph": {}}))[0] == 400
    gone = await here.delete(f"blocks/{block['id']}")
    assert gone["in_trash"] is True
    assert ("archived" in gone) is (version != NEW)
    assert texts(await here.below(page)) == ["Stays"]
    refused = await here.refused("PATCH", f"blocks/{block['id']}", json={"to_do": {"checked": False}})
    assert refused[2] == "Can't edit block that is archived. You must unarchive the block before editing."
    name = "in_trash" if version == NEW else "archived"
    await here.patch(f"blocks/{block['id']}", **{name: False})
    assert texts(await here.below(page)) == ["Oil", "Stays"]


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_page_in_the_trash(api: Api, version: str) -> None:
    here = api.at(version)
    page = (await made(here))["id"]
    name = "in_trash" if version == NEW else "archived"
    await here.patch(f"pages/{page}", **{name: True})
    assert (await here.get(f"pages/{page}"))["in_trash"] is True
    assert await here.all("POST", "search", query="Made here") == []
    assert (await here.refused("PATCH", f"blocks/{page}/children", json={"children": []}))[0] == 400
    if version == NEW:
        assert "body.archived" in (await here.refused("PATCH", f"pages/{page}", json={"archived": False}))[2]
    else:
        trashed = await here.all("POST", "search", query="Made here", filter={"in_trash": True})
        assert [each["id"] for each in trashed] == [page]
    await here.patch(f"pages/{page}", **{name: False})
    assert len(await here.all("POST", "search", query="Made here")) == 1


@pytest.mark.parametrize(
    ("children", "said"),
    [
        ([paragraph("x")] * 101, "body.children.length should be ≤ `100`, instead was `101`."),
        ([paragraph("x" * 2001)], "rich_text[0].text.content.length should be ≤ `2000`, instead was `2001`."),
        (
            [{"paragraph": {"rich_text": words("x") * 101}}],
            "body.children[0].paragraph.rich_text.length should be ≤ `100`",
        ),
        ([{"bookmark": {"url": "x" * 2001}}], "body.children[0].bookmark.url.length should be ≤ `2000`"),
        (
            [{"child_page": {"title": "x"}}],
            "body failed validation. Fix one:\nbody.children[0].embed should be defined",
        ),
        ([{"type": "quote", "paragraph": {"rich_text": []}}], 'body.children[0].type should be `"paragraph"`'),
        ([{"divider": {"children": []}}], "body.children[0].divider.children should be not present"),
        ([{"paragraph": {}}], "body.children[0].paragraph.rich_text should be defined"),
        ([{"paragraph": {"rich_text": [{"mention": {}}]}}], "rich_text[0].mention.user should be defined"),
        ("x", "body.children should be an array"),
    ],
)
async def test_blocks_that_do_not_fit(api: Api, children: object, said: str) -> None:
    path = f"blocks/{lighthouse.ROADMAP}/children"
    before = await api.below(lighthouse.ROADMAP)
    status, code, message = await api.refused("PATCH", path, json={"children": children})
    assert (status, code) == (400, "validation_error")
    assert said in message
    assert await api.below(lighthouse.ROADMAP) == before


async def test_a_thousand_blocks_and_no_more(api: Api) -> None:
    def tree(size: int) -> list[Json]:
        item: Json = {"rich_text": [], "children": [{"divider": {}}] * 99}
        return [{"toggle": item}] * 10 + [{"divider": {}}] * size

    page = (await made(api, children=tree(0)))["id"]
    assert len(await api.below(page)) == 1000
    refused = await api.refused("POST", "pages", json={"parent": UNDER_ROADMAP, "children": tree(1)})
    assert refused[:2] == (400, "validation_error")
    deep: Json = paragraph("4")
    for level in "321":
        deep = {"quote": {"rich_text": words(level), "children": [deep]}}
    refused = await api.refused("PATCH", f"blocks/{page}/children", json={"children": [deep]})
    assert "children should be not present" in refused[2]
    large = await api.send("PATCH", f"blocks/{page}/children", json={"children": [paragraph("x" * 1999)] * 260})
    assert large.status_code == 413


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_database_and_its_rows(api: Api, version: str) -> None:
    here = api.at(version)
    columns = {
        "Title": {"title": {}},
        "Count": {"number": {"format": "number"}},
        "Kind": {"select": {"options": [{"name": "a", "color": "red"}]}},
    }
    given: Json = {"properties": columns} if version == OLD else {"initial_data_source": {"properties": columns}}
    database = await here.post("databases", parent=UNDER_ROADMAP, title=words("Shells"), **given)
    assert await here.get(f"databases/{database['id']}") == database
    source = database if version == OLD else await here.get(f"data_sources/{database['data_sources'][0]['id']}")
    assert set(source["properties"]) == {"Title", "Count", "Kind"}
    path = f"databases/{database['id']}" if version == OLD else f"data_sources/{source['id']}"
    parent = {("database_id" if version == OLD else "data_source_id"): source["id"]}
    for number in (2, 1):
        await here.post("pages", parent=parent, properties={"title": words(str(number)), "Count": {"number": number}})
    rows = await here.all("POST", f"{path}/query", sorts=[{"property": "Count", "direction": "ascending"}])
    assert [title_of(row) for row in rows] == ["1", "2"]
    target = {"database_id": lighthouse.PROJECTS}
    target = target if version == OLD else {"data_source_id": lighthouse.PROJECTS_SOURCE}
    more: Json = {
        "Kind": None,
        "Count": {"name": "How many"},
        "For": {"relation": {**target, "dual_property": {}}},
        "Seen": {"checkbox": {}},
    }
    changed = await here.patch(path, properties=more)
    assert set(changed["properties"]) == {"Title", "How many", "For", "Seen"}
    assert changed["properties"]["For"]["relation"]["type"] == "dual_property"
    row = await here.patch(f"pages/{rows[0]['id']}", properties={"For": {"relation": [{"id": lighthouse.LAMP}]}})
    assert set(row["properties"]) == {"Title", "How many", "For", "Seen"}
    lamp = await here.get(f"pages/{lighthouse.LAMP}")
    assert lamp["properties"]["Related to Shells (For)"]["relation"] == [{"id": row["id"]}]
    renamed = await here.patch(f"databases/{database['id']}", title=words("Sea shells"))
    assert title_of(renamed) == "Sea shells"


async def test_a_second_data_source(api: Api) -> None:
    parent = {"database_id": lighthouse.TASKS}
    second = await api.post("data_sources", parent=parent, title=words("Ideas"), properties={"What": {"title": {}}})
    database = await api.get(f"databases/{lighthouse.TASKS}")
    assert [each["name"] for each in database["data_sources"]] == ["Tasks", "Ideas"]
    assert database["data_sources"][1]["id"] == second["id"]
    answer = await api.at(OLD).send("GET", f"databases/{lighthouse.TASKS}")
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert answer.json()["additional_data"]["child_data_source_ids"][1] == second["id"]
    found = await api.at(OLD).all("POST", "search", filter={"property": "object", "value": "database"})
    assert lighthouse.TASKS not in [each["id"] for each in found]
    assert (await api.patch(f"data_sources/{second['id']}", in_trash=True))["in_trash"] is True
    await api.at(OLD).get(f"databases/{lighthouse.TASKS}")


@pytest.mark.parametrize(
    ("version", "path", "body"),
    [
        (OLD, "databases", {"title": []}),
        (NEW, "databases", {"properties": {"Name": {"title": {}}}}),
        (NEW, "databases", {"initial_data_source": {"properties": {"Name": {"number": {}}}}}),
        (NEW, "databases", {"initial_data_source": {"properties": {"Name": {"dream": {}}}}}),
        (MIDDLE, "databases", {"title": "Shells"}),
    ],
)
async def test_a_database_that_does_not_fit(api: Api, version: str, path: str, body: Json) -> None:
    refused = await api.at(version).refused("POST", path, json={"parent": UNDER_ROADMAP, **body})
    assert refused[:2] == (400, "validation_error")


async def test_a_page_that_moves(api: Api) -> None:
    page = (await made(api, children=[paragraph("Along")]))["id"]
    moved = await api.post(f"pages/{page}/move", parent={"page_id": lighthouse.HANDBOOK})
    assert moved["parent"] == {"type": "page_id", "page_id": lighthouse.HANDBOOK}
    assert page not in [each["id"] for each in await api.below(lighthouse.ROADMAP)]
    assert (await api.all("GET", f"blocks/{lighthouse.HANDBOOK}/children"))[-1]["id"] == page
    row = await api.post(f"pages/{page}/move", parent={"data_source_id": lighthouse.PROJECTS_SOURCE})
    assert title_of(row) == "Made here"
    assert row["properties"]["Public"]["checkbox"] is False
    assert texts(await api.below(page)) == ["Along"]
    for inside in (lighthouse.AUTUMN, lighthouse.ROADMAP):
        refused = await api.refused("POST", f"pages/{lighthouse.ROADMAP}/move", json={"parent": {"page_id": inside}})
        assert refused[0] == 400


async def test_a_page_of_the_connection_itself(api: Api) -> None:
    page = await api.post("pages", parent={"workspace": True}, properties={"title": words("Mine")})
    assert page["parent"] == {"type": "workspace", "workspace": True}
    assert await api.get(f"pages/{page['id']}") == page


async def test_a_comment_and_its_answer(api: Api) -> None:
    first = await api.post("comments", parent={"page_id": lighthouse.TOOLS}, rich_text=words("Where is it?"))
    assert first["display_name"] == {"type": "integration", "resolved_name": "IVGraph (sandbox)"}
    second = await api.post("comments", discussion_id=first["discussion_id"], rich_text=words("In the drawer."))
    assert await api.all("GET", "comments", block_id=lighthouse.TOOLS) == [first, second]
    elsewhere = {"parent": {"page_id": lighthouse.PRIVATE}, "rich_text": words("Hm.")}
    assert (await api.refused("POST", "comments", json=elsewhere))[0] == 404


async def test_another_person_sees_what_is_written(client: httpx.AsyncClient, api: Api) -> None:
    page = (await made(api))["id"]
    bruno = await Api.connected(client, person="bruno")
    assert (await bruno.get(f"pages/{page}"))["id"] == page
    narrow = await Api.connected(client, person="farah", workspace="lighthouse", pages=[lighthouse.HANDBOOK])
    assert (await narrow.refused("GET", f"pages/{page}"))[0] == 404


@pytest.mark.parametrize("version", VERSIONS)
async def test_markdown_written_and_read_back(api: Api, version: str) -> None:
    here = api.at(version)
    page = (await made(here))["id"]
    path = f"pages/{page}/markdown"
    content = "# Tide\n\nHigh at **six**, see [here](https://tides.example).\n- [x] Bell\n1. One\n```shell\nls\n```"
    told = await here.patch(path, type="insert_content", insert_content={"content": content})
    assert told["object"] == "page_markdown"
    assert told["markdown"] == content.replace("\n\n", "\n")
    blocks = await here.below(page)
    assert [each["type"] for each in blocks] == ["heading_1", "paragraph", "to_do", "numbered_list_item", "code"]
    await here.patch(path, type="insert_content", insert_content={"content": "- Rope", "after": "- [x] Bell\n"})
    edit = {"content_updates": [{"old_str": "High at", "new_str": "Low at"}]}
    await here.patch(path, type="update_content", update_content=edit)
    again = await here.below(page)
    assert [each["type"] for each in again][3] == "bulleted_list_item"
    assert (again[0]["id"], again[-1]["id"]) == (blocks[0]["id"], blocks[-1]["id"])
    ranged = {"content": "- [ ] Bell", "content_range": "- [x]...Bell"}
    await here.patch(path, type="replace_content_range", replace_content_range=ranged)
    assert (await here.below(page))[2]["to_do"]["checked"] is False
    missing = {"type": "replace_content_range", "replace_content_range": {"content": "", "content_range": "none"}}
    assert (await here.refused("PATCH", path, json=missing))[:2] == (400, "validation_error")
    whole = {"new_str": f'See <mention-page url="https://app.notion.com/p/{lighthouse.LAMP.replace("-", "")}"/>'}
    await here.patch(path, type="replace_content", replace_content=whole)
    (only,) = await here.below(page)
    assert only["paragraph"]["rich_text"][1]["mention"] == {"type": "page", "page": {"id": lighthouse.LAMP}}
    assert plain(only["paragraph"]["rich_text"]) == "See Lamp refit"


async def test_markdown_leaves_child_pages_where_they_are(api: Api) -> None:
    before = [each["id"] for each in await api.all("GET", f"blocks/{lighthouse.ROADMAP}/children")]
    edit = {"content_updates": [{"old_str": "Where we are heading", "new_str": "Whither"}]}
    await api.patch(f"pages/{lighthouse.ROADMAP}/markdown", type="update_content", update_content=edit)
    after = [each["id"] for each in await api.all("GET", f"blocks/{lighthouse.ROADMAP}/children")]
    assert after[1:] == before[1:]


@asynccontextmanager
async def opened(file: Path) -> AsyncIterator[httpx.AsyncClient]:
    config = SandboxConfig(CLIENT_ID, Secret(CLIENT_SECRET), state_file=file)
    instance = create_sandbox(config, clock=ManualClock())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(instance.app), base_url="http://notion.test") as client:
        yield client


async def test_what_is_written_outlives_the_process(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    async with opened(file) as client:
        api = await Api.connected(client)
        page = await made(api, children=[paragraph("Kept")])
        mine = await api.post("pages", parent={"workspace": True}, properties={"title": words("Mine")})
        said = await api.post("comments", parent={"page_id": page["id"]}, rich_text=words("Kept too"))
        await api.delete(f"blocks/{lighthouse.WINTER}")
        await api.patch(f"pages/{lighthouse.LAMP}", properties={"Budget": {"number": 1}})
    async with opened(file) as client:
        api = Api(client, api.token)
        assert await api.get(f"pages/{page['id']}") == page
        assert await api.get(f"pages/{mine['id']}") == mine
        assert texts(await api.below(page["id"])) == ["Kept"]
        assert await api.all("GET", "comments", block_id=page["id"]) == [said]
        assert (await api.get(f"pages/{lighthouse.WINTER}"))["in_trash"] is True
        assert (await api.get(f"pages/{lighthouse.LAMP}"))["properties"]["Budget"]["number"] == 1
        assert (await api.all("GET", f"blocks/{lighthouse.ROADMAP}/children"))[-1]["id"] == page["id"]


@pytest.mark.parametrize(
    "content",
    ['{"nodes": 3, "comments": []}', '{"nodes": [{}], "comments": []}', "[]", '{"nodes": []}'],
)
async def test_content_that_is_not_ours_is_a_clear_error(tmp_path: Path, content: str) -> None:
    file = tmp_path / "state.json"
    file.write_text(f'{{"format": 1, "client_id": "{CLIENT_ID}", "grants": [], "content": {content}}}', "utf-8")
    with pytest.raises(StateFileError, match="damaged"):
        create_sandbox(SandboxConfig(CLIENT_ID, Secret(CLIENT_SECRET), state_file=file))
