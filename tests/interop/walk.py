"""Every call that the gateway lets through, made with one of Notion's own clients, and what each should bring about."""

from typing import Any

from ivgraph_auth.sandbox.content import lighthouse
from tests.interop.allow_list import ALLOWED, operation
from tests.interop.notion_target import Sdk, Target
from tests.interop.walk_further import bare, walk_further
from tests.sandbox.api import NEW, OLD, paragraph, plain, title_of, words
from tests.support.service import Json


async def call_all(target: Target, sdk: Sdk, version: str) -> None:
    await _people(sdk)
    await _read(sdk, version)
    await _properties(sdk)
    page = await _page(sdk)
    await _blocks(sdk, version, page)
    await _markdown(sdk, page)
    await _comments(sdk, page)
    await walk_further(sdk, page, with_data_sources=version != OLD)
    rows = _Rows(sdk, version)
    await rows.make(page)
    await rows.write(page)
    assert {operation(*call) for call in target.answered()} == ALLOWED[version]


async def _people(sdk: Sdk) -> None:
    people = await sdk.collect("users.list", page_size=1)
    ada = bare(await sdk.call("users.retrieve", user_id=lighthouse.ADA))
    assert (ada["name"], ada["person"]["email"]) == ("Ada Winter", "ada.winter@lighthouse.example")
    me = bare(await sdk.call("users.me"))
    assert (me["type"], me["bot"]["owner"]["user"]) == ("bot", ada)
    assert {each["id"] for each in people} >= {ada["id"], me["id"], lighthouse.BRUNO, lighthouse.FARAH}


async def _read(sdk: Sdk, version: str) -> None:
    page = bare(await sdk.call("pages.retrieve", page_id=lighthouse.ROADMAP))
    assert title_of(page) == "Roadmap"
    assert await sdk.collect("search", query="Roadmap") == [page]
    second = "database" if version == OLD else "data_source"
    found = await sdk.collect("search", filter={"property": "object", "value": second}, page_size=2)
    assert {title_of(each) for each in found} == {"Projects", "Tasks", "Decisions"}
    children = await sdk.collect("blocks.children.list", block_id=lighthouse.ROADMAP, page_size=2)
    assert children[0] == bare(await sdk.call("blocks.retrieve", block_id=children[0]["id"]))
    assert plain(children[0]["heading_1"]["rich_text"]) == "Where we are heading"
    markdown = await sdk.call("pages.retrieve_markdown", page_id=lighthouse.ROADMAP)
    assert markdown["markdown"].startswith("# Where we are heading\n")
    database = await sdk.call("databases.retrieve", database_id=lighthouse.PROJECTS)
    assert title_of(database) == "Projects"
    if version != OLD:
        assert database["data_sources"] == [{"id": lighthouse.PROJECTS_SOURCE, "name": "Projects"}]
        source = await sdk.call("data_sources.retrieve", data_source_id=lighthouse.PROJECTS_SOURCE)
        assert source["parent"]["database_id"] == database["id"]
    said = await sdk.collect("comments.list", block_id=lighthouse.ROADMAP, page_size=1)
    assert [plain(each["rich_text"])[-5:] for each in said] == ["year?", "lamp."]


async def _properties(sdk: Sdk) -> None:
    """Ids with signs that need to be encoded go there and back; what a page cuts off is told property by property."""
    page = bare(await sdk.call("pages.retrieve", page_id=lighthouse.GUIDE))
    ids = {each["id"]: name for name, each in page["properties"].items()}
    assert any("%" in each for each in ids)
    for property_id, name in ids.items():
        item = await sdk.call("pages.properties.retrieve", page_id=lighthouse.GUIDE, property_id=property_id)
        about = item["property_item"] if item["object"] == "list" else item
        assert about["id"] == property_id, name
    some = [each for each in ids if "%" in each]
    shown = await sdk.call("pages.retrieve", page_id=lighthouse.GUIDE, filter_properties=some)
    assert list(shown["properties"]) == [ids[each] for each in some]
    tasks = page["properties"]["Tasks"]
    assert (len(tasks["relation"]), tasks["has_more"]) == (25, True)
    asked = {"page_id": lighthouse.GUIDE, "property_id": tasks["id"], "page_size": 10}
    items = await sdk.collect("pages.properties.retrieve", **asked)
    assert [each["relation"]["id"] for each in items] == list(lighthouse.STOPS)


async def _page(sdk: Sdk) -> str:
    """Made under one page, changed, and moved below another."""
    made = bare(
        await sdk.call(
            "pages.create",
            parent={"page_id": lighthouse.ROADMAP},
            properties={"title": words("Buoys")},
            icon={"emoji": "🛟"},
            children=[paragraph("First"), paragraph("Third")],
        )
    )
    page: str = made["id"]
    assert bare(await sdk.call("pages.retrieve", page_id=page)) == made
    values = {"title": {"title": words("Buoys and bells")}}
    changed = bare(await sdk.call("pages.update", page_id=page, properties=values, icon=None))
    assert (title_of(changed), changed["icon"]) == ("Buoys and bells", None)
    assert bare(await sdk.call("pages.retrieve", page_id=page)) == changed
    moved = bare(await sdk.call("pages.move", page_id=page, parent={"page_id": lighthouse.HANDBOOK}))
    assert moved == {**changed, "parent": {"type": "page_id", "page_id": lighthouse.HANDBOOK}}
    assert bare(await sdk.call("pages.retrieve", page_id=page)) == moved
    return page


