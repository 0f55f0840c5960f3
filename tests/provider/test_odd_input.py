"""Whatever is sent to the provider, the answer is a refusal or a result: never a fault of ours, never another form."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from ivgraph_auth.core.clock import epoch
from tests.provider.kit import CALLBACK, CHALLENGE, PAGE, VERIFIER, Client, make_admin, register
from tests.support.clock import ManualClock
from tests.support.credentials import encode
from tests.support.postgres import TestDatabases
from tests.support.service import Json, Service, Session, run_sandbox, run_service

FORM = {**PAGE, "Content-Type": "application/x-www-form-urlencoded"}
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


def unsigned(payload: bytes) -> str:
    return ".".join([encode(b'{"alg": "ES256"}'), encode(payload), "AAAA"])


# As they stand in a form or a query, undecoded.
VALUES = {
    "nul": "a%00b",
    "not-utf-8": "%ff%fe",
    "surrogate": "%ed%a0%80",
    "overlong": "%c0%80",
    "percent": "%",
    "half-an-escape": "%4",
    "no-escape": "%zz%u0041",
    "encoded-twice": "%2500%250d%250a",
    "line-ends": "%0d%0aSet-Cookie:%20x=1",
    "raw-latin-1": "\xe9",
    "right-to-left": "%e2%80%ae",
    "emoji": "%f0%9f%98%80",
    "ten-to-the-twelve": "1" + "0" * 12,
    "minus-one": "-1",
    "five-thousand-digits": "9" * 5000,
    "arabic-digits": "%d9%a1%d9%a2",
    "long": "x" * 50_000,
    "many-blanks": "+" * 5000,
    "list": "[]",
    "object": "%7b%22a%22:1%7d",
    "null": "null",
    "nan": "NaN",
    "sql": "'%20OR%201=1--",
    "markup": "%3Cscript%3Ealert(1)%3C/script%3E",
    "template": "%7b%7b7*7%7d%7d%25s%25n",
    "url": "https://127.0.0.1:1/x",
    "url-of-no-host": "https://%5b",
    "dots": "....",
    "no-jwt": "a.b.c",
    "unsigned-jwt": "eyJhbGciOiJub25lIn0.e30.",
    "jwt-of-a-list": "W10.W10.W10",
    "jwt-that-is-deep": encode(b"[" * 20_000) + ".e30.",
    "subject-with-a-surrogate": unsigned(rb'{"sub": "\ud800"}'),
    "subject-with-a-nul": unsigned(rb'{"sub": "\u0000"}'),
    "refresh-token": "ivr_" + "A" * 43,
    "service-token": "ivg_" + "a1B2" * 8,
}
FEW = ("nul", "not-utf-8", "ten-to-the-twelve", "subject-with-a-surrogate")

CODE = {"grant_type": "authorization_code", "code": "x", "code_verifier": VERIFIER, "redirect_uri": CALLBACK}
# What is otherwise well-formed, by the name of the request. `client_id` is filled in.
REQUESTS: dict[str, tuple[str, dict[str, str]]] = {
    "code": ("/oauth2/token", {**CODE, "resource": "", "client_secret": "", "scope": ""}),
    "refresh": ("/oauth2/token", {"grant_type": "refresh_token", "refresh_token": "x", "scope": "", "resource": ""}),
    "device code": ("/oauth2/token", {"grant_type": DEVICE, "device_code": "x"}),
    "exchange": (
        "/oauth2/token",
        {"grant_type": EXCHANGE, "subject_token": "", "subject_token_type": ACCESS_TOKEN, "actor_token": "",
         "actor_token_type": "", "requested_token_type": "", "scope": "", "audience": "", "minutes": "",
         "workspace": ""},
    ),
    "assertion": ("/oauth2/token", {**CODE, "client_assertion_type": ASSERTION, "client_assertion": ""}),
    "introspect": ("/oauth2/introspect", {"token": "x", "token_type_hint": "", "client_secret": ""}),
    "introspect by assertion": (
        "/oauth2/introspect",
        {"token": "x", "client_assertion_type": ASSERTION, "client_assertion": ""},
    ),
    "revoke": ("/oauth2/revoke", {"token": "x", "token_type_hint": ""}),
    "device": ("/oauth2/device", {"scope": "openid", "resource": ""}),
}  # fmt: skip
ENDPOINTS = (*dict.fromkeys(path for path, _ in REQUESTS.values()), "/oauth2/register", "/oauth2/userinfo")


@dataclass
class Target:
    service: Service
    ada: Session
    spa: Client
    web: Client
    keyed: Client
    key: ec.EllipticCurvePrivateKey

    def assertion(self, header: Json = None, **changed: Json) -> str:
        """A good one, but for the changes."""
        now = epoch(self.service.clock.now())
        about = {"iss": self.keyed.client_id, "sub": self.keyed.client_id, "aud": self.service.settings.public_url}
        claims = {**about, "jti": "1", "iat": now, "exp": now + 60, **changed}
        kept = {name: value for name, value in claims.items() if value is not None}
        return sign(self.key, {"alg": "ES256", "typ": "JWT", "kid": "1", **(header or {})}, kept)


def sign(key: ec.EllipticCurvePrivateKey, header: Json, claims: Json) -> str:
    """By hand, since libraries refuse to make what is odd."""
    signed = f"{encode(json.dumps(header).encode())}.{encode(json.dumps(claims).encode())}"
    return f"{signed}.{encode(ECAlgorithm(ECAlgorithm.SHA256).sign(signed.encode(), key))}"


def jwk_of(key: ec.EllipticCurvePrivateKey) -> Json:
    return ECAlgorithm.to_jwk(key.public_key(), as_dict=True)


@pytest.fixture(scope="module")
async def target(migrated: TestDatabases) -> AsyncIterator[Target]:
    """Without a rate limit, which would soon stand in the way."""
    clock, url, key = ManualClock(), await migrated.create(), ec.generate_private_key(ec.SECP256R1())
    async with (
        run_sandbox(clock) as sandbox,
        run_service(clock, sandbox, database_url=url, rate_limit=0, dynamic_registration=True) as service,
    ):
        ada = await make_admin(service)
        keyed = await register(ada, name="With keys", jwks={"keys": [{**jwk_of(key), "kid": "1"}]})
        yield Target(service, ada, await register(ada, "spa"), await register(ada), keyed, key)
    await migrated.drop(url)


def refused(answer: httpx.Response, *errors: str) -> None:
    """As RFC 6749 §5.2 has it, to a browser, too."""
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text[:300])
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert set(told) == {"error", "error_description"}
    assert not errors or told["error"] in errors, told


async def post(target: Target, path: str, body: str | bytes, **headers: str) -> httpx.Response:
    sent = body if isinstance(body, bytes) else body.encode("latin-1")
    return await target.ada.client.post(path, content=sent, headers={**FORM, **headers})


async def try_values(target: Target, request: str, values: Json) -> None:
    path, parameters = REQUESTS[request]
    good = {"client_id": target.spa.client_id, **parameters}
    for name in good:
        others = urlencode({other: value for other, value in good.items() if other != name})
        for value in values:
            answer = await post(target, path, f"{others}&{name}={value}")
            if answer.status_code != 200:
                refused(answer)


@pytest.mark.slow
@pytest.mark.parametrize("request_name", REQUESTS)
async def test_odd_values_of_parameters(target: Target, request_name: str) -> None:
    await try_values(target, request_name, [VALUES[name] for name in FEW])


@pytest.mark.slow
@pytest.mark.parametrize("request_name", REQUESTS)
async def test_every_odd_value_of_every_parameter(target: Target, request_name: str) -> None:
    await try_values(target, request_name, VALUES.values())


@pytest.mark.parametrize("request_name", REQUESTS)
async def test_every_parameter_twice(target: Target, request_name: str) -> None:
    path, parameters = REQUESTS[request_name]
    good = {"client_id": target.spa.client_id, **parameters}
    for name in good:
        answer = await post(target, path, f"{urlencode(good)}&{name}=x&{name}=y")
        if name in ("resource", "audience", "workspace"):
            refused(answer)
        else:
            refused(answer, "invalid_request")


BODIES = {
    "empty": b"",
    "nul": b"\x00",
    "not-utf-8": b"\xff\xfe=\x80",
    "ampersands": b"&" * 200,
    "equals": b"=" * 1000,
    "thousand-fields": b"&".join(b"a%d=1" % n for n in range(1000)),
    "semicolons": b"grant_type=refresh_token;client_id=x",
    "json": b'{"grant_type": "refresh_token"}',
    "deep-json": b"[" * 30_000,
    "multipart": b'--x\r\nContent-Disposition: form-data; name="grant_type"\r\n\r\nrefresh_token\r\n--x--\r\n',
    "xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
}
MEDIA_TYPES = (
    "application/x-www-form-urlencoded", "application/json", "application/x-www-form-urlencoded; charset=utf-16",
    "multipart/form-data; boundary=x", "text/plain", "application/xml", "", "nonsense", "a/b" * 1000,
)  # fmt: skip


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_odd_bodies(target: Target, path: str) -> None:
    for body in BODIES.values():
        for media_type in MEDIA_TYPES[:2]:
            refused(await post(target, path, body, **{"Content-Type": media_type}))


@pytest.mark.slow
@pytest.mark.parametrize("path", ENDPOINTS)
async def test_odd_bodies_of_every_type(target: Target, path: str) -> None:
    for body in BODIES.values():
        for media_type in MEDIA_TYPES[2:]:
            refused(await post(target, path, body, **{"Content-Type": media_type}))


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_a_body_of_more_than_64_kib(target: Target, path: str) -> None:
    answer = await post(target, path, "a=" + "x" * 65_536)
    refused(answer)
    assert answer.status_code == 413


@pytest.mark.parametrize("path", [*ENDPOINTS, "/oauth2/nothing", "/oauth2/token/more", "/oauth2/%2e%2e/token"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
async def test_other_methods_and_paths_are_told_so_in_json(target: Target, method: str, path: str) -> None:
    answer = await target.ada.client.request(method, path, headers=PAGE)
    refused(answer)
    assert answer.status_code in ((401,) if path == "/oauth2/userinfo" and method == "GET" else (404, 405))


HEADERS: dict[str, str | bytes] = {
    "basic of nothing": "Basic",
    "basic of no base64": "Basic !!!",
    "basic without a colon": f"Basic {encode(b'abc')}",
    "basic of a colon": "Basic Og==",
    "basic not utf-8": "Basic /w==",
    "basic with a nul": "Basic AEE6AEE=",
    "basic with escapes": "Basic JTAwOiUwMA==",
    "basic that is long": "Basic " + "QUFB" * 10_000,
    "bearer": "Bearer a.b.c",
    "bearer of nothing": "Bearer ",
    "bearer beyond ascii": b"Bearer \xe9.\xff.\x80",
    "digest": "Digest username=x",
    "negotiate": "Negotiate YII=",
    "only a scheme": "x" * 5000,
    "dpop": "DPoP a.b.c",
}


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_odd_headers(target: Target, path: str) -> None:
    """Of the app itself, and of its key."""
    for value in HEADERS.values():
        raw = value if isinstance(value, bytes) else value.encode()
        for name in ("Authorization", "DPoP"):
            headers = [*((key.encode(), text.encode()) for key, text in FORM.items()), (name.encode(), raw)]
            refused(await target.ada.client.post(path, content=b"token=x&grant_type=refresh_token", headers=headers))


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke", "/oauth2/device"])
async def test_two_authorization_headers_are_refused(target: Target, path: str) -> None:
    """RFC 6749 §2.3: one way to prove oneself."""
    assert target.web.secret
    proof = httpx.BasicAuth(target.web.client_id, target.web.secret)
    header = next(proof.auth_flow(httpx.Request("POST", "https://x"))).headers["Authorization"]
    twice = [*FORM.items(), ("Authorization", header), ("Authorization", header)]
    refused(await target.ada.client.post(path, content=b"token=x", headers=twice), "invalid_request")


ODD_CLAIMS: dict[str, Json] = {
    "jti a surrogate": {"jti": "\ud800", "exp": 0},
    "jti a number": {"jti": 7},
    "jti a list": {"jti": ["x"]},
    "jti empty": {"jti": ""},
    "no jti": {"jti": None},
    "no exp": {"exp": None},
    "exp as text": {"exp": "soon"},
    "exp not a number": {"exp": float("nan")},
    "exp infinite": {"exp": float("inf")},
    "exp a list": {"exp": [1]},
    "exp at the end of the calendar": {"exp": 253_402_300_799},
    "exp past the calendar": {"exp": 10**30},
    "exp endless": {"exp": 10**400},
    "exp long ago": {"exp": -62_135_596_800},
    "exp in a day": {"exp": 4_102_444_800},
    "nbf at the beginning of the calendar": {"nbf": -62_135_596_800, "exp": 0},
    "nbf at the end of the calendar": {"nbf": 253_402_300_799},
    "nbf as text": {"nbf": "now"},
    "iss another": {"iss": "ivc_another"},
    "iss a list": {"iss": ["x"]},
    "sub another": {"sub": "ivc_another"},
    "sub a surrogate": {"sub": "\ud800"},
    "sub a nul": {"sub": "\0"},
    "sub long": {"sub": "x" * 5000},
    "sub a number": {"sub": 1},
    "no aud": {"aud": None},
    "aud another": {"aud": "https://elsewhere.example"},
    "aud an object": {"aud": {"a": 1}},
    "aud numbers": {"aud": [1, None, {}]},
    "aud empty": {"aud": []},
}
ODD_HEADERS: dict[str, Json] = {
    "kid a list": {"kid": ["x"]},
    "kid a number": {"kid": 7},
    "kid a path": {"kid": "../../../../dev/null"},
    "kid of another": {"kid": "another"},
    "alg none": {"alg": "none"},
    "alg of a secret": {"alg": "HS256"},
    "alg of another kind": {"alg": "RS256"},
    "alg a list": {"alg": ["ES256"]},
    "alg null": {"alg": None},
    "crit": {"crit": ["exp"]},
    "crit unknown": {"crit": ["odd"], "odd": 1},
    "b64 false": {"b64": False, "crit": ["b64"]},
    "jwk brought along": {"jwk": jwk_of(ec.generate_private_key(ec.SECP256R1())), "kid": "x"},
    "jku": {"jku": "https://attacker.example/jwks", "kid": "x"},
}


async def by_assertion(target: Target, assertion: str) -> httpx.Response:
    form = {"token": "x", "client_assertion_type": ASSERTION, "client_assertion": assertion}
    return await target.ada.client.post("/oauth2/introspect", data=form, headers=PAGE)


async def test_a_good_assertion_is_taken_once(target: Target) -> None:
    """What the odd ones are measured by."""
    assertion = target.assertion(jti="good")
    assert (await by_assertion(target, assertion)).json() == {"active": False}
    refused(await by_assertion(target, assertion), "invalid_client")


@pytest.mark.parametrize("odd", ODD_CLAIMS)
async def test_assertions_with_odd_claims_prove_nothing(target: Target, odd: str) -> None:
    refused(await by_assertion(target, target.assertion(**ODD_CLAIMS[odd])), "invalid_client")


@pytest.mark.parametrize("odd", ODD_HEADERS)
async def test_assertions_with_odd_headers_prove_nothing(target: Target, odd: str) -> None:
    refused(await by_assertion(target, target.assertion(ODD_HEADERS[odd], jti=odd)), "invalid_client")


async def test_a_jti_of_any_text_counts_once(target: Target) -> None:
    for jti in ("\ud800", "\0", "x" * 5000, "é", " "):
        assertion = target.assertion(jti=jti)
        assert (await by_assertion(target, assertion)).status_code == 200
        refused(await by_assertion(target, assertion), "invalid_client")


ODD_KEYS: dict[str, Json] = {
    "none": None,
    "text": "x",
    "empty": {},
    "a secret": {"kty": "oct", "k": "AAAA"},
    "without x": {"x": None},
    "x a number": {"x": 1},
    "x not base64": {"x": "!"},
    "x too long": {"x": "A" * 3000},
    "a point that is none": {"x": "A" * 43, "y": "A" * 43},
    "a curve that is none": {"crv": "P-1"},
    "a curve that is a list": {"crv": ["P-256"]},
    "a curve of another kind": {"crv": "secp256k1"},
    "its private half": {"d": "A" * 43},
    "kty a list": {"kty": ["EC"]},
    "kty another": {"kty": "RSA"},
    "RSA of nothing": {"kty": "RSA", "n": "", "e": ""},
    "RSA of one": {"kty": "RSA", "n": "AQ", "e": "AQ"},
    "RSA of zero": {"kty": "RSA", "n": "AA", "e": "AA"},
    "RSA that is huge": {"kty": "RSA", "n": "_" * 4000, "e": "_" * 2000},
    "OKP": {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"},
    "surrogates": {"kid": "\ud800", "x5c": ["\ud800"]},
}
ODD_PROOFS: dict[str, Json] = {
    "jti a surrogate and iat long ago": {"jti": "\ud800", "iat": 0},
    "htu of no host": {"htu": "https://["},
    "htu with a nul": {"htu": "\0"},
    "htu with a surrogate": {"htu": "\ud800"},
    "htu of a port that is none": {"htu": "https://127.0.0.1:99999999/oauth2/token"},
    "htu a list": {"htu": []},
    "htm a list": {"htm": []},
    "htm in small": {"htm": "post"},
    "iat true": {"iat": True},
    "iat endless": {"iat": 10**400},
    "iat not a number": {"iat": float("nan")},
}


def prove(target: Target, header: Json = None, **changed: Json) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    url = f"{target.service.settings.public_url}/oauth2/token"
    claims = {"jti": "x", "htm": "POST", "htu": url, "iat": epoch(target.service.clock.now()), **changed}
    return sign(key, {"alg": "ES256", "typ": "dpop+jwt", "jwk": jwk_of(key), **(header or {})}, claims)


async def by_proof(target: Target, *proofs: str) -> httpx.Response:
    form = {"client_id": target.spa.client_id, "grant_type": "refresh_token", "refresh_token": "x"}
    headers = [*PAGE.items(), *(("DPoP", proof) for proof in proofs)]
    return await target.ada.client.post("/oauth2/token", data=form, headers=headers)


async def test_a_good_proof_is_taken_once(target: Target) -> None:
    for jti in ("good", "\ud800", "\0", "é"):
        proof = prove(target, jti=jti)
        refused(await by_proof(target, proof), "invalid_grant")
        refused(await by_proof(target, proof), "invalid_dpop_proof")


async def test_two_proofs_are_refused(target: Target) -> None:
    refused(await by_proof(target, prove(target), prove(target)), "invalid_dpop_proof")


@pytest.mark.parametrize("odd", ODD_KEYS)
async def test_proofs_with_odd_keys_prove_nothing(target: Target, odd: str) -> None:
    changed = ODD_KEYS[odd]
    jwk = {**jwk_of(ec.generate_private_key(ec.SECP256R1())), **changed} if isinstance(changed, dict) else changed
    for algorithm in ("ES256", "RS256", "EdDSA", "PS256"):
        refused(await by_proof(target, prove(target, {"jwk": jwk, "alg": algorithm})), "invalid_dpop_proof")


@pytest.mark.parametrize("odd", ODD_PROOFS)
async def test_odd_proofs_prove_nothing(target: Target, odd: str) -> None:
    refused(await by_proof(target, prove(target, **ODD_PROOFS[odd])), "invalid_dpop_proof")


@pytest.mark.parametrize("odd", [name for name in ODD_HEADERS if name.split()[0] not in ("kid", "jku", "jwk")])
async def test_proofs_with_odd_headers_prove_nothing(target: Target, odd: str) -> None:
    refused(await by_proof(target, prove(target, ODD_HEADERS[odd])), "invalid_dpop_proof")


@pytest.mark.parametrize("key", [key for key in ODD_KEYS.values() if isinstance(key, dict)], ids=str)
async def test_odd_keys_are_not_registered_by_an_admin(target: Target, key: Json) -> None:
    """Or are good ones, of which the odd part is not kept."""
    good = jwk_of(ec.generate_private_key(ec.SECP256R1()))
    text = json.dumps({"name": "Odd", "app_type": "regular_web", "jwks": {"keys": [{**good, **key}]}})
    headers = {**target.ada.bearer, "Content-Type": "application/json"}
    answer = await target.ada.client.post("/api/oauth/apps/", content=text, headers=headers)
    assert answer.status_code in (201, 422), answer.text
    if answer.status_code == 201:
        client = Client(answer.json()["id"], answer.json()["client_id"], None)
        odd = Target(target.service, target.ada, target.spa, target.web, client, target.key)
        refused(await by_assertion(target, odd.assertion(jti="odd")), "invalid_client")


# Pages: where the browser may go is certain, or it goes nowhere.
ASKED = ("redirect_uri", "response_type", "scope", "state", "nonce", "prompt", "max_age", "resource", "code_challenge",
         "code_challenge_method", "dpop_jkt", "response_mode", "request", "id_token_hint", "login_hint")  # fmt: skip
PAGES: dict[str, Callable[[Target], dict[str, str]]] = {
    "/oauth2/authorize": lambda target: {
        **{name: str(value) for name, value in target.web.authorize().items()},
        "code_challenge": CHALLENGE,
    },
    "/oauth2/logout": lambda target: {"client_id": target.web.client_id, "state": "x"},
    "/device": lambda _: {"user_code": "BCDF-GHJK"},
}
PAGE_PARAMETERS = {
    "/oauth2/authorize": ("client_id", *ASKED),
    "/oauth2/logout": ("client_id", "state", "id_token_hint", "post_logout_redirect_uri", "csrf", "logout_hint"),
    "/device": ("user_code", "csrf", "decision", "scope", "workspace"),
}


def stays_here(target: Target, answer: httpx.Response) -> None:
    """Or goes to the app's one address."""
    assert answer.status_code < 500, answer.text[:300]
    location = answer.headers.get("location")
    if location:
        parts = urlsplit(location)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == CALLBACK or location.startswith(
            f"{target.service.settings.public_url}/"
        ), location
        assert "\r" not in location
        assert "\n" not in location
    assert "<script>alert" not in answer.text


