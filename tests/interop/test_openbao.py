"""Credentials at rest under a transit key of a real OpenBao: wrong, away, rotated, and moved to."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ivgraph_auth.core.secrets import Secret, random_hex
from ivgraph_auth.keys.errors import CredentialUnavailable, RewrapRefused, RotationStopped
from ivgraph_auth.keys.keyring import generate_key
from ivgraph_auth.notion.oauth import NotionOAuth
from tests.cli.conftest import commands
from tests.conftest import MakeService
from tests.connect.kit import asked_of_notion, connected, let_access_tokens_die, of_tenant, verify
from tests.keys.conftest import log
from tests.keys.kit import checks, credential_store_of, encryption_of, grants, kept, problems
from tests.signin.kit import error_of, last_refusal, written
from tests.support.openbao import OpenBao, run_openbao
from tests.support.processes import Commands
from tests.support.service import Service

__all__ = ["commands", "log"]

pytestmark = pytest.mark.interop

# What docs/operations.md names as enough.
ENOUGH = (
    'path "transit/keys/{name}" {{ capabilities = ["read"] }}',
    'path "transit/encrypt/{name}" {{ capabilities = ["update"] }}',
    'path "transit/decrypt/{name}" {{ capabilities = ["update"] }}',
    'path "transit/keys/{name}/rotate" {{ capabilities = ["update"] }}',
)


@pytest.fixture(scope="module")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    with run_openbao(tmp_path_factory.mktemp("openbao")) as bao:
        yield bao


@pytest.fixture
def name(bao: OpenBao) -> str:
    """Of a transit key of the test's own."""
    name = f"ivgraph-{random_hex(8)}"
    bao.make_key(name)
    return name


def settings(bao: OpenBao, name: str, **more: Any) -> dict[str, Any]:
    return {
        "encryption_keys": None,
        "vault_addr": bao.url,
        "vault_token": bao.root,
        "vault_transit_key": name,
        **more,
    }


@pytest.fixture
async def service(make_service: MakeService, bao: OpenBao, name: str) -> Service:
    """Two have signed in."""
    service = await make_service(**settings(bao, name))
    await service.sign_in("ada")
    await service.sign_in("chiara")
    return service


async def keys_used(service: Service) -> set[str]:
    return {row["key_id"] for row in await service.rows("SELECT key_id FROM grants")}


async def opens_all(service: Service) -> None:
    assert len(await credential_store_of(service).open(await grants(service))) == 2


async def stands_still(service: Service, says: str) -> None:
    """Nothing opens, nothing is sealed, nothing stored is touched, and it is told what is wrong and what to do."""
    before, people, exchanges = await kept(service), await written(service), service.sandbox.exchanges()
    (problem,) = await problems(service)
    assert says in problem
    with pytest.raises(CredentialUnavailable):
        await credential_store_of(service).open(await grants(service))
    with pytest.raises(CredentialUnavailable):
        await credential_store_of(service).seal_text(Secret("text"), "row")
    arrived = await service.arrive(await service.browser(), person="bruno")
    assert error_of(arrived) == "server_error"
    assert await last_refusal(service) == "credential_unavailable"
    assert service.sandbox.exchanges() == exchanges
    assert await written(service) == people
    assert await kept(service) == before


async def goes_on(service: Service) -> None:
    assert await problems(service) == []
    await opens_all(service)
    await service.sign_in("ada")
    await opens_all(service)


async def test_what_is_stored_is_wrapped_by_the_transit_key(service: Service, name: str) -> None:
    assert await keys_used(service) == {f"transit:{name}:v1"}
    assert await checks(service) == [f"transit:{name}:v1"]
    await goes_on(service)
    (process,) = await service.app.composition.processes.living()
    assert list(process.keys) == [f"transit:{name}"]
    credential_store = credential_store_of(service)
    sealed = await credential_store.seal_text(Secret("a code"), "codes:1")
    assert (await credential_store.open_text(sealed, "codes:1")).reveal() == "a code"
    with pytest.raises(CredentialUnavailable):
        await credential_store.open_text(sealed, "codes:2")


async def test_a_token_with_the_documented_rights_is_enough(make_service: MakeService, bao: OpenBao, name: str) -> None:
    token = bao.token(*(rule.format(name=name) for rule in ENOUGH))
    service = await make_service(**settings(bao, name, vault_token=token))
    await service.sign_in("ada")
    await service.sign_in("chiara")
    await goes_on(service)
    await encryption_of(service).rotation.in_transit(lambda _: None)


