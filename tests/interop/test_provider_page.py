"""What docs/provider.md and docs/sign-in-with-ivgraph.md have people type, as it stands, against the service."""

import asyncio
import json
import os
import re
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.interop.examples_at_work import Stage, run_stage
from tests.provider.kit import Client, get_tokens, register
from tests.support.postgres import TestDatabases
from tests.support.service import Json

pytestmark = pytest.mark.interop

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
async def stage(migrated: TestDatabases) -> AsyncIterator[Stage]:
    url = await migrated.create()
    async with run_stage(url) as running:
        yield running
    await migrated.drop(url)


def commands(page: str, mark: str) -> list[str]:
    """Of the block for a shell that holds the mark; a blank line stands between two."""
    found = re.findall(r"^```sh\n(.*?)^```$", (DOCS / page).read_text(), re.DOTALL | re.MULTILINE)
    [block] = [text for text in found if mark in text]
    return str(block).split("\n\n")


async def typed(script: str, /, **environment: str) -> list[Json]:
    """The JSON of each line that is answered."""
    process = await asyncio.create_subprocess_exec(
        "sh", "-euc", script, env={"PATH": os.environ["PATH"], **environment}, stdout=PIPE, stderr=PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return [json.loads(line) for line in out.decode().splitlines() if line]


async def test_an_app_is_registered_and_hands_on_less(stage: Stage) -> None:
    ada = stage.ada
    admin = {"IVGRAPH_URL": stage.url, "ACCESS": ada.access}
    [made] = await typed(*commands("provider.md", '"name": "Reports"'), **admin)
    assert made["client_id"].startswith("ivc_")
    admin["APP_ID"] = str(made["id"])
    [uri] = await typed(*commands("provider.md", '"uri_type": "callback"'), **admin)
    assert uri["uri"] == "https://app.example.com/callback"
    [rotated] = await typed(*commands("provider.md", "overlap_hours"), **admin)
    app = Client(made["id"], made["client_id"], rotated["client_secret"])
    tokens = await get_tokens(ada, app, scope="openid notion:read")
    workspace = ada.workspace_ids[0]
    given = {"CLIENT_ID": app.client_id, "CLIENT_SECRET": str(app.secret), "TOKEN": tokens["access_token"]}
    [less] = await typed(*commands("provider.md", "token-exchange"), WORKSPACE=workspace, **given, **admin)
    assert (less["scope"], less["expires_in"]) == ("notion:read", 600)
    assert "refresh_token" not in less
    call = {"toolId": "notion.search", "tenantId": workspace, "parameters": {"query": "Roadmap"}}
    bearer = {"Authorization": f"Bearer {less['access_token']}"}
    answer = await ada.client.post("/api/v1/tools/invoke", json=call, headers=bearer)
    assert answer.json()["success"] is True
    rows = (await ada.client.get("/api/audit/", params={"actor": "app"}, headers=ada.bearer)).json()["results"]
    [shown] = re.findall(
        r"^```json\n(.*\"agent:notion:called\".*)\n```$", (DOCS / "provider.md").read_text(), re.MULTILINE
    )
    expected = json.loads(shown)
    expected["actor"]["id"] = f"{app.client_id} for {app.client_id}"
    [row] = [row for row in rows if row["event"] == expected["event"]]
    assert {name: row[name] for name in expected} == expected


async def test_a_device_is_begun_and_asks(stage: Stage) -> None:
    app = await register(stage.ada, "native", name="Device")
    begin, poll = commands("provider.md", "/oauth2/device")
    given = {"IVGRAPH_URL": stage.url, "CLIENT_ID": app.client_id}
    [begun] = await typed(begin, **given)
    assert begun["verification_uri"] == f"{stage.url}/device"
    [told] = await typed(poll, DEVICE_CODE=begun["device_code"], **given)
    assert told["error"] == "authorization_pending"


async def test_the_three_apps_of_the_guide_are_registered(stage: Stage) -> None:
    [first] = commands("sign-in-with-ivgraph.md", '"name": "Terminal"')
    [second] = commands("sign-in-with-ivgraph.md", "redirect-uris")
    setting = f"export IVGRAPH_URL={stage.url} ACCESS={stage.ada.access}\n"
    head, body = first.split("\n", 1)
    assert head.startswith("export IVGRAPH_URL=http://127.0.0.1:8000")
    answers = await typed(f"{setting}{body}{second}")
    assert [answer["id"] for answer in answers[:3]] == [1, 2, 3]
    assert [bool(answer["client_secret"]) for answer in answers[:3]] == [False, True, False]
    assert [answer["uri_type"] for answer in answers[3:]] == ["callback", "logout", "origin", "callback", "logout"]
