"""The one door to a Notion credential in plaintext."""

import json
from dataclasses import dataclass

import structlog

from ivgraph_auth.base import Base
from ivgraph_auth.core.sealing import CannotOpenError, Envelope, sealed_with
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.keys.errors import CredentialUnavailable, KeysAwayError
from ivgraph_auth.keys.service import KeyService
from ivgraph_auth.keys.verification import KeyVerifier
from ivgraph_auth.vault import repository
from ivgraph_auth.vault.models import Credential, GrantDetails, GrantKey, OpenedGrant, SealedCredential, SealedGrant

_log = structlog.get_logger(__name__)
_AWAY = "Stored credentials cannot be opened for a moment. Try again shortly."


@dataclass(frozen=True, slots=True)
class EncryptedCredentialStore:
    base: Base
    keys: KeyService
    verifier: KeyVerifier

    async def prove_key(self) -> None:
        """To be asked before a credential is fetched. Raises CredentialUnavailable when `seal` would."""
        await self.verifier.verify_current()

    async def seal(self, key: GrantKey, credential: Credential) -> SealedCredential:
        """May ask another service for its keys, so no transaction is open meanwhile.

        Raises CredentialUnavailable, also when the current key is not the one known by its id.
        """
        return (await self.prepare(key.identity)).seal(credential)

    async def prepare(self, identity: str) -> "Sealer":
        """For a secret that is yet to come, and must not be lost when it is there. Raises CredentialUnavailable."""
        current = await self.verifier.verify_current()
        try:
            return Sealer(await self.keys.envelope(identity, current.key_id))
        except (CannotOpenError, KeysAwayError) as problem:
            raise _unavailable(problem) from problem

    async def put(self, connection: Connection, key: GrantKey, details: GrantDetails, sealed: SealedCredential) -> int:
        """Stores what `seal` made for this key, in the caller's transaction. Answers the grant's id.

        Raises CredentialUnavailable when the key that sealed it was taken away meanwhile.
        """
        if not self.keys.holds(sealed.key_id):
            raise CredentialUnavailable
        return await repository.upsert(connection, key, details, sealed, self.base.clock.now())

    async def replace(self, connection: Connection, grant_id: int, before: bytes, sealed: SealedCredential) -> bool:
        """Compare-and-swap: stores nothing, and answers False, when the grant's ciphertext is not `before` any more.

        Another ciphertext may hold the same credential, sealed anew with another key: open it and look.
        """
        return await repository.replace(connection, grant_id, before, sealed, self.base.clock.now())

    async def open(self, grant_ids: list[int]) -> list[Credential]:
        """Raises CredentialUnavailable when one of them does not open."""
        async with self.base.database.read() as connection:
            rows = await repository.list_sealed(connection, grant_ids)
        return [await self._credential(row) for row in rows]

    async def open_one(self, grant_id: int) -> OpenedGrant | None:
        """None when there is no such grant. Raises CredentialUnavailable when it does not open."""
        async with self.base.database.read() as connection:
            rows = await repository.list_sealed(connection, [grant_id])
        return await self.open_sealed(rows[0]) if rows else None

    async def open_sealed(self, grant: SealedGrant) -> OpenedGrant:
        """Raises CredentialUnavailable."""
        return OpenedGrant(grant.id, grant.key, await self._credential(grant), grant.sealed, grant.status)

    async def judge(self, connection: Connection, grant: OpenedGrant, status: str) -> bool:
        """Sets the grant's status; does nothing, and answers False, when it holds another credential by now."""
        return await repository.set_status(connection, grant.id, grant.sealed, status, self.base.clock.now())

    async def mark_validated(self, connection: Connection, grant_id: int, capabilities: list[str] | None) -> None:
        """Notion has taken the credential just now. None: what it may do was not told."""
        await repository.mark_validated(connection, grant_id, capabilities, self.base.clock.now())

    async def holds(self, client_id: str, bot_id: str) -> bool:
        """A grant of this bot, whoever owns it: Notion does not document whether revoking one pair ends another."""
        async with self.base.database.read() as connection:
            return await repository.holds_bot(connection, client_id, bot_id)

    async def find_sharing_bot(self, connection: Connection, grant_ids: list[int]) -> set[int]:
        """Those of them that must not be revoked at Notion, since another grant has the same bot."""
        return await repository.find_sharing_bot(connection, grant_ids) if grant_ids else set()

    async def destroy(self, connection: Connection, grant_ids: list[int]) -> None:
        await repository.remove(connection, grant_ids)

    async def seal_text(self, text: Secret, identity: str) -> SealedCredential:
        """For a small secret in another table. `identity` names the table and the row, and opens it again; rewrap
        must be able to tell it from the row alone. No transaction is open meanwhile. Raises CredentialUnavailable.
        """
        return (await self.prepare(identity)).seal_text(text)

    async def open_text(self, sealed: SealedCredential, identity: str) -> Secret:
        """Raises CredentialUnavailable."""
        return Secret((await self._open(sealed.sealed, identity)).decode())

    async def _credential(self, grant: SealedGrant) -> Credential:
        return _unpack(await self._open(grant.sealed, grant.key.identity))

    async def _open(self, sealed: bytes, identity: str) -> bytes:
        try:
            return await self.keys.open(sealed, identity)
        except (CannotOpenError, KeysAwayError) as problem:
            raise _unavailable(problem) from problem


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals one secret without asking anybody."""

    envelope: Envelope

    def seal(self, credential: Credential) -> SealedCredential:
        return self._sealed(_pack(credential))

    def seal_text(self, text: Secret) -> SealedCredential:
        return self._sealed(text.reveal().encode())

    def _sealed(self, plaintext: bytes) -> SealedCredential:
        sealed = self.envelope.seal(plaintext)
        return SealedCredential(sealed, sealed_with(sealed))


def _unavailable(problem: CannotOpenError | KeysAwayError) -> CredentialUnavailable:
    if isinstance(problem, KeysAwayError):
        _log.error("keys.away", reason=problem.says, hint=problem.fix)
        return CredentialUnavailable(_AWAY)
    return CredentialUnavailable()


def _pack(credential: Credential) -> bytes:
    refresh = credential.refresh_token
    fields = {"access_token": credential.access_token.reveal(), "refresh_token": refresh and refresh.reveal()}
    return json.dumps(fields).encode()


def _unpack(packed: bytes) -> Credential:
    fields = json.loads(packed)
    refresh = fields["refresh_token"]
    return Credential(Secret(fields["access_token"]), Secret(refresh) if refresh else None)
