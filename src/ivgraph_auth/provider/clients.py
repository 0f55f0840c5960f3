"""Which app a client id names: one that is registered, or one that its metadata document describes."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement

from ivgraph_auth.base import Base
from ivgraph_auth.core.addresses import customer_of
from ivgraph_auth.core.errors import TooManyRequests
from ivgraph_auth.core.tasks import SingleFlight
from ivgraph_auth.database.clock import database_now
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.provider import app_repository, client_repository
from ivgraph_auth.provider.client_documents import SHORTEST, DocumentFetcher
from ivgraph_auth.provider.client_urls import is_document_url, looks_like_url
from ivgraph_auth.provider.docs_client import DOCS_CLIENT_ID, DocsClient
from ivgraph_auth.provider.errors import DocumentRefused
from ivgraph_auth.provider.models import App, Registration

_log = structlog.get_logger(__name__)
_WINDOW_SECONDS = 60
# What one address, and what all together, may have fetched of documents that are not known yet.
_MOST_OF_ADDRESS, _MOST_OF_ALL = 20, 300
_MOST_CHARACTERS = 2000
_UNUSED = timedelta(days=30)


@dataclass(slots=True)
class Clients:
    """`documents` is None where no metadata documents are taken."""

    base: Base
    documents: DocumentFetcher | None
    docs: DocsClient
    _flight: SingleFlight[str, App | DocumentRefused] = field(default_factory=SingleFlight, init=False, repr=False)
    _window: int = field(default=0, init=False, repr=False)
    _fetches: dict[str, int] = field(default_factory=dict, init=False, repr=False)

    async def find(self, client_id: str, address: str | None) -> App | None:
        """`address` is whose request it is: each may have few documents fetched.

        Raises DocumentRefused when it is the URL of a document that cannot be used, TooManyRequests.
        """
        if len(client_id) > _MOST_CHARACTERS or "\0" in client_id or not client_id.isascii():
            return None
        if client_id == DOCS_CLIENT_ID:
            return await self._find_docs_client()
        known, current = await self._find_stored(client_id)
        if current:
            return known
        if self.documents is None or not looks_like_url(client_id):
            return known
        if not is_document_url(client_id):
            raise DocumentRefused(
                "The client_id should be an https URL with a path, without port, user, fragment and dots in its path."
            )
        if known is None:
            self._count_fetch(customer_of(address))
        documents = self.documents
        found = await self._flight.run(client_id, lambda: self._renew(documents, client_id))
        if isinstance(found, DocumentRefused):
            raise DocumentRefused(found.reason)
        return found

    async def _find_stored(self, client_id: str) -> tuple[App | None, bool]:
        """With whether it may be used as it is, without asking for its document."""
        async with self.base.database.direct() as connection:
            known = await app_repository.find(connection, client_id)
            if known is None:
                return None, False
            if known.registration is not Registration.METADATA_DOCUMENT or self.documents is None:
                return known, True
            return known, await client_repository.is_fresh(connection, known.id, self.base.clock.database_offset())

    async def prune(self, connection: Connection, most: int) -> int:
        """Apps that nobody has used for 30 days and no admin has registered."""
        return await client_repository.prune(connection, _UNUSED, self._now, most)

    async def _find_docs_client(self) -> App | None:
        """Stored when it is first asked for, and anew when it is not as it should be any more."""
        async with self.base.database.read() as connection:
            known = await app_repository.find(connection, DOCS_CLIENT_ID)
        if known is not None and self.docs.is_kept(known):
            return known
        async with self.base.database.transaction() as connection:
            app_id = await client_repository.put_docs_client(connection, self.docs, self._now)
            return await app_repository.get(connection, app_id)

    async def _renew(self, documents: DocumentFetcher, client_id: str) -> App | DocumentRefused:
        """A refusal is answered, not raised: where nobody waits for it any more, it is no fault of ours to log."""
        # Another request may have stored it since this one looked, and its flight be over.
        known, current = await self._find_stored(client_id)
        if known is not None and current:
            return known
        try:
            document = await documents.fetch(client_id)
        except DocumentRefused as refusal:
            _log.info("client_document.refused", client_id=client_id, reason=refusal.reason, known=known is not None)
            if known is None:
                return refusal
            async with self.base.database.transaction() as connection:
                await client_repository.postpone(connection, known.id, SHORTEST, self._now)
            return known
        async with self.base.database.transaction() as connection:
            app_id = await client_repository.put_document(connection, client_id, document, self._now)
            app = await app_repository.get(connection, app_id)
        assert app is not None  # noqa: S101 -- it was written a line before
        _log.info("client_document.fetched", client_id=client_id, app_id=app_id)
        return app

    def _count_fetch(self, address: str) -> None:
        """Counted in this process. Raises TooManyRequests."""
        window, elapsed = divmod(int(self.base.clock.monotonic()), _WINDOW_SECONDS)
        if window != self._window:
            self._window, self._fetches = window, {}
        if self._fetches.get(address, 0) >= _MOST_OF_ADDRESS or sum(self._fetches.values()) >= _MOST_OF_ALL:
            raise TooManyRequests(retry_after=_WINDOW_SECONDS - elapsed)
        self._fetches[address] = self._fetches.get(address, 0) + 1

    @property
    def _now(self) -> ColumnElement[datetime]:
        return database_now(self.base.clock)