async def get(target: Target, path: str, query: bytes) -> httpx.Response:
    """With the query as it is: httpx would write what is odd in it in another way."""

    async def pass_on(scope: Json, receive: Json, send: Json) -> None:
        await target.service.app({**scope, "query_string": query}, receive, send)

    transport = httpx.ASGITransport(pass_on, raise_app_exceptions=False)
    cookies, at = target.ada.client.cookies, target.service.settings.public_url
    async with httpx.AsyncClient(transport=transport, base_url=at, cookies=cookies) as client:
        return await client.get(path, headers=PAGE)


async def try_page(target: Target, path: str, values: Json) -> None:
    good = PAGES[path](target)
    for name in PAGE_PARAMETERS[path]:
        others = urlencode({other: value for other, value in good.items() if other != name})
        for value in values:
            body = f"{others}&{name}={value}"
            stays_here(target, await get(target, path, body.encode("latin-1")))
            stays_here(target, await post(target, path, body))


@pytest.mark.parametrize("path", PAGES)
async def test_odd_values_at_pages(target: Target, path: str) -> None:
    await try_page(target, path, [VALUES[name] for name in FEW[:2]])


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES)
async def test_every_odd_value_at_pages(target: Target, path: str) -> None:
    await try_page(target, path, VALUES.values())


