"""Apps of other people, and what a person has let one in for."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.provider.redirect_uris import AppType, UriType


class Registration(StrEnum):
    """How a client came to be known: by an admin, by RFC 7591, by its metadata document, or as part of the service."""

    ADMIN = "admin"
    DYNAMIC = "dynamic"
    METADATA_DOCUMENT = "metadata_document"
    SERVICE = "service"


class GrantType(StrEnum):
    AUTHORIZATION_CODE = "authorization_code"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 -- the name of a grant
    DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
    TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 -- the name of a grant


class AuthMethod(StrEnum):
    """How a client proves itself at the token endpoint (RFC 7591 §2, RFC 7523)."""

    NONE = "none"
    SECRET_BASIC = "client_secret_basic"  # noqa: S105 -- the name of a method
    SECRET_POST = "client_secret_post"  # noqa: S105 -- the name of a method
    PRIVATE_KEY_JWT = "private_key_jwt"


@dataclass(frozen=True, slots=True)
class RedirectUri:
    id: int
    uri: str
    uri_type: UriType


@dataclass(frozen=True, slots=True)
class App:
    """A client (RFC 6749 §2). `scopes` are all that it may ask for."""

    id: int
    client_id: str
    registration: Registration
    app_type: AppType
    name: str
    scopes: tuple[str, ...]
    grant_types: tuple[GrantType, ...]
    auth_method: AuthMethod
    jwks: Mapping[str, Any] | None
    created_by: int | None
    created_at: datetime
    last_used_at: datetime | None
    redirect_uris: tuple[RedirectUri, ...] = ()

    @property
    def is_verified(self) -> bool:
        """Whether somebody who runs this service answers for what it says of itself."""
        return self.registration in (Registration.ADMIN, Registration.SERVICE)

    def uris(self, uri_type: UriType) -> tuple[str, ...]:
        return tuple(item.uri for item in self.redirect_uris if item.uri_type is uri_type)


@dataclass(frozen=True, slots=True)
class AppSecret:
    """`prefix` is shown, so that people can tell two apart while both are good."""

    id: int
    prefix: str
    created_at: datetime
    expires_at: datetime | None


class SecretHash(NamedTuple):
    """What a secret is compared with, until it expires."""

    digest: bytes
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class KnownClient:
    """An app, and what proves that it is the one: `secrets` where it has some."""

    app: App
    secrets: tuple[SecretHash, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class RegisteredApp:
    """`secret` is shown once."""

    app: App
    secret: Secret | None


class SigningKeyState(StrEnum):
    """Published before it signs, and after, so that whoever has cached the JWKS verifies what was signed meanwhile."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """`jwk` is its public half (RFC 7517)."""

    kid: str
    algorithm: str
    state: SigningKeyState
    jwk: Mapping[str, Any]
    sealed: bytes = field(repr=False)
    key_id: str
    created_at: datetime
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class AppGrant:
    """What a person has let an app do, until it is withdrawn."""

    id: int
    account_id: int
    app_id: int
    scopes: tuple[str, ...]
    workspace_ids: tuple[uuid.UUID, ...]
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class GrantedApp:
    """A grant, and to whom."""

    grant: AppGrant
    client_id: str
    name: str
    registration: Registration


@dataclass(frozen=True, slots=True)
class LivingAuthorization:
    """What the tokens of one code or device may do: `scopes` of what is `granted` by now."""

    id: uuid.UUID
    account_id: int
    app_id: int
    client_id: str
    app_name: str
    grant_id: int
    granted: tuple[str, ...]
    scopes: tuple[str, ...]
    workspace_ids: tuple[uuid.UUID, ...]
    resources: tuple[str, ...]
    auth_time: datetime
    revoked_jtis: frozenset[str]
    jkt: str | None


def owner_of_app(app_id: int) -> int:
    """Whose what is remembered of an app itself is: accounts count from 1 upwards, apps from -1 downwards."""
    return -app_id
