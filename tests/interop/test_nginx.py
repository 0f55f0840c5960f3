"""Behind Debian's nginx with TLS, set up as docs/operations.md says, and two `serve` behind it."""

import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.cluster import ME, Cluster, Server, bearer, fragment_of, open_cluster
from tests.support.postgres import new_directory
from tests.support.processes import Starter, free_port
from tests.support.service import CALLBACK, START

pytestmark = pytest.mark.interop

GUIDE = Path(__file__).parents[2] / "docs/operations.md"
CLIENT = "127.0.0.2"  # where the people are; the proxy is at 127.0.0.1, as everything here
FORGED = {"X-Forwarded-For": "203.0.113.7", "X-Real-IP": "203.0.113.7", "Forwarded": "for=203.0.113.7"}
AROUND = """
daemon off;
pid {place}/pid;
error_log stderr;
events {{}}
http {{
    access_log {place}/access.log;
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    scgi_temp_path {place}/scgi;
    uwsgi_temp_path {place}/uwsgi;
    include {place}/site.conf;
}}
"""
Json = Any


@dataclass
class Front:
    """nginx; `plain_url` is its port without TLS."""

    url: str
    plain_url: str
    place: Path
    behind: tuple[Server, Server]

    def client(self, **options: Any) -> httpx.AsyncClient:
        trusted = ssl.create_default_context(cafile=str(self.place / "site.pem"))
        way = httpx.AsyncHTTPTransport(verify=trusted, local_address=CLIENT)
        return httpx.AsyncClient(base_url=self.url, transport=way, timeout=30, **options)


def site(place: Path, port: int, plain_port: int, ports: list[int]) -> str:
    """The guide's example, with the names and ports of this machine."""
    found = re.search(r"```nginx\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert found, "docs/operations.md has no nginx example"
    text = found[1]
    for old, new in {
        "https://auth.example.com": f"https://127.0.0.1:{port}",
        "listen 443 ": f"listen 127.0.0.1:{port} ",
        "listen 80;": f"listen 127.0.0.1:{plain_port};",
        "127.0.0.1:8000;": f"127.0.0.1:{ports[0]};",
        "127.0.0.1:8001;": f"127.0.0.1:{ports[1]};",
        "/etc/nginx/tls/auth.example.com.key": f"{place}/site.key",
        "/etc/nginx/tls/auth.example.com.pem": f"{place}/site.pem",
        "/var/log/nginx/": f"{place}/",
    }.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def certify(place: Path) -> None:
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(place / "site.key"), "-out", str(place / "site.pem")]
    command = ["openssl", "req", "-x509", "-days", "2", *key, *names, *files]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 -- a fixed program


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def nginx(place: Path, port: int) -> Iterator[None]:
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "nginx is not installed; on Debian: apt-get install nginx-light"
    (place / "nginx.conf").write_text(AROUND.format(place=place))
    with (place / "log").open("wb") as log:
        command = [program, "-p", str(place), "-c", str(place / "nginx.conf")]
        process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 -- a fixed program
    try:
        while not answers(port):
            assert process.poll() is None, (place / "log").read_text()
        yield
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
async def cluster(starter: Starter) -> AsyncIterator[Cluster]:
    async with open_cluster(starter) as cluster:
        yield cluster


@pytest.fixture(scope="module")
async def front(cluster: Cluster) -> AsyncIterator[Front]:
    place = new_directory("ivgraph-nginx-")
    port, plain_port = free_port(), free_port()
    url = f"https://127.0.0.1:{port}"
    settings = {"IVGRAPH_PUBLIC_URL": url, "IVGRAPH_TRUSTED_PROXIES": "127.0.0.1/32", "FORCE_HTTPS": "true"}
    behind = await cluster.serve(settings=settings), await cluster.serve(settings=settings)
    for server in behind:
        await server.caches()
    certify(place)
    (place / "site.conf").write_text(site(place, port, plain_port, [httpx.URL(each.url).port or 0 for each in behind]))
    with nginx(place, port):
        yield Front(url, f"http://127.0.0.1:{plain_port}", place, behind)
    await cluster.end_all()
    shutil.rmtree(place, ignore_errors=True)


