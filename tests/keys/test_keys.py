"""With the wrong encryption keys the service is not ready, says so, and nothing is sealed or written."""

import asyncio
import io
import json
from contextlib import suppress

import pytest

from ivgraph_auth.core.secrets import Secret, random_uuid
from ivgraph_auth.keys import verification
from ivgraph_auth.keys.errors import CredentialUnavailable
from ivgraph_auth.keys.keyring import generate_key
from ivgraph_auth.vault.models import Credential, GrantDetails, GrantKey
from tests.conftest import MakeService
from tests.keys.kit import checks, credential_store_of, grants, kept, problems
from tests.signin.kit import error_of, last_refusal, written
from tests.support.service import Service, fragment_of

MAIN, OTHER_MAIN, NEW = generate_key("main"), generate_key("main"), generate_key("new")
# What older versions left, which stored checks only when they were asked whether they are ready.
FORGET = "DELETE FROM key_checks"


async def used(make_service: MakeService, keyring: str = MAIN) -> Service:
    """Two have signed in, and nobody asked whether it is ready."""
    service = await make_service(encryption_keys=keyring)
    await service.sign_in("ada")
    await service.sign_in("chiara")
    return service


class Undone(Exception):
    pass


async def put(service: Service, *, undone: bool = False) -> None:
    key, details = GrantKey("a-client", random_uuid(), "a-bot"), GrantDetails(None, None, None, None)
    credential_store = credential_store_of(service)
    sealed = await credential_store.seal(key, Credential(Secret("ntn_"), None))
    with suppress(Undone):
        async with credential_store.base.database.transaction() as connection:
            await credential_store.put(connection, key, details, sealed)
            if undone:
                raise Undone


async def refuses_to_seal(service: Service) -> None:
    """Neither a sign-in leaves anything, nor whoever would store a credential by another way."""
    before, people, exchanges = await kept(service), await written(service), service.sandbox.exchanges()
    arrived = await service.arrive(await service.browser(), person="bruno")
    assert error_of(arrived) == "server_error"
    assert await last_refusal(service) == "credential_unavailable"
    with pytest.raises(CredentialUnavailable):
        await put(service)
    assert await kept(service) == before
    assert await written(service) == people
    assert service.sandbox.exchanges() == exchanges


async def test_a_key_is_known_from_its_first_use(make_service: MakeService) -> None:
    first = await used(make_service)
    assert await checks(first) == ["main"]
    before = await kept(first)
    second = await make_service(encryption_keys=OTHER_MAIN)
    for _ in range(2):
        (problem,) = await problems(second)
        assert "'main' is not the key" in problem
        assert "Put back" in problem
        assert OTHER_MAIN.partition(":")[2] not in problem
    await refuses_to_seal(second)
    assert await kept(first) == before
    assert await problems(first) == []


@pytest.mark.slow
async def test_a_wrong_key_is_told_by_what_it_does_not_open_where_there_is_no_check(make_service: MakeService) -> None:
    first = await used(make_service)
    await first.execute(FORGET)
    before = await kept(first)
    second = await make_service(encryption_keys=OTHER_MAIN)
    for _ in range(2):
        (problem,) = await problems(second)
        assert "'main' does not open" in problem
    await refuses_to_seal(second)
    assert await kept(first) == before
    third = await make_service(encryption_keys=MAIN)
    assert await problems(third) == []
    assert await checks(third) == ["main"]
    (problem,) = await problems(second)
    assert "'main' is not the key" in problem


@pytest.mark.slow
async def test_one_that_does_not_open_among_many_is_enough(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "_BATCH", 1)
    service = await used(make_service)
    await service.execute(FORGET)
    last = (await grants(service))[-1]
    await service.execute("UPDATE grants SET bot_id = bot_id || 'x' WHERE id = :id", id=last)
    again = await make_service(encryption_keys=MAIN)
    (problem,) = await problems(again)
    assert "'main' does not open" in problem
    await refuses_to_seal(again)
    await service.execute("UPDATE grants SET bot_id = rtrim(bot_id, 'x') WHERE id = :id", id=last)
    assert await problems(again) == []
    assert len(await credential_store_of(again).open(await grants(again))) == 2


@pytest.mark.slow
@pytest.mark.parametrize("known", [True, False])
async def test_a_key_that_is_missing_is_named_with_how_much_it_keeps_shut(
    make_service: MakeService, *, known: bool
) -> None:
    first = await used(make_service)
    if not known:
        await first.execute(FORGET)
    before = await kept(first)
    second = await make_service(encryption_keys=NEW)
    for _ in range(2):
        (problem,) = await problems(second)
        assert problem.startswith("Encryption key 'main' is not set, and 2 connections cannot be opened without it. ")
        assert "Put that key back" in problem
    assert await kept(first) == before
    third = await make_service(encryption_keys=f"{NEW},{MAIN}")
    assert await problems(third) == []
    assert await checks(third) == ["main", "new"]


