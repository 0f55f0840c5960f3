"""Tokens that are worth nothing without a key (RFC 9449)."""

import base64
import hashlib
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from ivgraph_auth.core.clock import epoch
from ivgraph_auth.core.secrets import random_token
from tests.provider.kit import VERIFIER, Client, get_code, make_admin, register
from tests.support.service import Json, Service, Session

SEARCH = "/api/v1/graph/search"


class Key:
    """A client's, with the proofs that it makes."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.jwk = ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)

    @property
    def thumbprint(self) -> str:
        required = {name: self.jwk[name] for name in ("crv", "kty", "x", "y")}
        return _hash(json.dumps(required, separators=(",", ":")))

    def prove(self, method: str, path: str, token: str | None = None, **changed: Json) -> str:
        claims = {
            "jti": random_token(),
            "htm": method,
            "htu": f"{self._service.settings.public_url}{path}",
            "iat": epoch(self._service.clock.now()),
            **({"ath": _hash(token)} if token else {}),
            **changed,
        }
        return jwt.encode(claims, self._key, "ES256", {"typ": "dpop+jwt", "jwk": self.jwk})


def _hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


async def redeem(session: Session, client: Client, code: str, proof: str | None) -> Json:
    answer = await session.client.post(
        "/oauth2/token",
        data={
            "client_id": client.client_id,
            **({"client_secret": client.secret} if client.secret else {}),
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": VERIFIER,
        },
        headers={"DPoP": proof} if proof else {},
    )
    return answer.json()


async def bound(service: Service) -> tuple[Session, Client, Key, Json]:
    ada = await make_admin(service)
    client, key = await register(ada, "spa"), Key(service)
    code = await get_code(ada, client)
    return ada, client, key, await redeem(ada, client, code, key.prove("POST", "/oauth2/token"))


async def search(session: Session, token: str, proof: str | None, scheme: str = "DPoP") -> int:
    headers = {"Authorization": f"{scheme} {token}", **({"DPoP": proof} if proof else {})}
    return (await session.client.get(SEARCH, params={"q": "a"}, headers=headers)).status_code


async def test_token_works_with_a_proof_of_its_key_alone(service: Service) -> None:
    ada, _client, key, tokens = await bound(service)
    token = tokens["access_token"]
    assert tokens["token_type"] == "DPoP"
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["cnf"] == {"jkt": key.thumbprint}
    assert await search(ada, token, key.prove("GET", SEARCH, token)) == 200
    assert await search(ada, token, None) == 401
    assert await search(ada, token, None, "Bearer") == 401
    assert await search(ada, token, key.prove("GET", SEARCH, token), "Bearer") == 401
    assert await search(ada, token, Key(service).prove("GET", SEARCH, token)) == 401
    once = key.prove("GET", SEARCH, token)
    assert await search(ada, token, once) == 200
    assert await search(ada, token, once) == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"htm": "POST"},
        {"htu": "https://elsewhere.example/api/v1/graph/search"},
        {"htu": "/api/v1/graph/search"},
        {"htu": 1},
        {"ath": "x"},
        {"iat": 0},
        {"iat": "now"},
        {"iat": 10**12},
        {"jti": None},
        {"jti": ""},
        {"jti": "x" * 300},
    ],
)
async def test_odd_proof_proves_nothing(shared_service: Service, changed: Json) -> None:
    ada, _client, key, tokens = await bound(shared_service)
    token = tokens["access_token"]
    assert await search(ada, token, key.prove("GET", SEARCH, token, **changed)) == 401


async def test_refresh_token_of_a_public_client_needs_the_key(service: Service) -> None:
    ada, client, key, tokens = await bound(service)
    form = {
        "client_id": client.client_id,
        "grant_type": "refresh_token",
        "refresh_token": tokens["refresh_token"],
    }
    without = await ada.client.post("/oauth2/token", data=form)
    assert without.json()["error"] == "invalid_grant"
    other = {"DPoP": Key(service).prove("POST", "/oauth2/token")}
    assert (await ada.client.post("/oauth2/token", data=form, headers=other)).json()["error"] == "invalid_grant"
    own = {"DPoP": key.prove("POST", "/oauth2/token")}
    assert (await ada.client.post("/oauth2/token", data=form, headers=own)).status_code == 200


async def test_code_that_is_bound_to_a_key(service: Service) -> None:
    ada = await make_admin(service)
    client, key = await register(ada, "spa"), Key(service)
    code = await get_code(ada, client, dpop_jkt=key.thumbprint)
    assert (await redeem(ada, client, code, None))["error"] == "invalid_grant"
    assert (await redeem(ada, client, code, Key(service).prove("POST", "/oauth2/token")))["error"] == "invalid_grant"
    assert "access_token" in await redeem(ada, client, code, key.prove("POST", "/oauth2/token"))


async def test_token_without_a_key_does_not_go_as_dpop(service: Service) -> None:
    ada = await make_admin(service)
    client, key = await register(ada, "spa"), Key(service)
    token = (await redeem(ada, client, await get_code(ada, client), None))["access_token"]
    assert await search(ada, token, None, "Bearer") == 200
    assert await search(ada, token, key.prove("GET", SEARCH, token)) == 401


@pytest.mark.parametrize("proof", ["", "x", "a.b.c", "x" * 9000])
async def test_what_is_no_proof_is_refused_at_the_token_endpoint(service: Service, proof: str) -> None:
    ada = await make_admin(service)
    client = await register(ada, "spa")
    answer = await redeem(ada, client, await get_code(ada, client), proof)
    assert answer.get("error", "access_token") in ("invalid_dpop_proof", "access_token")
    assert ("access_token" in answer) is (proof == "")


async def test_6_2_introspection_tells_whose_key_must_come_with_it(service: Service) -> None:
    ada = await make_admin(service)
    client, key = await register(ada), Key(service)
    tokens = await redeem(ada, client, await get_code(ada, client), key.prove("POST", "/oauth2/token"))
    asked = {"token": tokens["access_token"], "client_id": client.client_id, "client_secret": client.secret}
    told = (await ada.client.post("/oauth2/introspect", data=asked)).json()
    assert (told["active"], told["token_type"], told["cnf"]) == (True, "DPoP", {"jkt": key.thumbprint})
