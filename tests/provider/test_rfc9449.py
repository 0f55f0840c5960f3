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
from tests.provider.kit import VERIFIER, Client
from tests.provider.world import World, claims_of, error_of
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
        return self.sign({name: value for name, value in claims.items() if value is not None})

    def sign(self, claims: Json, *, key: Json = None, alg: str = "ES256", **header: Json) -> str:
        made = {"typ": "dpop+jwt", "jwk": self.jwk, **header}
        return jwt.encode(claims, key or self._key, alg, {name: value for name, value in made.items() if value})

    @property
    def private(self) -> Json:
        return ECAlgorithm.to_jwk(self._key, as_dict=True)


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


async def bound(world: World) -> tuple[Session, Client, Key, Json]:
    ada, client, key = world.ada, world.spa, Key(world.service)
    code = await world.code(client)
    return ada, client, key, await redeem(ada, client, code, key.prove("POST", "/oauth2/token"))


async def search(session: Session, token: str, proof: str | None, scheme: str = "DPoP") -> int:
    headers = {"Authorization": f"{scheme} {token}", **({"DPoP": proof} if proof else {})}
    return (await session.client.get(SEARCH, params={"q": "a"}, headers=headers)).status_code


async def test_7_1_token_works_with_a_proof_of_its_key_alone(world: World) -> None:
    ada, _client, key, tokens = await bound(world)
    token = tokens["access_token"]
    assert tokens["token_type"] == "DPoP"
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["cnf"] == {"jkt": key.thumbprint}
    assert await search(ada, token, key.prove("GET", SEARCH, token)) == 200
    assert await search(ada, token, None) == 401
    assert await search(ada, token, None, "Bearer") == 401
    assert await search(ada, token, key.prove("GET", SEARCH, token), "Bearer") == 401
    assert await search(ada, token, Key(world.service).prove("GET", SEARCH, token)) == 401
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
async def test_4_3_odd_proof_proves_nothing(world: World, changed: Json) -> None:
    ada, _client, key, tokens = await bound(world)
    token = tokens["access_token"]
    assert await search(ada, token, key.prove("GET", SEARCH, token, **changed)) == 401


async def test_5_refresh_token_of_a_public_client_needs_the_key(world: World) -> None:
    ada, client, key, tokens = await bound(world)
    form = {
        "client_id": client.client_id,
        "grant_type": "refresh_token",
        "refresh_token": tokens["refresh_token"],
    }
    without = await ada.client.post("/oauth2/token", data=form)
    assert without.json()["error"] == "invalid_grant"
    other = {"DPoP": Key(world.service).prove("POST", "/oauth2/token")}
    assert (await ada.client.post("/oauth2/token", data=form, headers=other)).json()["error"] == "invalid_grant"
    own = {"DPoP": key.prove("POST", "/oauth2/token")}
    assert (await ada.client.post("/oauth2/token", data=form, headers=own)).status_code == 200


async def test_10_code_that_is_bound_to_a_key(world: World) -> None:
    ada, client, key = world.ada, world.spa, Key(world.service)
    code = await world.code(client, dpop_jkt=key.thumbprint)
    assert (await redeem(ada, client, code, None))["error"] == "invalid_grant"
    assert (await redeem(ada, client, code, Key(world.service).prove("POST", "/oauth2/token")))[
        "error"
    ] == "invalid_grant"
    assert "access_token" in await redeem(ada, client, code, key.prove("POST", "/oauth2/token"))


async def test_7_1_token_without_a_key_does_not_go_as_dpop(world: World) -> None:
    ada, client, key = world.ada, world.spa, Key(world.service)
    token = (await redeem(ada, client, await world.code(client), None))["access_token"]
    assert await search(ada, token, None, "Bearer") == 200
    assert await search(ada, token, key.prove("GET", SEARCH, token)) == 401


@pytest.mark.parametrize("proof", ["", "x", "a.b.c", "x" * 9000])
async def test_5_what_is_no_proof_is_refused_at_the_token_endpoint(world: World, proof: str) -> None:
    ada, client = world.ada, world.spa
    answer = await redeem(ada, client, await world.code(client), proof)
    assert answer.get("error", "access_token") in ("invalid_dpop_proof", "access_token")
    assert ("access_token" in answer) is (proof == "")


async def test_6_2_introspection_tells_whose_key_must_come_with_it(world: World) -> None:
    ada, client, key = world.ada, world.web, Key(world.service)
    tokens = await redeem(ada, client, await world.code(client), key.prove("POST", "/oauth2/token"))
    asked = {"token": tokens["access_token"], "client_id": client.client_id, "client_secret": client.secret}
    told = (await ada.client.post("/oauth2/introspect", data=asked)).json()
    assert (told["active"], told["token_type"], told["cnf"]) == (True, "DPoP", {"jkt": key.thumbprint})


