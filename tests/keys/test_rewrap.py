"""`keys rewrap`, inside the process: every row ends under the current key, whatever goes on meanwhile."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import Column, LargeBinary, Table, Text

from ivgraph_auth.core.secrets import Secret, random_token, random_uuid
from ivgraph_auth.database.metadata import metadata
from ivgraph_auth.keys import rewrap
from ivgraph_auth.keys.errors import RewrapRefused
from ivgraph_auth.keys.keyring import generate_key
from ivgraph_auth.keys.models import SealedTable
from ivgraph_auth.keys.rewrap import Rewrap
from ivgraph_auth.vault.models import Credential, GrantDetails, GrantKey, SealedCredential
from tests.conftest import MakeService
from tests.keys.kit import credential_store_of, encryption_of, grants, kept, problems
from tests.support.service import Json, Service

OLD, NEW = generate_key("old"), generate_key("new")
NO_ROWS = ("pending_consents", "idempotent_answers", "oauth_signing_keys", "webhook_subscriptions")
PEOPLE = ("ada", "bruno", "chiara")
NOBODY = GrantDetails(None, None, None, None)


async def used(make_service: MakeService, keys: str = OLD) -> Service:
    service = await make_service(encryption_keys=keys)
    for person in PEOPLE:
        await service.sign_in(person)
    await service.app.composition.processes.withdraw()
    return service


async def rewrapped(service: Service, *, clean: bool = True) -> list[str]:
    said: list[str] = []
    assert await encryption_of(service).rewrap.run(said.append) is clean
    return said


async def keys_used(service: Service) -> set[str]:
    return {row["key_id"] for row in await service.rows("SELECT key_id FROM grants")}


@pytest.mark.slow
async def test_every_row_is_sealed_anew_and_the_old_key_may_go(make_service: MakeService) -> None:
    before = await used(make_service)
    credentials = await credential_store_of(before).open(await grants(before))
    both = await make_service(encryption_keys=f"{NEW},{OLD}")
    said = await rewrapped(both)
    none = [f"{table}: 0 sealed anew, 0 left" for table in NO_ROWS]
    assert said[-6:] == ["grants: 3 sealed anew, 0 left", *none, "Every row is sealed with key 'new'."]
    assert await keys_used(both) == {"new"}
    after = await make_service(encryption_keys=NEW)
    assert await problems(after) == []
    assert await credential_store_of(after).open(await grants(after)) == credentials


async def test_nothing_else_of_a_row_changes(make_service: MakeService) -> None:
    before = await kept(await used(make_service))
    service = await make_service(encryption_keys=f"{NEW},{OLD}")
    await rewrapped(service)
    after = [row for row in await kept(service) if row["key_id"] != "new" or "id" in row]
    aside = {"sealed", "key_id"}
    assert [{k: v for k, v in row.items() if k not in aside} for row in after] == [
        {k: v for k, v in row.items() if k not in aside} for row in before
    ]


@pytest.mark.slow
async def test_again_it_finds_nothing_to_do(make_service: MakeService) -> None:
    await used(make_service)
    service = await make_service(encryption_keys=f"{NEW},{OLD}")
    await rewrapped(service)
    before = await kept(service)
    none = [f"{table}: 0 sealed anew, 0 left" for table in ("grants", *NO_ROWS)]
    assert await rewrapped(service) == [*none, "Every row is sealed with key 'new'."]
    assert await kept(service) == before


async def test_a_row_that_does_not_open_is_named_and_left_alone(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewrap, "_BATCH", 1)
    await used(make_service)
    service = await make_service(encryption_keys=f"{NEW},{OLD}")
    first, broken, last = await grants(service)
    await service.execute("UPDATE grants SET bot_id = bot_id || 'x' WHERE id = :id", id=broken)
    before = await service.rows("SELECT * FROM grants WHERE id = :id", id=broken)
    said = await rewrapped(service, clean=False)
    assert f"grants {broken} does not open, and was left as it is" in said
    assert await service.rows("SELECT * FROM grants WHERE id = :id", id=broken) == before
    assert len(await credential_store_of(service).open([first, last])) == 2
    await service.execute("UPDATE grants SET bot_id = rtrim(bot_id, 'x') WHERE id = :id", id=broken)
    await rewrapped(service)


async def test_a_row_whose_label_lies_is_found_by_what_is_in_it(make_service: MakeService) -> None:
    await used(make_service)
    service = await make_service(encryption_keys=f"{NEW},{OLD}")
    await service.execute("UPDATE grants SET key_id = 'new'")
    said = await rewrapped(service)
    assert "grants: 3 sealed anew, 0 left" in said
    assert len(await credential_store_of(await make_service(encryption_keys=NEW)).open(await grants(service))) == 3


@pytest.mark.slow
async def test_it_does_not_begin_while_a_process_lacks_the_key(make_service: MakeService) -> None:
    serving = await make_service(encryption_keys=OLD)
    await serving.sign_in("ada")
    service = await make_service(encryption_keys=f"{NEW},{OLD}")
    before = await serving.rows("SELECT * FROM grants")
    with pytest.raises(RewrapRefused, match="'new' is not loaded yet by"):
        await encryption_of(service).rewrap.run(lambda _: None)
    assert await serving.rows("SELECT * FROM grants") == before


async def test_what_is_replaced_meanwhile_is_not_lost(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refresh commits between the moment its row is read and the moment it would be written."""
    old = await used(make_service)
    service = await make_service(encryption_keys=f"{NEW},{OLD}")
    ids = await grants(service)
    newer = Credential(Secret("ntn_newer"), Secret("nrt_newer"))
    keys = encryption_of(service).keys
    reseal, refreshed = keys.reseal, False

    async def after_a_refresh(sealed: bytes, identity: str, key_id: str) -> bytes | None:
        nonlocal refreshed
        grant = await credential_store_of(old).open_one(ids[1])
        if not refreshed and grant and grant.sealed == sealed:
            refreshed = True
            by_another = await credential_store_of(old).seal(grant.key, newer)
            async with credential_store_of(old).base.database.transaction() as connection:
                assert await credential_store_of(old).replace(connection, grant.id, grant.sealed, by_another)
        return await reseal(sealed, identity, key_id)

    monkeypatch.setattr(keys, "reseal", after_a_refresh)
    said = await rewrapped(service)
    assert "grants: 3 sealed anew, 0 left" in said
    assert refreshed
    assert (await credential_store_of(service).open(ids))[1] == newer
    assert await keys_used(service) == {"new"}


