"""What docs/agents.md shows and says is so. What it hands out is run in `test_agent_examples.py`."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.types import Message

from ivgraph_auth.agents.table import AGENT_TOOLS
from ivgraph_auth.app.factory import create_app  # noqa: F401 -- with it every error is known
from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.gateway import errors, policy
from ivgraph_auth.notion.endpoints import ENDPOINTS
from ivgraph_auth.notion.forms.table import FORMS
from ivgraph_auth.notion.tools import TOOLS
from ivgraph_auth.sandbox.content import lighthouse
from ivgraph_auth.web.errors.renderer import render
from ivgraph_auth.web.policy import NOTION
from tests.interop.agents_page import EXAMPLES, PAGE, blocks, codes, rows
from tests.support.context import bare_context

LANGUAGES = {".sh": "sh", ".py": "python", ".mjs": "js", ".md": "markdown"}


@pytest.mark.parametrize("example", sorted(EXAMPLES.iterdir()), ids=lambda path: path.name)
def test_the_page_shows_each_example_as_it_is(example: Path) -> None:
    text = example.read_text()
    assert text in blocks(LANGUAGES[example.suffix])
    assert len(text.splitlines()) < 60
    assert f"{example.name}`" in PAGE


def test_the_table_of_scopes_names_what_is_let_through() -> None:
    for shown, tools, also in rows("Which scope for what"):
        scope = shown.strip("`")
        named = {f"notion_{name}" for name in re.findall(r"`(\w+)`", tools)}
        assert named == {tool.name for tool in TOOLS.values() if policy.operation_of(tool.endpoint).scope == scope}
        calls = re.findall(r"`([A-Z]+) (\S+)`", also.replace("{id}", lighthouse.GUIDE))
        found = {
            operation.name for method, path in calls if (operation := policy.find_operation(method, f"/v1/{path}", ""))
        }
        assert len(found) == len(calls)
        assert found == {each.name for each in ENDPOINTS.values() if policy.operation_of(each).scope == scope} - set(
            TOOLS
        )


def test_the_table_of_forms_names_them_all() -> None:
    assert [form.strip("`") for form, _ in rows("A loop of your own")] == [*FORMS]


def test_the_table_of_mcp_names_each_tool_with_its_scopes() -> None:
    told = {name.strip("`"): scopes for name, scopes, _ in rows("The tools")}
    assert list(told) == list(AGENT_TOOLS)
    for name, tool in AGENT_TOOLS.items():
        assert told[name] == (", ".join(f"`{scope}`" for scope in tool.scopes) or "any")


def every_error(known: type[ServiceError] = ServiceError) -> Iterator[type[ServiceError]]:
    yield known
    for below in known.__subclasses__():
        yield from every_error(below)


async def no_message() -> Message:
    raise AssertionError("nothing is read")


def told_by_the_drop_in(code: str) -> tuple[int, str]:
    error = ServiceError()
    error.code = code
    answer = render(bare_context(no_message, NOTION), error)
    return answer.status_code, json.loads(bytes(answer.body))["code"]


def test_the_table_of_errors_says_what_both_doors_answer() -> None:
    status_of = {error.code: error.status for error in every_error()}
    table = [(codes(tools), codes(drop_in)) for _, tools, drop_in, _ in rows("What may go wrong")]
    for tools, drop_in in table:
        for status, code in tools:
            assert status_of[code] == status, code
            assert drop_in in ([], [told_by_the_drop_in(code)]), code
    told = {code for tools, _ in table for _, code in tools}
    ours = {error.code for error in every_error() if error.__module__ == errors.__name__ and "code" in vars(error)}
    assert ours - told == {
        # Of the drop-in address alone, the last two of file uploads.
        "invalid_request_url",
        "caller_gone",
        "authorization_renewed",
    }
