"""Where everything is put together: the only file that calls constructors of services."""

from dataclasses import dataclass

from ivgraph_auth.accounts.service import AccountService
from ivgraph_auth.app.sealed import SEALED_TABLES
from ivgraph_auth.app.store import VaultStore
from ivgraph_auth.app.values import authorization_policy, lifetimes, sign_in_policy, signing_keys, text
from ivgraph_auth.audit.completions import Completions
from ivgraph_auth.audit.reader import AuditReader
from ivgraph_auth.audit.service import AuditTrail
from ivgraph_auth.connect.access import GrantAccess
from ivgraph_auth.connect.authorization import Authorization
from ivgraph_auth.connect.consent import ConsentService
from ivgraph_auth.connect.grant_lookup import GrantLookup
from ivgraph_auth.connect.links import ConnectLinks
from ivgraph_auth.connect.service import ConnectionService
from ivgraph_auth.connect.states import StateService
from ivgraph_auth.connect.tenant_authorization import TenantAuthorization
from ivgraph_auth.connect.verify import VerifyService
from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.http import HttpClient
from ivgraph_auth.core.metrics import Metrics
from ivgraph_auth.core.paging import Cursors
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.database.engine import UNIT_SECONDS, Database
from ivgraph_auth.database.migrations import Schema
from ivgraph_auth.gateway.call_recorder import CallRecorder
from ivgraph_auth.gateway.idempotency import IdempotentCalls
from ivgraph_auth.gateway.retries import Retries
from ivgraph_auth.gateway.service import Gateway
from ivgraph_auth.keys.holders import KeyHolders
from ivgraph_auth.keys.keyring import parse_keyring
from ivgraph_auth.keys.rewrap import Rewrap
from ivgraph_auth.keys.rotation import Rotation
from ivgraph_auth.keys.service import KeyService
from ivgraph_auth.keys.transit import Transit
from ivgraph_auth.keys.verification import KeyVerifier
from ivgraph_auth.keys.watch import KeyWatch
from ivgraph_auth.liveness.service import Liveness
from ivgraph_auth.notion.client import NotionApi
from ivgraph_auth.notion.oauth import NotionOAuth
from ivgraph_auth.sessions.handoff import HandoffService
from ivgraph_auth.sessions.jwt import SessionTokens
from ivgraph_auth.sessions.service import SessionService
from ivgraph_auth.signin.leave import LeaveService
from ivgraph_auth.signin.service import SignInService
from ivgraph_auth.signin.suspend import SuspendService
from ivgraph_auth.tokens.service import TokenService
from ivgraph_auth.vault.budget import Budget
from ivgraph_auth.vault.credential_store import EncryptedCredentialStore
from ivgraph_auth.vault.refresh import Refresher
from ivgraph_auth.web.rate_limits import AttemptLimiter
from ivgraph_auth.web.services import Services

NOTION_SECONDS = 10.0
# Of one grant at most 200 calls can be under way: 30 at once, then 3 a second, of at most a minute.
_GATEWAY_CONNECTIONS = 2000


@dataclass(frozen=True, slots=True)
class Encryption:
    """What there is about the keys that encrypt."""

    keys: KeyService
    verifier: KeyVerifier
    holders: KeyHolders
    watch: KeyWatch
    rotation: Rotation
    rewrap: Rewrap


@dataclass(frozen=True, slots=True)
class Composition:
    """The services for `api`, and what `app` itself keeps running, flushes and closes."""

    services: Services
    database: Database
    http: HttpClient
    gateway_http: HttpClient
    audit: AuditTrail
    states: StateService
    accounts: AccountService
    suspension: SuspendService
    liveness: Liveness
    credential_store: EncryptedCredentialStore
    refresher: Refresher
    access: GrantAccess
    tenants: TenantAuthorization
    grant_lookup: GrantLookup
    completions: Completions
    idempotency: IdempotentCalls
    encryption: Encryption
    metrics: Metrics | None

    def store(self, account_id: int) -> VaultStore:
        """For an AuthManager that acts for this account."""
        return VaultStore(account_id, connections=self.services.connections, access=self.access, tenants=self.tenants)

    async def close(self) -> None:
        await self.http.close()
        await self.gateway_http.close()
        await self.database.close()


@dataclass(frozen=True, slots=True)
class _Foundation:
    """What every feature stands on."""

    settings: Settings
    clock: Clock
    notion_seconds: float
    database: Database
    http: HttpClient
    metrics: Metrics | None
    audit: AuditTrail
    liveness: Liveness
    encryption: Encryption
    credential_store: EncryptedCredentialStore
    cursors: Cursors
    oauth: NotionOAuth | None
    api: NotionApi
    budget: Budget


