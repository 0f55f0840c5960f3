"""Accounts, sessions and service tokens, as sign-in and minting make them, and the requests of each case."""

import asyncio
import json
from dataclasses import dataclass
from typing import NamedTuple

from copies import Minted, more_sessions, more_tokens
from loading import Case, Request, answer

from ivgraph_auth.accounts import repository as accounts
from ivgraph_auth.accounts.models import Person
from ivgraph_auth.app.compose.composition import Composition, compose
from ivgraph_auth.connect.models import Tenant
from ivgraph_auth.core.clock import SystemClock
from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.core.secrets import Secret, random_token, random_uuid
from ivgraph_auth.sessions.models import Session
from ivgraph_auth.tokens.models import TokenRequest
from ivgraph_auth.vault.models import Credential, GrantDetails, GrantKey

ME = "/api/auth/me/"
REFRESH = "/api/auth/refresh/"
SEEN, FRESH, UNSEEN = (
    "me, session seen before",
    "me, fresh token of a session seen before",
    "me, session never seen",
)
TOKEN, UNSEEN_TOKEN = "me, service token", "me, service token never seen"
VALIDATE = "validate"
REFRESH_SEEN = "refresh without rotation, session seen before"
REFRESH_PLAIN, REFRESH_ROTATING = "refresh without rotation", "refresh with rotation"
CREATION = "creation, an owner per token"
REVOCATIONS = 200

# For what may be asked once only: so many are made for each second of load.
PER_SECOND = {FRESH: 5000, UNSEEN: 2500, UNSEEN_TOKEN: 2500, REFRESH_PLAIN: 3000, REFRESH_ROTATING: 1500}
CREATIONS_PER_SECOND = 1500
_FEW = 50
_AT_ONCE = 8
_SESSIONS_EACH, _TOKENS_EACH, _CREATIONS_EACH = 50, 8, 8  # no more than ten tokens of one account are active
_ME = answer(200, "id", "email", "name", "workspaces")


@dataclass(frozen=True)
class Pair:
    access: str
    refresh: str


@dataclass(frozen=True)
class Someone:
    workspace: str
    sessions: list[Session]
    pairs: list[Pair]
    tokens: list[Minted]


class Doomed(NamedTuple):
    """A service token to be revoked, and its owner's access token."""

    access: str
    token: Minted


@dataclass(frozen=True)
class Amount:
    """How much load there will be."""

    rounds: int
    seconds: int
    scale: float
    crowded: bool

    def of(self, per_second: int) -> int:
        return int(per_second * self.rounds * self.seconds * self.scale) + 10


@dataclass(frozen=True)
class Fixtures:
    """`lonely` and `crowded` are the same cases, before the table has grown and after."""

    cases: list[Case]
    lonely: list[Case]
    crowded: list[Case]
    doomed: list[Doomed]


async def people(composition: Composition, count: int, *, sessions: int, tokens: int) -> list[Someone]:
    made: list[Someone] = []
    for first in range(0, count, _AT_ONCE):
        numbers = range(first, min(count, first + _AT_ONCE))
        made += await asyncio.gather(*(_someone(composition, number, sessions, tokens) for number in numbers))
    return made


async def prepare(settings: Settings, port: int, amount: Amount) -> Fixtures:
    composition = compose(settings, SystemClock())
    try:
        return await _Preparation(composition, port, amount).make()
    finally:
        await composition.close()