async def sign_in(browser: httpx.AsyncClient, person: str) -> dict[str, str]:
    started = await browser.get(START)
    assert started.status_code == 302, started.text
    assert "__Host-ivg_browser" in browser.cookies
    async with httpx.AsyncClient(timeout=30) as at_notion:
        allowed = await at_notion.post(started.headers["location"], data={"person": person})
    assert allowed.status_code == 302, allowed.text
    return fragment_of(await browser.get(allowed.headers["location"]))


async def statuses(client: httpx.AsyncClient, access: str) -> set[int]:
    """So often that both processes are asked."""
    return {(await client.get(ME, headers=bearer(access))).status_code for _ in range(20)}


async def addresses(cluster: Cluster, event: str) -> list[str]:
    query = "SELECT DISTINCT address FROM audit_events WHERE event = $1"
    return [row["address"] for row in await cluster.rows(query, event)]


async def test_sign_in_refresh_and_logout(cluster: Cluster, front: Front) -> None:
    async with front.client() as browser:
        fragment = await sign_in(browser, "ada")
        refreshed = await browser.post("/api/auth/refresh/", json={"refresh": fragment["refresh"], "rotate": True})
        assert refreshed.status_code == 200, refreshed.text
        for access in (fragment["access"], refreshed.json()["access"]):
            assert await statuses(browser, access) == {200}
        left = await browser.post("/api/auth/logout/", json={"refresh": refreshed.json()["refresh"]})
        assert left.status_code == 200, left.text
        for access in (fragment["access"], refreshed.json()["access"]):
            assert await statuses(browser, access) == {401}
    assert await addresses(cluster, "account:session:ended") == [CLIENT]


async def test_both_processes_answer_and_know_who_asks(front: Front) -> None:
    async with front.client(headers=FORGED) as client:
        await statuses(client, "nothing")
    for server in front.behind:
        asked = [line for line in server.running.lines if f'"path": "{ME}"' in line]
        assert asked
        assert all(f'"address": "{CLIENT}"' in line for line in asked), asked


async def test_a_forged_address_is_ignored(cluster: Cluster, front: Front) -> None:
    async with front.client(headers=FORGED) as browser:
        fragment = await sign_in(browser, "bruno")
        sessions = (await browser.get("/api/auth/sessions/", headers=bearer(fragment["access"]))).json()
        assert {session["address"] for session in sessions["results"]} == {CLIENT}
    assert await addresses(cluster, "account:session:opened") == [CLIENT]


@pytest.mark.parametrize("way", ["through the proxy", "past it"])
async def test_a_refusal_is_written_down_with_the_true_address(cluster: Cluster, front: Front, way: str) -> None:
    local = httpx.AsyncHTTPTransport(local_address=CLIENT)
    straight = httpx.AsyncClient(base_url=front.behind[0].url, transport=local, headers=FORGED)
    async with straight if way == "past it" else front.client(headers=FORGED) as client:
        refused = await client.get(CALLBACK, params={"code": "a-code", "state": "forged"})
    assert refused.status_code == 403, refused.text
    query = "SELECT address FROM audit_events WHERE request_id = $1"
    assert await cluster.rows(query, refused.headers["x-request-id"]) == [{"address": CLIENT}]


async def test_plain_http_is_sent_to_https(front: Front) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{front.plain_url}{ME}?a=b")
    assert (answer.status_code, answer.headers["location"]) == (308, f"{front.url}{ME}?a=b")
    async with front.client() as client:
        assert (await client.get("/health/live")).headers["strict-transport-security"].startswith("max-age=")


async def test_a_body_that_is_too_long_is_refused_in_our_words(front: Front) -> None:
    async with front.client() as client:
        answer = await client.post("/api/auth/refresh/", content=b" " * 100_000)
    assert (answer.status_code, answer.json()["status"]) == (413, 413)


async def test_the_proxy_writes_down_no_query(front: Front) -> None:
    async with front.client() as client:
        await client.get(CALLBACK, params={"code": "hush-hush", "state": "hush-hush"})
        # A connection's requests are written down one after the other.
        await client.get("/health/live")
    written = "".join((front.place / name).read_text() for name in ("log", "access.log", "ivgraph-auth.log"))
    assert CALLBACK in written
    assert "hush" not in written


async def test_one_process_dies_and_the_other_answers(cluster: Cluster, front: Front) -> None:
    async with front.client() as browser:
        fragment = await sign_in(browser, "ada")
        cluster.kill(front.behind[1])
        assert await statuses(browser, fragment["access"]) == {200}
