"""RFC 7523: apps that prove themselves by a JWT they have signed (`private_key_jwt`)."""

import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from ivgraph_auth.core.clock import epoch
from ivgraph_auth.core.secrets import random_token
from tests.provider.kit import CALLBACK, VERIFIER, Client, register
from tests.provider.world import World, error_of
from tests.support.service import Json

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
REFUSED = (401, "invalid_client")
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ED_KEY = ed25519.Ed25519PrivateKey.generate()
KEYS: dict[str, Json] = {"ES256": EC_KEY, "RS256": RSA_KEY, "EdDSA": ED_KEY}
JWKS = {
    "keys": [
        {**ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True), "kid": "ec"},
        {**RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True), "kid": "rsa"},
        {**OKPAlgorithm.to_jwk(ED_KEY.public_key(), as_dict=True), "kid": "ed"},
    ]
}


@pytest.fixture(scope="module")
async def keyed(world: World) -> Client:
    return await register(world.ada, name="With keys", jwks=JWKS)


def assertion(
    world: World, client: Client, *, header: Json = None, key: Json = EC_KEY, alg: str = "ES256", **changed: Json
) -> str:
    """A good one but for the changes; None leaves a claim out."""
    now = epoch(world.service.clock.now())
    about = {"iss": client.client_id, "sub": client.client_id, "aud": world.issuer}
    claims = {**about, "jti": random_token(), "iat": now, "exp": now + 60, **changed}
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, key, alg, header)


async def present(world: World, given: str, path: str = "/oauth2/introspect", **form: Json) -> Json:
    proof = {"client_assertion_type": TYPE, "client_assertion": given}
    sent = {"token": "x", **proof, **form}
    return await world.ada.client.post(path, data={name: value for name, value in sent.items() if value is not None})


async def test_2_2_a_code_is_redeemed_with_an_assertion(world: World, keyed: Client) -> None:
    form = {"grant_type": "authorization_code", "code_verifier": VERIFIER, "redirect_uri": CALLBACK}
    for named in (None, keyed.client_id):
        answer = await present(
            world,
            assertion(world, keyed),
            "/oauth2/token",
            token=None,
            code=await world.code(keyed),
            client_id=named,
            **form,
        )
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("path", ["/oauth2/introspect", "/oauth2/revoke"])
async def test_2_2_every_endpoint_of_a_client_takes_one(world: World, keyed: Client, path: str) -> None:
    assert (await present(world, assertion(world, keyed), path)).status_code == 200


