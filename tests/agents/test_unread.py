"""What the graph does not know yet is asked of Notion, by the connections that may see it."""

import pytest

from ivgraph_auth.agents.errors import NoConnection, UnknownObject
from ivgraph_auth.sandbox.content import lighthouse
from ivgraph_auth.sandbox.content.build import ident
from tests.agents.kit import Model, node_called
from tests.support.service import Service


@pytest.fixture
async def new(swept_service: Service) -> Model:
    """Connected to two workspaces, of which nothing has been read."""
    await swept_service.sign_in("ada")
    model = await Model.of(swept_service, await swept_service.sign_in("ada", workspace="notebook"))
    model.forget()
    return model


async def test_pages_databases_and_data_sources_are_asked_for_directly(new: Model) -> None:
    page = await new.call("fetch", id=lighthouse.STYLE)
    assert "Short words." in page.structured["text"]
    garden = await new.call("fetch", id=node_called(new.service, "Garden").id)
    assert "Beans" in garden.structured["text"]
    database = await new.call("fetch", id=ident("projects"))
    assert "- Stage: select (Planned, Running, Done)" in database.structured["text"]
    source = await new.call("fetch", id=ident("projects source"))
    assert source.structured["metadata"] == {"type": "data_source"}
    for data_source in (ident("projects"), ident("projects source")):
        rows = await new.call("query", data_source=data_source, filter={"Stage": "Running"})
        assert [row[0] for row in rows.structured["rows"]] == ["Visitor guide", "Lamp refit"]
    assert "we begin with the lamp" in (await new.call("comments", id=lighthouse.ROADMAP)).text


async def test_a_connection_that_is_asked_in_vain_leaves_its_own_row(new: Model) -> None:
    garden = node_called(new.service, "Garden").id
    await new.call("fetch", id=garden)
    outcomes = [outcome for _, outcome in await new.trail()]
    assert outcomes[-1] == "success"
    assert outcomes[:-1] in ([], ["object_not_found"])
    with pytest.raises(UnknownObject, match="not shared with the connection"):
        await new.call("fetch", id=lighthouse.PRIVATE)
    assert [outcome for _, outcome in await new.trail()][-2:] == ["object_not_found", "object_not_found"]


async def test_a_named_workspace_alone_is_asked(new: Model) -> None:
    with pytest.raises(UnknownObject):
        await new.call("fetch", id=lighthouse.STYLE, workspace="Ada's notebook")
    assert len(await new.trail()) == 1


async def test_workspaces_that_have_not_been_read_are_told(new: Model) -> None:
    narrow = await Model.of(new.service, new.owner, "graph:search")
    found = (await narrow.call("search", query="lamp")).structured
    assert found["results"] == []
    assert await new.trail() == []
    assert found["note"] == "Not read yet, or not all: Lighthouse Studio, Ada's notebook."
    assert "Not read yet, or not all: Ada's notebook, Lighthouse Studio." in (await new.call("changes")).text
    assert "graph as of never" in (await new.call("whoami")).text


async def test_notions_own_search_helps_until_a_workspace_has_been_read(new: Model) -> None:
    found = (await new.call("search", query="lamp")).structured
    assert {each["title"] for each in found["results"]} == {"Lamp refit", "The horn waits for the lamp"}
    assert found["note"].startswith("Not read yet")
    assert [operation for operation, _ in await new.trail()] == ["notion.search", "notion.search"]
    sources = (await new.call("search", query="tasks", type="data_source", workspace="Lighthouse Studio")).structured
    assert [(each["title"], each["type"]) for each in sources["results"]] == [("Tasks", "data_source")]
    assert (await new.call("search", query="tasks", type="page")).structured["results"] == []
    new.fault("/v1/search", "status", status=400, code="validation_error", times=None)
    assert (await new.call("search", query="lamp")).structured["results"] == []


async def test_nothing_is_connected(swept_service: Service) -> None:
    session = await swept_service.sign_in("ada")
    model = await Model.of(swept_service, session)
    removed = await session.client.delete(f"/api/connections/{session.workspace_ids[0]}/", headers=session.bearer)
    assert removed.status_code == 200
    with pytest.raises(NoConnection):
        await model.call("fetch", id=lighthouse.STYLE)
    assert (await model.call("whoami")).text.endswith("No workspace is connected.")
