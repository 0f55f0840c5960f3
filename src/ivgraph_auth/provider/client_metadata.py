"""What a client says of itself (RFC 7591 §2): in its metadata document, or when it registers itself.

Members that are not known, and grant types of others, are ignored.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ivgraph_auth.provider.errors import InvalidClientMetadata, InvalidRedirectUri
from ivgraph_auth.provider.models import AuthMethod, GrantType
from ivgraph_auth.provider.redirect_uris import (
    AppType,
    UriRefused,
    UriType,
    check_redirect_uri,
    host_of,
    is_loopback,
    is_private_use,
)
from ivgraph_auth.provider.signatures import PRIVATE_MEMBERS

_MOST_URIS = 100
_MOST_NAME = 100
_MOST_KEYS = 20
_KEY_TYPES = frozenset({"RSA", "EC", "OKP"})
_OF_KEYS = ("kty", "kid", "alg", "use", "crv", "n", "e", "x", "y")
# 8192 bits in base64url, and a few more.
_OF_KEY = re.compile(r"[\x20-\x7e]{1,1400}")
_NOT_SHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class RefusedUri:
    """One redirect URI that is not kept: the how-manieth it was, counted from 0, and why."""

    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class ClientMetadata:
    name: str
    app_type: AppType
    callbacks: tuple[str, ...]
    logouts: tuple[str, ...]
    grant_types: tuple[GrantType, ...]
    refused: tuple[RefusedUri, ...]


def read_metadata(members: Mapping[str, Any], *, otherwise_named: str = "") -> ClientMetadata:
    """Raises InvalidRedirectUri when no redirect URI may be used, InvalidClientMetadata. `otherwise_named` is what a
    client without a name is called.
    """
    grant_types = _read_grant_types(members)
    uris = _strings(members, "redirect_uris")
    if len(uris) > _MOST_URIS:
        raise InvalidRedirectUri(f"redirect_uris should be at most {_MOST_URIS}.")
    app_type = _app_type(members, uris)
    callbacks, refused = _sort_uris(uris, UriType.CALLBACK, app_type)
    if not callbacks and GrantType.AUTHORIZATION_CODE in grant_types:
        reason = f" The first: {refused[0].reason}" if refused else ""
        raise InvalidRedirectUri(f"redirect_uris has none that may be used.{reason}")
    logouts, _ = _sort_uris(_strings(members, "post_logout_redirect_uris")[:_MOST_URIS], UriType.LOGOUT, app_type)
    name = clean_name(members.get("client_name")) or otherwise_named or (host_of(callbacks[0]) if callbacks else "")
    return ClientMetadata(name or "An app", app_type, callbacks, logouts, grant_types, refused)


def clean_name(name: object) -> str:
    """For people to read: without characters that cannot be seen, or that turn round what stands beside them."""
    if not isinstance(name, str):
        return ""
    seen = "".join(" " if unicodedata.category(letter) in _NOT_SHOWN else letter for letter in name[: 10 * _MOST_NAME])
    return " ".join(seen.split())[:_MOST_NAME].strip()


def read_method(members: Mapping[str, Any]) -> AuthMethod:
    """Of a metadata document, which anybody may read: nothing in it can be a secret. Raises InvalidClientMetadata."""
    given = members.get("token_endpoint_auth_method", AuthMethod.NONE.value)
    if given not in (AuthMethod.NONE.value, AuthMethod.PRIVATE_KEY_JWT.value):
        raise InvalidClientMetadata("token_endpoint_auth_method should be none or private_key_jwt.")
    return AuthMethod(given)


def read_keys(found: object) -> dict[str, Any]:
    """A JWK Set (RFC 7517 §5) of public keys. Raises InvalidClientMetadata."""
    keys = found.get("keys") if isinstance(found, Mapping) else None
    if not isinstance(keys, list) or not 1 <= len(keys) <= _MOST_KEYS:
        raise InvalidClientMetadata(f"The client's JWK Set should have 1 to {_MOST_KEYS} keys.")
    return {"keys": [_read_key(key) for key in keys]}


def _read_key(key: object) -> dict[str, str]:
    if not isinstance(key, Mapping) or not isinstance(key.get("kty"), str) or key["kty"] not in _KEY_TYPES:
        raise InvalidClientMetadata("The client's keys should be RSA, EC or OKP.")
    if PRIVATE_MEMBERS & key.keys():
        raise InvalidClientMetadata(
            "The client's JWK Set holds a private key. Make a new one; publish its public half."
        )
    members = {name: key[name] for name in _OF_KEYS if name in key}
    if not all(isinstance(value, str) and _OF_KEY.fullmatch(value) for value in members.values()):
        raise InvalidClientMetadata("A key of the client's JWK Set is malformed, or larger than 8192 bits.")
    return members


def _read_grant_types(members: Mapping[str, Any]) -> tuple[GrantType, ...]:
    named = _strings(members, "grant_types") or [GrantType.AUTHORIZATION_CODE.value]
    known = tuple(kind for kind in GrantType if kind.value in named)
    if not {GrantType.AUTHORIZATION_CODE, GrantType.DEVICE_CODE} & set(known):
        raise InvalidClientMetadata("grant_types should name authorization_code or the device code.")
    answers = _strings(members, "response_types")
    if answers and "code" not in answers and GrantType.AUTHORIZATION_CODE in known:
        raise InvalidClientMetadata("response_types should name code.")
    return known


def _app_type(members: Mapping[str, Any], uris: list[str]) -> AppType:
    """RFC 8252: whose redirects stay on a device is native, said or not."""
    local = bool(uris) and all(map(is_loopback, uris))
    if members.get("application_type") == "native" or local or any(map(is_private_use, uris)):
        return AppType.NATIVE
    return AppType.SPA


def _sort_uris(uris: list[str], kind: UriType, app_type: AppType) -> tuple[tuple[str, ...], tuple[RefusedUri, ...]]:
    kept: list[str] = []
    refused: list[RefusedUri] = []
    for index, uri in enumerate(uris):
        try:
            check_redirect_uri(uri, kind, app_type)
        except UriRefused as refusal:
            refused.append(RefusedUri(index, str(refusal)))
        else:
            kept.append(uri)
    return tuple(dict.fromkeys(kept)), tuple(refused)


def _strings(members: Mapping[str, Any], name: str) -> list[str]:
    """Null is as if it were left out (many clients send what they do not set)."""
    found = members.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        error = InvalidRedirectUri if name == "redirect_uris" else InvalidClientMetadata
        raise error(f"{name} should be a list of strings.")
    return found
