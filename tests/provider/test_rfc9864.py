"""RFC 9864: `Ed25519` says which curve is meant, where RFC 8037's `EdDSA` leaves it open. Clients send either."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ed448, ed25519
from jwt.algorithms import OKPAlgorithm

from ivgraph_auth.core.clock import epoch
from ivgraph_auth.core.secrets import random_token
from tests.provider.kit import CALLBACK, VERIFIER, Client, register
from tests.provider.world import World, claims_of, error_of
from tests.support.service import Json

PrivateKey = ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey
NAMES = ["EdDSA", "Ed25519"]


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def sign(key: PrivateKey, header: Json, claims: Json) -> str:
    signed = ".".join(_encode(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{_encode(key.sign(signed.encode()))}"


def public(key: PrivateKey) -> Json:
    return OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)


async def redeem_with_proof(world: World, key: PrivateKey, name: str) -> Json:
    now = epoch(world.service.clock.now())
    claims = {"jti": random_token(), "htm": "POST", "htu": f"{world.issuer}/oauth2/token", "iat": now}
    form = {"grant_type": "authorization_code", "code": await world.code(world.spa), "code_verifier": VERIFIER}
    return await world.ada.client.post(
        "/oauth2/token",
        data={**form, "client_id": world.spa.client_id, "redirect_uri": CALLBACK},
        headers={"DPoP": sign(key, {"typ": "dpop+jwt", "alg": name, "jwk": public(key)}, claims)},
    )


async def redeem_with_assertion(world: World, client: Client, key: PrivateKey, name: str) -> Json:
    now = epoch(world.service.clock.now())
    by = {"iss": client.client_id, "sub": client.client_id, "aud": world.issuer, "jti": random_token(), "exp": now + 60}
    form = {"grant_type": "authorization_code", "code": await world.code(client), "code_verifier": VERIFIER}
    proof = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": sign(key, {"alg": name}, by),
    }
    return await world.ada.client.post("/oauth2/token", data={**form, **proof, "redirect_uri": CALLBACK})


@pytest.mark.parametrize("name", NAMES)
async def test_2_2_a_dpop_proof_by_either_name(world: World, name: str) -> None:
    answer = await redeem_with_proof(world, ed25519.Ed25519PrivateKey.generate(), name)
    assert answer.status_code == 200, answer.text
    assert claims_of(answer.json()["access_token"])["cnf"]


@pytest.mark.parametrize("of_key", [None, *NAMES])
@pytest.mark.parametrize("name", NAMES)
async def test_2_2_a_client_assertion_by_either_name(world: World, name: str, of_key: str | None) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    jwk = {**public(key), **({"alg": of_key} if of_key else {})}
    client = await register(world.ada, jwks={"keys": [jwk]})
    answer = await redeem_with_assertion(world, client, key, name)
    assert answer.status_code == 200, answer.text
    forged = await redeem_with_assertion(world, client, ed25519.Ed25519PrivateKey.generate(), name)
    assert error_of(forged) == (401, "invalid_client")


async def test_2_2_a_key_for_another_algorithm_is_not_used(world: World) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    client = await register(world.ada, jwks={"keys": [{**public(key), "alg": "ES256"}]})
    assert error_of(await redeem_with_assertion(world, client, key, "Ed25519")) == (401, "invalid_client")


async def test_2_2_ed25519_is_of_that_curve_alone(world: World) -> None:
    key = ed448.Ed448PrivateKey.generate()
    assert error_of(await redeem_with_proof(world, key, "Ed25519")) == (400, "invalid_dpop_proof")
    client = await register(world.ada, jwks={"keys": [public(key)]})
    assert error_of(await redeem_with_assertion(world, client, key, "Ed25519")) == (401, "invalid_client")


async def test_2_2_both_names_are_announced(world: World) -> None:
    told = (await world.ada.client.get("/.well-known/openid-configuration")).json()
    assert set(NAMES) <= set(told["dpop_signing_alg_values_supported"])
    assert set(NAMES) <= set(told["token_endpoint_auth_signing_alg_values_supported"])