@pytest.mark.parametrize(
    "request_id", ["x", "x" * 43, "x" * 44, "%00" * 15, "%ff" * 43, "%ed%a0%80" * 15, "\u00e9" * 43, "..%2f" * 10]
)
async def test_odd_ids_of_questions(target: Target, request_id: str) -> None:
    for method in ("GET", "POST"):
        answer = await target.ada.client.request(method, f"/oauth2/consent/{request_id}", headers=FORM)
        assert answer.status_code in (400, 403, 404, 422), answer.text
        assert "location" not in answer.headers


METADATA: dict[str, Json] = {"client_name": "Editor", "redirect_uris": [CALLBACK]}
JSON_TEXTS = (
    '"a\\u0000b"', '"\\ud800"', '["\\ud800"]', '["\\u0000"]', '{"\\ud800": "\\ud800"}', "1" + "0" * 400, "NaN",
    "-Infinity", "1e400", "null", "true", "7", "[]", "[[]]", "[null]", "{}", '""', '"\\u202e"', "[" * 900 + "]" * 900,
    '"' + "x" * 50_000 + '"', "[" + ",".join(['"https://app.example.com/x"'] * 1500) + "]",
    '["authorization_code", "\\ud800"]', '{"keys": [{"kty": "RSA", "n": "\\u0000"}]}',
)  # fmt: skip
MEMBERS = (
    "redirect_uris", "client_name", "grant_types", "response_types", "token_endpoint_auth_method", "scope", "jwks",
    "jwks_uri", "application_type", "post_logout_redirect_uris", "client_uri", "logo_uri", "contacts", "software_id",
    "client_id", "client_secret", "\\u0000", "\\ud800", "__proto__",
)  # fmt: skip


