"""The same tools on the versions of Notion's API that an operator may set."""

import pytest

from ivgraph_auth.agents.errors import InvalidArguments
from ivgraph_auth.sandbox.content import lighthouse
from ivgraph_auth.sandbox.content.build import ident
from tests.agents.kit import Model, node_called
from tests.conftest import MakeService
from tests.graph.sync_kit import lift_rate_limit, synchronize

OLDEST, OLDER = "2022-06-28", "2025-09-03"
PROJECTS = ident("projects")


@pytest.mark.slow
@pytest.mark.parametrize("version", [OLDEST, OLDER])
@pytest.mark.parametrize("is_read", [False, True], ids=["not read", "read"])
async def test_tools_on_an_older_version(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch, version: str, *, is_read: bool
) -> None:
    lift_rate_limit(monkeypatch)
    service = await make_service(notion_version=version)
    session = await service.sign_in("ada")
    if is_read:
        await synchronize(service, session)
    model = await Model.of(service, session)
    told = (await model.call("fetch", id=PROJECTS)).structured["text"]
    assert "- Stage: select (Planned, Running, Done)" in told
    assert "Rows: query with data_source" in told
    rows = await model.call("query", data_source=PROJECTS, filter={"Stage": "Running"}, properties=["Budget"])
    assert [row[:2] for row in rows.structured["rows"]] == [["Visitor guide", "1200"], ["Lamp refit", "5400.5"]]
    made = await model.call(
        "create_page",
        parent=PROJECTS,
        title="Bell",
        properties={"Stage": "Done", "Needs": [ident("project lamp")]},
        content="## Rope\n- [ ] Tar\n- [x] Knot",
    )
    bell = node_called(service, "Bell")
    assert bell.data["properties"]["Stage"]["value"]["name"] == "Done"
    await model.call("append", id=made.structured["id"], content="And **oil**.")
    text = (await model.call("fetch", id=made.structured["id"])).structured["text"]
    for line in ("## Rope", "- [ ] Tar", "- [x] Knot", "And **oil**."):
        assert line in text.splitlines()
    await model.call("update_page", id=made.structured["id"], title="Bells", properties={"Stage": "Planned"})
    assert node_called(service, "Bells").data["properties"]["Stage"]["value"]["name"] == "Planned"
    await model.call("comment", id=lighthouse.STYLE, text="Older")
    assert "Older" in (await model.call("comments", id=lighthouse.STYLE)).text
    await model.call("update_page", id=made.structured["id"], in_trash=True)
    assert bell.trashed
    with pytest.raises(InvalidArguments):
        await model.call("query", data_source=PROJECTS, filter={"Nope": 1})
