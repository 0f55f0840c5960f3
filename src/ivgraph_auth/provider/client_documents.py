"""Client ID Metadata Documents: fetched from where the client id points, and what must hold of one.

draft-ietf-oauth-client-id-metadata-document §4 and §5.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from ivgraph_auth.core.http import Answer, UpstreamError, UpstreamTimeoutError
from ivgraph_auth.core.public_http import AddressRefused, PublicHttp
from ivgraph_auth.provider.client_metadata import ClientMetadata, clean_name, read_keys, read_metadata, read_method
from ivgraph_auth.provider.client_urls import host_of_document, is_document_url
from ivgraph_auth.provider.errors import DocumentRefused, InvalidClientMetadata, InvalidRedirectUri
from ivgraph_auth.provider.models import AuthMethod

DEADLINE_SECONDS = 5.0
_MOST_BYTES = 64 * 1024
_OK = 200
_JSON = re.compile(r"application/(?:[a-z0-9.!#$&^_-]+\+)?json", re.IGNORECASE)
_MAX_AGE = re.compile(r'(?:^|,)\s*max-age\s*=\s*"?([0-9]{1,10})"?\s*(?:,|$)', re.IGNORECASE)
_NOT_KEPT = re.compile(r"(?:^|,)\s*no-(?:store|cache)\s*(?:,|=|$)", re.IGNORECASE)
SHORTEST, LONGEST, USUAL = timedelta(minutes=5), timedelta(days=1), timedelta(hours=1)
_SECRETS = ("client_secret", "client_secret_expires_at")


@dataclass(frozen=True, slots=True)
class ClientDocument:
    """`lifetime`: for how long it need not be fetched again."""

    metadata: ClientMetadata
    auth_method: AuthMethod
    jwks: Mapping[str, Any] | None
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class DocumentFetcher:
    http: PublicHttp

    async def fetch(self, client_id: str) -> ClientDocument:
        """Raises DocumentRefused, which says why."""
        members, lifetime = await self._fetch(client_id)
        if members.get("client_id") != client_id:
            raise DocumentRefused("Its client_id should be its own URL, to the letter.")
        if any(name in members for name in _SECRETS):
            raise DocumentRefused("It holds a client_secret, which everybody can read there.")
        try:
            metadata = read_metadata(members, otherwise_named=clean_name(host_of_document(client_id)))
            auth_method = read_method(members)
            jwks = None
            if auth_method is AuthMethod.PRIVATE_KEY_JWT:
                jwks, lifetime = await self._keys(members, lifetime)
        except (InvalidClientMetadata, InvalidRedirectUri) as refusal:
            raise DocumentRefused(refusal.detail) from refusal
        return ClientDocument(metadata, auth_method, jwks, lifetime)

    async def _keys(self, members: Mapping[str, Any], lifetime: timedelta) -> tuple[Mapping[str, Any], timedelta]:
        given, url = members.get("jwks"), members.get("jwks_uri")
        if given is not None and url is not None:
            raise InvalidClientMetadata("jwks and jwks_uri exclude each other (RFC 7591 §2).")
        if given is not None:
            return read_keys(given), lifetime
        if not isinstance(url, str) or not is_document_url(url):
            raise InvalidClientMetadata("private_key_jwt needs jwks, or an https URL as jwks_uri.")
        keys, shown_for = await self._fetch(url)
        return read_keys(keys), min(lifetime, shown_for)

    async def _fetch(self, url: str) -> tuple[Mapping[str, Any], timedelta]:
        try:
            answer = await self.http.get(url, deadline=DEADLINE_SECONDS, max_bytes=_MOST_BYTES)
        except UpstreamTimeoutError:
            raise DocumentRefused(f"It was not there within {DEADLINE_SECONDS:g} seconds.") from None
        except AddressRefused as refusal:
            raise DocumentRefused(str(refusal)) from None
        except UpstreamError:
            raise DocumentRefused(
                "It cannot be had: no connection, no certificate of its host, or too large."
            ) from None
        # Redirects are not followed, and the body of an error says nothing.
        if answer.status != _OK:
            raise DocumentRefused(f"Its server answered with status {answer.status}, not 200.")
        if not _JSON.fullmatch(answer.headers.get("content-type", "").partition(";")[0].strip()):
            raise DocumentRefused("Its Content-Type should be application/json.")
        return _read_object(answer), lifetime_of(answer.headers)


def lifetime_of(headers: Mapping[str, str]) -> timedelta:
    """RFC 9111 §4.2.1, and never less than five minutes or more than a day."""
    control = headers.get("cache-control", "")
    found = _MAX_AGE.search(control)
    if _NOT_KEPT.search(control):
        return SHORTEST
    if found:
        age = headers.get("age", "")
        seconds = int(found[1]) - (int(age) if age.isascii() and age.isdigit() and len(age) <= len(found[1]) else 0)
        given = timedelta(seconds=max(seconds, 0))
    else:
        given = _until_expires(headers)
    return min(max(given, SHORTEST), LONGEST)


def _until_expires(headers: Mapping[str, str]) -> timedelta:
    if "expires" not in headers:
        return USUAL
    try:
        return parsedate_to_datetime(headers["expires"]) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError, OverflowError):
        # One that cannot be read has expired (RFC 9111 §5.3).
        return SHORTEST


def _read_object(answer: Answer) -> Mapping[str, Any]:
    try:
        found = json.loads(answer.body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise DocumentRefused("It is not JSON.") from None
    if not isinstance(found, dict):
        raise DocumentRefused("It should be a JSON object.")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
