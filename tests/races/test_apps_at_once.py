"""Apps and their people in front of two processes, and everybody at once (RFC 6749 §4.1.2 and §10.4, RFC 7523, RFC
8628, RFC 9449).
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from ivgraph_auth.core.secrets import random_token
from tests.provider.kit import Client, answered
from tests.support.apps import Person, make_admin, poll, post, redeem, refresh, register, works
from tests.support.cluster import Cluster, Server, bearer
from tests.support.credentials import encode
from tests.support.gate import Gate, gate
from tests.support.service import Json

pytestmark = pytest.mark.slow
Pair = tuple[Server, Server]
SEARCH = "/api/v1/graph/search"


@pytest.fixture(scope="module")
async def ada(cluster: Cluster, pair: Pair) -> Person:
    return await make_admin(cluster, pair[0])


@pytest.fixture(scope="module")
async def web(pair: Pair, ada: Person) -> Client:
    return await register(pair[0], ada)


@pytest.fixture(scope="module")
async def spa(pair: Pair, ada: Person) -> Client:
    return await register(pair[1], ada, "spa", name="Page")


async def both(pair: Pair, count: int, call: Callable[[Server], Awaitable[httpx.Response]]) -> list[httpx.Response]:
    """`count` calls at once, half of them at either."""
    return await asyncio.gather(*(call(server) for server in islice(cycle(pair), count)))


def statuses(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def errors(answers: list[httpx.Response]) -> set[str]:
    return {answer.json()["error"] for answer in answers if answer.status_code >= 400}


async def are_over(pair: Pair, client: Client, tokens: dict[str, str]) -> None:
    """In both processes."""
    for server in pair:
        assert not await works(server, tokens["access_token"])
        again = await refresh(server, client, tokens["refresh_token"])
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("_round", range(5))
async def test_twenty_exchanges_of_one_code_give_tokens_once(pair: Pair, ada: Person, web: Client, _round: int) -> None:
    code = await ada.code(pair[0], web)
    answers = await both(pair, 20, lambda server: redeem(server, web, code))
    assert statuses(answers) == {200: 1, 400: 19}
    assert errors(answers) == {"invalid_grant"}
    # The others were replays, which end what it gave.
    await are_over(pair, web, next(answer.json() for answer in answers if answer.status_code == 200))


async def test_a_replay_in_one_process_ends_what_the_code_gave_in_every(pair: Pair, ada: Person, web: Client) -> None:
    here, there = pair
    code = await ada.code(here, web)
    tokens = (await redeem(here, web, code)).json()
    newer = (await refresh(there, web, tokens["refresh_token"])).json()
    for server in pair:
        assert await works(server, tokens["access_token"])
        assert await works(server, newer["access_token"])
    assert (await redeem(there, web, code)).json()["error"] == "invalid_grant"
    await are_over(pair, web, tokens)
    await are_over(pair, web, newer)


@pytest.mark.parametrize("_round", range(5))
async def test_twenty_refreshes_have_one_successor(pair: Pair, ada: Person, web: Client, _round: int) -> None:
    tokens = await ada.tokens(pair[0], web)
    answers = await both(pair, 20, lambda server: refresh(server, web, tokens["refresh_token"]))
    assert statuses(answers) == {200: 20}
    successors = {answer.json()["refresh_token"] for answer in answers}
    assert len(successors) == 1
    for server in pair:
        assert all([await works(server, answer.json()["access_token"]) for answer in answers])
    # And so on, whichever of both is asked.
    assert (await refresh(pair[1], web, successors.pop())).status_code == 200


async def test_a_chain_of_bursts_signs_nobody_out(pair: Pair, ada: Person, spa: Client) -> None:
    """What clients do: each answer's token is used by several at once, and late ones come with the one before."""
    tokens = [(await ada.tokens(pair[0], spa))["refresh_token"]]
    for _ in range(10):
        now, before = tokens[-1], tokens[max(0, len(tokens) - 2)]
        answers = await both(pair, 4, lambda server, now=now: refresh(server, spa, now))  # type: ignore[misc]
        late = await refresh(pair[1], spa, before)
        assert statuses([*answers, late]) == {200: 5}
        successors = {answer.json()["refresh_token"] for answer in [*answers, late]}
        assert len(successors) == 1
        tokens.append(successors.pop())
    assert len(set(tokens)) == len(tokens)


@pytest.mark.parametrize("_round", range(3))
async def test_a_device_code_is_redeemed_once(pair: Pair, ada: Person, spa: Client, _round: int) -> None:
    device = await ada.device(pair[0], spa)
    answers = await both(pair, 20, lambda server: poll(server, spa, device))
    assert statuses(answers) == {200: 1, 400: 19}
    assert errors(answers) <= {"slow_down", "invalid_grant"}
    given = next(answer.json() for answer in answers if answer.status_code == 200)
    assert [await works(server, given["access_token"]) for server in pair] == [True, True]


