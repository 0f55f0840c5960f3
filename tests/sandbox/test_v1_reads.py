"""Reading the sample workspace as a crawler would."""

import re
from typing import Any

import httpx
import pytest

from ivgraph_auth.sandbox.app import Sandbox
from ivgraph_auth.sandbox.content import lighthouse
from ivgraph_auth.sandbox.content.build import ident
from ivgraph_auth.sandbox.people import LIGHTHOUSE
from tests.sandbox.api import MIDDLE, NEW, OLD, VERSIONS, Api, plain, title_of
from tests.sandbox.kit import Json

HEX = re.compile(r"[0-9a-f]{32}")
TICKED = [page for page in LIGHTHOUSE.pages if page.owner is None]  # what Ada can tick


async def test_the_people_and_the_connection_itself(api: Api) -> None:
    users = await api.all("GET", "users", page_size=2)
    assert [user.get("name") for user in users] == ["Ada Winter", "Bruno Okafor", "Farah Haddad", "IVGraph (sandbox)"]
    for user in users:
        assert await api.get(f"users/{user['id']}") == user
    assert users[-1] == await api.get("users/me")
    assert (await api.refused("GET", "users/00000000-0000-4000-8000-000000000000"))[:2] == (404, "object_not_found")


@pytest.mark.parametrize("version", VERSIONS)
async def test_search_tells_pages_rows_and_databases(api: Api, version: str) -> None:
    results = await api.at(version).all("POST", "search", page_size=7)
    ids = [each["id"] for each in results]
    assert len(set(ids)) == len(ids) >= 55
    kinds = {each["object"] for each in results}
    assert kinds == {"page", "database" if version == OLD else "data_source"}
    times = [each["last_edited_time"] for each in results]
    assert times == sorted(times, reverse=True)
    rows = [each["parent"] for each in results if each["parent"]["type"] in {"database_id", "data_source_id"}]
    assert {tuple(parent) for parent in rows if "page" in kinds} >= {
        ("type", "database_id") if version == OLD else ("type", "data_source_id", "database_id")
    }


@pytest.mark.parametrize("version", VERSIONS)
async def test_search_is_filtered_and_sorted(api: Api, version: str) -> None:
    here = api.at(version)
    kind = "database" if version == OLD else "data_source"
    found = await here.all("POST", "search", filter={"property": "object", "value": kind})
    assert {title_of(each) for each in found} == {"Projects", "Tasks", "Decisions"}
    pages = await here.all("POST", "search", query="RELEASE winter", filter={"property": "object", "value": "page"})
    assert [title_of(each) for each in pages] == ["Winter release"]
    old_first = await here.all("POST", "search", sort={"timestamp": "last_edited_time", "direction": "ascending"})
    assert old_first[0]["last_edited_time"] <= old_first[-1]["last_edited_time"]
    assert await here.all("POST", "search", query="no such thing") == []


async def walked(api: Api) -> dict[str, Json]:
    """Every object that can be reached from the ticked pages: blocks, and the rows of their databases."""
    found: dict[str, Json] = {}
    for top in TICKED:
        for block in await api.below(top.id):
            found[block["id"]] = block
            if block["type"] != "child_database":
                continue
            database = await api.get(f"databases/{block['id']}")
            for source in database["data_sources"]:
                for row in await api.all("POST", f"data_sources/{source['id']}/query"):
                    found[row["id"]] = row
                    found |= {each["id"]: each for each in await api.below(row["id"])}
    return found


async def test_search_alone_is_not_complete(api: Api) -> None:
    searched = {each["id"] for each in await api.all("POST", "search")}
    assert lighthouse.UNINDEXED not in searched
    reached = await walked(api)
    assert reached[lighthouse.UNINDEXED]["child_page"] == {"title": "Fog signal tests"}
    assert title_of(await api.get(f"pages/{lighthouse.UNINDEXED}")) == "Fog signal tests"
    assert lighthouse.PRIVATE not in searched | set(reached)


async def test_every_object_leads_up_to_a_ticked_page(api: Api) -> None:
    """Parents may be pages, blocks, databases and data sources; each can be asked for."""
    tops = {page.id for page in TICKED}
    parents = {"page_id": "pages", "block_id": "blocks", "database_id": "databases", "data_source_id": "data_sources"}
    kinds = set()
    for thing in (await walked(api)).values():
        steps, parent = 0, thing["parent"]
        while parent["type"] != "workspace":
            kinds.add((thing["object"], parent["type"]))
            held = await api.get(f"{parents[parent['type']]}/{parent[parent['type']]}")
            parent, steps = held["parent"], steps + 1
            assert steps < 12
        assert steps
    assert ("block", "block_id") in kinds
    assert tops