async def test_ciphertexts_moved_between_rows_do_not_open(service: Service) -> None:
    swap = (
        "UPDATE grants SET sealed = other.sealed FROM grants AS other "
        "WHERE other.id = (SELECT sum(id) FROM grants) - grants.id"
    )
    await service.execute(swap)
    for grant_id in await grants(service):
        with pytest.raises(CredentialUnavailable):
            await credential_store_of(service).open([grant_id])
    await service.execute(swap)
    await opens_all(service)


async def test_a_record_relabelled_with_another_version_does_not_open(
    service: Service, bao: OpenBao, name: str
) -> None:
    bao.call("POST", f"transit/keys/{name}/rotate")
    (first, _) = await grants(service)
    (row,) = await service.rows("SELECT sealed FROM grants WHERE id = :id", id=first)
    relabelled = row["sealed"].replace(f"{name}:v1".encode(), f"{name}:v2".encode())
    assert relabelled != row["sealed"]
    await service.execute("UPDATE grants SET sealed = :sealed WHERE id = :id", sealed=relabelled, id=first)
    with pytest.raises(CredentialUnavailable):
        await credential_store_of(service).open([first])


async def test_sealed_and_unsealed_again(service: Service, bao: OpenBao, log: io.StringIO) -> None:
    bao.seal()
    await stands_still(service, "is sealed. Unseal it.")
    bao.unseal()
    await goes_on(service)
    assert bao.root not in log.getvalue()
    assert '"event": "keys.away"' in log.getvalue()


async def test_a_connection_outlives_a_sealed_engine(service: Service, bao: OpenBao) -> None:
    ada = await service.sign_in("ada")
    await connected(service, ada, "team", workspace="notebook")
    let_access_tokens_die(service)
    bao.seal()
    answer = await verify(ada, "team")
    assert (answer.status_code, answer.json()["code"]) == (503, "credential_unavailable")
    assert (await of_tenant(ada, "team"))["status"] == "active"
    bao.unseal()
    assert (await verify(ada, "team")).json()["status"] == "active"