async def test_a_device_is_let_in_once(pair: Pair, ada: Person, spa: Client) -> None:
    begun = (await post(pair[0], spa, "/oauth2/device", scope="openid")).json()
    page = await ada.get(pair[0], "/device", f"user_code={begun['user_code']}")
    answers = await asyncio.gather(*(ada.decide(server, page) for server in islice(cycle(pair), 10)))
    assert statuses(list(answers)) == {200: 1, 400: 9}


@pytest.mark.parametrize("_round", range(3))
async def test_consent_is_given_once(pair: Pair, ada: Person, web: Client, _round: int) -> None:
    page = await ada.ask(pair[0], web)
    answers = await both(pair, 20, lambda server: ada.decide(server, page))
    assert statuses(answers) == {303: 1, 400: 19}
    codes = [answered(answer)["code"] for answer in answers if answer.status_code == 303]
    assert (await redeem(pair[1], web, codes[0])).status_code == 200


async def test_a_client_assertion_counts_once(cluster: Cluster, pair: Pair, ada: Person) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    jwk = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    client = await register(pair[0], ada, name="With keys", jwks={"keys": [jwk]})
    now = int(datetime.now(UTC).timestamp())
    about = {"iss": client.client_id, "sub": client.client_id, "aud": cluster.settings["IVGRAPH_PUBLIC_URL"]}
    assertion = jwt.encode({**about, "jti": "once", "iat": now, "exp": now + 300}, key, "ES256")
    proof: Json = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }
    answers = await both(pair, 20, lambda server: post(server, client, "/oauth2/introspect", token="x", **proof))
    assert statuses(answers) == {200: 1, 401: 19}
    assert errors(answers) == {"invalid_client"}


class Key:
    """Of a client, with the proofs that it makes."""

    def __init__(self, cluster: Cluster) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._at = cluster.settings["IVGRAPH_PUBLIC_URL"]

    def prove(self, method: str, path: str, **more: str) -> str:
        jwk = ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        now = int(datetime.now(UTC).timestamp())
        claims = {"jti": random_token(), "htm": method, "htu": f"{self._at}{path}", "iat": now, **more}
        return jwt.encode(claims, self._key, "ES256", {"typ": "dpop+jwt", "jwk": jwk})


async def test_a_dpop_proof_counts_once(cluster: Cluster, pair: Pair, ada: Person, spa: Client) -> None:
    """At the token endpoint, and at a resource."""
    key, tokens = Key(cluster), await ada.tokens(pair[0], spa)
    proof = {"DPoP": key.prove("POST", "/oauth2/token")}
    answers = await both(pair, 20, lambda server: refresh(server, spa, tokens["refresh_token"], headers=proof))
    assert statuses(answers) == {200: 1, 400: 19}
    assert errors(answers) == {"invalid_dpop_proof"}
    bound = next(answer.json()["access_token"] for answer in answers if answer.status_code == 200)
    headers = {"Authorization": f"DPoP {bound}", "DPoP": key.prove("GET", SEARCH, ath=ath_of(bound))}
    asked = await both(pair, 20, lambda server: server.client.get(SEARCH, params={"q": "a"}, headers=headers))
    assert statuses(asked) == {200: 1, 401: 19}


def ath_of(token: str) -> str:
    """RFC 9449 §4.2."""
    return encode(hashlib.sha256(token.encode()).digest())


async def overtake(held: Gate, first: Awaitable[httpx.Response], second: Awaitable[Any]) -> tuple[httpx.Response, Any]:
    """The second comes while the first is under way, and waits for it or is done; then the first goes on."""
    one = asyncio.ensure_future(first)
    await held.waiting()
    two, both_wait = asyncio.ensure_future(second), asyncio.ensure_future(held.waiting(2))
    await asyncio.wait({two, both_wait}, return_when=asyncio.FIRST_COMPLETED)
    both_wait.cancel()
    await held.open()
    return await one, await two


async def test_a_grant_that_is_withdrawn_while_its_code_is_redeemed(
    cluster: Cluster, pair: Pair, ada: Person, web: Client
) -> None:
    """Neither waits for the other for ever, and nothing of it is left."""
    code = await ada.code(pair[0], web)
    path = f"/api/auth/grants/{await grant_of(pair[0], ada, web)}/"
    async with gate(cluster, "oauth_authorizations") as held:
        answer, gone = await overtake(held, redeem(pair[0], web, code), pair[1].client.delete(path, headers=ada.bearer))
    assert gone.status_code == 204, gone.text
    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 200:
        await are_over(pair, web, answer.json())


