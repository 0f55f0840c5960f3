"""What docs/agents.md says of MCP, done as it says: from nothing to an answer, and by each client that it shows."""

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from ivgraph_auth.agents.table import AGENT_TOOLS
from ivgraph_auth.api.mcp.instructions import INSTRUCTIONS
from ivgraph_auth.core.principal import Scope
from ivgraph_auth.sandbox.content import lighthouse
from tests.cli.conftest import PREFIX, remove
from tests.cli.visitor import bearer
from tests.interop.agents_page import EXAMPLES, PAGE, block
from tests.interop.agents_stage import Stage
from tests.interop.own_python import python_with
from tests.support.postgres import new_directory
from tests.support.processes import PATIENCE, Starter, open_commands

pytestmark = pytest.mark.interop

ASK = "mcp.sh"
NOT_YET = "Not there yet"
SAID = "# Where we are heading"
SCOPES = (Scope.GRAPH_SEARCH, Scope.GRAPH_READ, Scope.GRAPH_NEIGHBORS, Scope.NOTION_READ)
TOOLS = [name for name, tool in AGENT_TOOLS.items() if set(tool.scopes) <= set(SCOPES)]


def in_shell(folder: Path, before: str, after: str = "") -> list[str]:
    """What one shell prints: what is done first, the question until the workspace has been read, what is done last."""
    (folder / ASK).write_text((EXAMPLES / ASK).read_text())
    question = f'until sh {ASK} > answer 2> refused; do grep -q "{NOT_YET}" refused; done; cat answer'
    done = subprocess.run(  # noqa: S603 -- the page is ours
        ["/bin/sh", "-euc", f"{before}\n{question}\n{after}"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + (folder / "refused").read_text() + (folder / "answer").read_text()
    return done.stdout.splitlines()


def test_a_narrow_audited_answer_by_the_page_alone(starter: Starter, tmp_path: Path) -> None:
    """`demo`, a token that reads one workspace, a question at /mcp, its audit row: nothing but what the page shows."""
    directory = new_directory(PREFIX)
    with open_commands(starter) as commands:
        demo = commands.start_fresh("demo", "--port", "0", IVGRAPH_DATA_DIR=str(directory), IVGRAPH_MCP="true")
        url = demo.line(r"API reference +(http://\S+)/docs").group(1)
        token = block("sh", "person=ada").replace("http://127.0.0.1:8000", url)
        about = 'curl -sS -H "Authorization: Bearer $IVGRAPH_TOKEN" "$IVGRAPH_URL/api/auth/validate/"; echo'
        told = in_shell(tmp_path, token, f"{block('sh', '/api/audit/')}\necho\n{about}")
        demo.end()
    remove(directory)
    found, page, rows, narrow = map(json.loads, told)
    assert found["result"]["structuredContent"]["results"][0]["id"] == lighthouse.ROADMAP
    assert SAID in page["result"]["structuredContent"]["text"]
    assert (narrow["scopes"], len(narrow["workspace_ids"])) == (list(SCOPES), 1)
    [row] = rows["results"]
    assert (row["event"], row["outcome"]) == ("agent:notion:called", "success")
    assert (row["actor"]["kind"], row["tenant_id"]) == ("service_token", narrow["workspace_ids"][0])


@pytest.fixture(scope="module")
def asked(stage: Stage) -> Stage:
    """Where the workspace has been read."""
    told = in_shell(stage.folder, f"export IVGRAPH_URL={stage.url} IVGRAPH_TOKEN={stage.token}")
    assert SAID in json.loads(told[-1])["result"]["structuredContent"]["text"]
    return stage


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("mcp_client.py", "mcp"),
        ("langchain_example.py", "langchain.mcp"),
        ("openai_agents_example.py", "agents.mcp"),
        ("pydantic_ai_example.py", "pydantic_ai.mcp"),
    ],
)
def test_a_program(asked: Stage, name: str, package: str) -> None:
    """Lists what the token may use and no more, and finds the page."""
    if find_spec(package.partition(".")[0]) is None:
        pytest.skip("comes with the interop extra")
    tools, *rest = asked.run_text(name, (EXAMPLES / name).read_text(), sys.executable, "-W", "ignore")
    assert tools.partition(": ")[2].split() == TOOLS
    said = "\n".join(rest)
    assert lighthouse.ROADMAP in said or SAID in said


def test_langchain_before_1_4(stage: Stage) -> None:
    """With MCP's own client of the 1.x line: the package takes no other."""
    python = python_with("langchain-mcp-adapters", "langchain-mcp-adapters>=0.3,<1", "mcp>=1.20,<2")
    script = block("python", "MultiServerMCPClient")
    more = "\nimport asyncio\nprint(*[tool.name for tool in asyncio.run(client.get_tools())])\n"
    assert stage.run_text("before.py", script + more, str(python)) == [" ".join(TOOLS)]


def test_configurations_are_json_and_name_the_door() -> None:
    found = re.findall(
        r"^```json\n(\{\".*?)^```$", PAGE.partition("\n## From a program\n")[0], re.DOTALL | re.MULTILINE
    )
    assert len(found) == 4
    for text in found:
        assert "https://auth.example.com/mcp" in json.dumps(json.loads(text))


def test_each_client_is_told_of_in_ten_lines() -> None:
    section = PAGE.split("\n## Connect a client\n", 1)[1].split("\n## ", 1)[0]
    _, *clients = section.split("\n### ")
    assert [each.splitlines()[0] for each in clients] == [
        "Claude, web and desktop", "Claude Code", "ChatGPT", "Cursor", "VS Code", "Zed", "n8n",
    ]  # fmt: skip
    for text in clients:
        title, *lines = text.splitlines()
        assert len([line for line in lines if line and not line.startswith("```")]) <= 10, title
        assert "*You see*" in text, title


@pytest.mark.parametrize("address", ["/mcp?tools=search,fetch", "/mcp?tools=all"])
def test_the_address_names_tools(stage: Stage, address: str) -> None:
    headers = {**bearer(stage.token), "Accept": "application/json, text/event-stream"}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    answer = httpx.post(stage.url + address, json=asked, headers=headers, timeout=30)
    names = [tool["name"] for tool in answer.json()["result"]["tools"]]
    assert names == ["search", "fetch"] if "all" not in address else set(TOOLS) <= set(names)


def test_the_prompt_says_what_a_client_is_told() -> None:
    assert INSTRUCTIONS in (EXAMPLES / "system_prompt.md").read_text()
    named = set(re.findall(r"`(\w+)`", INSTRUCTIONS)) - {"next"}
    assert named <= set(AGENT_TOOLS)
