"""The examples that docs/agents.md hands out, as they stand, against `ivgraph-auth demo`."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from ivgraph_auth.notion.tools import TOOLS
from ivgraph_auth.sandbox.content import lighthouse
from ivgraph_auth.sandbox.people import LIGHTHOUSE
from tests.interop.agents_page import EXAMPLES, PAGE, block
from tests.interop.agents_stage import Stage

pytestmark = pytest.mark.interop

SEEN = """\
Workspace: Lighthouse Studio
Block: heading_1
Block: paragraph
Block: bulleted_list_item
Block: bulleted_list_item
Block: child_database
Block: child_page
Block: child_page
Block: unsupported
Table: Decisions with 3 rows on the first page
Table: Tasks with 31 rows on the first page
Table: Projects with 5 rows on the first page
Refused: object_not_found
""".splitlines()


def test_curl(stage: Stage) -> None:
    lines = stage.run_text("curl.sh", (EXAMPLES / "curl.sh").read_text(), "sh")
    about, envelope, answer = (json.loads(line) for line in lines if line.startswith("{"))
    assert (about["kind"], about["scopes"], about["workspace_ids"]) == (
        "service_token",
        ["graph:search", "graph:read", "graph:neighbors", "notion:read"],
        [LIGHTHOUSE.id],
    )
    assert [line for line in lines if line.startswith('"id"')] == [f'"id":"{tool.name}"' for tool in TOOLS.values()]
    assert envelope["success"] is True
    assert [each["id"] for each in envelope["result"]["results"]] == [lighthouse.ROADMAP]
    assert answer["results"] == envelope["result"]["results"]


def test_the_python_client(stage: Stage) -> None:
    pytest.importorskip("notion_client", reason="comes with the interop extra")
    name = "notion_client_example.py"
    assert stage.run_text(name, (EXAMPLES / name).read_text(), sys.executable) == SEEN


def test_the_javascript_client(stage: Stage) -> None:
    name = "notionhq_client_example.mjs"
    assert stage.run_text(name, (EXAMPLES / name).read_text(), "node") == SEEN


def test_a_tenant_named_by_the_python_client(stage: Stage) -> None:
    script = block("python", "X-Ivgraph-Tenant") + '\nprint(notion.users.me()["bot"]["workspace_name"])\n'
    assert stage.run_text("named.py", script, sys.executable, TENANT=LIGHTHOUSE.id) == [LIGHTHOUSE.name]
    with pytest.raises(AssertionError, match="You have no connection of the name in X-Ivgraph-Tenant"):
        stage.run_text("named.py", script, sys.executable, TENANT="nobody")


def test_a_tenant_named_by_the_javascript_client(stage: Stage) -> None:
    script = block("js", "X-Ivgraph-Tenant") + "\nconsole.log((await notion.users.me({})).bot.workspace_name);\n"
    assert stage.run_text("named.mjs", script, "node", TENANT=LIGHTHOUSE.id) == [LIGHTHOUSE.name]
    with pytest.raises(AssertionError, match="You have no connection of the name in X-Ivgraph-Tenant"):
        stage.run_text("named.mjs", script, "node", TENANT="nobody")


def test_the_loop_with_its_script(stage: Stage) -> None:
    printed = stage.run_text("tool_loop.py", (EXAMPLES / "tool_loop.py").read_text(), sys.executable)
    assert "\n".join(printed) == block("", "Calls notion_search").strip()


class ChatApi:
    """A model at a chat completions API: asks for a person who is not there, and says what it was told."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.credentials: set[str | None] = set()

    def turn(self, asked: Any) -> Any:
        self.asked.append(asked)
        if asked["messages"][-1]["role"] == "tool":
            told = json.loads(asked["messages"][-1]["content"])
            return {"role": "assistant", "content": f"Refused: {told['error']['code']}"}
        function = {"name": "notion_get_user", "arguments": json.dumps({"user_id": "nobody"})}
        calls = [{"id": "call-1", "type": "function", "function": function}]
        return {"role": "assistant", "content": None, "tool_calls": calls}


@contextmanager
def served(api: ChatApi) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            api.credentials.add(self.headers["Authorization"])
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps({"choices": [{"message": api.turn(asked)}]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1/chat/completions"
        server.shutdown()
        thread.join()


def test_the_loop_with_a_chat_api(stage: Stage) -> None:
    """It is sent every reading tool as a function, and what a tool refused; and not the service token."""
    api = ChatApi()
    with served(api) as url:
        chat = {"CHAT_URL": url, "CHAT_KEY": "a-key", "CHAT_MODEL": "a-model"}
        text = (EXAMPLES / "tool_loop.py").read_text()
        printed = stage.run_text("tool_loop.py", text, sys.executable, **chat)
    assert printed == ['Calls notion_get_user {"user_id": "nobody"}', "Refused: invalid_parameters"]
    assert api.credentials == {"Bearer a-key"}
    assert stage.token not in json.dumps(api.asked)
    first, second = api.asked
    assert (first["model"], len(first["messages"]), len(second["messages"])) == ("a-model", 1, 3)
    functions = {each["function"]["name"]: each["function"] for each in first["tools"]}
    assert set(functions) == {tool.name for tool in TOOLS.values() if not tool.endpoint.writes}
    assert all(each["parameters"]["type"] == "object" for each in functions.values())


def test_ids_of_properties_go_as_they_came(stage: Stage) -> None:
    page = f"{stage.url}/notion/v1/pages/{lighthouse.GUIDE}"
    headers = {"Authorization": f"Bearer {stage.token}"}
    ids = [each["id"] for each in httpx.get(page, headers=headers).json()["properties"].values()]
    assert "%5CCGr" in ids
    assert "%5CCGr" in PAGE
    assert httpx.get(f"{page}/properties/%5CCGr", headers=headers).json()["id"] == "%5CCGr"
