"""Our OpenAPI document in the hands of others: a linter, and two clients generated from it."""

import asyncio
import json
import shutil
import sys
import tempfile
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.support.service import Service, run_server

pytestmark = pytest.mark.interop

NODE = Path(__file__).parents[1] / "node"
PYTHON_CALLS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from client import AuthenticatedClient
from client.api.notion import notion_get_self
from client.api.tools import invoke_tool
from client.models import ToolInvocation, ToolInvocationParameters
client = AuthenticatedClient(base_url=sys.argv[2], token=sys.argv[3])
self = notion_get_self.sync_detailed(client=client)
body = ToolInvocation(tool_id="notion_get_self", tenant_id=sys.argv[4], parameters=ToolInvocationParameters())
tool = invoke_tool.sync_detailed(client=client, body=body)
told = {"self": self.parsed.to_dict(), "tool": tool.parsed.result.to_dict()}
print(json.dumps({**told, "statuses": [self.status_code, tool.status_code]}))
"""


@dataclass
class Door:
    url: str
    token: str
    tenant_id: str
    document: Path


@pytest.fixture
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ivgraph-generated-") as place:
        yield Path(place)


@pytest.fixture
async def door(shared_service: Service, place: Path) -> AsyncIterator[Door]:
    """Ada's, with the service's own description."""
    shared_service.clock.moment = datetime.now(UTC)
    ada = await shared_service.sign_in("ada")
    token = await ada.mint("notion:read")
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(run_server(shared_service.app))
        async with httpx.AsyncClient() as client:
            document = place / "openapi.json"
            document.write_bytes((await client.get(f"{url}/openapi.json")).content)
        yield Door(url, token["token"], ada.workspace_ids[0], document)


async def run(*command: object, at: Path) -> str:
    process = await asyncio.create_subprocess_exec(*map(str, command), cwd=at, stdout=PIPE, stderr=STDOUT)
    told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()
    return told.decode()


def tool(name: str) -> Path:
    program = NODE / "node_modules/.bin" / name
    if not program.exists():
        pytest.fail(f"{name} is missing: npm install --prefix tests/node.")
    return program


def assert_both_calls(told: str) -> None:
    answers = json.loads(told)
    assert answers["statuses"] == [200, 200]
    assert answers["self"]["type"] == answers["tool"]["type"] == "bot"
    assert answers["self"]["id"] == answers["tool"]["id"]


async def test_the_linter_finds_no_error(door: Door) -> None:
    told = await run(tool("redocly"), "lint", "--config", NODE / "redocly.yaml", door.document, at=door.document.parent)
    assert "valid" in told


async def test_a_generated_typescript_client(door: Door, place: Path) -> None:
    (place / "node_modules").symlink_to(NODE / "node_modules")
    (place / "package.json").write_text('{"type": "module"}')
    shutil.copy(NODE / "generated.ts", place)
    await run(tool("openapi-typescript"), door.document, "--output", place / "types.ts", at=place)
    switches = ["--strict", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler"]
    await run(tool("tsc"), *switches, "--types", "node", "generated.ts", at=place)
    assert_both_calls(await run("node", "generated.js", door.url, door.token, door.tenant_id, at=place))


async def test_a_generated_python_client(door: Door, place: Path) -> None:
    (place / "config.yml").write_text("package_name_override: client\nproject_name_override: client\npost_hooks: []\n")
    options = ["--path", door.document, "--config", "config.yml", "--meta", "none", "--output-path", place / "client"]
    generator = "import sys; from openapi_python_client.cli import app; sys.exit(app())"
    await run(sys.executable, "-c", generator, "generate", *options, "--fail-on-warning", at=place)
    assert_both_calls(
        await run(sys.executable, "-c", PYTHON_CALLS, place, door.url, door.token, door.tenant_id, at=place)
    )