async def test_every_kind_of_link_is_there(api: Api) -> None:
    blocks = [each for each in (await walked(api)).values() if each["object"] == "block"]
    types = {block["type"] for block in blocks}
    assert types >= {"child_page", "child_database", "link_to_page", "synced_block", "column", "toggle", "unsupported"}
    targets = {tuple(block["link_to_page"])[1] for block in blocks if block["type"] == "link_to_page"}
    assert targets == {"page_id", "database_id"}
    texts = [item for block in blocks for item in block[block["type"]].get("rich_text", [])]
    hrefs = {item["href"] for item in texts if item["type"] == "text" and item["href"]}
    sites = {href[: found.start()].rpartition("/")[0] for href in hrefs if (found := HEX.search(href))}
    assert sites == {
        "https://www.notion.so",
        "https://www.notion.so/lighthouse",
        "https://lighthouse.notion.site",
        "https://app.notion.com/p",
        "https://www.notion.so.lookalike.example",
        "https://beans.example",
        "",
    }
    mentions = {item["mention"]["type"]: item for item in texts if item["type"] == "mention"}
    assert set(mentions) == {"page", "database", "user", "date"}
    assert mentions["database"]["plain_text"] == "Projects"
    in_blocks = [block["parent"]["type"] for block in blocks if block["type"] == "child_database"]
    assert sorted(in_blocks) == ["block_id", "block_id", "page_id"]


async def test_an_unshared_target_keeps_its_id_and_nothing_else(api: Api) -> None:
    blocks = await api.below(lighthouse.HANDBOOK)
    link = next(block for block in blocks if block.get("link_to_page", {}).get("page_id") == lighthouse.PRIVATE)
    assert link["type"] == "link_to_page"
    items = [item for block in blocks for item in block[block["type"]].get("rich_text", [])]
    mention = next(item for item in items if item.get("mention", {}).get("page") == {"id": lighthouse.PRIVATE})
    assert (mention["plain_text"], mention["href"]) == ("Untitled", None)
    assert (await api.refused("GET", f"pages/{lighthouse.PRIVATE}"))[0] == 404


async def test_a_copy_shows_what_its_original_holds(api: Api) -> None:
    copies = [each for each in await api.below(lighthouse.FIRST_DAY) if each["type"] == "synced_block"]
    assert copies[0]["synced_block"] == {"synced_from": {"type": "block_id", "block_id": lighthouse.SYNCED}}
    original = await api.get(f"blocks/{lighthouse.SYNCED}")
    assert original["synced_block"] == {"synced_from": None}
    inside = await api.all("GET", f"blocks/{copies[0]['id']}/children")
    assert inside == await api.all("GET", f"blocks/{lighthouse.SYNCED}/children")


async def test_what_is_ticked_is_what_is_seen(client: httpx.AsyncClient) -> None:
    api = await Api.connected(client, pages=[lighthouse.WINTER])
    titles = {title_of(each) for each in await api.all("POST", "search")}
    assert titles == {"Winter release", "Winter stores", "Winter watch"}
    page = await api.get(f"pages/{lighthouse.WINTER}")
    assert page["parent"] == {"type": "page_id", "page_id": lighthouse.ROADMAP}
    assert (await api.refused("GET", f"pages/{lighthouse.ROADMAP}"))[0] == 404
    assert (await api.get(f"pages/{lighthouse.UNINDEXED}"))["object"] == "page"
    nothing = await Api.connected(client, person="bruno", picker="1")
    assert await nothing.all("POST", "search") == []


async def test_another_workspace_is_another_world(client: httpx.AsyncClient) -> None:
    api = await Api.connected(client, person="farah", workspace="harbour")
    titles = {title_of(each) for each in await api.all("POST", "search")}
    assert {"Catalogue", "Books", "Nine Buoys"} <= titles
    assert "Roadmap" not in titles
    partial = [user for user in await api.all("GET", "users") if set(user) == {"object", "id"}]
    assert len(partial) == 1


