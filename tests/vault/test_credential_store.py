"""Notion's credentials at rest."""

import io
from dataclasses import replace

import pytest

from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.keys.errors import CredentialUnavailable
from ivgraph_auth.keys.keyring import generate_key
from ivgraph_auth.vault.models import Credential
from tests.conftest import MakeService
from tests.keys.kit import credential_store_of, grants
from tests.signin.kit import switched
from tests.support.service import RunningSandbox, Service


async def swap(service: Service) -> None:
    """What someone who can write to the database might try: another's credential in one's own row."""
    await service.execute(
        "UPDATE grants SET sealed = other.sealed FROM grants AS other "
        "WHERE other.id = (SELECT sum(id) FROM grants) - grants.id"
    )


def revocations(sandbox: RunningSandbox) -> int:
    """How many revocations Notion was asked for."""
    return sum(call.path == "/v1/oauth/revoke" for call in sandbox.instance.calls)


async def test_a_credential_is_opened_as_it_was_put(service: Service) -> None:
    await service.sign_in("ada")
    (credential,) = await credential_store_of(service).open(await grants(service))
    assert credential.access_token.reveal().startswith("ntn_")
    assert credential.refresh_token
    assert credential.refresh_token.reveal().startswith("nrt_")


async def test_a_credential_without_a_refresh_token_is_kept_too(service: Service) -> None:
    with switched(service, "null_refresh_token", value=True):
        await service.sign_in("ada")
    (credential,) = await credential_store_of(service).open(await grants(service))
    assert credential.refresh_token is None


async def test_signing_in_again_replaces_the_credential(service: Service) -> None:
    await service.sign_in("ada")
    (first,) = await credential_store_of(service).open(await grants(service))
    await service.sign_in("ada")
    (second,) = await credential_store_of(service).open(await grants(service))
    assert first != second


async def test_a_ciphertext_moved_to_another_row_does_not_open(service: Service) -> None:
    for person in ("ada", "chiara"):
        await service.sign_in(person)
    ids = await grants(service)
    assert len(ids) == 2
    before = await service.rows("SELECT id, sealed FROM grants ORDER BY id")
    await swap(service)
    after = await service.rows("SELECT id, sealed FROM grants ORDER BY id")
    assert [row["sealed"] for row in after] == [row["sealed"] for row in reversed(before)]
    for grant_id in ids:
        with pytest.raises(CredentialUnavailable):
            await credential_store_of(service).open([grant_id])
    await swap(service)
    assert len(await credential_store_of(service).open(ids)) == 2


async def test_a_grant_is_opened_with_what_it_takes_to_replace_it(service: Service) -> None:
    await service.sign_in("ada")
    credential_store = credential_store_of(service)
    (grant_id,) = await grants(service)
    grant = await credential_store.open_one(grant_id)
    assert grant
    assert (grant.id, grant.status) == (grant_id, "active")
    assert await credential_store.open([grant_id]) == [grant.credential]
    newer = Credential(Secret("ntn_newer"), None)
    sealed = await credential_store.seal(grant.key, newer)
    async with credential_store.base.database.transaction() as connection:
        assert await credential_store.replace(connection, grant_id, grant.sealed, sealed)
    assert await credential_store.open([grant_id]) == [newer]


async def test_what_was_replaced_meanwhile_stays(service: Service) -> None:
    await service.sign_in("ada")
    credential_store = credential_store_of(service)
    (grant_id,) = await grants(service)
    grant = await credential_store.open_one(grant_id)
    assert grant
    first, second = [
        await credential_store.seal(grant.key, Credential(Secret(text), None)) for text in ("ntn_1", "ntn_2")
    ]
    async with credential_store.base.database.transaction() as connection:
        assert await credential_store.replace(connection, grant_id, grant.sealed, first)
    async with credential_store.base.database.transaction() as connection:
        assert not await credential_store.replace(connection, grant_id, grant.sealed, second)
    assert await credential_store.open([grant_id]) == [Credential(Secret("ntn_1"), None)]


async def test_a_grant_that_is_gone_is_none(service: Service) -> None:
    assert await credential_store_of(service).open_one(10**12) is None


async def test_a_small_secret_opens_for_its_own_row_alone(service: Service) -> None:
    credential_store = credential_store_of(service)
    sealed = await credential_store.seal_text(Secret("a code ü"), "codes:1")
    assert b"a code" not in sealed.sealed
    assert (await credential_store.open_text(sealed, "codes:1")).reveal() == "a code ü"
    with pytest.raises(CredentialUnavailable):
        await credential_store.open_text(sealed, "codes:2")


@pytest.mark.parametrize(
    "relabel",
    [
        "UPDATE grants SET client_id = client_id || 'x'",
        "UPDATE grants SET bot_id = bot_id || 'x'",
        "UPDATE grants SET workspace_id = gen_random_uuid()",
    ],
)
async def test_a_row_that_is_relabelled_does_not_open(service: Service, relabel: str) -> None:
    await service.sign_in("ada")
    await service.execute(relabel)
    with pytest.raises(CredentialUnavailable):
        await credential_store_of(service).open(await grants(service))


async def test_somebody_whose_credential_does_not_open_can_leave_all_the_same(
    service: Service, log: io.StringIO
) -> None:
    ada = await service.sign_in("ada")
    await service.sign_in("chiara")
    await swap(service)
    left = await ada.client.delete("/api/auth/me/", headers=ada.bearer)
    assert left.status_code == 204
    assert len(await grants(service)) == 1
    assert revocations(service.sandbox) == 0
    assert ("account:account:deleted", "success") in await service.audit()
    assert '"event": "notion.revoke_failed"' in log.getvalue()
    assert "cannot be opened" in log.getvalue()


async def test_a_lost_key_keeps_nobody_here(make_service: MakeService, log: io.StringIO) -> None:
    secret_key = "k" * 43
    before = await make_service(secret_key=secret_key, encryption_keys=generate_key("old"))
    ada = await before.sign_in("ada")
    after = await make_service(secret_key=secret_key, encryption_keys=generate_key("new"))
    client = await after.browser()
    with pytest.raises(CredentialUnavailable):
        await credential_store_of(after).open(await grants(after))
    assert (await client.get("/api/auth/me/", headers=ada.bearer)).status_code == 200
    assert (await client.delete("/api/auth/me/", headers=ada.bearer)).status_code == 204
    assert await grants(after) == []
    assert "notion.revoke_failed" in log.getvalue()


async def test_leaving_destroys_the_ciphertext_and_revokes_at_notion(service: Service) -> None:
    ada = await service.sign_in("ada")
    assert (await ada.client.delete("/api/auth/me/", headers=ada.bearer)).status_code == 204
    assert await grants(service) == []
    assert revocations(service.sandbox) == 1


def test_a_credential_shows_neither_token() -> None:
    credential = Credential(Secret("ntn_access"), Secret("nrt_refresh"))
    for shown in (repr(credential), str(credential), f"{credential}", repr([credential]), repr(replace(credential))):
        assert "ntn_" not in shown
        assert "nrt_" not in shown


def test_a_credential_that_does_not_open_is_unavailable_and_says_who_can_help() -> None:
    error = CredentialUnavailable()
    assert (error.status, error.code) == (503, "credential_unavailable")
    assert error.detail
