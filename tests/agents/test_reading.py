"""The reading tools on the sandbox's workspaces: what they answer, and to whom."""

import json

import pytest

from ivgraph_auth.agents.errors import (
    InvalidArguments,
    NotInGraph,
    QueryRefused,
    UnclearWorkspace,
    UnknownAgentTool,
    UnknownObject,
    UnknownWorkspaceName,
)
from ivgraph_auth.core.errors import InsufficientScope
from ivgraph_auth.core.paging import CursorNotValid
from ivgraph_auth.sandbox.content import lighthouse
from ivgraph_auth.sandbox.content.build import ident
from tests.agents.kit import Model, bare, node_called

LAMP = ident("project lamp")


async def test_search_has_the_form_that_chatgpt_asks_for(ada: Model) -> None:
    """https://platform.openai.com/docs/mcp: one content item, the JSON text of `{"results": [{id, title, url}]}`."""
    answer = await ada.call("search", query="release")
    assert json.loads(answer.text) == answer.structured
    assert answer.links == ()
    assert [each["title"] for each in answer.structured["results"]] == ["Winter release", "Autumn release"]
    for each in answer.structured["results"]:
        assert each["id"]
        assert each["url"].startswith("https://")


async def test_fetch_has_the_form_that_chatgpt_asks_for(ada: Model) -> None:
    """https://platform.openai.com/docs/mcp: one content item, the JSON text of `{id, title, text, url, metadata}`."""
    answer = await ada.call("fetch", id=lighthouse.STYLE)
    told = json.loads(answer.text)
    assert told == answer.structured
    assert answer.links == ()
    assert {name: type(told[name]) for name in ("id", "title", "text", "url", "metadata")} == {
        "id": str, "title": str, "text": str, "url": str, "metadata": dict,
    }  # fmt: skip
    assert told["id"] == lighthouse.STYLE
    assert told["url"].startswith("https://")


@pytest.mark.parametrize(
    "form",
    [
        "{id}",
        "{bare}",
        " {id} ",
        "https://www.notion.so/Lamp-refit-{bare}",
        "https://app.notion.com/p/Lamp-refit-{bare}?source=copy_link",
        "https://www.notion.so/lighthouse/{bare}#0123456789abcdef0123456789abcdef",
        "notion://page/{id}",
    ],
)
async def test_a_page_is_fetched_by_any_form_of_its_id(ada: Model, form: str) -> None:
    answer = await ada.call("fetch", id=form.format(id=LAMP, bare=bare(LAMP)), cursor=None, workspace=None)
    assert answer.structured["title"] == "Lamp refit"


async def test_a_row_is_told_with_what_its_properties_say(ada: Model) -> None:
    text = (await ada.call("fetch", id=LAMP)).structured["text"]
    head = text.partition("\n\n")[0].splitlines()
    assert head[0] == "# Lamp refit"
    assert head[2].startswith(f"In: Projects (data source {ident('projects source')})")
    assert "- Stage: Running" in head
    assert "- Budget: 5400.5" in head
    assert "- Public: yes" in head
    assert "- Tasks: Grind the lens, Lay the wiring" in head
    assert "- Spec: The horn waits for the lamp" in head
    assert "- Empty: Due, Owner, Summary, Link, Needs" in head
    assert "The new lens is described in" in text


async def test_a_property_of_more_than_25_references_is_told_whole(ada: Model) -> None:
    text = (await ada.call("fetch", id=ident("project guide"))).structured["text"]
    stops = next(line for line in text.splitlines() if line.startswith("- Tasks: "))
    assert stops == "- Tasks: " + ", ".join(f"Stop {number:02}" for number in range(1, 29))


async def test_a_long_page_comes_in_pieces(ada: Model) -> None:
    whole = (await ada.call("fetch", id=lighthouse.ROADMAP)).structured
    assert "next_cursor" not in whole
    pieces, cursor = [], ""
    while True:
        piece = (await ada.call("fetch", id=lighthouse.ROADMAP, max_chars=300, cursor=cursor)).structured
        assert len(piece["text"]) <= 300
        pieces.append(piece["text"])
        cursor = piece.get("next_cursor", "")
        if not cursor:
            break
        assert "next_cursor" in piece["note"]
    assert len(pieces) > 2
    assert "".join("".join(pieces).split()) == "".join(whole["text"].split())
    with pytest.raises(CursorNotValid):
        await ada.call("fetch", id=lighthouse.STYLE, cursor="another")


async def test_what_a_page_lacks_is_told_in_one_line(ada: Model) -> None:
    told = (await ada.call("fetch", id=lighthouse.ROADMAP)).structured
    assert told["note"].startswith("Left out: ")
    assert "note" not in (await ada.call("fetch", id=lighthouse.STYLE)).structured


