"""Who a client is at the token endpoint and its neighbours (RFC 6749 §2.3, RFC 7523 §2.2)."""

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import unquote_plus

from ivgraph_auth.base import Base
from ivgraph_auth.core.secrets import Secret, same, sha256
from ivgraph_auth.provider import app_repository
from ivgraph_auth.provider.authorization.request import Parameters
from ivgraph_auth.provider.client_assertions import ASSERTION_TYPE, ClientAssertions, client_of
from ivgraph_auth.provider.clients import Clients
from ivgraph_auth.provider.errors import InvalidClient, InvalidRequest
from ivgraph_auth.provider.models import App, AuthMethod


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
        """Raises InvalidRequest, InvalidClient, TooManyRequests."""
        presented = read_client(parameters, authorization)
        app = await self.clients.find(presented.client_id, address)
        if app is None:
            raise InvalidClient
        await self._prove(app, presented)
        return app

    async def _prove(self, app: App, presented: Presented) -> None:
        match app.auth_method:
            case AuthMethod.NONE:
                # A public client has nothing to prove; one that sends a secret is somebody else's idea of it.
                if presented.method is not AuthMethod.NONE:
                    raise InvalidClient
            case AuthMethod.PRIVATE_KEY_JWT:
                if presented.assertion is None:
                    raise InvalidClient
                await self.assertions.verify(app, presented.assertion.reveal())
            case AuthMethod.SECRET_BASIC | AuthMethod.SECRET_POST:
                await self._compare(app, presented)

    async def _compare(self, app: App, presented: Presented) -> None:
        async with self.base.database.read() as connection:
            known = await app_repository.list_secret_hashes(connection, app.id, self.base.clock.now())
        given = [sha256(secret.reveal()) for secret in presented.secrets]
        # All are compared, so that the time does not tell which one was near.
        if sum(same(one, other) for one in given for other in known) == 0:
            raise InvalidClient


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
