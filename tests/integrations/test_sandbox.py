"""The documented example and every method of the binding, against the sandbox's REST half."""

import asyncio
import textwrap
from collections.abc import AsyncIterator
from typing import Literal

import pytest

from ivgraph_auth.integrations import AuthManager, Integrations, NotionRefused
from ivgraph_auth.notion.tools import TOOLS
from tests.integrations.kit import REDIRECT_URI, Someone, documented_example
from tests.support.service import CLIENT_ID, Json

VERSIONS = ("2022-06-28", "2025-09-03", "2026-03-11")
NOBODY = "00000000-1111-4222-8333-444455556666"
TEXT: Json = [{"type": "text", "text": {"content": "Written by a program"}}]


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def integrations(someone: Someone, version: str) -> AsyncIterator[Integrations]:
    auth = AuthManager(notion={**someone.app, "version": version})
    async with auth.with_credentials("notion", await someone.authorizes(auth)) as opened:
        yield opened


async def first(integrations: Integrations, kind: Literal["page", "database", "data_source"]) -> Json:
    """An object of this kind that search finds."""
    found = await integrations.notion.search(filter={"property": "object", "value": kind})
    return found["results"][0]


async def a_source(integrations: Integrations, version: str) -> Json:
    return await first(integrations, "database" if version == "2022-06-28" else "data_source")


async def written(integrations: Integrations) -> Json:
    parent = await first(integrations, "page")
    return await integrations.notion.create_page(
        parent={"page_id": parent["id"]},
        properties={"title": {"title": TEXT}},
        children=[{"paragraph": {"rich_text": TEXT}}],
    )


async def test_the_documented_example_runs(someone: Someone, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it stands but for what the dots and the code stand for."""
    monkeypatch.setenv("NOTION_API_URL", someone.sandbox.url)
    monkeypatch.setenv("NOTION_REDIRECT_URI", REDIRECT_URI)
    step = await AuthManager(notion={"client_id": CLIENT_ID}).notion.oauth2.authorize()
    code = (await someone.consents(step.url))["code"]
    text = documented_example().replace('"client_id": "..."', f'"client_id": "{CLIENT_ID}"')
    text = text.replace('"client_secret": "..."', f'"client_secret": "{someone.sandbox.client_secret}"')
    text = text.replace('code="code"', f'code="{code}"')
    names: Json = {}
    exec("async def main():\n" + textwrap.indent(text + "return step, token, auth", "    "), names)  # noqa: S102
    step, token, auth = await names["main"]()
    assert step.state == "docs-sync"
    assert "state=docs-sync" in step.url
    assert token.workspace_id
    async with auth.session(subject="workspace-123") as opened:
        assert await opened.notion.list_databases()


async def test_databases_on_every_version(integrations: Integrations) -> None:
    found = await integrations.notion.list_databases()
    assert found
    for database in found:
        assert (await integrations.notion.get_database(database_id=database["id"]))["id"] == database["id"]


async def test_search_follows_its_pages(integrations: Integrations) -> None:
    whole = await integrations.notion.search()
    seen: list[str] = []
    page: Json = {"next_cursor": None, "has_more": True}
    while page["has_more"]:
        page = await integrations.notion.search(page_size=3, start_cursor=page["next_cursor"])
        seen += [each["id"] for each in page["results"]]
    assert len(seen) == len(set(seen)) >= len(whole["results"])


async def test_a_page_its_blocks_and_its_markdown(integrations: Integrations) -> None:
    page = await first(integrations, "page")
    notion = integrations.notion
    assert (await notion.get_page(page_id=page["id"]))["id"] == page["id"]
    assert (await notion.get_page(page_id=page["id"].replace("-", "").upper()))["id"] == page["id"]
    assert (await notion.get_page_markdown(page_id=page["id"]))["object"] == "page_markdown"
    assert (await notion.get_block(block_id=page["id"]))["object"] == "block"
    assert (await notion.get_block_children(block_id=page["id"], page_size=5))["object"] == "list"


async def test_only_the_properties_asked_for(integrations: Integrations) -> None:
    page = await first(integrations, "page")
    title = next(each for each in page["properties"].values() if each["type"] == "title")
    found = await integrations.notion.get_page(page_id=page["id"], filter_properties=[title["id"]])
    assert [each["id"] for each in found["properties"].values()] == [title["id"]]


async def test_a_data_source_and_its_rows(integrations: Integrations, version: str) -> None:
    source = await a_source(integrations, version)
    notion = integrations.notion
    assert (await notion.get_data_source(data_source_id=source["id"]))["properties"]
    rows = await notion.query_data_source(data_source_id=source["id"], page_size=2)
    assert {row["object"] for row in rows["results"]} <= {"page", "data_source"}


async def test_users(integrations: Integrations) -> None:
    notion = integrations.notion
    people = (await notion.list_users())["results"]
    assert people
    assert (await notion.get_user(user_id=people[0]["id"]))["id"] == people[0]["id"]
    assert (await notion.get_self())["type"] == "bot"


async def test_what_is_written_can_be_read(integrations: Integrations, version: str) -> None:
    notion = integrations.notion
    page = await written(integrations)
    added = await notion.append_block_children(
        block_id=page["id"],
        children=[{"to_do": {"rich_text": TEXT}}],
    )
    block_id = added["results"][0]["id"]
    await notion.update_block(block_id=block_id, to_do={"rich_text": TEXT, "checked": True})
    assert (await notion.get_block(block_id=block_id))["to_do"]["checked"] is True
    assert len((await notion.get_block_children(block_id=page["id"]))["results"]) == 2
    gone = await notion.delete_block(block_id=block_id)
    assert gone["in_trash" if version == "2026-03-11" else "archived"] is True
    assert len((await notion.get_block_children(block_id=page["id"]))["results"]) == 1


async def test_a_page_goes_to_the_trash(integrations: Integrations, version: str) -> None:
    page = await written(integrations)
    word = "in_trash" if version == "2026-03-11" else "archived"
    given: Json = {word: True}
    assert (await integrations.notion.update_page(page_id=page["id"], **given))[word] is True


async def test_comments(integrations: Integrations) -> None:
    page = await written(integrations)
    notion = integrations.notion
    comment = await notion.create_comment(parent={"page_id": page["id"]}, rich_text=TEXT)
    listed = (await notion.list_comments(block_id=page["id"]))["results"]
    assert [each["id"] for each in listed] == [comment["id"]]


async def test_what_is_not_shared_is_not_found(integrations: Integrations) -> None:
    with pytest.raises(NotionRefused) as caught:
        await integrations.notion.get_page(page_id=NOBODY)
    assert (caught.value.status, caught.value.code) == (404, "object_not_found")
    assert NOBODY in caught.value.message


async def test_calls_at_once_renew_once(someone: Someone, integrations: Integrations) -> None:
    someone.expires()
    answers = await asyncio.gather(*(integrations.notion.search(page_size=1) for _ in range(10)))
    assert all(answer["object"] == "list" for answer in answers)
    assert someone.refreshes() == 1


def test_no_tool_is_left_out() -> None:
    assert len(TOOLS) == 30
