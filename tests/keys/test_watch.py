"""A serving process takes over a changed key file, and never one that would lock rows away."""

import asyncio
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ivgraph_auth.app.compose.encryption import Encryption
from ivgraph_auth.keys.keyring import generate_key
from tests.conftest import MakeService
from tests.keys.kit import credential_store_of, encryption_of, grants, problems
from tests.support.service import Json, Service

OLD, NEW, OTHER_OLD = generate_key("old"), generate_key("new"), generate_key("old")
MakeWithFile = Callable[[str], Service]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    place = tmp_path / "keys"
    place.write_text(OLD)
    return place


@pytest.fixture
async def watching(make_service: MakeService, file: Path) -> Service:
    service = await make_service(encryption_keys=OLD, encryption_keys_file=file)
    await service.sign_in("ada")
    return service


def put(file: Path, text: str | bytes) -> None:
    """As an operator does it: whole."""
    draft = file.with_suffix(".draft")
    draft.write_bytes(text if isinstance(text, bytes) else text.encode())
    draft.replace(file)


async def write(service: Service, file: Path, text: str | bytes) -> None:
    """And the process looks."""
    put(file, text)
    await encryption_of(service).watch.look()


async def held(service: Service) -> list[str]:
    encryption: Encryption = encryption_of(service)
    (process,) = await service.app.composition.processes.living()
    assert list(process.keys) == list(encryption.keys.held)
    return list(process.keys)


def told(log: io.StringIO) -> list[Json]:
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line for line in lines if line["event"] == "keys.file_refused"]


async def test_what_a_process_has_is_known_from_its_start_to_its_end(
    make_service: MakeService, watching: Service
) -> None:
    assert await held(watching) == ["old"]
    await make_service(encryption_keys=f"{NEW},{OLD}")
    living = await watching.app.composition.processes.living()
    assert sorted(list(process.keys) for process in living) == [["new", "old"], ["old"]]
    await watching.app.composition.processes.withdraw()
    assert [list(process.keys) for process in await watching.app.composition.processes.living()] == [["new", "old"]]


async def test_a_process_that_was_not_seen_for_long_is_not_alive(make_service: MakeService) -> None:
    service = await make_service(encryption_keys=OLD)
    gone = (
        "INSERT INTO processes VALUES (gen_random_uuid(), clock_timestamp() - interval '16 seconds', NULL, ARRAY['x'])"
    )
    await service.execute(gone)
    assert await held(service) == ["old"]


@pytest.mark.slow
async def test_a_process_without_a_lease_is_alive_all_the_same(make_service: MakeService) -> None:
    service = await make_service(encryption_keys=OLD, database_direct_url="postgresql://nobody@127.0.0.1:1/nothing")
    await service.execute("UPDATE processes SET seen_at = seen_at - interval '1 hour'")
    while not await service.app.composition.processes.living():  # noqa: ASYNC110 -- as another process would, by asking
        await asyncio.sleep(0)
    assert await held(service) == ["old"]
    assert await service.rows("SELECT lease_expires_at FROM processes") == [{"lease_expires_at": None}]


async def test_a_changed_file_is_taken_over_without_a_restart(watching: Service, file: Path) -> None:
    await write(watching, file, f"{OLD},{NEW}")
    assert await held(watching) == ["old", "new"]
    await write(watching, file, f"{NEW},{OLD}\n")
    assert await held(watching) == ["new", "old"]
    await watching.sign_in("chiara")
    rows = await watching.rows("SELECT key_id FROM grants ORDER BY id")
    assert [row["key_id"] for row in rows] == ["old", "new"]
    assert len(await credential_store_of(watching).open(await grants(watching))) == 2
    assert await problems(watching) == []


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (NEW, "'old' is not set"),
        (f"{NEW},{OTHER_OLD}", "'old' is not the key"),
        ("", "holds no key"),
        (f"{OLD},{NEW[:-5]}", "entry 2"),
        (b"\xff\xfe", "cannot be read"),
    ],
    ids=["another-id", "another-key", "nothing", "cut-short", "no-text"],
)
async def test_a_file_that_would_lock_rows_away_is_not_taken(
    watching: Service, file: Path, log: io.StringIO, content: str | bytes, names: str
) -> None:
    for _ in range(3):
        await write(watching, file, content)
    assert await held(watching) == ["old"]
    (line,) = told(log)
    assert names in line["reason"]
    assert line["level"] == "error"
    for key in (OLD, NEW, OTHER_OLD):
        assert key.partition(":")[2][:20] not in log.getvalue()
    assert await problems(watching) == []
    assert len(await credential_store_of(watching).open(await grants(watching))) == 1
    await write(watching, file, f"{OLD},{NEW}")
    assert await held(watching) == ["old", "new"]


async def test_each_new_content_that_is_refused_is_told(watching: Service, file: Path, log: io.StringIO) -> None:
    for content in (NEW, NEW, "nonsense", NEW):
        await write(watching, file, content)
    assert len(told(log)) == 3


async def test_a_file_that_is_gone_changes_nothing(watching: Service, file: Path, log: io.StringIO) -> None:
    await asyncio.to_thread(file.unlink)
    for _ in range(2):
        await encryption_of(watching).watch.look()
    assert len(told(log)) == 1
    assert await held(watching) == ["old"]


async def test_a_key_may_go_once_nothing_needs_it(watching: Service, file: Path) -> None:
    await write(watching, file, f"{NEW},{OLD}")
    await write(watching, file, NEW)
    assert await held(watching) == ["new", "old"]
    assert await encryption_of(watching).rewrap.run(lambda _: None)
    # The file has not changed meanwhile: it was only refused, and is looked at again.
    await encryption_of(watching).watch.look()
    assert await held(watching) == ["new"]
    assert len(await credential_store_of(watching).open(await grants(watching))) == 1


async def test_a_process_that_starts_with_the_wrong_key_takes_the_right_one(
    make_service: MakeService, watching: Service, tmp_path: Path
) -> None:
    file = tmp_path / "another"
    file.write_text(OTHER_OLD)
    service = await make_service(encryption_keys=OTHER_OLD, encryption_keys_file=file)
    (problem,) = await problems(service)
    assert "'old' is not the key" in problem
    await write(service, file, OLD)
    assert await problems(service) == []
    assert len(await credential_store_of(service).open(await grants(watching))) == 1
