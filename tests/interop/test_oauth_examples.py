"""The server app and the terminal that docs/sign-in-with-ivgraph.md hands out, as they stand, against the service."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.interop.examples_at_work import Stage, next_line, run_stage, started
from tests.provider.kit import PAGE, fields, register
from tests.support.postgres import TestDatabases
from tests.support.processes import PATIENCE, free_port

pytestmark = pytest.mark.interop

FORM = {**PAGE, "Content-Type": "application/x-www-form-urlencoded"}
# `terminal.py`, whose pauses are told and end when the test says so.
PACED = """
import runpy, time
def pause(seconds):
    print(f"pauses {seconds}", flush=True)
    input()
time.sleep = pause
runpy.run_path("terminal.py", run_name="__main__")
"""


@pytest.fixture
async def stage(migrated: TestDatabases) -> AsyncIterator[Stage]:
    url = await migrated.create()
    async with run_stage(url) as running:
        yield running
    await migrated.drop(url)


@dataclass
class ServerApp:
    stage: Stage
    browser: httpx.AsyncClient
    secret: str

    async def sign_in(self) -> httpx.Response:
        begun = await self.browser.get("/sign-in")
        assert begun.status_code == 303
        back = await self.stage.allow(begun.headers["location"])
        return await self.browser.get(back, follow_redirects=True)

    async def count(self, table: str) -> int:
        [found] = await self.stage.service.rows(f"SELECT count(*) AS n FROM {table}")  # noqa: S608 -- the test's word
        return int(found["n"])


@asynccontextmanager
async def run_server_app(stage: Stage) -> AsyncIterator[ServerApp]:
    url = f"http://127.0.0.1:{free_port()}"
    app = await register(stage.ada, "regular_web", f"{url}/callback")
    uri = {"uri": f"{url}/", "uri_type": "logout"}
    await stage.ada.client.post(f"/api/oauth/apps/{app.id}/redirect-uris/", json=uri, headers=stage.ada.bearer)
    assert app.secret
    settings = {"ISSUER": stage.url, "CLIENT_ID": app.client_id, "CLIENT_SECRET": app.secret, "APP_URL": url}
    async with started("server_app.py", **settings) as process, httpx.AsyncClient(base_url=url) as browser:
        await until_it_answers(browser)
        yield ServerApp(stage, browser, app.secret)
        process.terminate()
        told = b"".join(await process.communicate()).decode()
        assert app.secret not in told, told
        assert "Traceback" not in told, told


async def until_it_answers(browser: httpx.AsyncClient) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await browser.get("/")
            except httpx.ConnectError:
                await asyncio.sleep(0.1)
            else:
                return


async def test_the_server_app_from_sign_in_to_sign_out(stage: Stage) -> None:
    async with run_server_app(stage) as app:
        assert "Sign in with IVGraph" in (await app.browser.get("/")).text
        home = await app.sign_in()
        assert f"Signed in as {stage.ada.me['name']}." in home.text
        assert (await app.browser.get("/", params={"q": "roadmap"})).status_code == 200
        out = await app.browser.post("/sign-out")
        assert await app.count("oauth_authorizations") == 0
        assert out.headers["location"].startswith(f"{stage.url}/oauth2/logout?")
        ended = await stage.ada.client.get(out.headers["location"], headers=PAGE)
        assert (ended.status_code, ended.headers["location"]) == (303, f"{app.browser.base_url}/")
        assert "Sign in with IVGraph" in (await app.browser.get("/")).text
        # Signed out here, too: nobody is let in without a sign-in.
        begun = await stage.ada.client.get((await app.browser.get("/sign-in")).headers["location"], headers=PAGE)
        asked = await stage.ada.client.get(begun.headers["location"], headers=PAGE)
        assert "/api/integrations/auth/notion/" in asked.headers["location"]


async def test_the_server_app_refreshes_once_for_all_its_requests(stage: Stage) -> None:
    async with run_server_app(stage) as app:
        await app.sign_in()
        assert await app.count("oauth_refresh_tokens") == 1
        stage.service.clock.advance(hours=1, minutes=1)
        pages = await asyncio.gather(*(app.browser.get("/") for _ in range(10)))
        assert {page.status_code for page in pages} == {200}
        assert all("Signed in as" in page.text for page in pages)
        assert await app.count("oauth_refresh_tokens") == 2


async def test_the_server_app_asks_again_once_it_was_withdrawn(stage: Stage) -> None:
    async with run_server_app(stage) as app:
        await app.sign_in()
        ada = await stage.service.sign_in("ada")
        [grant] = (await ada.client.get("/api/auth/grants/", headers=ada.bearer)).json()["results"]
        await ada.client.delete(f"/api/auth/grants/{grant['id']}/", headers=ada.bearer)
        assert "Your access has ended." in (await app.browser.get("/")).text
        assert "Sign in with IVGraph" in (await app.browser.get("/")).text


async def test_the_server_app_takes_no_sign_in_of_others(stage: Stage) -> None:
    """A code in a link that somebody else has sent; and one of a server that it did not ask (RFC 9207)."""
    async with run_server_app(stage) as app:
        back = await stage.allow((await app.browser.get("/sign-in")).headers["location"])
        async with httpx.AsyncClient(base_url=app.browser.base_url) as other:
            await other.get("/sign-in")
            assert (await other.get(back)).status_code == 400
        assert (await app.browser.get(re.sub("iss=[^&]+", "iss=https://elsewhere.example", back))).status_code == 400
        assert (await app.browser.get("/callback")).status_code == 400
        assert await app.count("oauth_authorizations") == 0


async def decide(stage: Stage, address: str, decision: str = "allow") -> None:
    page = await stage.ada.client.get(address, headers=PAGE)
    body = httpx.QueryParams([*fields(page), ("decision", decision)])
    answer = await stage.ada.client.post("/device", content=str(body), headers=FORM)
    assert answer.status_code == 200, answer.text


async def test_the_terminal_as_it_stands(stage: Stage, tmp_path: Path) -> None:
    app = await register(stage.ada, "native", name="Terminal")
    file = tmp_path / "kept" / "tokens.json"
    settings = {"ISSUER": stage.url, "CLIENT_ID": app.client_id, "TOKENS": str(file)}
    async with started("terminal.py", "roadmap", **settings) as process:
        shown = await next_line(process)
        assert re.fullmatch(rf"Open {stage.url}/device and type [A-Z]{{4}}-[A-Z]{{4}}, or open", shown)
        await decide(stage, await next_line(process))
        assert await next_line(process) == "Nothing found."  # nothing of a workspace was read yet
        assert await process.wait() == 0
    assert file.stat().st_mode & 0o777 == 0o600
    # It asks nobody the next time, and refreshes when the hour is over.
    stage.service.clock.advance(hours=1, minutes=1)
    async with started("terminal.py", "roadmap", **settings) as process:
        assert await next_line(process) == "Nothing found."
    assert await refreshes(stage, app.client_id) == 2
    async with started("terminal.py", "--sign-out", **settings) as process:
        assert await next_line(process) == "Signed out."
    assert await refreshes(stage, app.client_id) == 0
    assert file.read_text() == "{}"


async def refreshes(stage: Stage, client_id: str) -> int:
    return len(
        await stage.service.rows(
            "SELECT 1 FROM oauth_refresh_tokens t JOIN oauth_authorizations a ON a.id = t.authorization_id"
            " JOIN oauth_grants g ON g.id = a.grant_id JOIN oauth_apps p ON p.id = g.app_id WHERE p.client_id = :id",
            id=client_id,
        )
    )


async def test_the_terminal_slows_down_when_it_is_told_to(stage: Stage, tmp_path: Path) -> None:
    """The service's time stands still, so every other question comes too soon."""
    app = await register(stage.ada, "native", name="Paced")
    settings = {"ISSUER": stage.url, "CLIENT_ID": app.client_id, "TOKENS": str(tmp_path / "tokens.json")}
    async with started("-c", PACED, **settings) as process:
        assert process.stdin
        await next_line(process)
        address = await next_line(process)
        for seconds in (5, 5, 10):  # pending; too soon
            assert await next_line(process) == f"pauses {seconds}"
            if seconds == 10:
                stage.service.clock.advance(seconds=11)
                await decide(stage, address, "deny")
            process.stdin.write(b"\n")
        assert await process.wait() == 1
        assert process.stderr
        assert (await process.stderr.read()).decode() == "Not connected: The person said no.\n"