@pytest.mark.parametrize("version", VERSIONS)
async def test_databases_in_each_version(api: Api, version: str) -> None:
    here = api.at(version)
    database = await here.get(f"databases/{lighthouse.PROJECTS}")
    assert database["object"] == "database"
    assert database["in_trash"] is False
    assert ("archived" in database) is (version != NEW)
    assert ("properties" in database) is (version == OLD)
    block = await here.get(f"blocks/{lighthouse.PROJECTS}")
    assert block["child_database"] == {"title": "Projects"}
    assert block["has_children"] is False
    assert await here.all("GET", f"blocks/{lighthouse.PROJECTS}/children") == []
    if version == OLD:
        columns, rows = database["properties"], f"databases/{lighthouse.PROJECTS}/query"
        relation = {"database_id": lighthouse.TASKS}
    else:
        assert database["data_sources"] == [{"id": lighthouse.PROJECTS_SOURCE, "name": "Projects"}]
        source = await here.get(f"data_sources/{lighthouse.PROJECTS_SOURCE}")
        assert source["parent"] == {"type": "database_id", "database_id": lighthouse.PROJECTS}
        assert source["database_parent"] == {"type": "page_id", "page_id": lighthouse.ROADMAP}
        columns, rows = source["properties"], f"data_sources/{lighthouse.PROJECTS_SOURCE}/query"
        relation = {"database_id": lighthouse.TASKS, "data_source_id": lighthouse.TASKS_SOURCE}
    schema = columns["Tasks"]["relation"]
    assert {name: schema[name] for name in relation} == relation
    assert set(schema) == {*relation, "type", "dual_property"}
    back = schema["dual_property"]
    assert back["synced_property_name"] == "Project"
    listed = await here.post(rows)
    assert listed["type"] == ("page_or_database" if version == OLD else "page_or_data_source")
    parent = listed["results"][0]["parent"]
    source_id = {} if version == OLD else {"data_source_id": lighthouse.PROJECTS_SOURCE}
    kind = "database_id" if version == OLD else "data_source_id"
    assert parent == {"type": kind, **source_id, "database_id": lighthouse.PROJECTS}


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_twenty_five_references(api: Api, version: str) -> None:
    page = await api.at(version).get(f"pages/{lighthouse.GUIDE}")
    tasks = page["properties"]["Tasks"]
    assert tasks["has_more"] is True
    assert tasks["relation"] == [{"id": stop} for stop in lighthouse.STOPS[:25]]
    assert page["properties"]["Needs"]["has_more"] is False
    path = f"pages/{lighthouse.GUIDE}/properties/{tasks['id']}"
    pages = [each async for each in api.at(version).pages("GET", path, page_size=10)]
    assert [len(each) for each in pages] == [10, 10, 8]
    items = [item for each in pages for item in each]
    assert [item["relation"]["id"] for item in items] == list(lighthouse.STOPS)
    assert {item["id"] for item in items} == {tasks["id"]}
    first = await api.get(path, page_size=10)
    about = first["property_item"]
    assert about["next_url"].endswith(f"properties/{tasks['id']}?start_cursor={first['next_cursor']}&page_size=10")
    assert (await api.refused("GET", path, params={"start_cursor": "nonsense"}))[2].endswith("invalid: nonsense")


async def test_property_ids_in_every_encoding(api: Api) -> None:
    page = await api.get(f"pages/{lighthouse.LAMP}")
    assert any("%" in each["id"] for each in page["properties"].values())
    for name, value in page["properties"].items():
        for form in (value["id"], value["id"].replace("%", "%25")):
            item = await api.get(f"pages/{lighthouse.LAMP}/properties/{form}")
            if item["object"] == "property_item":
                assert (item["id"], item[item["type"]]) == (value["id"], value[value["type"]]), name
            else:
                assert item["property_item"]["id"] == value["id"]
        only = await api.get(f"pages/{lighthouse.LAMP}?filter_properties={value['id']}")
        assert set(only["properties"]) == {name}
    assert (await api.refused("GET", f"pages/{lighthouse.LAMP}/properties/none"))[:2] == (404, "object_not_found")


@pytest.mark.parametrize(("size", "told"), [("0", 8), ("100", 8), ("1000", 8), ("3", 3)])
async def test_page_sizes_of_most_lists(api: Api, size: str, told: int) -> None:
    listed = await api.get(f"blocks/{lighthouse.ROADMAP}/children", page_size=size)
    assert len(listed["results"]) == told
    assert listed["has_more"] is (told == 3)


@pytest.mark.parametrize("path", ["users", f"blocks/{lighthouse.ROADMAP}/children"])
async def test_cursors(api: Api, path: str) -> None:
    assert await api.all("GET", path, page_size=1) == await api.all("GET", path)
    status, code, message = await api.refused("GET", path, params={"start_cursor": "s:1:2"})
    assert (status, code) == (400, "validation_error")
    assert message == 'query failed validation: query.start_cursor should be a valid uuid, instead was `"s:1:2"`.'
    stale = "00000000-0000-4000-8000-000000000000"
    assert (await api.refused("GET", path, params={"start_cursor": stale}))[2] == (
        f"The start_cursor provided is invalid: {stale}"
    )