@dataclass(frozen=True, slots=True)
class _Connecting:
    states: StateService
    refresher: Refresher
    access: GrantAccess
    authorization: Authorization
    tenants: TenantAuthorization
    connections: ConnectionService
    consent: ConsentService
    verification: VerifyService
    grant_lookup: GrantLookup


@dataclass(frozen=True, slots=True)
class _Calling:
    http: HttpClient
    completions: Completions
    idempotency: IdempotentCalls
    gateway: Gateway


def compose(
    settings: Settings,
    clock: Clock,
    *,
    notion_seconds: float = NOTION_SECONDS,
    database_seconds: float = UNIT_SECONDS,
) -> Composition:
    """`settings` have passed `check_for_serving`. `notion_seconds` is how long a sign-in may wait for Notion,
    `database_seconds` how long a transaction may take.
    """
    base = _foundation(settings, clock, notion_seconds, database_seconds)
    connecting = _connecting(base)
    calling = _calling(base, connecting)
    database, audit, liveness = base.database, base.audit, base.liveness
    services = _services(base, connecting, calling)
    return Composition(
        services=services,
        database=database,
        http=base.http,
        gateway_http=calling.http,
        audit=audit,
        states=connecting.states,
        accounts=AccountService(database=database, audit=audit, liveness=liveness),
        suspension=SuspendService(
            clock=clock, audit=audit, liveness=liveness, sessions=services.sessions, tokens=services.tokens
        ),
        liveness=liveness,
        credential_store=base.credential_store,
        refresher=connecting.refresher,
        access=connecting.access,
        tenants=connecting.tenants,
        grant_lookup=connecting.grant_lookup,
        completions=calling.completions,
        idempotency=calling.idempotency,
        encryption=base.encryption,
        metrics=base.metrics,
    )


def _foundation(settings: Settings, clock: Clock, notion_seconds: float, database_seconds: float) -> _Foundation:
    database = Database(text(settings.database_url), unit_seconds=database_seconds)
    http = HttpClient()
    metrics = Metrics() if settings.metrics else None
    encryption = compose_encryption(settings, clock, database, http)
    direct_url = text(settings.database_direct_url or settings.database_url)
    return _Foundation(
        settings=settings,
        clock=clock,
        notion_seconds=notion_seconds,
        database=database,
        http=http,
        metrics=metrics,
        audit=AuditTrail(clock=clock, metrics=metrics),
        liveness=Liveness(database=database, direct_url=direct_url),
        encryption=encryption,
        credential_store=EncryptedCredentialStore(
            database=database, clock=clock, keys=encryption.keys, verifier=encryption.verifier
        ),
        cursors=Cursors(text(settings.secret_key)),
        oauth=_oauth(settings, http),
        api=_api(settings, http),
        budget=Budget(database=database, clock=clock),
    )


def _connecting(base: _Foundation) -> _Connecting:
    settings, clock, database, audit = base.settings, base.clock, base.database, base.audit
    liveness, credential_store, oauth = base.liveness, base.credential_store, base.oauth
    states = StateService(database=database, clock=clock, audit=audit)
    links = ConnectLinks(keys=signing_keys(settings), clock=clock, public_url=settings.public_url)
    refresher = Refresher(database=database, clock=clock, credential_store=credential_store, oauth=oauth)
    access = GrantAccess(
        liveness=liveness, audit=audit, credential_store=credential_store, refresher=refresher, api=base.api
    )
    connections = ConnectionService(
        database=database,
        clock=clock,
        audit=audit,
        liveness=liveness,
        credential_store=credential_store,
        refresher=refresher,
        links=links,
        cursors=base.cursors,
        oauth=oauth,
        budget=base.budget,
    )
    authorization = Authorization(
        credential_store=credential_store,
        connections=connections,
        oauth=oauth,
        policy=authorization_policy(settings, base.notion_seconds),
    )
    redirect_uri = settings.notion_connect_redirect_uri
    tenants = TenantAuthorization(
        database=database, liveness=liveness, audit=audit, authorization=authorization, redirect_uri=redirect_uri
    )
    consent = ConsentService(
        database=database,
        clock=clock,
        states=states,
        links=links,
        credential_store=credential_store,
        authorization=authorization,
        tenants=tenants,
        redirect_uri=redirect_uri,
    )
    verification = VerifyService(
        database=database,
        clock=clock,
        audit=audit,
        credential_store=credential_store,
        access=access,
        oauth=oauth,
        api=base.api,
    )
    grant_lookup = GrantLookup(database=database, clock=clock, liveness=liveness, links=links)
    return _Connecting(
        states, refresher, access, authorization, tenants, connections, consent, verification, grant_lookup
    )


