"""Service tokens: narrow, long-lived credentials that people hand to their agents."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from ivgraph_auth.accounts import repository as accounts
from ivgraph_auth.audit.models import OPERATOR, Actor, Entry, Event
from ivgraph_auth.base import Base
from ivgraph_auth.core.errors import TokenNotValid
from ivgraph_auth.core.principal import AccountSnapshot, ClientInfo, Scope, Workspace
from ivgraph_auth.core.secrets import Secret, random_alphanumeric, sha256
from ivgraph_auth.database.connection import Connection
from ivgraph_auth.database.usage_log import UsageLog
from ivgraph_auth.liveness.change import Change
from ivgraph_auth.liveness.loading import get_with_account, load_with_account
from ivgraph_auth.tokens import repository
from ivgraph_auth.tokens.errors import ScopeNotAllowed, TokenLimitReached, UnknownToken, WorkspaceNotConnected
from ivgraph_auth.tokens.models import LivingToken, MintedToken, ServiceToken, TokenRequest, VerifiedToken

_log = structlog.get_logger(__name__)
PREFIX = "ivg_"
_RANDOM_CHARACTERS = 32
_SHOWN_CHARACTERS = 10
_MOST_ACTIVE = 10
_FORM = re.compile(rf"{PREFIX}[A-Za-z0-9]{{{_RANDOM_CHARACTERS}}}")


@dataclass(slots=True)
class TokenService:
    base: Base
    usage: UsageLog[int, datetime] = field(init=False)

    def __post_init__(self) -> None:
        self.usage = UsageLog(self.base.database, repository.write_last_used)

    async def authenticate(self, text: str) -> VerifiedToken:
        """Raises TokenNotValid. From memory under a lease, else one statement."""
        if not _FORM.fullmatch(text):
            raise TokenNotValid
        token_hash, now = sha256(text), self.base.clock.now()
        found = get_with_account(self.base.liveness, token_hash) or await load_with_account(
            self.base.liveness, token_hash, partial(self._find_living, token_hash, now)
        )
        if found is None or not found[0].alive(now):
            raise TokenNotValid
        token, snapshot = found
        self.usage.entries[token.id] = now
        return VerifiedToken(token, snapshot, _scopes_now(token, snapshot), _workspaces_now(token, snapshot))

    async def _find_living(self, token_hash: bytes, now: datetime) -> tuple[LivingToken, AccountSnapshot] | None:
        async with self.base.database.direct() as connection:
            return await repository.find_living(connection, token_hash, now)

    async def mint(self, account_id: int, request: TokenRequest, caller: ClientInfo) -> MintedToken:
        """Raises ScopeNotAllowed, WorkspaceNotConnected, TokenLimitReached."""
        text = Secret(PREFIX + random_alphanumeric(_RANDOM_CHARACTERS))
        async with self.base.database.direct_transaction() as connection:
            snapshot = await accounts.lock(connection, account_id)
            # Disabled since the credential was looked at: what is minted now would outlive that.
            if snapshot is None or snapshot.disabled:
                raise TokenNotValid
            now = self.base.clock.now()
            token = _draft(request, snapshot, text, now)
            entry = Entry(Event.TOKEN_MINTED, account_id, Actor("account", str(account_id)), caller, None, None)
            token_id = await repository.add(
                connection, token, sha256(text.reveal()), entry, now=now, most_active=_MOST_ACTIVE
            )
            if token_id is None:
                raise TokenLimitReached
        self.base.audit.count(Event.TOKEN_MINTED)
        _log.info("token.minted", account_id=account_id, token_id=token_id)
        return MintedToken(replace(token, id=token_id), text)

    async def list_tokens(self, account_id: int) -> list[ServiceToken]:
        async with self.base.database.read() as connection:
            return await repository.list_unrevoked(connection, account_id)

    async def rename(self, account_id: int, token_id: int, name: str, caller: ClientInfo) -> ServiceToken:
        """Raises UnknownToken."""
        async with self.base.database.transaction() as connection:
            token = await repository.rename(connection, account_id, token_id, name)
            if token is None:
                raise UnknownToken
            await self._audit_token(Event.TOKEN_RENAMED, connection, account_id, token_id, caller)
        return token

    async def revoke(self, account_id: int, token_id: int, caller: ClientInfo) -> None:
        """For good. Raises UnknownToken."""
        if not await self._revoke(token_id, caller, account_id=account_id):
            raise UnknownToken

    async def revoke_as_operator(self, token_id: int) -> None:
        """Whoever it belongs to. Raises UnknownToken."""
        if not await self._revoke(token_id, ClientInfo(), actor=OPERATOR):
            raise UnknownToken("No such service token, or it is revoked already.")

    async def _revoke(
        self, token_id: int, caller: ClientInfo, *, account_id: int | None = None, actor: Actor | None = None
    ) -> bool:
        async with self.base.liveness.change() as change:
            owner_id = await repository.revoke(
                change.connection, token_id, self.base.clock.now(), account_id=account_id
            )
            if owner_id is not None:
                await change.touches(owner_id)
                await self._audit_token(Event.TOKEN_REVOKED, change.connection, owner_id, token_id, caller, actor=actor)
        if owner_id is not None:
            _log.info("token.revoked", account_id=owner_id, token_id=token_id)
        return owner_id is not None

    async def revoke_all_in(self, change: Change, account_id: int, actor: Actor) -> None:
        """An account's, for good."""
        for token_id in await repository.revoke_all(change.connection, account_id, self.base.clock.now()):
            await self._audit_token(
                Event.TOKEN_REVOKED, change.connection, account_id, token_id, ClientInfo(), actor=actor
            )
            _log.info("token.revoked", account_id=account_id, token_id=token_id)
        await change.touches(account_id)

    async def _audit_token(
        self,
        event: Event,
        connection: Connection,
        account_id: int,
        token_id: int,
        caller: ClientInfo,
        *,
        actor: Actor | None = None,
    ) -> None:
        await self.base.audit.write(
            connection,
            event,
            actor=actor or Actor("account", str(account_id)),
            caller=caller,
            account_id=account_id,
            operation=f"token {token_id}",
        )


