"""Behind pgbouncer in transaction mode, where a statement may meet another server connection than the one before."""

import asyncio
import os
import pwd
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy import make_url

from tests.support.cluster import Cluster, Server
from tests.support.postgres import new_directory
from tests.support.processes import free_port

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pooled_url(cluster: Cluster) -> Iterator[str]:
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "pgbouncer is not installed; on Debian: apt-get install pgbouncer"
    address = make_url(cluster.database_url)
    place, port = new_directory("ivgraph-pooler-"), free_port()
    user = pwd.getpwuid(cluster.postgres.socket.stat().st_uid)
    (place / "users.txt").write_text(f'"{address.username}" ""\n')
    (place / "pgbouncer.ini").write_text(
        f"[databases]\n{address.database} = host={cluster.postgres.socket} port=5432 dbname={address.database}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = trust\nauth_file = {place}/users.txt\n"
        "pool_mode = transaction\ndefault_pool_size = 10\nmax_client_conn = 500\n"
    )
    command = [program, str(place / "pgbouncer.ini")]
    stand_in = user.pw_uid if os.geteuid() == 0 else None  # it refuses to be root
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(command, user=stand_in, stderr=log, stdout=log)  # noqa: S603 -- a fixed program
    try:
        while b"process up" not in (said := (place / "log").read_bytes()):
            assert process.poll() is None, said.decode()
        query = "?statement_cache_size=0"
        yield f"postgresql://{address.username}@127.0.0.1:{port}/{address.database}{query}"
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(place, ignore_errors=True)


async def cache(server: Server) -> str:
    answer = await server.client.get("/health/ready")
    assert answer.status_code == 200, answer.text
    found: str = answer.json()["cache"]
    return found


async def everything_works(here: Server, there: Server, person: str) -> None:
    who = await here.sign_in(person)
    for _ in range(10):
        token = await here.minted(who)
        assert await there.statuses(token["token"], 20) == {200: 20}
        assert (await here.revoke(who, token)).status_code == 204
        assert await there.statuses(token["token"], 40) == {401: 40}
    answers = await asyncio.gather(*(server.refresh(who.refresh) for server in (here, there) * 5))
    assert {answer.status_code for answer in answers} == {200}
    assert await there.status(answers[0].json()["access"]) == 200
    assert (await there.logout(answers[0].json()["refresh"])).status_code == 200
    assert await here.statuses(who.access, 40) == {401: 40}


@pytest.fixture
async def pooled(cluster: Cluster, pooled_url: str) -> AsyncIterator[tuple[Server, Server]]:
    yield (
        await cluster.serve(settings={"DATABASE_URL": pooled_url}),
        await cluster.serve(settings={"DATABASE_URL": pooled_url}),
    )
    await cluster.end_all()


async def test_through_the_pooler_alone_it_works_without_a_cache(pooled: tuple[Server, Server]) -> None:
    here, there = pooled
    await everything_works(here, there, "ada")
    assert [(await cache(server))[:4] for server in pooled] == ["off:", "off:"]


async def test_with_a_direct_way_for_notifications_it_has_its_cache(cluster: Cluster, pooled_url: str) -> None:
    urls = {"DATABASE_URL": pooled_url, "IVGRAPH_DATABASE_DIRECT_URL": cluster.database_url}
    pair = await cluster.serve(settings=urls), await cluster.serve(settings=urls)
    for server in pair:
        await server.caches()
    await everything_works(*pair, "bruno")
    assert [await cache(server) for server in pair] == ["on", "on"]
    await cluster.end_all()