def _calling(base: _Foundation, connecting: _Connecting) -> _Calling:
    database, clock, credential_store = base.database, base.clock, base.credential_store
    # Its own: agents whose calls hang take no connection from somebody who signs in.
    http = HttpClient(connections=_GATEWAY_CONNECTIONS)
    budget = base.budget
    completions = Completions(database=database)
    idempotency = IdempotentCalls(database=database, credential_store=credential_store, holders=base.encryption.holders)
    gateway = Gateway(
        clock=clock,
        grant_lookup=connecting.grant_lookup,
        access=connecting.access,
        credential_store=credential_store,
        budget=budget,
        recorder=CallRecorder(
            database=database, audit=base.audit, completions=completions, budget=budget, metrics=base.metrics
        ),
        idempotency=idempotency,
        api=_api(base.settings, http),
        retries=Retries(),
        version=base.settings.notion_version,
    )
    return _Calling(http, completions, idempotency, gateway)


def _services(base: _Foundation, connecting: _Connecting, calling: _Calling) -> Services:
    settings, clock, database, audit = base.settings, base.clock, base.database, base.audit
    liveness, credential_store, connections = base.liveness, base.credential_store, connecting.connections
    sessions = _sessions(settings, clock, database, audit, liveness, base.cursors)
    handoff = HandoffService(database=database, clock=clock, sessions=sessions)
    signin = SignInService(
        database=database,
        clock=clock,
        audit=audit,
        liveness=liveness,
        states=connecting.states,
        authorization=connecting.authorization,
        sessions=sessions,
        handoff=handoff,
        api=base.api,
        policy=sign_in_policy(settings, base.notion_seconds),
    )
    leave = LeaveService(
        database=database,
        clock=clock,
        audit=audit,
        liveness=liveness,
        credential_store=credential_store,
        connections=connections,
        sessions=sessions,
    )
    return Services(
        settings=settings,
        clock=clock,
        metrics=base.metrics,
        audit=AuditReader(database=database, cursors=base.cursors),
        limiter=AttemptLimiter(settings.rate_limit, clock),
        schema=Schema(database),
        keys=base.encryption.verifier,
        liveness=liveness,
        sessions=sessions,
        handoff=handoff,
        tokens=TokenService(database=database, clock=clock, audit=audit, liveness=liveness),
        connections=connections,
        consent=connecting.consent,
        verification=connecting.verification,
        signin=signin,
        gateway=calling.gateway,
        leave=leave,
    )


def compose_encryption(settings: Settings, clock: Clock, database: Database, http: HttpClient) -> Encryption:
    keyring = parse_keyring(text(settings.encryption_keys)) if settings.encryption_keys else None
    keys = KeyService(clock=clock, keyring=keyring, transit=_transit(settings, http))
    verifier = KeyVerifier(database=database, keys=keys, tables=SEALED_TABLES)
    holders = KeyHolders(database=database)
    return Encryption(
        keys=keys,
        verifier=verifier,
        holders=holders,
        watch=KeyWatch(keys=keys, verifier=verifier, holders=holders, path=settings.encryption_keys_file),
        rotation=Rotation(database=database, clock=clock, keys=keys, verifier=verifier, holders=holders),
        rewrap=Rewrap(database=database, keys=keys, verifier=verifier, holders=holders, tables=SEALED_TABLES),
    )


def _transit(settings: Settings, http: HttpClient) -> Transit | None:
    if settings.vault_addr is None or settings.vault_transit_key is None:
        return None
    token = Secret(text(settings.vault_token))
    return Transit(http=http, address=settings.vault_addr, token=token, name=settings.vault_transit_key)


def _sessions(
    settings: Settings, clock: Clock, database: Database, audit: AuditTrail, liveness: Liveness, cursors: Cursors
) -> SessionService:
    return SessionService(
        database=database,
        clock=clock,
        audit=audit,
        liveness=liveness,
        tokens=SessionTokens(
            keys=signing_keys(settings),
            algorithm=settings.jwt_algorithm,
            issuer=settings.public_url,
            clock=clock,
        ),
        cursors=cursors,
        lifetimes=lifetimes(settings),
        always_rotate=settings.refresh_rotation == "required",
    )


def _api(settings: Settings, http: HttpClient) -> NotionApi:
    return NotionApi(http=http, api_url=settings.notion_api_url, version=settings.notion_version)


def _oauth(settings: Settings, http: HttpClient) -> NotionOAuth | None:
    if settings.notion_client_id is None or settings.notion_client_secret is None:
        return None
    return NotionOAuth(
        http=http,
        client_id=settings.notion_client_id,
        client_secret=Secret(settings.notion_client_secret.get_secret_value()),
        token_url=settings.notion_token_url,
        api_url=settings.notion_api_url,
        version=settings.notion_version,
    )