async def test_odd_members_of_a_registration(target: Target) -> None:
    for member in MEMBERS[::3]:
        await try_members(target, member, JSON_TEXTS[:2])


@pytest.mark.slow
@pytest.mark.parametrize("member", MEMBERS)
async def test_every_odd_member_of_a_registration(target: Target, member: str) -> None:
    await try_members(target, member, JSON_TEXTS)


async def try_members(target: Target, member: str, texts: Sequence[str]) -> None:
    await target.service.execute("DELETE FROM oauth_registrations")
    kept = {name: value for name, value in METADATA.items() if name != member}
    others = "".join(f", {json.dumps(name)}: {json.dumps(value)}" for name, value in kept.items())
    for text in texts:
        body = f'{{"{member}": {text}{others}}}'
        answer = await post(target, "/oauth2/register", body, **{"Content-Type": "application/json"})
        if answer.status_code != 201:
            refused(answer, "invalid_redirect_uri", "invalid_client_metadata", "invalid_request")
        else:
            assert "client_secret" not in answer.json()


@pytest.mark.parametrize(
    "path",
    ["/api/oauth/apps/{}/", "/api/oauth/apps/{}/redirect-uris/", "/api/oauth/apps/{}/secret/", "/api/auth/grants/{}/"],
)
async def test_odd_ids_of_apps_and_grants(target: Target, path: str) -> None:
    for given in ("0", "-1", "1.5", "x", "%00", "%ff", "1" + "0" * 12, str(2**63), "9" * 5000, "%d9%a1", "1%2f2"):
        for method in ("GET", "POST", "PATCH", "DELETE"):
            answer = await target.ada.client.request(
                method, path.format(given), json={"name": "x"}, headers=target.ada.bearer
            )
            assert 400 <= answer.status_code < 500, (method, given, answer.text)


async def test_what_was_odd_has_not_hurt(target: Target) -> None:
    """After all of it, a good request is answered."""
    proof = jwt.encode({}, target.key, "ES256")
    refused(await by_assertion(target, proof), "invalid_client")
    answer = await target.ada.client.get("/api/auth/me/", headers=target.ada.bearer)
    assert answer.status_code == 200
