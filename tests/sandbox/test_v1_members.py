"""Members that Notion's own clients send beside the usual ones."""

import pytest

from ivgraph_auth.sandbox.app import Sandbox
from ivgraph_auth.sandbox.content import lighthouse
from tests.sandbox.api import MIDDLE, NEW, OLD, Api, paragraph, plain, title_of, words
from tests.sandbox.kit import Json
from tests.sandbox.test_v1_writes import UNDER_ROADMAP, made, texts

ALIKE = ("children", "content")
MARKDOWN = f"pages/{lighthouse.ROADMAP}/markdown"


async def children(api: Api, block: str) -> list[str]:
    return [each["id"] for each in await api.all("GET", f"blocks/{block}/children")]


async def held_pages(api: Api, block: str) -> list[str]:
    found = await api.all("GET", f"blocks/{block}/children")
    return [each["id"] for each in found if each["type"] in {"child_page", "child_database"}]


async def test_markdown_that_would_delete_pages_is_refused(api: Api) -> None:
    before = await children(api, lighthouse.ROADMAP)
    edit: Json = {"type": "replace_content", "replace_content": {"new_str": "Nothing left"}}
    status, code, message = await api.refused("PATCH", MARKDOWN, json=edit)
    assert (status, code) == (400, "validation_error")
    assert all(each in message for each in await held_pages(api, lighthouse.ROADMAP))
    assert await children(api, lighthouse.ROADMAP) == before
    edit["replace_content"]["allow_deleting_content"] = True
    assert (await api.patch(MARKDOWN, **edit))["markdown"] == "Nothing left"
    assert (await api.get(f"pages/{lighthouse.WINTER}"))["in_trash"] is True


async def test_markdown_that_names_its_pages_keeps_them_where_it_names_them(api: Api) -> None:
    lines = (await api.get(MARKDOWN))["markdown"].split("\n")
    pages = [line for line in lines if line.startswith(("<page", "<database"))]
    kept = await held_pages(api, lighthouse.ROADMAP)
    wanted = [pages[2], "Above all", pages[1], pages[0]]
    edit = {"new_str": "\n".join(wanted)}
    told = await api.patch(MARKDOWN, type="replace_content", replace_content=edit)
    assert told["markdown"].split("\n") == wanted
    first, words_, second, third = await children(api, lighthouse.ROADMAP)
    assert [first, second, third] == [kept[2], kept[1], kept[0]]
    assert texts([await api.get(f"blocks/{words_}")]) == ["Above all"]


async def test_markdown_found_twice_is_changed_only_on_demand(api: Api) -> None:
    page = (await made(api, children=[paragraph("Oil, oil"), paragraph("more oil")]))["id"]
    path, change = f"pages/{page}/markdown", {"old_str": "oil", "new_str": "grease"}
    edit: Json = {"type": "update_content", "update_content": {"content_updates": [change]}}
    refused = await api.refused("PATCH", path, json=edit)
    assert refused[:2] == (400, "validation_error")
    assert "more than once" in refused[2]
    edit["update_content"]["content_updates"] = [{**change, "replace_all_matches": True}]
    assert (await api.patch(path, **edit))["markdown"] == "Oil, grease\nmore grease"


async def test_markdown_is_written_to_pages_only(api: Api) -> None:
    edit = {"type": "insert_content", "insert_content": {"content": "x"}}
    for other in (lighthouse.PROJECTS, lighthouse.SYNCED):
        refused = await api.refused("PATCH", f"pages/{other}/markdown", json=edit)
        assert refused[:2] == (400, "validation_error")
    nobody = "00000000-0000-4000-8000-000000000000"
    assert (await api.refused("PATCH", f"pages/{nobody}/markdown", json=edit))[0] == 404


async def test_a_page_of_markdown_takes_its_title_from_the_first_heading(api: Api) -> None:
    markdown = "Before\n# Lamp **log**\n# Second\nText"
    page = await api.post("pages", parent=UNDER_ROADMAP, markdown=markdown)
    assert title_of(page) == "Lamp log"
    assert texts(await api.below(page["id"])) == ["Before", "Second", "Text"]
    titled = await made(api, title="Mine", markdown=markdown)
    assert title_of(titled) == "Mine"
    assert texts(await api.below(titled["id"])) == ["Before", "Lamp log", "Second", "Text"]