async def test_a_grant_that_is_withdrawn_while_its_device_is_redeemed(
    cluster: Cluster, pair: Pair, ada: Person, spa: Client
) -> None:
    device = await ada.device(pair[0], spa)
    path = f"/api/auth/grants/{await grant_of(pair[0], ada, spa)}/"
    async with gate(cluster, "oauth_authorizations") as held:
        answer, gone = await overtake(held, poll(pair[0], spa, device), pair[1].client.delete(path, headers=ada.bearer))
    assert gone.status_code == 204, gone.text
    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 200:
        await are_over(pair, spa, answer.json())


async def test_an_app_that_is_removed_while_a_person_lets_it_in(cluster: Cluster, pair: Pair, ada: Person) -> None:
    client = await register(pair[0], ada, name="Short-lived")
    page = await ada.ask(pair[0], client)
    async with gate(cluster, "oauth_grants") as held:
        answer, gone = await overtake(
            held,
            ada.decide(pair[1], page),
            pair[0].client.delete(f"/api/oauth/apps/{client.id}/", headers=ada.bearer),
        )
    assert gone.status_code == 204, gone.text
    assert answer.status_code in (303, 400), answer.text
    if answer.status_code == 303:
        late = await redeem(pair[1], client, answered(answer)["code"])
        assert (late.status_code, late.json()["error"]) == (401, "invalid_client")


async def test_an_account_that_is_disabled_while_its_person_lets_an_app_in(
    cluster: Cluster, pair: Pair, web: Client
) -> None:
    """Enabling gives the account back, and nothing that was let in meanwhile."""
    bruno = await Person.sign_in(pair[0], "bruno")
    page = await bruno.ask(pair[0], web)
    async with gate(cluster, "oauth_grants") as held:
        answer, disabled = await overtake(
            held, bruno.decide(pair[1], page), cluster.run("users", "disable", str(bruno.id))
        )
    assert disabled.code == 0, disabled.text
    assert answer.status_code in (303, 400), answer.text
    assert (await cluster.run("users", "enable", str(bruno.id))).code == 0
    if answer.status_code == 303:
        late = await redeem(pair[1], web, answered(answer)["code"])
        assert (late.status_code, late.json()["error"]) == (400, "invalid_grant")
    again = await Person.sign_in(pair[0], "bruno")
    listed = (await pair[0].client.get("/api/auth/grants/", headers=again.bearer)).json()["results"]
    assert listed == []


async def grant_of(server: Server, person: Person, client: Client) -> int:
    listed = (await server.client.get("/api/auth/grants/", headers=person.bearer)).json()["results"]
    return next(int(item["id"]) for item in listed if item["client_id"] == client.client_id)


# What ends or narrows a token, done in one process or by the command line; and what is left of it in both.
async def withdraw(_: Cluster, server: Server, who: Person, client: Client, __: dict[str, str]) -> None:
    answer = await server.client.delete(f"/api/auth/grants/{await grant_of(server, who, client)}/", headers=who.bearer)
    assert answer.status_code == 204


async def disable(cluster: Cluster, _: Server, who: Person, __: Client, ___: dict[str, str]) -> None:
    assert (await cluster.run("users", "disable", str(who.id))).code == 0
    assert (await cluster.run("users", "enable", str(who.id))).code == 0


async def revoke(_: Cluster, server: Server, __: Person, client: Client, tokens: dict[str, str]) -> None:
    answer = await post(server, client, "/oauth2/revoke", token=tokens["access_token"])
    assert answer.status_code == 200


async def revoke_refresh(_: Cluster, server: Server, __: Person, client: Client, tokens: dict[str, str]) -> None:
    answer = await post(server, client, "/oauth2/revoke", token=tokens["refresh_token"])
    assert answer.status_code == 200


@pytest.mark.parametrize("end", [withdraw, disable, revoke, revoke_refresh])
@pytest.mark.parametrize("at", [0, 1])
async def test_what_ends_a_token_bites_in_every_process(
    cluster: Cluster, pair: Pair, web: Client, end: Callable[..., Awaitable[None]], at: int
) -> None:
    bruno = await Person.sign_in(pair[0], "bruno")
    tokens = await bruno.tokens(pair[0], web)
    await warm(pair, tokens["access_token"])
    await end(cluster, pair[at], bruno, web, tokens)
    assert [await works(server, tokens["access_token"]) for server in pair] == [False, False]
    if end is not revoke:
        await are_over(pair, web, tokens)


