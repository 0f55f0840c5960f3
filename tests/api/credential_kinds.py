"""Every kind of credential that the service gives, and those that somebody made up, for the tests of who may what."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm

from ivgraph_auth.core.clock import epoch
from tests.provider.kit import (
    VERIFIER,
    Client,
    ask_token,
    get_code,
    get_tokens,
    make_admin,
    question,
    redeem,
    register,
)
from tests.support.credentials import claims_of, encode, header_of, last_character_twin, sign
from tests.support.service import Json, Service, Session

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
API_SCOPES = (
    "graph:search",
    "graph:read",
    "graph:neighbors",
    "notion:read",
    "notion:write",
    "notion:comment",
    "notion:connect",
)
EVERYTHING = f"openid profile email offline_access {' '.join(API_SCOPES)}"


@dataclass
class Kinds:
    """`given` are credentials that the service has given and that are good where they belong; `ended` were good once,
    and `forged` never. `ada` is an admin, `web` and `spa` are apps of hers; `stranger` is a browser without cookies.
    """

    service: Service
    stranger: httpx.AsyncClient
    ada: Session
    web: Client
    spa: Client
    given: dict[str, str]
    ended: dict[str, str]
    forged: dict[str, str]
    references: dict[str, httpx.Response] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return self.service.settings.public_url

    async def narrow(self, scope: str) -> str:
        """An access token of the app for no more than this."""
        return await exchange(self.ada, self.web, self.given["app access token"], scope=scope)


async def exchange(session: Session, client: Client, token: str, **form: Json) -> str:
    asked = {"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": ACCESS_TOKEN, **form}
    answer = await ask_token(session, client, **asked)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


async def make_kinds(service: Service) -> Kinds:
    ada = await make_admin(service)
    web, spa = await register(ada), await register(ada, "spa", name="Page")
    ended = await _make_ended(service, ada, web)
    # Again: what has ended took an hour and more.
    ada = await service.sign_in("ada")
    given = await _make_given(ada, web, spa)
    given["client assertion"] = await _assert_client(service, ada)
    jwks = (await ada.client.get("/.well-known/jwks.json")).json()
    forged = _forge(given["app access token"], given["ID token"], jwks)
    return Kinds(service, await service.browser(), ada, web, spa, given, ended, forged)


async def _make_given(ada: Session, web: Client, spa: Client) -> dict[str, str]:
    # Before the tokens: what is ticked last is what they are good for.
    code = await get_code(ada, web, prompt="consent")
    tokens = await get_tokens(ada, web, scope=EVERYTHING, prompt="consent")
    page = await question(ada, spa)
    device = await ada.client.post("/oauth2/device", data={"client_id": spa.client_id, "scope": "openid"})
    assert web.secret
    bound = await _make_bound(ada, spa)
    return {
        "session": ada.access,
        "session's refresh token": ada.refresh,
        "browser session": ada.client.cookies["ivg_session"],
        "browser": ada.client.cookies["ivg_browser"],
        "service token": (await ada.mint(*API_SCOPES))["token"],
        "app access token": tokens["access_token"],
        "app's refresh token": tokens["refresh_token"],
        "ID token": tokens["id_token"],
        "exchanged token": await exchange(ada, web, tokens["access_token"]),
        "token for another resource": await exchange(
            ada, web, tokens["access_token"], resource=f"{claims_of(tokens['access_token'])['iss']}/mcp"
        ),
        "token that is bound to a key": bound,
        "authorization code": code,
        "device code": device.json()["device_code"],
        "user code": device.json()["user_code"],
        "client id": web.client_id,
        "client secret": web.secret,
        "consent question": page.request.url.path.rpartition("/")[2],
        "form's token": page.text.partition('name="csrf" value="')[2].partition('"')[0],
    }


async def _make_bound(ada: Session, spa: Client) -> str:
    """RFC 9449 §5."""
    key = ec.generate_private_key(ec.SECP256R1())
    service_now = claims_of(ada.access)["iat"]
    issuer = claims_of(ada.access)["iss"]
    claims = {"jti": "bound", "htm": "POST", "htu": f"{issuer}/oauth2/token", "iat": service_now}
    jwk = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    proof = jwt.encode(claims, key, "ES256", {"typ": "dpop+jwt", "jwk": jwk})
    code = await get_code(ada, spa, prompt="consent")
    form = {"grant_type": "authorization_code", "code": code, "client_id": spa.client_id}
    answer = await ada.client.post("/oauth2/token", data={**form, "code_verifier": VERIFIER}, headers={"DPoP": proof})
    assert answer.json()["token_type"] == "DPoP", answer.text
    return str(answer.json()["access_token"])


async def _assert_client(service: Service, ada: Session) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    jwk = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    keyed = await register(ada, name="With keys", jwks={"keys": [jwk]})
    now = epoch(service.clock.now())
    about = {"iss": keyed.client_id, "sub": keyed.client_id, "aud": service.settings.public_url}
    return jwt.encode({**about, "jti": "once", "iat": now, "exp": now + 600}, key, "ES256")


async def _make_ended(service: Service, ada: Session, web: Client) -> dict[str, str]:
    expired = await get_tokens(ada, web, prompt="consent")
    short = await exchange(ada, web, expired["access_token"], minutes="1")
    gone = await register(ada, name="Gone")
    of_gone = await get_tokens(ada, gone)
    chiara = await service.sign_in("chiara")
    of_disabled = await get_tokens(chiara, web)
    late = await get_code(ada, web, prompt="consent")
    service.clock.advance(seconds=3601)
    revoked = await get_tokens(ada, web, prompt="consent")
    replayed = await get_code(ada, web, prompt="consent")
    of_replayed = (await redeem(ada, web, replayed)).json()
    assert (await redeem(ada, web, replayed)).status_code == 400
    auth = httpx.BasicAuth(web.client_id, web.secret or "")
    await ada.client.post("/oauth2/revoke", data={"token": revoked["access_token"]}, auth=auth)
    await ada.client.delete(f"/api/oauth/apps/{gone.id}/", headers=ada.bearer)
    await service.execute("UPDATE accounts SET disabled_at = now() WHERE id = :id", id=int(chiara.me["id"]))
    return {
        "app access token that has expired": expired["access_token"],
        "exchanged token that has expired": short,
        "app access token that was revoked": revoked["access_token"],
        "token of a code that was replayed": of_replayed["access_token"],
        "refresh token of a code that was replayed": of_replayed["refresh_token"],
        "token of an app that is gone": of_gone["access_token"],
        "refresh token of an app that is gone": of_gone["refresh_token"],
        "token of somebody who is disabled": of_disabled["access_token"],
        "refresh token of somebody who is disabled": of_disabled["refresh_token"],
        "code that has expired": late,
        "code that was used": replayed,
    }


def _forge(token: str, id_token: str, jwks: Json) -> dict[str, str]:
    """Of an access token that is good: with the name of our key, or with our public key for a secret."""
    claims, header = claims_of(token), header_of(token)
    own = next(key for key in jwks["keys"] if key["kid"] == header["kid"])
    public = jwt.PyJWK(own).key
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    der = public.public_bytes(Encoding.DER, PublicFormat.PKCS1).hex()
    stranger = rsa.generate_private_key(65537, 2048)

    def by_stranger(payload: Json = claims, **members: Any) -> str:
        """By hand, since a library refuses to make what is odd."""
        signed = _parts({**header, **members}, payload)
        return f"{signed}.{encode(stranger.sign(signed.encode(), PKCS1v15(), SHA256()))}"

    def by_secret(secret: str, **members: Any) -> str:
        return sign(claims, secret, header={**header, "alg": "HS256", **members})

    def again(part: Json, of: str = token, **members: Any) -> str:
        """Our signature, below something else."""
        return f"{_parts({**header_of(of), **members}, part)}.{of.rpartition('.')[2]}"

    theirs = jwt.algorithms.RSAAlgorithm.to_jwk(stranger.public_key(), as_dict=True)
    makers: dict[str, Callable[[], str]] = {
        "signed by a stranger": by_stranger,
        "of another issuer": lambda: by_stranger({**claims, "iss": "https://elsewhere.example"}),
        "without a kid": lambda: by_stranger(kid=None),
        "kid unknown": lambda: by_stranger(kid="nobody's"),
        "kid empty": lambda: by_stranger(kid=""),
        "kid a path": lambda: by_stranger(kid="../../../../dev/null"),
        "kid of SQL": lambda: by_stranger(kid="' UNION SELECT 'x"),
        "kid a URL": lambda: by_stranger(kid="https://attacker.example/jwks.json"),
        "jwk brought along": lambda: by_stranger(jwk=theirs, kid="nobody's"),
        "jku brought along": lambda: by_stranger(jku="https://attacker.example/jwks.json", kid="nobody's"),
        "x5u brought along": lambda: by_stranger(x5u="https://attacker.example/chain.pem"),
        "HS256 with our public key": lambda: by_secret(pem),
        "HS256 with our public key, in one line": lambda: by_secret(pem.strip()),
        "HS256 with our public key in DER": lambda: by_secret(der),
        "HS256 with our JWK": lambda: by_secret(json.dumps(own)),
        "HS256 with our modulus": lambda: by_secret(own["n"]),
        "HS256 with nothing": lambda: by_secret(""),
        "alg none": lambda: again(claims, alg="none").rpartition(".")[0] + ".",
        "alg NONE with a signature": lambda: again(claims, alg="NONE"),
        "alg missing": lambda: again(claims, alg=None),
        "alg a list": lambda: again(claims, alg=["RS256"]),
        "alg PS256": lambda: again(claims, alg="PS256"),
        "ES256 of RS256": lambda: again(claims, alg="ES256"),
        "another sub": lambda: again({**claims, "sub": "1"}),
        "more scopes": lambda: again({**claims, "scope": "openid profile notion:write"}),
        "longer": lambda: again({**claims, "exp": claims["exp"] + 86_400}),
        "an ID token as an access token": lambda: again(claims_of(id_token), id_token, typ="at+jwt"),
        "an ID token in full as an access token": lambda: again(
            claims_of(id_token), id_token, typ="application/at+jwt"
        ),
        "an access token as a session": lambda: again(claims, typ="JWT"),
        "crit unknown": lambda: again(claims, crit=["odd"], odd=True),
        "last character": lambda: _other_signature(token),
        "cut": lambda: token[:-2],
        "two signatures": lambda: f"{token}.{token.rpartition('.')[2]}",
        "JSON serialization": lambda: json.dumps({"payload": token.split(".")[1], "signatures": []}),
        "encrypted": lambda: _parts({"alg": "dir", "enc": "A256GCM", "typ": "at+jwt"}, {}) + ".AA.AA.AA",
        "encoded twice": lambda: base64.urlsafe_b64encode(token.encode()).decode(),
        "its digest": lambda: hashlib.sha256(token.encode()).hexdigest(),
    }
    return {kind: make() for kind, make in makers.items()}


def _parts(header: Json, claims: Json) -> str:
    """What is signed (RFC 7515 §5.1)."""
    return f"{encode(json.dumps(header).encode())}.{encode(json.dumps(claims).encode())}"


def _other_signature(token: str) -> str:
    """256 bytes end in a character of which four bits carry nothing; the others are changed at another place."""
    twin = last_character_twin(token)
    return twin[:-20] + ("A" if twin[-20] != "A" else "B") + twin[-19:]