@pytest.mark.parametrize("named", [None, "", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer", TYPE + "x"])
async def test_2_2_client_assertion_type_is_jwt_bearer(world: World, keyed: Client, named: str | None) -> None:
    answer = await present(world, assertion(world, keyed), client_assertion_type=named)
    assert error_of(answer) == (400, "invalid_request")


async def test_2_2_one_jwt_and_no_more(world: World, keyed: Client) -> None:
    both = [assertion(world, keyed), assertion(world, keyed)]
    assert error_of(await present(world, both[0], client_assertion=both))[0] == 400
    assert error_of(await present(world, ".".join(both))) == REFUSED


async def test_2_2_client_id_is_the_subject(world: World, keyed: Client) -> None:
    assert error_of(await present(world, assertion(world, keyed), client_id=world.web.client_id)) == REFUSED


async def test_2_2_not_beside_a_secret(world: World, keyed: Client) -> None:
    answer = await present(world, assertion(world, keyed), client_secret="x")
    assert error_of(answer) == (400, "invalid_request")


async def test_2_2_whoever_has_keys_proves_itself_by_them_alone(world: World, keyed: Client) -> None:
    """And whoever has a secret, or neither, by no assertion."""
    for form in ({"client_id": keyed.client_id}, {"client_id": keyed.client_id, "client_secret": "x"}):
        answer = await world.ada.client.post("/oauth2/introspect", data={"token": "x", **form})
        assert error_of(answer) == REFUSED
    for client in (world.web, world.spa):
        assert error_of(await present(world, assertion(world, client), "/oauth2/revoke")) == REFUSED


@pytest.mark.parametrize("iss", [None, "", "ivc_another", ["x"]])
async def test_3_1_iss_is_the_client(world: World, keyed: Client, iss: Json) -> None:
    now = epoch(world.service.clock.now())
    claims = {"sub": keyed.client_id, "aud": world.issuer, "jti": random_token(), "exp": now + 60}
    given = jwt.PyJWS().encode(
        json.dumps({**claims, **({} if iss is None else {"iss": iss})}).encode(), EC_KEY, "ES256"
    )
    assert error_of(await present(world, given)) == REFUSED


@pytest.mark.parametrize("sub", [None, "", "ivc_another"])
async def test_3_2_sub_is_the_client(world: World, keyed: Client, sub: Json) -> None:
    assert error_of(await present(world, assertion(world, keyed, sub=sub))) == REFUSED
    assert error_of(await present(world, assertion(world, keyed, sub=sub), client_id=keyed.client_id)) == REFUSED


async def test_3_2_one_client_does_not_speak_for_another(world: World, keyed: Client) -> None:
    other = await register(world.ada, name="Other keys", jwks={"keys": [JWKS["keys"][1]]})
    assert error_of(await present(world, assertion(world, other))) == REFUSED
    assert error_of(await present(world, assertion(world, keyed, sub=other.client_id))) == REFUSED


async def test_3_3_aud_names_this_server(world: World, keyed: Client) -> None:
    good: Json = (world.issuer, f"{world.issuer}/oauth2/token", ["https://elsewhere.example", world.issuer])
    for aud in good:
        assert (await present(world, assertion(world, keyed, aud=aud))).status_code == 200, aud
    odd: Json = (None, "", [], "https://elsewhere.example", f"{world.issuer}.example", f"{world.issuer}/mcp", "oauth2")
    for aud in odd:
        assert error_of(await present(world, assertion(world, keyed, aud=aud))) == REFUSED, aud


async def test_3_4_exp_is_required_and_kept(world: World, keyed: Client) -> None:
    now = epoch(world.service.clock.now())
    for exp in (None, now - 61, 0, now + 3 * 3600):
        assert error_of(await present(world, assertion(world, keyed, exp=exp))) == REFUSED, exp
    # A clock that goes a little wrong is borne with.
    assert (await present(world, assertion(world, keyed, exp=now - 30))).status_code == 200


async def test_3_5_not_before_nbf(world: World, keyed: Client) -> None:
    now = epoch(world.service.clock.now())
    assert error_of(await present(world, assertion(world, keyed, nbf=now + 120, exp=now + 300))) == REFUSED
    assert (await present(world, assertion(world, keyed, nbf=now - 1))).status_code == 200


async def test_3_7_jti_counts_once(world: World, keyed: Client) -> None:
    given = assertion(world, keyed)
    assert (await present(world, given)).status_code == 200
    assert error_of(await present(world, given)) == REFUSED
    # The same jti signed anew is the same one; and it stays used for as long as it would be good.
    jti = jwt.decode(given, options={"verify_signature": False})["jti"]
    assert error_of(await present(world, assertion(world, keyed, jti=jti))) == REFUSED
    world.service.clock.advance(seconds=100)
    assert error_of(await present(world, given)) == REFUSED


@pytest.mark.parametrize("jti", [None, ""])
async def test_3_7_without_a_jti_it_is_refused(world: World, keyed: Client, jti: str | None) -> None:
    assert error_of(await present(world, assertion(world, keyed, jti=jti))) == REFUSED


async def test_3_8_claims_that_are_not_known_are_ignored(world: World, keyed: Client) -> None:
    assert (await present(world, assertion(world, keyed, odd={"a": 1}, scope="openid"))).status_code == 200


@pytest.mark.parametrize("alg", ["none", "HS256"])
async def test_3_9_it_is_signed_and_not_with_a_secret(world: World, keyed: Client, alg: str) -> None:
    key = None if alg == "none" else b"x" * 32
    assert error_of(await present(world, assertion(world, keyed, key=key, alg=alg))) == REFUSED


@pytest.mark.parametrize("alg", ["ES384", "PS256", "RS512"])
async def test_3_9_algorithms_that_are_not_announced_are_refused(world: World, keyed: Client, alg: str) -> None:
    key = ec.generate_private_key(ec.SECP384R1()) if alg == "ES384" else RSA_KEY
    assert error_of(await present(world, assertion(world, keyed, key=key, alg=alg))) == REFUSED


@pytest.mark.parametrize("key", [None, {"kid": "ec"}])
async def test_3_9_signed_with_another_key_is_refused(world: World, keyed: Client, key: Json) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    assert error_of(await present(world, assertion(world, keyed, key=other, header=key))) == REFUSED


async def test_3_9_a_changed_claim_is_refused(world: World, keyed: Client) -> None:
    parts, later = (assertion(world, keyed, exp=exp).split(".") for exp in (None, None))
    assert error_of(await present(world, ".".join([parts[0], later[1], parts[2]]))) == REFUSED


async def test_3_9_keys_in_the_header_prove_nothing(world: World, keyed: Client) -> None:
    """Nor does a place to fetch some from: only what is registered counts."""
    other = ec.generate_private_key(ec.SECP256R1())
    jwk = ECAlgorithm.to_jwk(other.public_key(), as_dict=True)
    for header in ({"jwk": jwk}, {"jku": "https://elsewhere.example/jwks.json"}, {"x5u": "https://elsewhere.example/"}):
        assert error_of(await present(world, assertion(world, keyed, key=other, header=header))) == REFUSED


async def test_3_9_kid_chooses_the_key_and_an_unknown_one_none(world: World, keyed: Client) -> None:
    for kid, status in (("ec", 200), ("rsa", 401), ("unknown", 401)):
        answer = await present(world, assertion(world, keyed, header={"kid": kid}))
        assert answer.status_code == status, kid


@pytest.mark.parametrize("given", ["x", "a.b.c", "..", "e30.e30.", "é"])
async def test_3_10_what_is_no_jwt_is_refused(world: World, given: str) -> None:
    assert error_of(await present(world, given)) == REFUSED


async def test_3_2_error_is_invalid_client_in_json(world: World, keyed: Client) -> None:
    answer = await present(world, assertion(world, keyed, aud="https://elsewhere.example"), token=None)
    assert error_of(answer) == REFUSED
    assert answer.headers["content-type"] == "application/json"
    assert "aud" in answer.json()["error_description"]


@pytest.mark.parametrize("alg", list(KEYS))
async def test_5_every_announced_algorithm_is_taken(world: World, keyed: Client, alg: str) -> None:
    """And RS256 is one of them, which §5 makes mandatory."""
    told = (await world.ada.client.get("/.well-known/oauth-authorization-server")).json()
    assert {alg, "RS256"} <= set(told["token_endpoint_auth_signing_alg_values_supported"])
    assert "private_key_jwt" in told["token_endpoint_auth_methods_supported"]
    assert (await present(world, assertion(world, keyed, key=KEYS[alg], alg=alg))).status_code == 200
