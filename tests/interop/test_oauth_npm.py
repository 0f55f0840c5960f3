"""`openid-client` and `oauth4webapi`, as they come from npm: discovery to end of session."""

import asyncio
import json
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.interop.oauth_provider import Provider, run_provider
from tests.provider.kit import CALLBACK, PAGE, register
from tests.support.postgres import TestDatabases
from tests.support.service import Json

pytestmark = pytest.mark.interop

NODE = Path(__file__).parents[1] / "node"
SIGNED_OUT = "https://app.example.com/signed-out"


@pytest.fixture(scope="module")
async def provider(migrated: TestDatabases) -> AsyncIterator[Provider]:
    url = await migrated.create()
    async with run_provider(url) as running:
        yield running
    await migrated.drop(url)


async def walk(provider: Provider, library: str, app_type: str, dpop: str) -> Json:
    ada = provider.ada
    app = await register(ada, app_type)
    body = {"uri": SIGNED_OUT, "uri_type": "logout"}
    await ada.client.post(f"/api/oauth/apps/{app.id}/redirect-uris/", json=body, headers=ada.bearer)
    process = await asyncio.create_subprocess_exec(
        "node", NODE / "oauth.mjs", library, provider.url, app.client_id, app.secret or "", CALLBACK, SIGNED_OUT, dpop,
        stdin=PIPE, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    link = await process.stdout.readline()
    if link:
        process.stdin.write(f"{await provider.allow(json.loads(link)['open'])}\n".encode())
    told, complaints = await process.communicate()
    assert process.returncode == 0, complaints.decode()
    return {"client_id": app.client_id, **json.loads(told)}


@pytest.mark.parametrize("dpop", ["", "dpop"])
@pytest.mark.parametrize("app_type", ["regular_web", "spa"])
@pytest.mark.parametrize("library", ["openid-client", "oauth4webapi"])
async def test_from_discovery_to_end_of_session(provider: Provider, library: str, app_type: str, dpop: str) -> None:
    told = await walk(provider, library, app_type, dpop)
    assert told["claims"]["aud"] == told["client_id"]
    assert told["person"]["sub"] == told["claims"]["sub"] == provider.ada.me["id"]
    assert told["type"] == (dpop or "bearer")
    assert told["found"] == 200
    parts = urlsplit(told["logout"])
    other = await provider.service.sign_in("bruno")
    asked = await other.client.get(parts.path, params=parse_qsl(parts.query), headers=PAGE)
    assert asked.status_code == 200  # another person is asked first