def _draft(request: TokenRequest, snapshot: AccountSnapshot, text: Secret, now: datetime) -> ServiceToken:
    """The token that this owner may have, or the reason why not."""
    scopes = tuple(scope for scope in snapshot.scopes if scope in request.scopes)
    if len(scopes) != len(set(request.scopes)):
        raise ScopeNotAllowed(field=("body", "scopes"))
    if request.all_workspaces and Scope.NOTION_CONNECT not in scopes:
        raise WorkspaceNotConnected('"*" needs the scope notion:connect.', field=("body", "workspace_ids"))
    if not set(request.workspace_ids) <= set(snapshot.workspace_ids):
        raise WorkspaceNotConnected(field=("body", "workspace_ids"))
    created_at = now.replace(microsecond=0)
    return ServiceToken(
        id=0,  # until it is stored
        account_id=snapshot.account_id,
        name=request.name,
        prefix=text.reveal()[:_SHOWN_CHARACTERS],
        scopes=tuple(Scope(scope) for scope in dict.fromkeys(request.scopes)),
        workspace_ids=tuple(dict.fromkeys(request.workspace_ids)),
        all_workspaces=request.all_workspaces,
        created_at=created_at,
        expires_at=created_at + timedelta(days=request.expires_in_days) if request.expires_in_days else None,
        revoked_at=None,
        last_used_at=None,
    )


def _scopes_now(token: LivingToken, snapshot: AccountSnapshot) -> tuple[Scope, ...]:
    return tuple(scope for scope in token.scopes if scope in snapshot.scopes)


def _workspaces_now(token: LivingToken, snapshot: AccountSnapshot) -> tuple[Workspace, ...]:
    """`["*"]` holds all of the owner's, as long as the scope that allows it does."""
    if token.all_workspaces:
        return snapshot.workspaces if Scope.NOTION_CONNECT in snapshot.scopes else ()
    # In the order of the owner's, which is by id.
    return tuple(snapshot.by_id[wanted] for wanted in sorted(token.workspace_ids) if wanted in snapshot.by_id)
