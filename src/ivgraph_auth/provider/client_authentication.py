"""Who a client is at the token endpoint and its neighbours (RFC 6749 §2.3, RFC 7523 §2.2)."""

import base64
import binascii
from collections.abc import Hashable
from dataclasses import dataclass
from urllib.parse import unquote_plus

from ivgraph_auth.base import Base
from ivgraph_auth.core.secrets import Secret, same, sha256
from ivgraph_auth.provider import app_repository
from ivgraph_auth.provider.authorization.request import Parameters
from ivgraph_auth.provider.client_assertions import ASSERTION_TYPE, ClientAssertions, client_of
from ivgraph_auth.provider.clients import Clients
from ivgraph_auth.provider.errors import InvalidClient, InvalidRequest
from ivgraph_auth.provider.models import App, AuthMethod, KnownClient, Registration, SecretHash, owner_of_app


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request says of its client: one way to prove it, or none."""

    method: AuthMethod
    client_id: str
    secrets: tuple[Secret, ...] = ()
    assertion: Secret | None = None


@dataclass(frozen=True, slots=True)
class ClientAuthentication:
    base: Base
    clients: Clients
    assertions: ClientAssertions

    async def authenticate(self, parameters: Parameters, authorization: str | None, address: str | None) -> App:
        """From memory under a lease, where an admin has registered it. Raises InvalidRequest, InvalidClient,
        TooManyRequests.
        """
        presented = read_client(parameters, authorization)
        known: KnownClient | None = self.base.liveness.get(_key(presented.client_id))
        known = known or await self._find(presented.client_id, address)
        await self._prove(known, presented)
        return known.app

    async def _find(self, client_id: str, address: str | None) -> KnownClient:
        mark = self.base.liveness.mark()
        app = await self.clients.find(client_id, address)
        if app is None:
            raise InvalidClient
        has_secret = app.auth_method in (AuthMethod.SECRET_BASIC, AuthMethod.SECRET_POST)
        known = KnownClient(app, await self._list_secrets(app) if has_secret else ())
        # Those nobody registered by hand are renewed and removed without a word to other processes.
        if app.registration is Registration.ADMIN:
            self.base.liveness.fill(mark, owner_of_app(app.id), _key(client_id), known)
        return known

    async def _list_secrets(self, app: App) -> tuple[SecretHash, ...]:
        async with self.base.database.direct() as connection:
            return await app_repository.list_secret_hashes(connection, app.id, self.base.clock.now())

    async def _prove(self, known: KnownClient, presented: Presented) -> None:
        match known.app.auth_method:
            case AuthMethod.NONE:
                # A public client has nothing to prove; one that sends a secret is somebody else's idea of it.
                if presented.method is not AuthMethod.NONE:
                    raise InvalidClient
            case AuthMethod.PRIVATE_KEY_JWT:
                if presented.assertion is None:
                    raise InvalidClient
                await self.assertions.verify(known.app, presented.assertion.reveal())
            case AuthMethod.SECRET_BASIC | AuthMethod.SECRET_POST:
                self._compare(known, presented)

    def _compare(self, known: KnownClient, presented: Presented) -> None:
        now = self.base.clock.now()
        good = [one.digest for one in known.secrets if one.expires_at is None or now < one.expires_at]
        given = [sha256(secret.reveal()) for secret in presented.secrets]
        # All are compared, so that the time does not tell which one was near.
        if sum(same(one, other) for one in given for other in good) == 0:
            raise InvalidClient


def _key(client_id: str) -> Hashable:
    return "client", client_id


def read_client(parameters: Parameters, authorization: str | None) -> Presented:
    """Raises InvalidRequest when it is proven in two ways, InvalidClient when it is not named."""
    named, secret = parameters.get("client_id"), parameters.get("client_secret")
    if authorization is not None:
        presented = _read_basic(authorization)
        if secret is not None or (named is not None and named != presented.client_id):
            raise InvalidRequest("The client is named in two ways. Use either the header or the form.")
        return presented
    assertion = parameters.get("client_assertion")
    if assertion is not None:
        return _read_assertion(parameters, assertion)
    if named is None:
        raise InvalidClient("client_id is missing.")
    if secret is not None:
        return Presented(AuthMethod.SECRET_POST, named, (Secret(secret),))
    return Presented(AuthMethod.NONE, named)


def _read_assertion(parameters: Parameters, assertion: str) -> Presented:
    named, subject = parameters.get("client_id"), client_of(assertion)
    if parameters.get("client_assertion_type") != ASSERTION_TYPE:
        raise InvalidRequest(f"client_assertion_type should be {ASSERTION_TYPE}.")
    if parameters.get("client_secret") is not None:
        raise InvalidRequest("The client proves itself in two ways. Use one.")
    if subject is None or named not in (None, subject):
        raise InvalidClient
    return Presented(AuthMethod.PRIVATE_KEY_JWT, subject, assertion=Secret(assertion))


def _read_basic(authorization: str) -> Presented:
    """Id and secret are form-encoded (RFC 6749 §2.3.1), which half of the clients leave out: both readings count."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClient
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise InvalidClient from None
    if not colon or not client_id:
        raise InvalidClient
    secrets = dict.fromkeys((secret, unquote_plus(secret)))
    return Presented(AuthMethod.SECRET_BASIC, unquote_plus(client_id), tuple(map(Secret, secrets)))