async def _texts(sdk: Sdk, block: str) -> list[tuple[str, str]]:
    """The ids of what stands on a page, each with its text."""
    children = await sdk.collect("blocks.children.list", block_id=block)
    return [(each["id"], plain(each[each["type"]]["rich_text"])) for each in children]


async def _blocks(sdk: Sdk, version: str, page: str) -> None:
    (first, _), (third, _) = await _texts(sdk, page)
    behind = {"position": {"type": "after_block", "after_block": {"id": first}}} if version == NEW else {"after": first}
    told = await sdk.call("blocks.children.append", block_id=page, children=[paragraph("Second")], **behind)
    second = told["results"][0]["id"]
    assert await _texts(sdk, page) == [(first, "First"), (second, "Second"), (third, "Third")]
    changed = bare(await sdk.call("blocks.update", block_id=first, **paragraph("Zeroth")))
    assert bare(await sdk.call("blocks.retrieve", block_id=first)) == changed
    gone = bare(await sdk.call("blocks.delete", block_id=third))
    assert gone["in_trash"] is True
    assert bare(await sdk.call("blocks.retrieve", block_id=third)) == gone
    assert await _texts(sdk, page) == [(first, "Zeroth"), (second, "Second")]


async def _markdown(sdk: Sdk, page: str) -> None:
    edit = {"type": "insert_content", "insert_content": {"content": "## Bells\n- [x] Oil **them**"}}
    written = bare(await sdk.call("pages.update_markdown", page_id=page, **edit))
    assert written["markdown"] == "Zeroth\nSecond\n## Bells\n- [x] Oil **them**"
    assert bare(await sdk.call("pages.retrieve_markdown", page_id=page)) == written
    assert [text for _, text in await _texts(sdk, page)] == ["Zeroth", "Second", "Bells", "Oil them"]


async def _comments(sdk: Sdk, page: str) -> None:
    first = bare(await sdk.call("comments.create", parent={"page_id": page}, rich_text=words("Too loud?")))
    answer = {"discussion_id": first["discussion_id"], "rich_text": words("Not in fog.")}
    second = bare(await sdk.call("comments.create", **answer))
    assert await sdk.collect("comments.list", block_id=page) == [first, second]


_COLUMNS = {"What": {"title": {}}, "Weight": {"number": {"format": "number"}}}


class _Rows:
    """A database and its rows. What a version has and its client has no method for is asked for by path."""

    def __init__(self, sdk: Sdk, version: str) -> None:
        self._sdk = sdk
        self._version = version
        self._database = ""
        self._source = ""  # before data sources: the database

    @property
    def _old(self) -> bool:
        return self._version == OLD

    async def make(self, page: str) -> None:
        about: Json = {"parent": {"type": "page_id", "page_id": page}, "title": words("Chains")}
        if self._old:
            made = bare(await self._sdk.request("POST", "databases", {**about, "properties": _COLUMNS}))
        else:
            initial = {"properties": _COLUMNS}
            made = bare(await self._sdk.call("databases.create", **about, initial_data_source=initial))
        self._database = made["id"]
        self._source = self._database if self._old else made["data_sources"][0]["id"]
        assert bare(await self._read_database()) == made
        renamed = bare(
            await self._sdk.call("databases.update", database_id=self._database, title=words("Chains and ropes"))
        )
        assert title_of(renamed) == "Chains and ropes"
        assert bare(await self._read_database()) == renamed
        await self._widen()

    async def _read_database(self) -> Json:
        return await self._sdk.call("databases.retrieve", database_id=self._database)

    async def _widen(self) -> None:
        """Another column, and in the versions that know them another data source."""
        columns: Json = {"Rusty": {"checkbox": {}}}
        if self._old:
            await self._sdk.request("PATCH", f"databases/{self._database}", {"properties": columns})
            found = await self._read_database()
        else:
            await self._sdk.call("data_sources.update", data_source_id=self._source, properties=columns)
            found = await self._sdk.call("data_sources.retrieve", data_source_id=self._source)
            about = {"parent": {"database_id": self._database}, "title": words("Knots")}
            made = bare(await self._sdk.call("data_sources.create", **about, properties={"Name": {"title": {}}}))
            assert bare(await self._sdk.call("data_sources.retrieve", data_source_id=made["id"])) == made
        assert set(found["properties"]) == {"What", "Weight", "Rusty"}

    async def write(self, page: str) -> None:
        kind = "database_id" if self._old else "data_source_id"
        made = []
        for name, weight in (("Anchor chain", 300), ("Bell rope", 2.5)):
            values = {"What": {"title": words(name)}, "Weight": {"number": weight}}
            made.append(bare(await self._sdk.call("pages.create", parent={kind: self._source}, properties=values)))
        asked: Json = {"sorts": [{"property": "Weight", "direction": "ascending"}], "page_size": 1}
        first = await self._query(**asked)
        assert (first["results"], first["has_more"]) == ([made[1]], True)
        last = await self._query(**asked, start_cursor=first["next_cursor"])
        assert (last["results"], last["has_more"], last["next_cursor"]) == ([made[0]], False, None)
        heavy = await self._query(filter={"property": "Weight", "number": {"greater_than": 100}})
        assert heavy["results"] == [made[0]]
        (child,) = [each for each in await self._sdk.collect("blocks.children.list", block_id=page) if _holds(each)]
        assert child["id"] == self._database

    async def _query(self, **asked: Any) -> Json:
        if self._old:
            return await self._sdk.request("POST", f"databases/{self._database}/query", asked)
        return await self._sdk.call("data_sources.query", data_source_id=self._source, **asked)


def _holds(block: Json) -> bool:
    return bool(block["type"] == "child_database")
