"""Credentials as an attacker makes them: JWTs signed by hand, so that nothing of the service helps."""

import base64
import hashlib
import hmac
import json
from string import ascii_letters, digits
from typing import Any

Json = Any
Claims = dict[str, Json]

BASE64URL = ascii_letters[26:] + ascii_letters[:26] + digits + "-_"
PLAIN_HEADER = {"alg": "HS256", "typ": "JWT"}


def encode(data: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def part(token: str, index: int) -> Json:
    segment = token.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))


def header_of(token: str) -> Json:
    return part(token, 0)


def claims_of(token: str) -> Claims:
    claims: Claims = part(token, 1)
    return claims


def sign(payload: Json, key: str, *, header: Json = None, digest: str = "sha256") -> str:
    """A compact JWS (RFC 7515 §7.1). `payload` and `header` may be bytes, taken as they are."""
    parts = [
        item if isinstance(item, bytes) else json.dumps(item).encode() for item in (header or PLAIN_HEADER, payload)
    ]
    signed = ".".join(map(encode, parts))
    return f"{signed}.{encode(hmac.digest(key.encode(), signed.encode(), digest))}"


def signed_with(token: str, key: str) -> bool:
    signed, _, signature = token.rpartition(".")
    return hmac.compare_digest(signature, encode(hmac.digest(key.encode(), signed.encode(), hashlib.sha256)))


def last_character_twin(token: str) -> str:
    """Another text of the same 256 bit signature: the last character's two lowest bits carry nothing."""
    index = BASE64URL.index(token[-1])
    return token[:-1] + BASE64URL[index ^ 1]


def authorization(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


def escaped(body: Json) -> dict[str, Json]:
    """Arguments of a request with this JSON body, its lone surrogates escaped: httpx's own `json` takes none."""
    return {"content": json.dumps(body), "headers": {"Content-Type": "application/json"}}