@pytest.mark.slow
async def test_sign_ins_meanwhile_lose_nothing(make_service: MakeService) -> None:
    await used(make_service)
    service = await make_service(encryption_keys=f"{NEW},{OLD}")
    for _ in range(3):
        await service.execute("UPDATE grants SET key_id = 'old'")
        said = asyncio.create_task(rewrapped(service))
        await asyncio.gather(*(service.sign_in(person) for person in PEOPLE))
        assert (await said)[-1] == "Every row is sealed with key 'new'."
    held = await credential_store_of(service).open(await grants(service))
    assert [credential.access_token.reveal().startswith("ntn_") for credential in held] == [True] * 3


async def test_a_table_joins_with_what_it_is_bound_to(make_service: MakeService) -> None:
    """A small secret of another feature, in a table of its own."""
    service = await used(make_service)
    await service.execute("CREATE TABLE small_secrets (name text PRIMARY KEY, sealed bytea, key_id text)")
    for name in ("one", "two"):
        sealed = await credential_store_of(service).seal_text(Secret(f"secret {name}"), f"small_secrets:{name}")
        statement = "INSERT INTO small_secrets VALUES (:name, :sealed, 'old')"
        await service.execute(statement, name=name, sealed=sealed.sealed)
    both = await make_service(encryption_keys=f"{NEW},{OLD}")
    table = small_secrets()
    whole = encryption_of(both)
    with_it = Rewrap(
        database=service.app.composition.database,
        keys=whole.keys,
        verifier=whole.verifier,
        processes=both.app.composition.processes,
        tables=[table],
    )
    await both.app.composition.processes.withdraw()
    assert await with_it.run(lambda _: None)
    rows: Json = await service.rows("SELECT * FROM small_secrets ORDER BY name")
    assert [row["key_id"] for row in rows] == ["new", "new"]
    opened = [
        await credential_store_of(both).open_text(
            SealedCredential(row["sealed"], row["key_id"]), f"small_secrets:{row['name']}"
        )
        for row in rows
    ]
    assert [text.reveal() for text in opened] == ["secret one", "secret two"]


def small_secrets() -> SealedTable:
    table = Table(
        "small_secrets",
        type(metadata)(),
        Column("name", Text, primary_key=True),
        Column("sealed", LargeBinary),
        Column("key_id", Text),
    )
    return SealedTable(
        table=table,
        row="small secret",
        id=table.c.name,
        sealed=table.c.sealed,
        key_id=table.c.key_id,
        bound_to=(table.c.name,),
        identity=lambda row: f"small_secrets:{row['name']}",
    )


@pytest.mark.slow
async def test_ten_thousand_while_rows_change(make_service: MakeService) -> None:
    service = await make_service(encryption_keys=OLD)
    credential_store, database = credential_store_of(service), service.app.composition.database
    keys = [GrantKey("many", random_uuid(), f"bot-{number}") for number in range(10_000)]
    written = {key: Credential(Secret(f"ntn_{random_token()}"), None) for key in keys}
    ids: dict[GrantKey, int] = {}
    for start in range(0, len(keys), 500):
        sealed = [(key, await credential_store.seal(key, written[key])) for key in keys[start : start + 500]]
        async with database.transaction(seconds=60) as connection:
            for key, each in sealed:
                ids[key] = await credential_store.put(connection, key, NOBODY, each)
    await service.app.composition.processes.withdraw()
    both = await make_service(encryption_keys=f"{NEW},{OLD}")
    changes = Changes(both, ids, written)
    changing = asyncio.create_task(changes.go_on())
    assert (await rewrapped(both))[-1] == "Every row is sealed with key 'new'."
    changes.over = True
    await changing
    assert changes.made > 100
    after = await make_service(encryption_keys=NEW)
    opened = await credential_store_of(after).open([ids[key] for key in keys])
    by_id = dict(zip(sorted(ids.values()), opened, strict=True))
    assert {key: by_id[ids[key]] for key in keys} == written


class Changes:
    """One grant after another gets a newer credential, as a refresh does it."""

    def __init__(self, service: Service, ids: dict[GrantKey, int], written: dict[GrantKey, Credential]) -> None:
        self._credential_store = credential_store_of(service)
        self._database = service.app.composition.database
        self._ids = ids
        self._written = written
        self.made = 0
        self.over = False

    async def go_on(self) -> None:
        keys, number = list(self._ids), 0
        while not self.over:
            number += 7919
            await self._change(keys[number % len(keys)])

    async def _change(self, key: GrantKey) -> None:
        grant = await self._credential_store.open_one(self._ids[key])
        assert grant
        newer = replace(grant.credential, access_token=Secret(f"ntn_{random_token()}"))
        sealed = await self._credential_store.seal(key, newer)
        async with self._database.transaction() as connection:
            replaced = await self._credential_store.replace(connection, grant.id, grant.sealed, sealed)
        if replaced:
            self._written[key] = newer
            self.made += 1
