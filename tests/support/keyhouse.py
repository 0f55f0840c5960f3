"""Serving processes and `ivgraph-auth keys` on one key file."""

import asyncio
from pathlib import Path

from ivgraph_auth.app.compose.composition import Composition, compose
from ivgraph_auth.core.clock import SystemClock
from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.secrets import Secret, random_token, random_uuid
from ivgraph_auth.keys.keyring import parse_keyring
from ivgraph_auth.vault.models import Credential, GrantDetails, GrantKey
from tests.support.cluster import Cluster, Server
from tests.support.processes import Finished, Running

EVERYTHING = "TRUNCATE key_checks, processes, accounts, grants CASCADE"
HELD = "SELECT key_ids FROM processes WHERE seen_at > clock_timestamp() - interval '15 seconds'"
USED = "SELECT key_id, count(*) AS rows FROM grants GROUP BY key_id ORDER BY key_id"


class House:
    """Everything starts with nothing stored."""

    def __init__(self, cluster: Cluster, file: Path) -> None:
        self.cluster = cluster
        self.file = file
        self.settings = {"IVGRAPH_ENCRYPTION_KEYS": "", "IVGRAPH_ENCRYPTION_KEYS_FILE": str(file)}

    @property
    def ids(self) -> list[str]:
        return list(parse_keyring(self.file.read_text()).keys)

    async def serve(self, **more: str) -> Server:
        return await self.cluster.serve(settings={**self.settings, **more})

    def start(self, *arguments: str, **more: str) -> Running:
        return self.cluster._commands.start("keys", *arguments, **{**self.cluster.settings, **self.settings, **more})

    async def run(self, *arguments: str, code: int = 0, **more: str) -> Finished:
        finished = await asyncio.to_thread(self.start(*arguments, **more).wait)
        assert finished.code == code, finished.text
        assert "Traceback" not in finished.text, finished.text
        for entry in self.file.read_text().split(","):
            assert entry.strip().partition(":")[2] not in finished.text
        return finished

    async def status(self) -> str:
        return (await self.run("status")).out

    async def held(self) -> list[list[str]]:
        return sorted(row["key_ids"] for row in await self.cluster.rows(HELD))

    async def until_held(self, *ids: str) -> None:
        while any(held != list(ids) for held in await self.held()):
            pass

    async def used(self) -> dict[str, int]:
        return {row["key_id"]: row["rows"] for row in await self.cluster.rows(USED)}

    def put(self, text: str) -> None:
        draft = self.file.with_suffix(".draft")
        draft.write_text(text)
        draft.replace(self.file)

    async def opened(self) -> list[Credential]:
        """Everything that is stored, with nothing but what the file holds."""
        rows = await self.cluster.rows("SELECT id FROM grants ORDER BY id")
        composition = self._composition()
        try:
            return await composition.credential_store.open([row["id"] for row in rows])
        finally:
            await composition.close()

    async def fill(self, count: int) -> None:
        composition = self._composition()
        nobody = GrantDetails(None, None, None, None)
        keys = [GrantKey("many", random_uuid(), f"bot-{number}") for number in range(count)]
        sealed = [
            (key, await composition.credential_store.seal(key, Credential(Secret(f"ntn_{key.bot_id}"), None)))
            for key in keys
        ]
        async with composition.database.transaction(seconds=60) as connection:
            for key, each in sealed:
                await composition.credential_store.put(connection, key, nobody, each)
        await composition.close()

    def _composition(self) -> Composition:
        settings = Settings(
            database_url=self.cluster.database_url, secret_key=random_token(), encryption_keys=self.file.read_text()
        )
        return compose(settings, SystemClock())
