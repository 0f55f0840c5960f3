"""An app that people have let in, its tokens, and the requests of each case."""

import base64
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from copies import first_refresh_tokens, more_authorizations
from fixtures import ME, Amount, Someone, people
from loading import Case, Request, answer

from ivgraph_auth.accounts import repository as accounts
from ivgraph_auth.app.compose.composition import Composition, compose
from ivgraph_auth.core.clock import SystemClock
from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.principal import ClientInfo, CredentialKind, Principal, Scope
from ivgraph_auth.core.secrets import random_uuid
from ivgraph_auth.provider import grant_repository
from ivgraph_auth.provider.redirect_uris import AppType
from ivgraph_auth.provider.scopes import SCOPES

INTROSPECTION, USERINFO, APP_ME = "introspection", "userinfo", "me, app token"
UNSEEN = "me, app token never seen"
REFRESH, REFRESH_WITH_ID = "refresh", "refresh with ID token"
INTROSPECT_PATH, TOKEN_PATH, USERINFO_PATH = "/oauth2/introspect", "/oauth2/token", "/oauth2/userinfo"
FORM = "application/x-www-form-urlencoded"
# For what may be asked once only: so many are made for each second of load.
PER_SECOND = {UNSEEN: 2500, REFRESH: 3000, REFRESH_WITH_ID: 2000}
_FEW = 50
_WITHOUT_ID = ("profile", "offline_access", "graph:read", "graph:search")
_WITH_ID = ("openid", *_WITHOUT_ID)


class Client(NamedTuple):
    """`basic` is what proves it, as it stands in the header."""

    id: int
    basic: str


@dataclass(frozen=True)
class LetIn:
    """What somebody has let the app do."""

    authorization_id: uuid.UUID
    access: str


def basic(name: str, secret: str) -> str:
    return base64.b64encode(f"{name}:{secret}".encode()).decode()


def form(path: str, credentials: str, **fields: str) -> Request:
    return Request("POST", path, "", urlencode(fields), credentials, FORM)


def refreshing(path: str, credentials: str, token: str) -> Request:
    return form(path, credentials, grant_type="refresh_token", refresh_token=token)


async def prepare(settings: Settings, port: int, amount: Amount) -> list[Case]:
    composition = compose(settings, SystemClock())
    try:
        return await make_cases(composition, port, amount)
    finally:
        await composition.close()


async def make_cases(composition: Composition, port: int, amount: Amount) -> list[Case]:
    few = await people(composition, _FEW, sessions=1, tokens=0)
    client = await _register(composition, few[0])
    with_id = [await _let_in(composition, client, one, _WITH_ID) for one in few]
    without_id = [await _let_in(composition, client, one, _WITHOUT_ID) for one in few]
    seen = [Request("GET", ME, one.access) for one in with_id]
    rounds = amount.rounds
    told = answer(200, "id", "email", "name", "workspaces")
    introspected = [form(INTROSPECT_PATH, client.basic, token=one.access) for one in with_id]
    asked = [each._replace(path=USERINFO_PATH) for each in seen]
    unseen = await _unseen(composition, with_id, amount.of(PER_SECOND[UNSEEN]))
    cases = [
        Case.repeated(INTROSPECTION, port, answer(200, "active", "scope", "exp"), introspected, rounds),
        Case.repeated(USERINFO, port, answer(200, "sub", "name"), asked, rounds),
        Case.repeated(APP_ME, port, told, seen, rounds),
        Case.asked_once(UNSEEN, port, told, [Request("GET", ME, token) for token in unseen], rounds),
    ]
    for name, let_in, more in ((REFRESH, without_id, ()), (REFRESH_WITH_ID, with_id, ("id_token",))):
        tokens = await _refresh_tokens(composition, let_in, amount.of(PER_SECOND[name]))
        requests = [refreshing(TOKEN_PATH, client.basic, token) for token in tokens]
        cases.append(Case.asked_once(name, port, answer(200, "access_token", "refresh_token", *more), requests, rounds))
    return cases


async def _register(composition: Composition, admin: Someone) -> Client:
    async with composition.database.read() as connection:
        snapshot = await accounts.get(connection, admin.sessions[0].account_id)
    if snapshot is None:
        raise LookupError("somebody made a moment ago")
    principal = Principal(CredentialKind.SESSION, "", snapshot, tuple(Scope), snapshot.workspaces, None)
    apps = composition.services.provider.apps
    made = await apps.register(principal, "bench", AppType.REGULAR_WEB, SCOPES, None, ClientInfo())
    if made.secret is None:
        raise LookupError("the secret of an app that has one")
    return Client(made.app.id, basic(made.app.client_id, made.secret.reveal()))


async def _let_in(composition: Composition, client: Client, one: Someone, scopes: Sequence[str]) -> LetIn:
    now, authorization_id = SystemClock().now(), random_uuid()
    account_id, workspace = one.sessions[0].account_id, uuid.UUID(one.workspace)
    resources = (composition.services.provider.resources.default,)
    async with composition.database.transaction() as connection:
        grant_id = await grant_repository.put(connection, account_id, client.id, _WITH_ID, [workspace], now)
        await grant_repository.add_authorization(
            connection, authorization_id, grant_id, scopes, resources, now, None, now
        )
    return LetIn(authorization_id, await _access(composition, authorization_id))


async def _access(composition: Composition, authorization_id: uuid.UUID) -> str:
    async with composition.database.direct() as connection:
        found = await grant_repository.find_living(connection, authorization_id)
    if found is None:
        raise LookupError("what was let in a moment ago")
    living, _ = found
    token = await composition.services.provider.tokens.issue_access(living, living.scopes, living.resources)
    return token.reveal()


async def _authorizations(composition: Composition, let_in: Sequence[LetIn], count: int) -> list[uuid.UUID]:
    made: list[list[uuid.UUID]] = []
    for one in let_in:
        async with composition.database.transaction(seconds=60) as connection:
            made.append(await more_authorizations(connection, one.authorization_id, count // len(let_in) + 1))
    # Each person in turn.
    return [each for group in zip(*made, strict=True) for each in group]


async def _unseen(composition: Composition, let_in: Sequence[LetIn], count: int) -> list[str]:
    return [await _access(composition, each) for each in await _authorizations(composition, let_in, count)]


async def _refresh_tokens(composition: Composition, let_in: Sequence[LetIn], count: int) -> list[str]:
    found = await _authorizations(composition, let_in, count)
    async with composition.database.transaction(seconds=60) as connection:
        return await first_refresh_tokens(connection, found)