async def warm(pair: Pair, token: str) -> None:
    """Both answer from memory."""
    for server in pair:
        for _ in range(3):
            assert await works(server, token)


@pytest.mark.parametrize("at", [0, 1])
async def test_an_app_that_is_removed_is_gone_in_every_process(pair: Pair, ada: Person, at: int) -> None:
    client = await register(pair[0], ada, name="Short-lived")
    tokens = await ada.tokens(pair[0], client)
    await warm(pair, tokens["access_token"])
    removed = await pair[at].client.delete(f"/api/oauth/apps/{client.id}/", headers=ada.bearer)
    assert removed.status_code == 204
    for server in pair:
        assert not await works(server, tokens["access_token"])
        assert (await refresh(server, client, tokens["refresh_token"])).json()["error"] == "invalid_client"


async def scopes_of(server: Server, token: str) -> list[str]:
    found: list[str] = (await server.client.get("/api/auth/validate/", headers=bearer(token))).json()["scopes"]
    return found


async def test_another_role_bites_in_every_process(cluster: Cluster, pair: Pair, web: Client) -> None:
    bruno = await Person.sign_in(pair[0], "bruno")
    tokens = await bruno.tokens(pair[0], web, scope="openid graph:search notion:read")
    await warm(pair, tokens["access_token"])
    for role, scopes in (("viewer", ["graph:search"]), ("member", ["graph:search", "notion:read"])):
        assert (await cluster.run("users", "demote", str(bruno.id), "--to", role)).code == 0
        assert [await scopes_of(server, tokens["access_token"]) for server in pair] == [scopes, scopes]


async def test_what_an_app_loses_is_gone_in_every_process(pair: Pair, ada: Person) -> None:
    client = await register(pair[0], ada, name="Narrowed")
    tokens = await ada.tokens(pair[0], client, scope="openid graph:search graph:read")
    await warm(pair, tokens["access_token"])
    change = {"scopes": ["openid", "graph:search"]}
    changed = await pair[1].client.patch(f"/api/oauth/apps/{client.id}/", json=change, headers=ada.bearer)
    assert changed.status_code == 200
    assert [await scopes_of(server, tokens["access_token"]) for server in pair] == [["graph:search"]] * 2


async def test_a_workspace_that_is_disconnected_is_gone_in_every_process(pair: Pair, web: Client) -> None:
    farah = await Person.sign_in(pair[0], "farah")
    tokens = await farah.tokens(pair[0], web)
    await warm(pair, tokens["access_token"])
    workspace = farah.workspace_ids[0]
    gone = await pair[1].client.delete(f"/api/connections/{workspace}/", headers=farah.bearer)
    assert gone.status_code == 200, gone.text
    for server in pair:
        told = (await server.client.get("/api/auth/validate/", headers=bearer(tokens["access_token"]))).json()
        assert workspace not in told["workspace_ids"]


async def test_a_secret_that_was_rotated_away_is_refused_in_every_process(pair: Pair, ada: Person) -> None:
    client = await register(pair[0], ada, name="Rotated")
    assert [(await post(server, client, "/oauth2/introspect", token="x")).status_code for server in pair] == [200, 200]
    rotated = await pair[1].client.post(
        f"/api/oauth/apps/{client.id}/secret/", json={"overlap_hours": 0}, headers=ada.bearer
    )
    fresh = Client(client.id, client.client_id, rotated.json()["client_secret"])
    for server in pair:
        assert (await post(server, client, "/oauth2/introspect", token="x")).status_code == 401
        assert (await post(server, fresh, "/oauth2/introspect", token="x")).status_code == 200


async def test_a_redirect_uri_that_was_taken_back_leads_nowhere_in_every_process(pair: Pair, ada: Person) -> None:
    """Not for whoever has the question open already, either."""
    client = await register(pair[0], ada, "regular_web", "https://app.example.com/callback", "https://b.example.com/")
    pages = [await ada.ask(pair[0], client, redirect_uri="https://b.example.com/") for _ in pair]
    app = (await pair[0].client.get(f"/api/oauth/apps/{client.id}/", headers=ada.bearer)).json()
    uri = next(item["id"] for item in app["redirect_uris"] if item["uri"] == "https://b.example.com/")
    path = f"/api/oauth/apps/{client.id}/redirect-uris/{uri}/"
    assert (await pair[1].client.delete(path, headers=ada.bearer)).status_code == 204
    for server, page in zip(pair, pages, strict=True):
        assert (await ada.ask(server, client, redirect_uri="https://b.example.com/")).status_code == 400
        late = await ada.decide(server, page)
        assert (late.status_code, late.headers.get("location")) == (400, None)