async def test_content_is_another_name_for_children(api: Api) -> None:
    page = await made(api, content=[paragraph("Here")])
    assert texts(await api.below(page["id"])) == ["Here"]
    pairs: list[Json] = [{"children": [], "content": []}, *({"markdown": "x", each: []} for each in ALIKE)]
    for more in pairs:
        refused = await api.refused("POST", "pages", json={"parent": UNDER_ROADMAP, **more})
        assert refused[:2] == (400, "validation_error")
        assert "should be not present" in refused[2]


@pytest.mark.parametrize("line", ["x" * 2001, f"```\n{'x' * 2001}\n```", f"- a\n\t- {'x' * 2001}", f"**{'x' * 2001}**"])
async def test_a_line_of_markdown_that_is_too_long(api: Api, line: str) -> None:
    sent = {"parent": UNDER_ROADMAP, "markdown": line}
    assert (await api.refused("POST", "pages", json=sent))[:2] == (400, "validation_error")


async def test_a_comment_in_markdown(api: Api) -> None:
    parent = {"page_id": lighthouse.TOOLS}
    said = await api.post("comments", parent=parent, markdown="Where **exactly**? See [here](https://tides.example)")
    assert plain(said["rich_text"]) == "Where exactly? See here"
    assert said["rich_text"][1]["annotations"]["bold"] is True
    assert said["rich_text"][3]["href"] == "https://tides.example"
    assert await api.all("GET", "comments", block_id=lighthouse.TOOLS) == [said]
    both = {"parent": parent, "markdown": "x", "rich_text": words("x")}
    assert "body.rich_text should be not present" in (await api.refused("POST", "comments", json=both))[2]


@pytest.mark.parametrize("version", [MIDDLE, NEW])
async def test_a_database_moves(api: Api, version: str) -> None:
    here, path = api.at(version), f"databases/{lighthouse.PROJECTS}"
    moved = await here.patch(path, parent={"type": "page_id", "page_id": lighthouse.HANDBOOK})
    assert moved["parent"] == {"type": "page_id", "page_id": lighthouse.HANDBOOK}
    assert lighthouse.PROJECTS not in await children(here, lighthouse.ROADMAP)
    assert (await children(here, lighthouse.HANDBOOK))[-1] == lighthouse.PROJECTS
    inside = {"parent": {"page_id": lighthouse.LAMP}}
    assert (await here.refused("PATCH", path, json=inside))[:2] == (400, "validation_error")
    top = await here.patch(path, parent={"type": "workspace", "workspace": True})
    assert top["parent"] == {"type": "workspace", "workspace": True}
    assert title_of(await here.get(f"pages/{lighthouse.LAMP}")) == "Lamp refit"
    assert "body.name should be not present" in (await here.refused("PATCH", path, json={"name": "x"}))[2]


async def test_a_refused_move_shares_nothing(api: Api, instance: Sandbox) -> None:
    before = [grant.pages for grant in instance.state.grants]
    sent = {"parent": {"workspace": True}, "title": "not rich text"}
    assert (await api.refused("PATCH", f"databases/{lighthouse.PROJECTS}", json=sent))[0] == 400
    assert [grant.pages for grant in instance.state.grants] == before
    assert (await api.get(f"databases/{lighthouse.PROJECTS}"))["parent"]["page_id"] == lighthouse.ROADMAP


async def test_a_database_of_the_connection_itself(api: Api) -> None:
    made_ = await api.post("databases", parent={"type": "workspace", "workspace": True}, title=words("Mine"))
    assert made_["parent"] == {"type": "workspace", "workspace": True}
    assert await api.get(f"databases/{made_['id']}") == made_


async def test_a_data_source_moves(api: Api) -> None:
    new = await api.post("databases", parent=UNDER_ROADMAP, title=words("Stores"))
    parent = {"type": "database_id", "database_id": new["id"]}
    moved = await api.patch(f"data_sources/{lighthouse.TASKS_SOURCE}", parent=parent)
    assert moved["parent"] == parent
    sources = (await api.get(f"databases/{new['id']}"))["data_sources"]
    assert [each["name"] for each in sources] == ["Stores", "Tasks"]
    assert len(await api.all("POST", f"data_sources/{lighthouse.TASKS_SOURCE}/query")) == 31


