from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from ivgraph_auth.database.metadata import metadata

oauth_apps = Table(
    "oauth_apps",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("client_id", Text, nullable=False, unique=True),
    Column("registration", Text, nullable=False),
    Column("app_type", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("grant_types", ARRAY(Text), nullable=False),
    Column("auth_method", Text, nullable=False),
    Column("jwks", JSONB),
    Column("created_by", BigInteger, ForeignKey("accounts.id", ondelete="SET NULL")),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("last_used_at", DateTime(timezone=True)),
    Index("ix_oauth_apps_created_by", "created_by"),
)

# Of one app several may be good: an old one until its overlap ends.
oauth_app_secrets = Table(
    "oauth_app_secrets",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("app_id", BigInteger, ForeignKey("oauth_apps.id", ondelete="CASCADE"), nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("prefix", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Index("ix_oauth_app_secrets_app_id", "app_id"),
)

oauth_redirect_uris = Table(
    "oauth_redirect_uris",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("app_id", BigInteger, ForeignKey("oauth_apps.id", ondelete="CASCADE"), nullable=False),
    Column("uri", Text, nullable=False),
    Column("uri_type", Text, nullable=False),
    UniqueConstraint("app_id", "uri_type", "uri", name="uq_oauth_redirect_uris_app_id_uri_type_uri"),
)

# Apps by metadata document: when theirs was fetched, and until when it need not be fetched again.
oauth_client_documents = Table(
    "oauth_client_documents",
    metadata,
    Column("app_id", BigInteger, ForeignKey("oauth_apps.id", ondelete="CASCADE"), primary_key=True),
    Column("fetched_at", DateTime(timezone=True), nullable=False),
    Column("fresh_until", DateTime(timezone=True), nullable=False),
)

# Apps that have registered themselves: from where, so that one address does not register without end.
oauth_registrations = Table(
    "oauth_registrations",
    metadata,
    Column("app_id", BigInteger, ForeignKey("oauth_apps.id", ondelete="CASCADE"), primary_key=True),
    Column("address", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Index("ix_oauth_registrations_address", "address", "created_at"),
)

# At most one of them signs, and at most one is published to sign next.
oauth_signing_keys = Table(
    "oauth_signing_keys",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("algorithm", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("jwk", JSONB, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("retired_at", DateTime(timezone=True)),
    Index("ix_oauth_signing_keys_key_id", "key_id"),
    Index("uq_oauth_signing_keys_state", "state", unique=True, postgresql_where=text("state <> 'retired'")),
)

# What a person has let an app do. One that was withdrawn is gone, and all that it gave with it.
oauth_grants = Table(
    "oauth_grants",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("app_id", BigInteger, ForeignKey("oauth_apps.id", ondelete="CASCADE"), nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("workspace_ids", ARRAY(Uuid), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("last_used_at", DateTime(timezone=True)),
    UniqueConstraint("account_id", "app_id", name="uq_oauth_grants_account_id_app_id"),
    Index("ix_oauth_grants_app_id", "app_id"),
)

# A request that was checked, while its person signs in and decides. What it asks for cannot change any more.
oauth_requests = Table(
    "oauth_requests",
    metadata,
    Column("id_hash", LargeBinary, primary_key=True),
    Column("app_id", BigInteger, ForeignKey("oauth_apps.id", ondelete="CASCADE"), nullable=False),
    Column("browser_hash", LargeBinary, nullable=False),
    Column("request", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("decided_at", DateTime(timezone=True)),
    Index("ix_oauth_requests_expires_at", "expires_at"),
    Index("ix_oauth_requests_app_id", "app_id"),
)

# What one code or one device was given; its tokens are good as long as it is there.
oauth_authorizations = Table(
    "oauth_authorizations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("grant_id", BigInteger, ForeignKey("oauth_grants.id", ondelete="CASCADE"), nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("resources", ARRAY(Text), nullable=False),
    Column("auth_time", DateTime(timezone=True), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("revoked_jtis", ARRAY(Text), nullable=False),
    # Whose key must come with its refresh tokens (RFC 9449 §5), where one must.
    Column("jkt", Text),
    Index("ix_oauth_authorizations_grant_id", "grant_id"),
)

# One that was redeemed is kept until it would have expired anyway, so that a replay ends what it gave.
oauth_codes = Table(
    "oauth_codes",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    Column("grant_id", BigInteger, ForeignKey("oauth_grants.id", ondelete="CASCADE"), nullable=False),
    Column("authorization_id", Uuid, nullable=False),
    Column("request", JSONB, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("auth_time", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    Index("ix_oauth_codes_expires_at", "expires_at"),
    Index("ix_oauth_codes_grant_id", "grant_id"),
)

# A successor is made of its predecessor, so that it can be answered again without being kept.
oauth_refresh_tokens = Table(
    "oauth_refresh_tokens",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("authorization_id", Uuid, ForeignKey("oauth_authorizations.id", ondelete="CASCADE"), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("replaced_at", DateTime(timezone=True)),
    UniqueConstraint("authorization_id", "sequence", name="uq_oauth_refresh_tokens_authorization_id_sequence"),
)

# Each assertion of a client counts once, until it would have expired anyway.
oauth_client_assertions = Table(
    "oauth_client_assertions",
    metadata,
    Column("app_id", BigInteger, ForeignKey("oauth_apps.id", ondelete="CASCADE"), primary_key=True),
    Column("jti_hash", LargeBinary, primary_key=True),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index("ix_oauth_client_assertions_expires_at", "expires_at"),
)

# A device that waits until its person has decided somewhere else. `scopes` and what follows stand once they have.
oauth_device_codes = Table(
    "oauth_device_codes",
    metadata,
    Column("device_hash", LargeBinary, primary_key=True),
    Column("user_code", Text, nullable=False, unique=True),
    Column("app_id", BigInteger, ForeignKey("oauth_apps.id", ondelete="CASCADE"), nullable=False),
    Column("asked_scopes", ARRAY(Text), nullable=False),
    Column("resources", ARRAY(Text), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("interval_seconds", BigInteger, nullable=False),
    Column("polled_at", DateTime(timezone=True)),
    Column("decided_at", DateTime(timezone=True)),
    Column("used_at", DateTime(timezone=True)),
    Column("grant_id", BigInteger, ForeignKey("oauth_grants.id", ondelete="CASCADE")),
    Column("scopes", ARRAY(Text)),
    Column("auth_time", DateTime(timezone=True)),
    Index("ix_oauth_device_codes_app_id", "app_id"),
    Index("ix_oauth_device_codes_grant_id", "grant_id"),
    Index("ix_oauth_device_codes_expires_at", "expires_at"),
)

oauth_dpop_proofs = Table(
    "oauth_dpop_proofs",
    metadata,
    Column("jti_hash", LargeBinary, primary_key=True),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index("ix_oauth_dpop_proofs_expires_at", "expires_at"),
)
