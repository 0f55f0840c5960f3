"""RFC 9068, JSON Web Token Profile for OAuth 2.0 Access Tokens."""

import base64
import hmac
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ivgraph_auth.core.clock import epoch
from tests.provider.world import World, claims_of
from tests.support.service import Json


@pytest.fixture(scope="module")
async def token(world: World) -> str:
    return str((await world.tokens())["access_token"])


@pytest.fixture(scope="module")
async def keys(world: World) -> jwt.PyJWKSet:
    return jwt.PyJWKSet.from_dict((await world.ada.client.get("/.well-known/jwks.json")).json())


async def test_2_1_signed_and_of_its_own_type(token: str, keys: jwt.PyJWKSet, world: World) -> None:
    header = jwt.get_unverified_header(token)
    assert (header["typ"], header["alg"]) == ("at+jwt", "RS256")
    options: Json = {"verify_exp": False, "verify_iat": False}
    assert jwt.decode(token, keys[header["kid"]], audience=world.issuer, options=options)


@pytest.mark.parametrize("claim", ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"])
async def test_2_2_what_is_required(token: str, claim: str) -> None:
    assert claims_of(token)[claim]


async def test_2_2_what_the_claims_say(token: str, world: World) -> None:
    claims, now = claims_of(token), epoch(world.service.clock.now())
    assert (claims["iss"], claims["aud"]) == (world.issuer, world.issuer)
    assert (claims["sub"], claims["client_id"]) == (world.ada.me["id"], world.web.client_id)
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["auth_time"] <= claims["iat"] <= now


async def test_2_2_jti_is_another_each_time(world: World, token: str) -> None:
    assert claims_of((await world.tokens())["access_token"])["jti"] != claims_of(token)["jti"]


async def test_2_2_3_scope_is_what_was_allowed(world: World) -> None:
    tokens = await world.tokens(world.other, scope="openid graph:read")
    assert claims_of(tokens["access_token"])["scope"] == "openid graph:read"


def encode(header: Json, claims: Json, signature: str = "") -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims)]
    return ".".join([*parts, signature])


@pytest.mark.parametrize("alg", ["none", "None", "NONE", ""])
async def test_4_unsigned_is_refused(world: World, token: str, alg: str) -> None:
    header = {**jwt.get_unverified_header(token), "alg": alg}
    for signature in ("", token.rpartition(".")[2]):
        assert not await world.works(encode(header, claims_of(token), signature))


async def test_4_signed_with_the_public_key_as_a_secret_is_refused(
    world: World, token: str, keys: jwt.PyJWKSet
) -> None:
    kid = jwt.get_unverified_header(token)["kid"]
    public = keys[kid].key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    unsigned = encode({"typ": "at+jwt", "alg": "HS256", "kid": kid}, claims_of(token)).rstrip(".")
    signature = base64.urlsafe_b64encode(hmac.digest(public, unsigned.encode(), "sha256")).decode().rstrip("=")
    assert not await world.works(f"{unsigned}.{signature}")


@pytest.mark.parametrize("header", [{}, {"kid": "unknown"}, {"kid": "../../etc/passwd"}, {"kid": 7}, {"jwk": {}}])
async def test_4_signed_with_another_key_is_refused(world: World, token: str, header: Json) -> None:
    stranger = rsa.generate_private_key(65537, 2048)
    kid = jwt.get_unverified_header(token)["kid"]
    try:
        forged = jwt.encode(claims_of(token), stranger, "RS256", {"typ": "at+jwt", "kid": kid, **header})
    except jwt.InvalidTokenError:
        forged = encode({"alg": "RS256", "typ": "at+jwt", **header}, claims_of(token), token.rpartition(".")[2])
    assert not await world.works(forged)


@pytest.mark.parametrize(
    "changed", [{"scope": "notion:write"}, {"exp": 9_999_999_999}, {"sub": "1"}, {"client_id": "x"}, {"aud": "x"}]
)
async def test_4_changed_claims_are_refused(world: World, token: str, changed: Json) -> None:
    head, _, tail = token.split(".")
    body = encode({}, {**claims_of(token), **changed}).split(".")[1]
    assert not await world.works(f"{head}.{body}.{tail}")


async def test_4_an_id_token_is_no_access_token(world: World) -> None:
    """RFC 9068 §5, and RFC 8725 §3.11: told apart by their type."""
    tokens = await world.tokens()
    assert jwt.get_unverified_header(tokens["id_token"])["typ"] == "JWT"
    assert not await world.works(tokens["id_token"])


async def test_4_expired_is_refused(world: World) -> None:
    fresh = (await world.tokens())["access_token"]
    world.service.clock.advance(seconds=3599)
    assert await world.works(fresh)
    world.service.clock.advance(seconds=1)
    assert not await world.works(fresh)