async def test_a_database_tells_its_properties_and_how_to_query_it(ada: Model) -> None:
    told = (await ada.call("fetch", id=ident("projects"))).structured
    assert told["metadata"] == {"type": "database"}
    source = ident("projects source")
    lines = told["text"].splitlines()
    assert f"## Data source Projects ({source}, 5 rows)" in lines
    assert "- Stage: select (Planned, Running, Done)" in lines
    assert "- Budget: number (euro)" in lines
    assert "- Tasks: relation to Tasks" in lines
    assert f'Rows: query with data_source "{source}".' in lines
    same = (await ada.call("fetch", id=source)).structured
    assert same["metadata"] == {"type": "data_source"}
    assert "- Stage: select (Planned, Running, Done)" in same["text"]


async def test_rows_are_a_compact_table(ada: Model) -> None:
    answer = await ada.call(
        "query", data_source=ident("projects"), filter={"Stage": "Running"}, properties=["budget", "Tasks"]
    )
    lines = answer.text.splitlines()
    assert lines[0] == "Name | Budget | Tasks | id"
    assert lines[1] == "---|---|---|---"
    assert f"Lamp refit | 5400.5 | Grind the lens, Lay the wiring | {LAMP}" in lines
    assert lines[-1] == "2 rows."
    assert answer.structured["columns"] == ["Name", "Budget", "Tasks", "id"]
    assert [row[0] for row in answer.structured["rows"]] == ["Visitor guide", "Lamp refit"]
    assert "annotations" not in answer.text
    assert "color" not in answer.text


async def test_columns_in_which_nothing_stands_are_left_out(ada: Model) -> None:
    answer = await ada.call(
        "query", data_source=ident("decisions source"), sorts=[{"property": "Decided", "direction": "desc"}]
    )
    assert answer.text.splitlines()[0] == "Name | Decided | State | Concerns | id"
    assert [row[1] for row in answer.structured["rows"]] == ["2026-11-02", "2026-10-05", "2026-09-07"]
    answer = await ada.call("query", data_source=ident("decisions source"), filter={"State": "Open"})
    assert answer.structured["note"] == "1 row. Empty: Concerns."


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [
        ({"Stage": ["Planned", "Done"]}, ["Fog horn", "Tide tables", "New stairs"]),
        ({"Budget": {"greater_than": 1000}}, ["Visitor guide", "Lamp refit"]),
        ({"Stage": "Running", "Public": True}, ["Lamp refit"]),
        ({"Budget": None}, ["Tide tables"]),
        ({"Needs": LAMP}, ["Fog horn", "Tide tables"]),
        ({"needs": "lamp refit"}, ["Fog horn", "Tide tables"]),
        ({"Needs": ["Visitor guide"]}, ["Tide tables"]),
        ({"Owner": "Ada Winter"}, []),
        ({"property": "Stage", "select": {"equals": "Done"}}, ["Tide tables"]),
        ('{"Stage": "Done"}', ["Tide tables"]),
        ({"name": "Fog horn"}, ["Fog horn"]),
    ],
    ids=str,
)
async def test_filters(ada: Model, wanted: object, rows: list[str]) -> None:
    answer = await ada.call("query", data_source=ident("projects source"), filter=wanted)
    assert [row[0] for row in answer.structured["rows"]] == rows


async def test_a_filter_that_does_not_fit_is_told_with_what_would(ada: Model) -> None:
    with pytest.raises(InvalidArguments, match=r"filter\.Stagee: No such property; did you mean 'Stage'\?"):
        await ada.call("query", data_source=ident("projects source"), filter={"Stagee": "Done"})
    with pytest.raises(InvalidArguments, match=r"filter\.Needs: Is of the type relation: give the exact title"):
        await ada.call("query", data_source=ident("projects source"), filter={"Needs": "the lamp"})
    with pytest.raises(InvalidArguments, match=r"filter\.Owner: Is of the type people: give the name"):
        await ada.call("query", data_source=ident("projects source"), filter={"Owner": "Nobody"})
    with pytest.raises(QueryRefused, match=r"Stage: select \(Planned, Running, Done\)"):
        await ada.call(
            "query", data_source=ident("projects source"), filter={"property": "Nope", "select": {"equals": "x"}}
        )
    with pytest.raises(InvalidArguments, match="No such property; did you mean 'Stage'"):
        await ada.call("query", data_source=ident("projects source"), properties=["Stag"])