async def test_comments(api: Api) -> None:
    said = await api.all("GET", "comments", block_id=lighthouse.ROADMAP, page_size=1)
    assert [plain(each["rich_text"]) for each in said] == [
        "Shall we keep Winter release short this year?",
        "Yes, and we begin with the lamp.",
    ]
    assert said[0]["parent"] == {"type": "page_id", "page_id": lighthouse.ROADMAP}
    assert said[0]["display_name"] == {"type": "user", "resolved_name": "Bruno Okafor"}
    assert await api.get(f"comments/{said[0]['id']}") == said[0]
    intro = (await api.get(f"blocks/{lighthouse.ROADMAP}/children"))["results"][1]["id"]
    (on_block,) = await api.all("GET", "comments", block_id=intro)
    assert on_block["parent"] == {"type": "block_id", "block_id": intro}
    for size in ("0", "101", "-1", "x"):
        refused = await api.refused("GET", "comments", params={"block_id": intro, "page_size": size})
        assert refused[:2] == (400, "validation_error")


async def query(api: Api, name: str, **body: Any) -> list[str]:
    source = {"Tasks": lighthouse.TASKS_SOURCE, "Projects": lighthouse.PROJECTS_SOURCE}.get(name)
    source = source or (await api.found(name, "data_source"))["id"]
    return [title_of(row) for row in await api.all("POST", f"data_sources/{source}/query", **body)]


@pytest.mark.parametrize(
    ("condition", "titles"),
    [
        ({"property": "Name", "title": {"contains": "LAMP"}}, ["Lamp refit"]),
        ({"property": "title", "title": {"starts_with": "new"}}, ["New stairs"]),
        ({"property": "Stage", "select": {"equals": "Running"}}, ["Visitor guide", "Lamp refit"]),
        ({"property": "Stage", "select": {"does_not_equal": "Running"}}, ["Fog horn", "Tide tables", "New stairs"]),
        ({"property": "Stage", "select": {"is_empty": True}}, []),
        ({"property": "Public", "checkbox": {"equals": True}}, ["Lamp refit", "Tide tables"]),
        ({"property": "Budget", "number": {"greater_than": 800}}, ["Visitor guide", "Lamp refit"]),
        ({"property": "Budget", "number": {"less_than_or_equal_to": 0}}, ["New stairs"]),
        ({"property": "Budget", "number": {"is_empty": True}}, ["Tide tables"]),
        ({"property": "Needs", "relation": {"contains": lighthouse.LAMP}}, ["Fog horn", "Tide tables"]),
        ({"property": "Needs", "relation": {"is_not_empty": True}}, ["Fog horn", "Tide tables"]),
        ({"timestamp": "created_time", "created_time": {"before": "2026-09-01"}}, []),
        (
            {
                "or": [
                    {"property": "Stage", "select": {"equals": "Done"}},
                    {
                        "and": [
                            {"property": "Stage", "select": {"equals": "Planned"}},
                            {"property": "Budget", "number": {"does_not_equal": 0}},
                        ]
                    },
                ]
            },
            ["Fog horn", "Tide tables"],
        ),
    ],
)
async def test_filters(api: Api, condition: Json, titles: list[str]) -> None:
    assert await query(api, "Projects", filter=condition) == titles


@pytest.mark.parametrize(
    ("name", "condition", "titles"),
    [
        ("Tasks", {"property": "Tags", "multi_select": {"contains": "Glass"}}, ["Grind the lens"]),
        ("Tasks", {"property": "Who", "people": {"contains": lighthouse.ADA}}, ["Grind the lens"]),
        ("Tasks", {"property": "Finished", "checkbox": {"does_not_equal": False}}, ["Stretch the membrane"]),
        ("Decisions", {"property": "State", "status": {"equals": "Open"}}, ["Open on Sundays?"]),
        (
            "Decisions",
            {"property": "Decided", "date": {"on_or_before": "2026-09-07"}},
            ["One guide in three languages"],
        ),
    ],
)
async def test_more_filters(api: Api, name: str, condition: Json, titles: list[str]) -> None:
    assert await query(api, name, filter=condition) == titles


