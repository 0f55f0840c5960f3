"""One-use codes that a page on another origin exchanges for its tokens, with PKCE S256 (RFC 7636)."""

from dataclasses import dataclass
from datetime import timedelta

from ivgraph_auth.base import Base
from ivgraph_auth.core.secrets import Secret, base64url, random_token, same, sha256
from ivgraph_auth.database.clock import database_now
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.sessions import repository
from ivgraph_auth.sessions.errors import InvalidCode
from ivgraph_auth.sessions.models import Session, TokenPair
from ivgraph_auth.sessions.service import SessionService

_LIFETIME = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class HandoffService:
    base: Base
    sessions: SessionService

    async def issue(self, connection: Connection, session: Session, code_challenge: str) -> Secret:
        code = Secret(random_token())
        expires_at = database_now(self.base.clock) + _LIFETIME
        await repository.add_handoff(connection, sha256(code.reveal()), session.id, code_challenge, expires_at)
        return code

    async def exchange(self, code: str, code_verifier: str) -> TokenPair:
        """Raises InvalidCode; a code that met a wrong verifier is used up all the same."""
        async with self.base.database.transaction() as connection:
            claimed = await repository.claim_handoff(connection, sha256(code), database_now(self.base.clock))
            found = await repository.get(connection, claimed[0]) if claimed else None
        if claimed is None or found is None or not same(_s256(code_verifier), claimed[1]):
            raise InvalidCode
        session, snapshot = found
        if snapshot.disabled or not session.alive(self.base.clock.now()):
            raise InvalidCode
        return self.sessions.sign_pair(session)


def _s256(code_verifier: str) -> str:
    return base64url(sha256(code_verifier))