def proof_claims(world: World, **changed: Json) -> Json:
    """Good ones for the token endpoint but for the changes; None leaves one out."""
    claims = {
        "jti": random_token(),
        "htm": "POST",
        "htu": f"{world.issuer}/oauth2/token",
        "iat": epoch(world.service.clock.now()),
        **changed,
    }
    return {name: value for name, value in claims.items() if value is not None}


async def present(world: World, *proofs: str) -> tuple[int, str]:
    """A proof that is good is asked no more than whether the refresh token is."""
    form = {"client_id": world.spa.client_id, "grant_type": "refresh_token", "refresh_token": "x"}
    return error_of(await world.ada.client.post("/oauth2/token", data=form, headers=[("DPoP", one) for one in proofs]))


REFUSED = (400, "invalid_dpop_proof")
TAKEN = (400, "invalid_grant")


async def tokens_of(world: World, key: Key, client: Client | None = None) -> Json:
    client = client or world.spa
    return await redeem(world.ada, client, await world.code(client), key.prove("POST", "/oauth2/token"))


async def test_4_2_a_proof_of_the_required_claims_is_taken(world: World) -> None:
    key = Key(world.service)
    assert await present(world, key.sign(proof_claims(world))) == TAKEN
    assert await present(world, key.sign(proof_claims(world, odd={"a": 1}))) == TAKEN


async def test_4_3_1_not_two_headers_at_the_token_endpoint(world: World) -> None:
    key = Key(world.service)
    assert await present(world, *(key.sign(proof_claims(world)) for _ in range(2))) == REFUSED


async def test_4_3_1_not_two_headers_at_a_resource(world: World) -> None:
    key = Key(world.service)
    token = (await tokens_of(world, key))["access_token"]
    proofs = [("DPoP", key.prove("GET", SEARCH, token)) for _ in range(2)]
    headers = [("Authorization", f"DPoP {token}"), *proofs]
    answer = await world.ada.client.get(SEARCH, params={"q": "a"}, headers=headers)
    assert answer.status_code == 401


@pytest.mark.parametrize("proof", ["x", "a.b.c", "e30.e30.", "e30.e30.e30.e30.e30"])
async def test_4_3_2_it_is_one_well_formed_jwt(world: World, proof: str) -> None:
    assert await present(world, proof) == REFUSED


@pytest.mark.parametrize("missing", ["jti", "htm", "htu", "iat"])
async def test_4_3_3_every_required_claim_is_there(world: World, missing: str) -> None:
    assert await present(world, Key(world.service).sign(proof_claims(world, **{missing: None}))) == REFUSED


@pytest.mark.parametrize("typ", ["JWT", "at+jwt", "dpop", None])
async def test_4_3_4_typ_is_dpop_jwt(world: World, typ: str | None) -> None:
    assert await present(world, Key(world.service).sign(proof_claims(world), typ=typ)) == REFUSED


async def test_4_3_5_alg_is_asymmetric_and_announced(world: World) -> None:
    key = Key(world.service)
    unsigned = jwt.encode(proof_claims(world), "", "none", {"typ": "dpop+jwt", "jwk": key.jwk})
    assert await present(world, unsigned) == REFUSED
    secret = b"x" * 32
    symmetric = {"kty": "oct", "k": base64.urlsafe_b64encode(secret).decode().rstrip("=")}
    assert await present(world, key.sign(proof_claims(world), key=secret, alg="HS256", jwk=symmetric)) == REFUSED
    p521 = ec.generate_private_key(ec.SECP521R1())
    jwk = ECAlgorithm.to_jwk(p521.public_key(), as_dict=True)
    assert await present(world, key.sign(proof_claims(world), key=p521, alg="ES512", jwk=jwk)) == REFUSED


async def test_4_3_6_the_signature_is_of_the_key_in_the_header(world: World) -> None:
    key, other = Key(world.service), ec.generate_private_key(ec.SECP256R1())
    assert await present(world, key.sign(proof_claims(world), key=other)) == REFUSED
    assert await present(world, key.sign(proof_claims(world), jwk=None)) == REFUSED
    parts, later = (key.sign(proof_claims(world)).split(".") for _ in range(2))
    assert await present(world, ".".join([parts[0], later[1], parts[2]])) == REFUSED


async def test_4_3_7_no_private_key_in_the_header(world: World) -> None:
    key = Key(world.service)
    assert await present(world, key.sign(proof_claims(world), jwk=key.private)) == REFUSED


@pytest.mark.parametrize("htm", ["GET", "post", "", ["POST"]])
async def test_4_3_8_htm_is_the_method(world: World, htm: Json) -> None:
    assert await present(world, Key(world.service).sign(proof_claims(world, htm=htm))) == REFUSED


