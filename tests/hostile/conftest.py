import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest

from ivgraph_auth.core.secrets import random_token
from ivgraph_auth.keys.keyring import generate_key
from tests.cli.visitor import Visitor, sign_in
from tests.support.postgres import TestDatabases
from tests.support.processes import Commands, Running, Starter, free_port, open_commands

ADMIN, _ADDRESS = "ada", "ada.winter@lighthouse.example"
LISTENS = "Application startup complete"


@dataclass(frozen=True)
class Target:
    """A `serve` of its own process. Ada is signed in; the service token is Farah's, for no request of Ada's to end."""

    serve: Running
    url: str
    port: int
    ada: Visitor
    service_token: str

    @property
    def resident(self) -> int:
        """Bytes of memory that the process holds now."""
        return memory_of(self.serve.pid)

    def assert_well(self) -> None:
        """It lives, answers Ada, and met nothing that it did not foresee."""
        assert self.ada.me["name"]
        assert self.ada.get("/api/auth/validate/", self.service_token).status_code == 200
        logged = [json.loads(line) for line in self.serve.lines]
        assert [line for line in logged if line["level"] in {"error", "critical"}] == []
        assert [line for line in logged if "exception" in line] == []


def memory_of(pid: int) -> int:
    with open(f"/proc/{pid}/status", encoding="ascii") as status:  # noqa: PTH123 -- not a file to have a Path of
        held = next(line for line in status if line.startswith("VmRSS:"))
    return int(held.split()[1]) * 1024


@pytest.fixture(scope="module")
def commands(starter: Starter) -> Iterator[Commands]:
    with open_commands(starter) as commands:
        yield commands


@pytest.fixture(scope="module")
async def target(migrated: TestDatabases, commands: Commands) -> AsyncIterator[Target]:
    """Without a rate limit, which would soon stand in the way of all that is sent."""
    port, sandbox_port = free_port(), free_port()
    notion = {"NOTION_CLIENT_ID": "a-client", "NOTION_CLIENT_SECRET": random_token()}
    sandbox = commands.start("sandbox", "--port", str(sandbox_port), **notion)
    sandbox_url = sandbox.line(r"Sandbox Notion on (http://\S+)/").group(1)
    database_url = await migrated.create()
    url = f"http://127.0.0.1:{port}"
    serve = commands.start(
        "serve",
        "--port",
        str(port),
        **notion,
        NOTION_API_URL=sandbox_url,
        DATABASE_URL=database_url,
        IVGRAPH_SECRET_KEY=random_token(),
        IVGRAPH_ENCRYPTION_KEYS=generate_key("test"),
        IVGRAPH_RATE_LIMIT="0",
        IVGRAPH_SYNC_INTERVAL="0",
        IVGRAPH_DYNAMIC_REGISTRATION="true",
        IVGRAPH_LOG_LEVEL="INFO",
        IVGRAPH_LOG_FORMAT="json",
        IVGRAPH_PUBLIC_URL=url,
        IVGRAPH_ADMIN_EMAILS=_ADDRESS,
    )
    serve.line(LISTENS)
    ada = sign_in(url, "ada")
    yield Target(serve, url, port, ada, sign_in(url, "farah").mint())
    finished = serve.end()
    assert finished.code == 0, finished.text[-2000:]
    assert finished.err == ""
    await migrated.drop(database_url)