async def test_rows_come_in_pieces_cut_at_a_row(ada: Model) -> None:
    found, cursor, pieces = [], "", 0
    while True:
        answer = await ada.call(
            "query", data_source=ident("tasks"), properties=["Effort"], max_chars=400, limit=12, cursor=cursor
        )
        table = answer.text.rpartition("\n")[0]
        assert len(table) <= 400
        found += [row[0] for row in answer.structured["rows"]]
        pieces += 1
        cursor = answer.structured.get("next_cursor", "")
        if not cursor:
            break
        assert answer.text.endswith(f"There are more. Call again with cursor: {cursor}")
    assert pieces > 2
    assert len(found) == len(set(found)) == 31
    with pytest.raises(CursorNotValid):
        await ada.call("query", data_source=ident("projects"), cursor="another")


async def test_neighbors_are_grouped_by_how_they_are_connected(ada: Model) -> None:
    answer = await ada.call("neighbors", id=lighthouse.TOOLS, direction="in")
    assert answer.text.splitlines() == [
        "Stands on:",
        f"- Handbook {lighthouse.HANDBOOK}",
        "Is linked from:",
        f"- Lamp refit {LAMP}",
        "Is mentioned by:",
        f"- Handbook {lighthouse.HANDBOOK}",
    ]
    assert {link.uri for link in answer.links} == {f"notion://page/{lighthouse.HANDBOOK}", f"notion://page/{LAMP}"}
    related = await ada.call("neighbors", id=LAMP, direction="in", kinds="relation")
    assert "Is related to by (Needs):" in related.text
    assert {each["kind"] for each in related.structured["results"]} == {"relation"}


async def test_paths_tell_each_step(ada: Model) -> None:
    answer = await ada.call("paths", source=lighthouse.TOOLS, target=lighthouse.STYLE)
    assert "- Tools and keys ←child— Handbook —child→ How we write" in answer.text.splitlines()
    nothing = await ada.call(
        "paths", source=lighthouse.ROADMAP, target=node_called(ada.service, "Garden").id, max_depth=3
    )
    assert nothing.text == "No path of at most 3 steps."


async def test_comments_are_a_line_each(ada: Model) -> None:
    answer = await ada.call("comments", id=lighthouse.ROADMAP)
    winter = f"[Winter release](notion://page/{lighthouse.WINTER})"
    lines = answer.text.splitlines()
    assert [line for line in lines if line.startswith("- ")] == [
        f"- Bruno Okafor, 2026-09-04T08:00Z: Shall we keep {winter} short this year?",
        "- Ada Winter, 2026-09-04T08:00Z: Yes, and we begin with the lamp.",
    ]
    on_a_block = await ada.call("comments", id=ident("roadmap intro"))
    assert "I can take this paragraph." in on_a_block.text
    assert (await ada.call("comments", id=lighthouse.STYLE)).text == "No open comments here."


async def test_comments_come_in_pieces(ada: Model) -> None:
    first = await ada.call("comments", id=lighthouse.ROADMAP, max_chars=100)
    assert len(first.structured["results"]) == 1
    second = await ada.call("comments", id=lighthouse.ROADMAP, max_chars=100, cursor=first.structured["next_cursor"])
    assert [each["text"] for each in second.structured["results"]] == ["Yes, and we begin with the lamp."]
    assert "next_cursor" not in second.structured


async def test_changes_are_told_from_the_newest(ada: Model) -> None:
    answer = await ada.call("changes", since="2026-09-01", limit=3)
    times = [each["edited"] for each in answer.structured["results"]]
    assert len(times) == 3
    assert times == sorted(times, reverse=True)
    seen, cursor, since = set(), "", {"since": "2026-09-01"}
    while True:
        page = (await ada.call("changes", limit=50, **(since if not cursor else {"cursor": cursor}))).structured
        seen |= {each["id"] for each in page["results"]}
        cursor = page.get("next_cursor", "")
        if not cursor:
            break
    assert {lighthouse.ROADMAP, LAMP, ident("projects"), node_called(ada.service, "Garden").id} <= seen
    later = await ada.call("changes", since="2030-01-01T00:00:00Z")
    assert later.text.startswith("Nothing was edited since 2030-01-01T00:00Z.\nAs of ")


async def test_whoami_tells_what_there_is(ada: Model) -> None:
    answer = await ada.call("whoami")
    assert "You act by a service token of Ada Winter. It has no end of its own." in answer.text
    assert [each["workspace"] for each in answer.structured["workspaces"]] == ["Lighthouse Studio", "Ada's notebook"]
    assert all(each["graph_as_of"] != "never" for each in answer.structured["workspaces"])
    assert all(each["calls_left"] > 0 for each in answer.structured["workspaces"])


