"""A call under an Idempotency-Key runs once: claimed before Notion is asked, and its answer kept before it leaves."""

import asyncio
import base64
import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from ivgraph_auth.core.errors import ServiceError, Unavailable
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.core.tasks import run_to_end
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.database.engine import Database
from ivgraph_auth.gateway import repository
from ivgraph_auth.gateway.errors import (
    AnswerUnreadable,
    CallInProgress,
    KeyReused,
    OutcomeUnknown,
    UpstreamFailed,
    UpstreamTimedOut,
)
from ivgraph_auth.gateway.models import CallKey, KnownCall, Reply
from ivgraph_auth.processes.registry import ProcessRegistry
from ivgraph_auth.vault.credential_store import EncryptedCredentialStore, Sealer

_log = structlog.get_logger(__name__)
_KEPT = timedelta(hours=24)
_MOST_BYTES = 1024 * 1024
_STORE_ATTEMPTS = 4
_RETRY_AFTER_SECONDS = 2
_OK = 200  # of answers kept before the status was
_SUCCESSES = range(200, 300)
_MAYBE_DONE = (UpstreamFailed, UpstreamTimedOut, AnswerUnreadable)


def call_key(account_id: int, tenant_id: str, operation: str, key: str, asked: bytes) -> CallKey:
    scope = json.dumps([account_id, tenant_id, operation, key]).encode()
    return CallKey(account_id, hashlib.sha256(scope).digest(), hashlib.sha256(asked).digest())


class IdempotentCalls:
    def __init__(
        self, *, database: Database, credential_store: EncryptedCredentialStore, processes: ProcessRegistry
    ) -> None:
        self._database = database
        self._credential_store = credential_store
        self._processes = processes
        self._running: set[bytes] = set()

    async def run_once(self, key: CallKey, work: Callable[[], Awaitable[Reply]]) -> tuple[Reply, bool]:
        """The answer, and whether it is one that was kept.

        Raises KeyReused, CallInProgress, OutcomeUnknown, CredentialUnavailable, and what `work` raises.
        """
        async with self._database.direct_transaction() as connection:
            claimed = await repository.claim(connection, key, self._processes.process_id, _KEPT)
        if not claimed:
            return await self._kept_answer(key), True
        self._running.add(key.key_hash)
        return await self._first(key, work), False

    async def _first(self, key: CallKey, work: Callable[[], Awaitable[Reply]]) -> Reply:
        try:
            # Before Notion is asked: an answer that cannot be sealed when it is there could not be kept.
            sealer = await self._credential_store.prepare(repository.answer_identity(key.key_hash))
            reply = await work()
        except BaseException as problem:
            # Of errors of ours all but these say that Notion has not acted. Where it was cut short, it may have.
            undone = isinstance(problem, ServiceError) and not isinstance(problem, _MAYBE_DONE)
            await run_to_end(self._settle(key, self._release(key) if undone else self._mark_unknown(key)))
            raise
        await run_to_end(self._settle(key, self._end(key, reply, sealer)))
        return reply

    async def _settle(self, key: CallKey, work: Awaitable[None]) -> None:
        """To its end also when the deadline cuts whoever waits for it: until then the call is under way."""
        try:
            await work
        finally:
            self._running.discard(key.key_hash)

    async def _end(self, key: CallKey, reply: Reply, sealer: Sealer) -> None:
        """Notion's refusals did nothing, and may be followed by another try."""
        if reply.status not in _SUCCESSES:
            await (self._mark_unknown if reply.status >= 500 else self._release)(key)  # noqa: PLR2004 -- HTTP's own
        elif len(reply.body) > _MOST_BYTES:
            await self._mark_unknown(key)
        else:
            await self._keep(key, reply, sealer)

    async def _keep(self, key: CallKey, reply: Reply, sealer: Sealer) -> None:
        """It has happened: a database that is away is waited for, and its caller is answered all the same."""
        sealed = sealer.seal_text(Secret(_pack(reply)))
        for attempt in range(_STORE_ATTEMPTS):
            try:
                async with self._database.direct() as connection:
                    await repository.keep(connection, key, sealed)
            except Unavailable:
                await asyncio.sleep(2.0**attempt / 4)
            else:
                return
        _log.error("gateway.answer_not_kept")

    async def _kept_answer(self, key: CallKey) -> Reply:
        found = await self._look_up(key)
        alive = found is not None and await self._alive(key, found)
        if not alive:
            # It may have been on its last step between the two looks.
            found = await self._look_up(key)
        if found is None:
            # Given up between our two looks.
            raise CallInProgress(retry_after=_RETRY_AFTER_SECONDS)
        if found.body_hash != key.body_hash:
            raise KeyReused
        if found.answer is not None:
            return _unpack(
                await self._credential_store.open_text(found.answer, repository.answer_identity(key.key_hash))
            )
        if found.process_id is None:
            raise OutcomeUnknown
        raise CallInProgress(retry_after=_RETRY_AFTER_SECONDS) if alive else OutcomeUnknown

    async def _look_up(self, key: CallKey) -> KnownCall | None:
        async with self._database.direct() as connection:
            return await repository.find(connection, key)

    async def _alive(self, key: CallKey, found: KnownCall) -> bool:
        """Whether its process is at it; true as well of what is kept, which needs no second look."""
        if found.answer is not None:
            return True
        if found.process_id == self._processes.process_id:
            return key.key_hash in self._running
        return found.process_id in {process.id for process in await self._processes.living()}

    async def _mark_unknown(self, key: CallKey) -> None:
        async with self._database.direct() as connection:
            await repository.mark_unknown(connection, key)

    async def _release(self, key: CallKey) -> None:
        async with self._database.direct() as connection:
            await repository.release(connection, key)

    async def prune(self, connection: Connection, most: int) -> int:
        return await repository.prune(connection, most)


def _pack(reply: Reply) -> str:
    body = base64.b64encode(reply.body).decode()
    fields = {"status": reply.status, "body": body, "notion_request_id": reply.notion_request_id}
    return json.dumps(fields if reply.sent is None else {**fields, "sent": reply.sent})


def _unpack(text: Secret) -> Reply:
    fields = json.loads(text.reveal())
    body = base64.b64decode(fields["body"])
    return Reply(fields.get("status", _OK), body, fields["notion_request_id"], sent=fields.get("sent"))
