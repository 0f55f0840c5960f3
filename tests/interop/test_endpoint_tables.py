"""The tables of endpoints that Notion's own clients bring: every call is let through, or refused with a reason."""

import ast
import asyncio
import json
import re
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from ivgraph_auth.gateway.policy import find_operation, reason_against
from tests.interop.node import FOLDER, NODE

notion_client = pytest.importorskip("notion_client", reason="comes with the interop extra")

pytestmark = pytest.mark.interop

ID = "adcff48f-6f79-47f2-adde-bc498a32af00"
Call = tuple[str, str]
# What has a method and a path is an endpoint; a parameter is asked for by whatever name.
LIST = """
import * as endpoints from "@notionhq/client/build/src/api-endpoints.js";
const path = (each) => each.path(new Proxy({}, { get: () => process.argv[1] }));
const found = Object.values(endpoints).filter((each) => each?.method && each?.path);
console.log(JSON.stringify(found.map((each) => [each.method.toUpperCase(), path(each)])));
"""


def verdict(method: str, path: str) -> str | None:
    """The operation that it is, or why it is none; None where the table does not know it."""
    operation = find_operation(method, f"/v1/{path}", "")
    return operation.name if operation else reason_against(method, f"/v1/{path}")


def unknown(calls: list[Call]) -> list[Call]:
    return [call for call in calls if verdict(*call) is None]


async def calls_of_javascript() -> list[Call]:
    command = (str(NODE), "--input-type=module", "--eval", LIST, ID)
    process = await asyncio.create_subprocess_exec(*command, cwd=FOLDER, stdout=PIPE, stderr=PIPE)
    told, complaints = await process.communicate()
    assert process.returncode == 0, complaints.decode()
    return [(method, path) for method, path in json.loads(told)]


def calls_of_python() -> list[Call]:
    """Of the client's source: each method makes one call of `self.parent.request`."""
    source = Path(notion_client.__file__).with_name("api_endpoints.py").read_text()
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "request":
            given = {each.arg: ast.unparse(each.value) for each in node.keywords}
            path = ast.literal_eval(re.sub(r"\{\w+\}", ID, given["path"]).removeprefix("f"))
            found.append((ast.literal_eval(given["method"]), path))
    return found


async def test_every_call_of_the_javascript_client_is_decided() -> None:
    calls = await calls_of_javascript()
    # A new version may have more: they show up here by themselves.
    assert len(calls) >= 76
    assert unknown(calls) == []
    assert {verdict(*call) for call in calls} >= {"notion.sendFileUpload", "notion.updateComment"}


def test_every_call_of_the_python_client_is_decided() -> None:
    calls = calls_of_python()
    assert len(calls) >= 47
    assert unknown(calls) == []


def test_a_call_that_nobody_has_decided_shows_up() -> None:
    assert unknown([("GET", f"pages/{ID}"), ("GET", "crystal_balls"), ("POST", "sessions")]) == [
        ("GET", "crystal_balls")
    ]
