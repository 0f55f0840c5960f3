"""The one door to a Notion credential in plaintext."""

import json

from sqlalchemy.ext.asyncio import AsyncConnection

from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.database import Database
from ivgraph_auth.core.sealing import CannotOpenError, Keyring, sealed_with
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.vault import repository
from ivgraph_auth.vault.errors import CredentialUnavailable
from ivgraph_auth.vault.keys import VaultKeys
from ivgraph_auth.vault.models import Credential, GrantDetails, GrantKey, SealedGrant


class Safe:
    def __init__(self, *, database: Database, clock: Clock, keyring: Keyring, keys: VaultKeys) -> None:
        self._database = database
        self._clock = clock
        self._keyring = keyring
        self._keys = keys

    async def prove_key(self) -> None:
        """To be asked before a credential is fetched. Raises CredentialUnavailable when `put` would."""
        await self._keys.prove()

    async def put(
        self, connection: AsyncConnection, key: GrantKey, details: GrantDetails, credential: Credential
    ) -> int:
        """Stores the credential sealed, in the caller's transaction. Answers the grant's id.

        Raises CredentialUnavailable when the current key is not the one known by its id.
        """
        # In a transaction of its own: were the caller's rolled back, the key would be taken for known and not be it.
        await self._keys.prove()
        sealed = self._keyring.seal(_pack(credential), key.identity)
        now = self._clock.now()
        return await repository.upsert(connection, key, details, sealed, sealed_with(sealed), now)

    async def open(self, grant_ids: list[int]) -> list[Credential]:
        """Raises CredentialUnavailable when one of them does not open."""
        async with self._database.read() as connection:
            rows = await repository.sealed(connection, grant_ids)
        return [self._open(row) for row in rows]

    async def destroy(self, connection: AsyncConnection, grant_ids: list[int]) -> None:
        await repository.remove(connection, grant_ids)

    def _open(self, grant: SealedGrant) -> Credential:
        try:
            return _unpack(self._keyring.open(grant.sealed, grant.key.identity))
        except CannotOpenError as problem:
            raise CredentialUnavailable from problem


def _pack(credential: Credential) -> bytes:
    refresh = credential.refresh_token
    fields = {"access_token": credential.access_token.reveal(), "refresh_token": refresh and refresh.reveal()}
    return json.dumps(fields).encode()


def _unpack(packed: bytes) -> Credential:
    fields = json.loads(packed)
    refresh = fields["refresh_token"]
    return Credential(Secret(fields["access_token"]), Secret(refresh) if refresh else None)