@pytest.mark.parametrize("version", [OLD, MIDDLE, NEW])
async def test_rows_in_the_trash(api: Api, version: str) -> None:
    here = api.at(version)
    kind = f"databases/{lighthouse.PROJECTS}" if version == OLD else f"data_sources/{lighthouse.PROJECTS_SOURCE}"
    path = f"{kind}/query"
    await here.delete(f"blocks/{lighthouse.LAMP}")
    assert [each["id"] for each in await here.all("POST", path, in_trash=True)] == [lighthouse.LAMP]
    assert lighthouse.LAMP not in [each["id"] for each in await here.all("POST", path, in_trash=False)]
    assert len(await here.all("POST", path, result_type="page")) == 4
    assert await here.all("POST", path, result_type="data_source") == []
    assert (await here.refused("POST", path, json={"in_trash": "yes"}))[0] == 400


async def test_a_written_page_tells_the_properties_that_are_asked_for(api: Api) -> None:
    wanted = (await api.get(f"pages/{lighthouse.LAMP}"))["properties"]["Budget"]["id"]
    path = f"pages/{lighthouse.LAMP}?filter_properties={wanted}"
    told = await api.patch(path, properties={"Budget": {"number": 7}, "Public": {"checkbox": False}})
    assert {name: each["number"] for name, each in told["properties"].items()} == {"Budget": 7}
    row = {"parent": {"data_source_id": lighthouse.PROJECTS_SOURCE}, "properties": {"Budget": {"number": 8}}}
    made_ = await api.answered("POST", f"pages?filter_properties={wanted}", json=row)
    assert set(made_["properties"]) == {"Budget"}
    rows = len(await api.all("POST", f"data_sources/{lighthouse.PROJECTS_SOURCE}/query"))
    assert (await api.refused("POST", "pages?filter_properties=none", json=row))[:2] == (400, "validation_error")
    assert len(await api.all("POST", f"data_sources/{lighthouse.PROJECTS_SOURCE}/query")) == rows


@pytest.mark.parametrize(
    ("kind", "limit"), [("email", 200), ("phone_number", 200), ("url", 2000), ("people", 100), ("multi_select", 100)]
)
async def test_values_up_to_their_limits(api: Api, kind: str, limit: int) -> None:
    columns: Json = {"Name": {"title": {}}, "It": {kind: {}}}
    database = await api.post("databases", parent=UNDER_ROADMAP, initial_data_source={"properties": columns})
    parent = {"data_source_id": database["data_sources"][0]["id"]}

    def value(size: int) -> Json:
        if kind == "people":
            return {"It": {kind: [{"id": lighthouse.ADA}] * size}}
        return {"It": {kind: "x" * size if kind != "multi_select" else [{"name": str(each)} for each in range(size)]}}

    row = await api.post("pages", parent=parent, properties=value(limit))
    property_id = row["properties"]["It"]["id"]
    if kind == "people":
        assert len(await api.all("GET", f"pages/{row['id']}/properties/{property_id}")) == limit
    else:
        assert len(row["properties"]["It"][kind]) == limit
    refused = await api.refused("POST", "pages", json={"parent": parent, "properties": value(limit + 1)})
    assert refused[:2] == (400, "validation_error")
    assert refused[2].endswith(f"body.properties.It.{kind}.length should be ≤ `{limit}`, instead was `{limit + 1}`.")


@pytest.mark.parametrize("where", ["block", "text"])
async def test_an_equation_up_to_its_limit(api: Api, where: str) -> None:
    def block(size: int) -> Json:
        expression = {"expression": "x" * size}
        return {"equation": expression} if where == "block" else {"quote": {"rich_text": [{"equation": expression}]}}

    page = await made(api, children=[block(1000)])
    assert len(await api.below(page["id"])) == 1
    refused = await api.refused("PATCH", f"blocks/{page['id']}/children", json={"children": [block(1001)]})
    assert refused[:2] == (400, "validation_error")
    assert "equation.expression.length should be ≤ `1000`, instead was `1001`." in refused[2]
