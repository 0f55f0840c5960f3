"""Below a path of a shared host, behind nginx set up as docs/operations.md says: the path passed on, and taken off."""

import re
import shutil
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.interop.test_nginx import GUIDE, Front, certify, cluster, nginx, sign_in, site
from tests.support.cluster import ME, Cluster, bearer
from tests.support.postgres import new_directory
from tests.support.processes import free_port

__all__ = ["cluster"]

pytestmark = pytest.mark.interop

PATH = "/ivgraph"
WAYS = {"passed on": "proxy_pass http://ivgraph_auth;", "taken off": "proxy_pass http://ivgraph_auth/;"}


@pytest.fixture(scope="module", params=WAYS)
async def front(request: pytest.FixtureRequest, cluster: Cluster) -> AsyncIterator[Front]:
    place = new_directory("ivgraph-nginx-path-")
    port, plain_port = free_port(), free_port()
    url = f"https://127.0.0.1:{port}{PATH}"
    settings = {"IVGRAPH_PUBLIC_URL": url, "IVGRAPH_TRUSTED_PROXIES": "127.0.0.1/32", "FORCE_HTTPS": "true"}
    behind = await cluster.serve(settings=settings), await cluster.serve(settings=settings)
    for server in behind:
        await server.caches()
    certify(place)
    text = site(place, port, plain_port, [httpx.URL(each.url).port or 0 for each in behind])
    text = text.replace("location / {", f"location {PATH}/ {{").replace(WAYS["passed on"], WAYS[request.param])
    assert WAYS[request.param] in text
    [rewrite] = re.findall(r"```nginx\n( +rewrite .*\n)```", GUIDE.read_text())
    text = text.replace("    client_max_body_size", f"{rewrite}    client_max_body_size")
    (place / "site.conf").write_text(text)
    with nginx(place, port):
        yield Front(url, f"http://127.0.0.1:{plain_port}", place, behind)
    for server in behind:
        cluster.kill(server)
    shutil.rmtree(place, ignore_errors=True)


async def test_sign_in_token_and_calls(front: Front) -> None:
    async with front.client() as browser:
        fragment = await sign_in(browser, "ada")
        me = (await browser.get(ME, headers=bearer(fragment["access"]))).json()
        workspace = me["workspaces"][0]["id"]
        body = {"name": "agent", "scopes": ["notion:read"], "workspace_ids": [workspace]}
        minted = await browser.post("/api/tokens/", json=body, headers=bearer(fragment["access"]))
        agent = bearer(minted.json()["token"])
        call = {"toolId": "notion.getSelf", "tenantId": workspace, "parameters": {}}
        called = await browser.post("/api/v1/tools/invoke", json=call, headers=agent)
        assert called.json()["result"]["type"] == "bot"
        assert (await browser.get("/notion/v1/users/me", headers=agent)).json()["type"] == "bot"


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        ("oauth-authorization-server", ""),
        ("oauth-authorization-server", "/mcp"),
        ("openid-configuration", ""),
        ("oauth-protected-resource", ""),
        ("oauth-protected-resource", "/mcp"),
    ],
)
async def test_metadata_is_found_before_and_below_the_path(front: Front, name: str, resource: str) -> None:
    """RFC 8414 §3.1, OpenID Connect Discovery §4 and RFC 9728 §3.1."""
    host = front.url.removesuffix(PATH)
    async with front.client() as browser:
        before = await browser.get(f"{host}/.well-known/{name}{PATH}{resource}")
        below = await browser.get(f"{front.url}/.well-known/{name}{resource}")
    assert (before.status_code, below.status_code) == (200, 200)
    assert before.json() == below.json()
    told = before.json()
    assert told.get("resource", told.get("issuer")) == front.url + (resource if "resource" in told else "")


@pytest.mark.parametrize("page", ["/dashboard/", "/docs"])
async def test_a_page_finds_its_files(front: Front, page: str) -> None:
    async with front.client() as browser:
        answer = await browser.get(page)
        files = [link for link in re.findall(r'(?:href|src)="([^"#]+)', answer.text) if "." in link.rpartition("/")[2]]
        assert len(files) >= 3
        for link in files:
            assert (await browser.get(answer.url.join(link))).status_code == 200, link
