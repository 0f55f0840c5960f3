"""Java's own HTTP client as it comes, which offers HTTP/2 by an upgrade; and curl, when told to."""

import asyncio
import json
import shutil
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.agents import BUSY, INVOKE, READING, Agents
from tests.support.cluster import Cluster, Server, open_cluster
from tests.support.processes import Starter

pytestmark = pytest.mark.interop

SOURCE = Path(__file__).parent / "OffersHttp2.java"
Json = Any


@pytest.fixture(scope="module")
async def cluster(starter: Starter) -> AsyncIterator[Cluster]:
    async with open_cluster(starter) as cluster:
        yield cluster


@pytest.fixture(scope="module")
async def server(cluster: Cluster) -> AsyncIterator[Server]:
    yield await cluster.serve()
    await cluster.end_all()


@pytest.fixture(scope="module")
async def agents(cluster: Cluster, server: Server) -> Agents:
    return await Agents.at(cluster, server)


def asked(url: str, agents: Agents) -> list[tuple[str, str, Json]]:
    tool = {"toolId": "notion.getPage", "tenantId": BUSY, "parameters": {"page_id": READING}}
    # `page_size` tells whether the body arrived: without it Notion answers with all there is.
    return [
        (f"{url}/api/auth/refresh/", "", {"refresh": agents.ada.refresh}),
        (f"{url}{INVOKE}", agents.token, tool),
        (f"{url}/notion/v1/search", agents.token, {"page_size": 1}),
    ]


async def run(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


def assert_arrived(answers: list[tuple[str, Json]]) -> None:
    assert [status for status, _ in answers] == ["200"] * len(answers), answers
    refreshed, page, found = (body for _, body in answers[:3])
    assert refreshed["access"]
    assert page["result"]["id"] == READING
    assert len(found["results"]) == 1


async def test_the_bodies_of_javas_client_arrive(server: Server, agents: Agents) -> None:
    java = shutil.which("java")
    assert java, "Java is not installed; on Debian: apt-get install default-jdk-headless"
    # Twice over: the first of a connection makes the offer, and those after it must find the connection whole.
    requests = [part for url, bearer, body in asked(server.url, agents) * 2 for part in (url, bearer, json.dumps(body))]
    lines = (await run(java, str(SOURCE), BUSY, *requests)).splitlines()
    answers = [(status, json.loads(body)) for status, _, body in (line.partition(" ") for line in lines)]
    assert_arrived(answers[:3])
    assert_arrived(answers[3:])


async def test_the_bodies_of_curl_arrive(server: Server, agents: Agents) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed; Java's client makes the same offer")
    answers = []
    for url, bearer, body in asked(server.url, agents):
        lines = ("Content-Type: application/json", f"Authorization: Bearer {bearer}", f"X-Ivgraph-Tenant: {BUSY}")
        headers = [part for line in lines for part in ("-H", line)]
        told = await run(curl, "-sS", "--http2", *headers, "-d", json.dumps(body), "-w", "\n%{http_code}", url)
        text, _, status = told.rpartition("\n")
        answers.append((status, json.loads(text)))
    assert_arrived(answers)