class _Preparation:
    def __init__(self, composition: Composition, port: int, amount: Amount) -> None:
        self._composition = composition
        self._port = port
        self._amount = amount

    async def make(self) -> Fixtures:
        few = await people(self._composition, _FEW, sessions=1, tokens=1 + REVOCATIONS // _FEW)
        unseen_tokens = await self._unseen_tokens()
        seen = [Request("GET", ME, one.pairs[0].access) for one in few]
        token = [Request("GET", ME, one.tokens[0].text) for one in few]
        # Seen before it is asked for again: the order of the cases is theirs in each round.
        cases = [
            self._repeated(SEEN, seen),
            self._asked_once(FRESH, self._fresh(few)),
            self._repeated(TOKEN, token),
            self._asked_once(UNSEEN_TOKEN, unseen_tokens.pop()),
            Case.repeated(
                VALIDATE,
                self._port,
                answer(200, "user_id", "scopes"),
                [each._replace(path="/api/auth/validate/") for each in seen],
                self._amount.rounds,
            ),
            self._refresh_seen(few),
            *await self._sessions_cases(),
            await self._creation(),
        ]
        doomed = [Doomed(one.pairs[0].access, each) for one in few for each in one.tokens[1:]]
        lonely, crowded = [
            [self._repeated(TOKEN, token), self._asked_once(UNSEEN_TOKEN, piece)] for piece in unseen_tokens
        ] or ([], [])
        return Fixtures(cases, lonely, crowded, doomed)

    async def _unseen_tokens(self) -> list[list[Request]]:
        """For each time that they are measured."""
        pieces = 3 if self._amount.crowded else 1
        wanted = self._amount.of(PER_SECOND[UNSEEN_TOKEN]) * pieces
        owners = await people(self._composition, wanted // _TOKENS_EACH + 1, sessions=0, tokens=_TOKENS_EACH)
        requests = [Request("GET", ME, token.text) for one in owners for token in one.tokens]
        return [requests[number::pieces] for number in range(pieces)]

    async def _sessions_cases(self) -> list[Case]:
        amounts = {name: self._amount.of(PER_SECOND[name]) for name in (UNSEEN, REFRESH_PLAIN, REFRESH_ROTATING)}
        owners = await people(
            self._composition, sum(amounts.values()) // _SESSIONS_EACH + 1, sessions=_SESSIONS_EACH, tokens=0
        )
        pairs = iter([pair for one in owners for pair in one.pairs])
        unseen, plain, rotating = ([next(pairs) for _ in range(count)] for count in amounts.values())
        return [
            self._asked_once(UNSEEN, [Request("GET", ME, pair.access) for pair in unseen]),
            self._refreshing(REFRESH_PLAIN, plain),
            self._refreshing(REFRESH_ROTATING, rotating, rotate=True),
        ]

    async def _creation(self) -> Case:
        wanted = self._amount.of(CREATIONS_PER_SECOND)
        owners = await people(self._composition, wanted // _CREATIONS_EACH + 1, sessions=1, tokens=0)
        requests = [Request("POST", "/api/tokens/", one.pairs[0].access, _creation(one.workspace)) for one in owners]
        # Each owner in turn, so that nobody waits for another's lock.
        requests *= _CREATIONS_EACH
        return Case.asked_once(CREATION, self._port, answer(201, "id", "token"), requests, self._amount.rounds)

    def _fresh(self, few: list[Someone]) -> list[Request]:
        """Access tokens as a refresh gives them, spread evenly over the sessions."""
        pair = self._composition.services.sessions.sign_pair
        each = self._amount.of(PER_SECOND[FRESH]) // len(few) + 1
        return [Request("GET", ME, pair(one.sessions[0]).access.reveal()) for _ in range(each) for one in few]

    def _refresh_seen(self, few: list[Someone]) -> Case:
        requests = [Request("POST", REFRESH, "", _refreshing(one.pairs[0])) for one in few]
        return Case.repeated(REFRESH_SEEN, self._port, answer(200, "access"), requests, self._amount.rounds)

    def _refreshing(self, name: str, pairs: list[Pair], *, rotate: bool = False) -> Case:
        requests = [Request("POST", REFRESH, "", _refreshing(pair, rotate=rotate)) for pair in pairs]
        members = ("access", "refresh") if rotate else ("access",)
        return Case.asked_once(name, self._port, answer(200, *members), requests, self._amount.rounds)

    def _repeated(self, name: str, requests: list[Request]) -> Case:
        return Case.repeated(name, self._port, _ME, requests, self._amount.rounds)

    def _asked_once(self, name: str, requests: list[Request]) -> Case:
        return Case.asked_once(name, self._port, _ME, requests, self._amount.rounds)


async def _someone(composition: Composition, number: int, sessions: int, tokens: int) -> Someone:
    services = composition.services
    key = GrantKey("bench", random_uuid(), f"bot-{number}")
    credential = Credential(Secret(random_token()), None)
    sealed = await composition.credential_store.seal(key, credential)
    async with composition.liveness.change() as change:
        connection = change.connection
        account = await accounts.upsert(connection, Person(random_uuid(), name=f"P{number}"), SystemClock().now())
        grant_id = await composition.credential_store.put(
            connection, key, GrantDetails("Bench", None, None, None), sealed
        )
        tenant = Tenant(account.id, str(key.workspace_id))
        await services.connections.adopt(change, tenant, key.workspace_id, grant_id)
        opened = [(await services.sessions.open(connection, account.id, ClientInfo())).session] if sessions else []
        opened += await more_sessions(connection, opened, sessions - 1)
    request = TokenRequest(
        "bench", ("graph:read", "notion:read"), (key.workspace_id,), all_workspaces=False, expires_in_days=None
    )
    minted = [await services.tokens.mint(account.id, request, ClientInfo())] if tokens else []
    texts = [Minted(each.token.id, each.text.reveal()) for each in minted]
    async with composition.database.transaction(seconds=60) as connection:
        texts += await more_tokens(connection, texts, tokens - 1)
    return Someone(key.workspace_id.hex, opened, [_pair(composition, session) for session in opened], texts)


def _pair(composition: Composition, session: Session) -> Pair:
    pair = composition.services.sessions.sign_pair(session)
    return Pair(pair.access.reveal(), pair.refresh.reveal() if pair.refresh else "")


def _refreshing(pair: Pair, *, rotate: bool = False) -> str:
    return json.dumps({"refresh": pair.refresh, "rotate": rotate})


def _creation(workspace: str) -> str:
    return json.dumps({"name": "bench", "scopes": ["graph:read"], "workspace_ids": [workspace]})