async def test_a_pair_that_comes_while_the_engine_goes_is_kept(
    service: Service, bao: OpenBao, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await service.sign_in("ada")
    await connected(service, ada, "team", workspace="notebook")
    let_access_tokens_die(service)
    asked = NotionOAuth.refresh

    async def sealed_meanwhile(*given: Any, **more: Any) -> Any:
        answer = await asked(*given, **more)
        bao.seal()
        return answer

    monkeypatch.setattr(NotionOAuth, "refresh", sealed_meanwhile)
    verified = await verify(ada, "team")
    bao.unseal()
    assert verified.json()["status"] == "active"
    assert (await verify(ada, "team")).json()["status"] == "active"
    assert asked_of_notion(service, "refresh_token") == 1
    assert await service.rows("SELECT * FROM grant_refreshes") == []


async def test_stopped_and_started_again(service: Service, bao: OpenBao) -> None:
    bao.stop()
    await stands_still(service, "out of reach (ConnectError)")
    bao.start()
    await stands_still(service, "is sealed")
    bao.unseal()
    await goes_on(service)


async def test_a_service_that_starts_while_it_is_away_works_once_it_is_back(
    make_service: MakeService, bao: OpenBao, name: str
) -> None:
    bao.seal()
    service = await make_service(**settings(bao, name))
    assert "is sealed" in (await problems(service))[0]
    bao.unseal()
    await service.sign_in("ada")
    await service.sign_in("chiara")
    await goes_on(service)


async def test_a_wrong_token(make_service: MakeService, service: Service, bao: OpenBao, name: str) -> None:
    other = await make_service(**settings(bao, name, vault_token="s.wrong"))
    await stands_still(other, "refuses IVGRAPH_VAULT_TOKEN")
    await goes_on(service)


async def test_a_deleted_key_is_not_made_anew(service: Service, bao: OpenBao, name: str) -> None:
    bao.delete_key(name)
    await stands_still(service, "has no transit key")
    assert bao.ask("GET", f"transit/keys/{name}").status_code == 404


async def test_another_key_of_the_same_name_is_a_wrong_one(service: Service, bao: OpenBao, name: str) -> None:
    bao.replace_key(name)
    await stands_still(service, "is not the key that was used under this id before")


async def test_another_key_of_the_same_name_is_told_without_a_check_too(
    make_service: MakeService, service: Service, bao: OpenBao, name: str
) -> None:
    await service.execute("DELETE FROM key_checks")
    bao.replace_key(name)
    await stands_still(await make_service(**settings(bao, name)), "does not open all")


@pytest.mark.parametrize("how", [{"type": "rsa-2048"}, {"derived": True}])
async def test_a_key_of_a_kind_that_binds_nothing_is_refused(
    make_service: MakeService, bao: OpenBao, how: dict[str, Any]
) -> None:
    name = f"unfit-{random_hex(8)}"
    bao.make_key(name, **how)
    (problem,) = await problems(await make_service(**settings(bao, name)))
    assert "does not serve here" in problem


async def test_rotate_then_rewrap_then_the_old_version_may_go(service: Service, bao: OpenBao, name: str) -> None:
    encryption = encryption_of(service)
    said: list[str] = []
    before = await credential_store_of(service).open(await grants(service))
    await encryption.rotation.in_transit(said.append)
    assert f"'transit:{name}:v2' encrypts from now on" in said[0]
    assert await credential_store_of(service).open(await grants(service)) == before
    assert await encryption.rewrap.run(said.append)
    assert said[-1] == f"Every row is sealed with key 'transit:{name}:v2'."
    bao.call("POST", f"transit/keys/{name}/config", {"min_decryption_version": 2})
    assert await credential_store_of(service).open(await grants(service)) == before
    await goes_on(service)
    assert await checks(service) == [f"transit:{name}:v1", f"transit:{name}:v2"]


async def test_a_key_that_the_engine_rotates_by_itself(service: Service, bao: OpenBao, name: str) -> None:
    bao.call("POST", f"transit/keys/{name}/rotate")
    await service.sign_in("ada")
    assert await keys_used(service) == {f"transit:{name}:v1", f"transit:{name}:v2"}
    await goes_on(service)


async def test_a_version_given_up_too_early_is_named_and_left_alone(service: Service, bao: OpenBao, name: str) -> None:
    bao.call("POST", f"transit/keys/{name}/rotate")
    await service.sign_in("ada")
    bao.call("POST", f"transit/keys/{name}/config", {"min_decryption_version": 2})
    said: list[str] = []
    assert not await encryption_of(service).rewrap.run(said.append)
    (left,) = [line for line in said if "does not open" in line]
    bao.call("POST", f"transit/keys/{name}/config", {"min_decryption_version": 1})
    assert await encryption_of(service).rewrap.run(said.append)
    await opens_all(service)
    assert left.startswith("grants ")


async def test_rewrap_stops_when_it_goes_away_and_goes_on_later(
    service: Service, bao: OpenBao, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bao.call("POST", f"transit/keys/{name}/rotate")
    encryption = encryption_of(service)
    reseal: Callable[..., Any] = encryption.keys.reseal

    async def sealed_first(*arguments: Any) -> Any:
        bao.seal()
        return await reseal(*arguments)

    monkeypatch.setattr(encryption.keys, "reseal", sealed_first)
    with pytest.raises(RewrapRefused, match="is sealed"):
        await encryption.rewrap.run(lambda _: None)
    with pytest.raises(RotationStopped, match="is sealed"):
        await encryption.rotation.in_transit(lambda _: None)
    bao.unseal()
    monkeypatch.undo()
    assert await encryption.rewrap.run(lambda _: None)
    await goes_on(service)


async def test_from_a_keyring_to_a_transit_key(make_service: MakeService, bao: OpenBao, name: str) -> None:
    keys = generate_key("old")
    before = await make_service(encryption_keys=keys)
    await before.sign_in("ada")
    await before.sign_in("chiara")
    await before.app.composition.processes.withdraw()
    both = await make_service(**settings(bao, name, encryption_keys=keys))
    await opens_all(both)
    assert await encryption_of(both).rewrap.run(lambda _: None)
    await both.app.composition.processes.withdraw()
    after = await make_service(**settings(bao, name))
    await goes_on(after)
    assert await keys_used(after) == {f"transit:{name}:v1"}
    (problem,) = await problems(before)
    assert f"'transit:{name}:v1' is not set, and 2 connections" in problem


async def test_the_commands(commands: Commands, service: Service, bao: OpenBao, name: str) -> None:
    environment = {
        "DATABASE_URL": service.database_url,
        "IVGRAPH_SECRET_KEY": "k" * 43,
        "IVGRAPH_VAULT_ADDR": bao.url,
        "IVGRAPH_VAULT_TOKEN": bao.root,
        "IVGRAPH_VAULT_TRANSIT_KEY": name,
    }
    for arguments in (("keys", "rotate"), ("keys", "rewrap"), ("keys", "status"), ("doctor",)):
        finished = commands.run(*arguments, **environment)
        assert finished.code == 0, finished.text
        assert bao.root not in finished.text
    assert await keys_used(service) == {f"transit:{name}:v2"}
    bao.seal()
    doctor = commands.run("doctor", **environment)
    status = commands.run("keys", "status", **environment)
    bao.unseal()
    assert doctor.code == 1
    assert "fail  keys" in doctor.out
    assert "Unseal it." in doctor.out
    assert "is sealed. Unseal it." in status.out
    assert bao.root not in doctor.text + status.text