async def test_4_3_9_htu_is_the_url_without_query_and_fragment(world: World) -> None:
    key, url = Key(world.service), f"{world.issuer}/oauth2/token"
    scheme, rest = url.split("://")
    for htu in (url, f"{url}?a=b", f"{url}#c", f"{scheme.upper()}://{rest}"):
        assert await present(world, key.sign(proof_claims(world, htu=htu))) == TAKEN, htu
    for htu in (f"{url}/", url.upper(), f"{url}/../revoke", "/oauth2/token", f"https://elsewhere.example/?{url}"):
        assert await present(world, key.sign(proof_claims(world, htu=htu))) == REFUSED, htu


async def test_4_3_11_iat_is_of_now(world: World) -> None:
    key, now = Key(world.service), epoch(world.service.clock.now())
    for iat, told in ((now - 60, TAKEN), (now + 60, TAKEN), (now - 200, REFUSED), (now + 200, REFUSED)):
        assert await present(world, key.sign(proof_claims(world, iat=iat))) == told, iat - now


async def test_4_3_12_ath_and_key_are_those_of_the_token(world: World) -> None:
    key = Key(world.service)
    token, other = [(await tokens_of(world, key))["access_token"] for _ in range(2)]
    for ath in (None, "", token, _hash(other)):
        assert await search(world.ada, token, key.prove("GET", SEARCH, token, ath=ath)) == 401, ath
    assert await search(world.ada, token, Key(world.service).prove("GET", SEARCH, token)) == 401
    assert await search(world.ada, token, key.prove("GET", SEARCH, token)) == 200


async def test_5_a_client_with_a_secret_refreshes_with_any_key(world: World) -> None:
    """Its refresh token is bound to its secret, so that it may change its key."""
    key, newer = Key(world.service), Key(world.service)
    tokens = await tokens_of(world, key, world.web)
    answer = await world.ada.client.post(
        "/oauth2/token",
        data={"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]},
        headers={"DPoP": newer.prove("POST", "/oauth2/token")},
        auth=(world.web.client_id, world.web.secret or ""),
    )
    assert (answer.status_code, answer.json()["token_type"]) == (200, "DPoP")
    assert claims_of(answer.json()["access_token"])["cnf"] == {"jkt": newer.thumbprint}


async def test_5_1_algorithms_are_announced(world: World) -> None:
    for name in ("oauth-authorization-server", "openid-configuration", "oauth-protected-resource/api/v1"):
        told = (await world.ada.client.get(f"/.well-known/{name}")).json()["dpop_signing_alg_values_supported"]
        assert {"ES256", "RS256"} <= set(told)
        assert not {name for name in told if name == "none" or name.startswith("HS")}


async def test_6_1_a_token_names_its_key(world: World) -> None:
    key = Key(world.service)
    tokens = await tokens_of(world, key)
    assert tokens["token_type"] == "DPoP"
    assert claims_of(tokens["access_token"])["cnf"] == {"jkt": key.thumbprint}


@pytest.mark.parametrize("path", ["/oauth2/userinfo", "/api/auth/validate/", "/api/v1/graph/changes"])
async def test_7_1_every_resource_takes_the_scheme(world: World, path: str) -> None:
    key = Key(world.service)
    token = (await tokens_of(world, key))["access_token"]
    for scheme in ("DPoP", "dpop"):
        headers = {"Authorization": f"{scheme} {token}", "DPoP": key.prove("GET", path, token)}
        assert (await world.ada.client.get(path, headers=headers)).status_code == 200


async def test_7_1_a_refusal_is_of_the_scheme_and_names_algorithms(world: World) -> None:
    key = Key(world.service)
    token = (await tokens_of(world, key))["access_token"]
    answer = await world.ada.client.get(SEARCH, params={"q": "a"}, headers={"Authorization": f"DPoP {token}"})
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith("DPoP ")
    assert 'error="invalid_token"' in challenge
    assert 'algs="ES256 ' in challenge
    assert 'resource_metadata="' in challenge


async def test_7_2_a_bound_token_is_no_bearer(world: World) -> None:
    key = Key(world.service)
    token = (await tokens_of(world, key))["access_token"]
    assert await search(world.ada, token, None, "Bearer") == 401
    assert await search(world.ada, token, key.prove("GET", SEARCH, token), "Bearer") == 401


async def test_10_dpop_jkt_is_a_thumbprint(world: World) -> None:
    for jkt in ("x", "=" * 43, "A" * 44):
        sent_back = await world.ask(world.spa, dpop_jkt=jkt)
        assert "error=invalid_request" in sent_back.headers["location"], jkt


async def test_11_1_a_proof_counts_once(world: World) -> None:
    key = Key(world.service)
    proof = key.sign(proof_claims(world))
    assert await present(world, proof) == TAKEN
    assert await present(world, proof) == REFUSED
    world.service.clock.advance(seconds=100)
    assert await present(world, proof) == REFUSED