async def test_a_workspace_may_be_named(ada: Model) -> None:
    for name in ("Lighthouse Studio", "lighthouse studio", ada.owner.workspace_ids[0]):
        answer = await ada.call("search", query="tide", workspace=name)
        assert [each["title"] for each in answer.structured["results"]] == ["Tide tables"]
    with pytest.raises(UnknownWorkspaceName, match="There are: Lighthouse Studio; Ada's notebook"):
        await ada.call("search", query="tide", workspace="Elsewhere")


async def test_what_is_not_within_reach_is_unknown(ada: Model) -> None:
    for tool in ("fetch", "comments"):
        with pytest.raises(UnknownObject):
            await ada.call(tool, id=lighthouse.PRIVATE)
    with pytest.raises(UnknownObject):
        await ada.call("query", data_source=lighthouse.PRIVATE)
    with pytest.raises(NotInGraph):
        await ada.call("neighbors", id=lighthouse.PRIVATE)
    with pytest.raises(NotInGraph):
        await ada.call("paths", source=lighthouse.ROADMAP, target=lighthouse.PRIVATE)
    with pytest.raises(InvalidArguments, match="This is a page; fetch reads it"):
        await ada.call("query", data_source=lighthouse.ROADMAP)


async def test_only_what_the_scopes_allow_is_listed_and_called(ada: Model) -> None:
    reader = await Model.of(ada.service, ada.owner, "graph:read")
    tools = ada.service.app.composition.services.agent_tools
    principal = (await reader.caller()).principal
    assert [tool.name for tool in tools.list(principal)] == ["fetch", "changes", "whoami", "explain"]
    assert [tool.name for tool in tools.list(principal, ["whoami", "search"])] == ["whoami"]
    with pytest.raises(InsufficientScope, match="graph:search"):
        await reader.call("search", query="lamp")
    with pytest.raises(UnknownAgentTool):
        await reader.call("explode")
    assert (await reader.call("fetch", id=lighthouse.STYLE)).structured["title"] == "How we write"
    with pytest.raises(InsufficientScope, match="notion:read"):
        await reader.call("fetch", id=lighthouse.PRIVATE)


async def test_a_call_that_asks_notion_leaves_one_row(ada: Model) -> None:
    before = len(await ada.trail())
    ada.forget()
    await ada.call("fetch", id=ident("project guide"))
    assert len(ada.asked()) == 3, "the page, the rest of a property, the content"
    await ada.call("fetch", id=ident("projects"))
    await ada.call("query", data_source=ident("projects"), filter={"Stage": "Done"})
    await ada.call("comments", id=lighthouse.ROADMAP)
    for tool in ("neighbors", "fetch"):
        arguments = {"id": lighthouse.TOOLS}
        await ada.call(tool, **arguments)
    await ada.call("search", query="lamp")
    await ada.call("changes")
    await ada.call("whoami")
    assert (await ada.trail())[before:] == [
        ("notion.getPage", "success"),
        ("notion.getDatabase", "success"),
        ("notion.queryDataSource", "success"),
        ("notion.listComments", "success"),
        ("notion.getPage", "success"),
    ]


async def test_resources(ada: Model) -> None:
    tools = ada.service.app.composition.services.agent_tools
    caller = await ada.caller()
    (template,) = tools.resource_templates(caller.principal)
    assert template.uri_template.startswith("notion://page/{id}")
    whole = await tools.read_resource(caller, f"notion://page/{lighthouse.ROADMAP}")
    assert whole.text.startswith("# Roadmap\n")
    assert whole.next_uri is None
    uri, read = f"notion://page/{lighthouse.ROADMAP}?max_chars=300", []
    first = await tools.read_resource(caller, uri)
    assert first.next_uri
    assert first.next_uri in first.text
    read.append(await tools.read_resource(caller, first.next_uri))
    assert read[0].text
    for wrong in ("notion://page/nothing", "https://example.com", f"notion://user/{lighthouse.ROADMAP}"):
        with pytest.raises(UnknownObject):
            await tools.read_resource(caller, wrong)
    narrow = await Model.of(ada.service, ada.owner, "graph:search")
    assert tools.resource_templates((await narrow.caller()).principal) == ()
    with pytest.raises(InsufficientScope):
        await tools.read_resource(await narrow.caller(), f"notion://page/{lighthouse.ROADMAP}")


async def test_two_workspaces_and_nothing_named(ada: Model) -> None:
    with pytest.raises(UnclearWorkspace, match="workspace is one of: Lighthouse Studio; Ada's notebook"):
        await ada.call("create_page", title="Private")
