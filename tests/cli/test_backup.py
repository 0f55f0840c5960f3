"""Backup, wipe, restore on another data directory, as docs/operations.md says; and with the wrong keyring."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import pytest

from ivgraph_auth.embedded.server import EmbeddedPostgres
from ivgraph_auth.keys.keyring import generate_key
from tests.support.cluster import Cluster, Json, Server, SignedIn, bearer, open_cluster, plain
from tests.support.postgres import new_directory
from tests.support.processes import Starter

pytestmark = pytest.mark.slow

STATUS = "/api/integrations/auth/notion/status"
LEASES = b"COPY public.processes "


@dataclass
class Restored:
    """What somebody held before, and the database that came out of the backup."""

    cluster: Cluster
    postgres: EmbeddedPostgres
    ada: SignedIn
    token: str

    async def serve(self, **settings: str) -> Server:
        return await self.cluster.serve(settings={"DATABASE_URL": self.postgres.database_url(), **settings})

    async def forget_checks(self) -> None:
        connection = await asyncpg.connect(plain(self.postgres.database_url()))
        await connection.execute("DELETE FROM key_checks")
        await connection.close()

    def content(self) -> list[bytes]:
        """All of it, but for the mark that pg_dump draws by lot and the rows that say which processes live."""
        kept, skipping = [], False
        for line in self.postgres.dump().splitlines():
            skipping = line.startswith(LEASES) or (skipping and line != b"\\.")
            if not skipping and not line.startswith((b"\\restrict", b"\\unrestrict")):
                kept.append(line)
        return kept


def restore(postgres: EmbeddedPostgres, dump: bytes) -> None:
    postgres.ensure_database()
    order = ("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", "ivgraph")
    postgres._run_client(*order, text_in=dump.decode())


async def problems(server: Server) -> tuple[int, list[str]]:
    answer = await server.client.get("/health/ready")
    return answer.status_code, answer.json()["problems"]


@pytest.fixture
async def restored(starter: Starter) -> AsyncIterator[Restored]:
    elsewhere = new_directory("ivgraph-restored-")
    async with open_cluster(starter) as cluster:
        server = await cluster.serve()
        ada = await server.sign_in("ada")
        token = (await server.minted(ada))["token"]
        # Nobody asked whether it is ready: a key is known from its first use.
        dump = cluster.postgres.dump()  # while it serves
        await cluster.end_all()
        cluster.postgres.stop()
        shutil.rmtree(cluster.postgres._directory)
        try:
            with EmbeddedPostgres(elsewhere, durable=False) as postgres:
                restore(postgres, dump)
                yield Restored(cluster, postgres, ada, token)
                await cluster.end_all()
        finally:
            shutil.rmtree(elsewhere, ignore_errors=True)


async def test_with_its_keys_everything_goes_on(restored: Restored) -> None:
    server, ada = await restored.serve(), restored.ada
    assert await problems(server) == (200, [])
    assert await server.status(ada.access) == await server.status(restored.token) == 200
    refreshed = await server.refresh(ada.refresh)
    assert refreshed.status_code == 200, refreshed.text
    status: Json = (await server.client.get(STATUS, headers=bearer(refreshed.json()["access"]))).json()
    assert status["connected"] is True
    assert [each["status"] for each in status["connections"]] == ["active"]
    # What Notion gave opens: it is told to Notion, which ends it.
    gone = await server.client.delete("/api/auth/me/", headers=bearer(refreshed.json()["access"]))
    assert gone.status_code == 204, gone.text
    assert await server.status(restored.token) == 401
    assert "notion.revoke_failed" not in server.running.output


# What it says of a wrong key under the same id, and of new ids alone; and where no check came with the backup, as older
# versions stored one only when they were asked whether they are ready.
WRONG = [
    ("test", True, "'test' is not the key"),
    ("test", False, "'test' does not open"),
    ("new", True, "'test' is not set, and 1 connection cannot be opened"),
    ("new", False, "'test' is not set, and 1 connection cannot be opened"),
]


@pytest.mark.parametrize(("key_id", "checked", "says"), WRONG)
async def test_with_another_key_it_is_not_ready_and_changes_nothing(
    restored: Restored, key_id: str, says: str, *, checked: bool
) -> None:
    if not checked:
        await restored.forget_checks()
    before = restored.content()
    server = await restored.serve(IVGRAPH_ENCRYPTION_KEYS=generate_key(key_id))
    for _ in range(2):
        code, found = await problems(server)
        assert (code, len(found)) == (503, 1)
        assert says in found[0]
    await restored.cluster.end_all()
    assert restored.content() == before
    assert await problems(await restored.serve()) == (200, [])


async def test_with_another_signing_key_sessions_end_and_tokens_stay(restored: Restored) -> None:
    server = await restored.serve(IVGRAPH_SECRET_KEY=40 * "k")
    assert await problems(server) == (200, [])
    assert await server.status(restored.ada.access) == 401
    assert (await server.refresh(restored.ada.refresh)).status_code == 401
    assert await server.status(restored.token) == 200
