"""The key that signs apps' tokens is rotated while they are made and used in two processes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.provider.kit import Client
from tests.support.apps import Person, make_admin, refresh, register, validate
from tests.support.cluster import Cluster, Server
from tests.support.service import Json

pytestmark = pytest.mark.slow
Pair = tuple[Server, Server]
PATIENCE = 60  # seconds, for what takes two or three
FAMILIES = 4


class Load:
    """Refreshes and uses of tokens at both processes; each token is verified by the other's JWKS, as anybody could."""

    def __init__(self, pair: Pair, client: Client) -> None:
        self._pair = pair
        self._client = client
        self.signed_with: list[set[str]] = [set(), set()]
        self.tokens: dict[str, str] = {}
        self.asked = 0
        self._news = asyncio.Event()
        stranger = rsa.generate_private_key(65537, 2048)
        # Of a key that nobody knows: a process that meets one looks whether there are others by now.
        self._foreign = jwt.encode({}, stranger, "RS256", {"typ": "at+jwt", "kid": "nobody's"})

    async def run(self, token: str) -> None:
        for number in cycle((0, 1)):
            here, there = self._pair[number], self._pair[1 - number]
            answer = await refresh(here, self._client, token)
            assert answer.status_code == 200, answer.text
            token, access = answer.json()["refresh_token"], answer.json()["access_token"]
            for server in (there, here):
                assert (await validate(server, access)).status_code == 200
                assert (await validate(server, self._foreign)).status_code == 401
            kid = jwt.get_unverified_header(access)["kid"]
            keys = await jwks(there)
            jwt.decode(access, keys[kid], options={"verify_aud": False})
            jwt.decode(answer.json()["id_token"], keys[kid], audience=self._client.client_id)
            self.signed_with[number].add(kid)
            self.tokens.setdefault(kid, access)
            self.asked += 1
            self._news.set()

    async def until_both_have_signed_with(self, kid: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while not all(kid in found for found in self.signed_with):
                self._news.clear()
                await self._news.wait()


async def jwks(server: Server) -> jwt.PyJWKSet:
    return jwt.PyJWKSet.from_dict((await server.client.get("/.well-known/jwks.json")).json())


@asynccontextmanager
async def under_load(load: Load, families: list[str]) -> AsyncIterator[None]:
    """A request that fails fails the test."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(load.run(token)) for token in families]
        yield
        for task in tasks:
            task.cancel()


async def rotate(cluster: Cluster) -> str:
    done = await cluster.run("keys", "rotate", "--signing")
    assert done.code == 0, done.text
    return next(word for word in done.text.split() if len(word) == 43)


async def states(cluster: Cluster) -> list[Json]:
    return await cluster.rows("SELECT kid, state FROM oauth_signing_keys")


async def test_rotation_under_load_breaks_no_token(cluster: Cluster, pair: Pair) -> None:
    ada: Person = await make_admin(cluster, pair[0])
    client = await register(pair[0], ada)
    families = [(await ada.tokens(pair[n % 2], client))["refresh_token"] for n in range(FAMILIES)]
    load = Load(pair, client)
    first = next(item["kid"] for item in await states(cluster) if item["state"] == "active")
    async with under_load(load, families):
        await load.until_both_have_signed_with(first)
        second = await rotate(cluster)
        await load.until_both_have_signed_with(second)
        third = await rotate(cluster)
        await load.until_both_have_signed_with(third)
    assert len({first, second, third}) == 3
    assert load.asked > 20
    # Those that are retired still verify, in both; and the next one is published before it signs.
    known = {item["kid"] for item in await states(cluster)}
    for server in pair:
        for kid in (first, second, third):
            assert (await validate(server, load.tokens[kid])).status_code == 200
        assert {key.key_id for key in (await jwks(server)).keys} == known
    assert len(known) == 4


async def test_several_rotations_at_once_leave_one_key_that_signs(cluster: Cluster, pair: Pair) -> None:
    await asyncio.gather(*(rotate(cluster) for _ in range(3)))
    found = [item["state"] for item in await states(cluster)]
    assert (found.count("active"), found.count("next")) == (1, 1)
    ada = await make_admin(cluster, pair[0])
    client = await register(pair[1], ada, name="After")
    tokens = await ada.tokens(pair[0], client)
    assert (await validate(pair[1], tokens["access_token"])).status_code == 200