@pytest.mark.slow
async def test_every_key_that_is_wrong_is_named(make_service: MakeService) -> None:
    service = await used(make_service)
    await service.execute("UPDATE grants SET key_id = 'lost' WHERE id = :id", id=(await grants(service))[0])
    wrong, missing = await problems(await make_service(encryption_keys=f"{NEW},{OTHER_MAIN}"))
    assert "'main' is not the key" in wrong
    assert "'lost' is not set, and 1 connection " in missing
    assert await checks(service) == ["main"]


async def test_a_key_that_nothing_needs_any_more_may_go(make_service: MakeService) -> None:
    both = await make_service(encryption_keys=f"{MAIN},{NEW}")
    assert await problems(both) == []
    assert await problems(await make_service(encryption_keys=MAIN)) == []
    assert await checks(both) == ["main", "new"]


async def test_after_a_key_was_lost_signing_in_again_mends_it(make_service: MakeService) -> None:
    await used(make_service)
    service = await make_service(encryption_keys=NEW)
    assert "2 connections" in (await problems(service))[0]
    await service.sign_in("ada")
    assert "1 connection " in (await problems(service))[0]
    await service.sign_in("chiara")
    assert await problems(service) == []
    assert await checks(service) == ["main", "new"]
    assert len(await credential_store_of(service).open(await grants(service))) == 2


@pytest.mark.slow
async def test_a_wrong_key_that_only_opens_does_not_keep_the_first_from_sealing(make_service: MakeService) -> None:
    await used(make_service)
    service = await make_service(encryption_keys=f"{NEW},{OTHER_MAIN}")
    await service.sign_in("bruno")
    (problem,) = await problems(service)
    assert "'main'" in problem


async def test_a_refusal_to_seal_is_told_to_the_operator(make_service: MakeService, log: io.StringIO) -> None:
    await used(make_service)
    service = await make_service(encryption_keys=OTHER_MAIN)
    arrived = await service.arrive(await service.browser(), person="bruno")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    (told,) = [line for line in lines if line["level"] == "error"]
    assert told["event"] == "keys.wrong"
    assert "'main'" in told["reason"]
    assert "IVGRAPH_ENCRYPTION_KEYS" in told["hint"]
    assert told["request_id"] == arrived.headers["x-request-id"]
    assert OTHER_MAIN.partition(":")[2] not in log.getvalue()


async def test_a_key_that_was_refused_is_looked_at_again(make_service: MakeService) -> None:
    assert await problems(await make_service(encryption_keys=MAIN)) == []
    service = await make_service(encryption_keys=OTHER_MAIN)
    await refuses_to_seal(service)
    await service.execute(FORGET)
    await service.sign_in("ada")
    assert await checks(service) == ["main"]


async def test_a_key_that_was_proven_is_not_asked_for_again(service: Service) -> None:
    await service.sign_in("ada")
    await service.execute(FORGET)
    await service.sign_in("ada")
    assert await checks(service) == []


async def test_a_key_stays_known_when_what_used_it_first_is_undone(make_service: MakeService) -> None:
    service = await make_service(encryption_keys=MAIN)
    await put(service, undone=True)
    assert await grants(service) == []
    assert await checks(service) == ["main"]


@pytest.mark.slow
async def test_of_two_first_keys_with_one_id_one_is_the_key(make_service: MakeService) -> None:
    pair = [await make_service(encryption_keys=keyring) for keyring in (MAIN, OTHER_MAIN)]

    async def arrive(service: Service, person: str) -> bool:
        return "access" in fragment_of(await service.arrive(await service.browser(), person=person))

    people = ("ada", "bruno", "chiara")
    came = await asyncio.gather(*(arrive(service, person) for person in people for service in pair))
    assert {tuple(came[::2]), tuple(came[1::2])} == {(True,) * 3, (False,) * 3}
    winner = pair[came.index(True)]
    assert len(await credential_store_of(winner).open(await grants(winner))) == 3
    found = [await problems(service) for service in pair]
    assert sorted(map(len, found)) == [0, 1]


@pytest.mark.slow
async def test_of_two_processes_asked_at_once_with_one_id_one_has_the_key(make_service: MakeService) -> None:
    pair = [await make_service(encryption_keys=keyring) for keyring in (MAIN, OTHER_MAIN)]
    found = await asyncio.gather(*(problems(service) for service in pair))
    assert sorted(map(len, found)) == [0, 1]