async def test_sorts(api: Api) -> None:
    down = [{"property": "Budget", "direction": "descending"}]
    assert await query(api, "Projects", sorts=down) == [
        "Lamp refit",
        "Visitor guide",
        "Fog horn",
        "New stairs",
        "Tide tables",
    ]
    by_stage = [{"property": "Stage", "direction": "ascending"}, {"property": "Name", "direction": "descending"}]
    assert await query(api, "Projects", sorts=by_stage) == [
        "New stairs",
        "Fog horn",
        "Visitor guide",
        "Lamp refit",
        "Tide tables",
    ]
    young = await query(api, "Projects", sorts=[{"timestamp": "created_time", "direction": "descending"}])
    assert young == list(reversed(await query(api, "Projects")))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            {"filter": {"property": "Colour", "select": {"equals": "x"}}},
            "Could not find property with name or id: Colour",
        ),
        ({"sorts": [{"property": "Colour"}]}, "Could not find property with name or id: Colour"),
        ({"filter": {"property": "Stage", "number": {"equals": 1}}}, "property select does not match filter number"),
        ({"filter": {"property": "Budget", "number": {"equals": "1"}}}, "should be a number"),
        ({"filter": {"property": "Budget", "number": {"contains": 1}}}, "should be not present"),
        ({"page_size": 0}, "body.page_size should be ≥ `1` or `undefined`, instead was `0`"),
        ({"page_size": "3"}, "body.page_size should be a number"),
        ({"start_cursor": "next"}, "The start_cursor provided is invalid: next"),
        ({"start_cursor": "s:a:b"}, "The start_cursor provided is invalid: s:a:b"),
        ({"start_cursor": None}, "body.start_cursor should be a string or `undefined`"),
        ({"unknown": 1}, "body.unknown should be not present"),
    ],
)
async def test_a_query_that_does_not_fit(api: Api, body: Json, said: str) -> None:
    path = f"data_sources/{lighthouse.PROJECTS_SOURCE}/query"
    status, code, message = await api.refused("POST", path, json=body)
    assert (status, code) == (400, "validation_error")
    assert said in message


async def test_rows_in_pages(api: Api) -> None:
    path = f"data_sources/{lighthouse.TASKS_SOURCE}/query"
    pages = [each async for each in api.pages("POST", path, page_size=10)]
    assert [len(each) for each in pages] == [10, 10, 10, 1]
    assert (await api.post(path, page_size=10))["next_cursor"].startswith("s:")
    wanted = (await api.get(f"data_sources/{lighthouse.TASKS_SOURCE}"))["properties"]["Effort"]["id"]
    cut = await api.post(f"{path}?filter_properties={wanted}", page_size=1)
    assert set(cut["results"][0]["properties"]) == {"Effort"}


async def test_more_rows_than_one_query_tells(api: Api, instance: Sandbox) -> None:
    instance.row_limit = 12
    path = f"data_sources/{lighthouse.TASKS_SOURCE}/query"
    first = await api.post(path, page_size=10)
    assert "request_status" not in first
    last = await api.post(path, page_size=10, start_cursor=first["next_cursor"])
    assert (len(last["results"]), last["has_more"]) == (2, False)
    assert last["request_status"] == {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}
    assert (await api.post("search"))["request_status"]["type"] == "incomplete"


LISTS = [
    ("GET", "users", {}),
    ("GET", f"blocks/{lighthouse.ROADMAP}/children", {}),
    ("GET", "comments", {"block_id": lighthouse.ROADMAP}),
    ("POST", "search", {}),
    ("POST", f"data_sources/{lighthouse.TASKS_SOURCE}/query", {}),
]


@pytest.mark.parametrize(("method", "path", "asked"), LISTS)
async def test_an_answer_may_hold_fewer_than_were_asked_for(
    api: Api, instance: Sandbox, method: str, path: str, asked: Json
) -> None:
    whole = await api.all(method, path, **asked)
    instance.page_limit = 1
    one_by_one = [page async for page in api.pages(method, path, **asked, page_size=50)]
    assert one_by_one == [[each] for each in whole]


@pytest.mark.parametrize("version", [MIDDLE, NEW])
async def test_a_page_as_markdown(api: Api, version: str) -> None:
    told = await api.at(version).get(f"pages/{lighthouse.ROADMAP}/markdown")
    lines = told["markdown"].split("\n")
    assert lines[0] == "# Where we are heading"
    assert "[Handbook](https://www.notion.so/Handbook-7a4ba6460ee04a098c0e12bc72c71a45)" in lines[1]
    assert lines[1].startswith('Two releases a year. What is done now stands in <mention-page url="https://app.notion')
    assert told["truncated"] is False
    assert len(told["unknown_block_ids"]) == 1
    stores = await api.get(f"pages/{ident('winter stores')}/markdown")
    assert stores["markdown"].split("\n")[1] == "| Oil | 40 l |"
