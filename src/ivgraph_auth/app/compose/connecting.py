"""What makes, keeps and uses connections."""

from dataclasses import dataclass

from ivgraph_auth.app.compose.foundation import Foundation
from ivgraph_auth.app.values import authorization_policy, signing_keys
from ivgraph_auth.connect.access import GrantAccess
from ivgraph_auth.connect.authorization import Authorization
from ivgraph_auth.connect.consent import ConsentService
from ivgraph_auth.connect.grant_lookup import GrantLookup
from ivgraph_auth.connect.links import ConnectLinks
from ivgraph_auth.connect.service import ConnectionService
from ivgraph_auth.connect.states import StateService
from ivgraph_auth.connect.tenant_authorization import TenantAuthorization
from ivgraph_auth.connect.verify import VerifyService
from ivgraph_auth.vault.refresh import Refresher


@dataclass(frozen=True, slots=True)
class Connecting:
    states: StateService
    refresher: Refresher
    access: GrantAccess
    authorization: Authorization
    tenants: TenantAuthorization
    connections: ConnectionService
    consent: ConsentService
    verification: VerifyService
    grant_lookup: GrantLookup


def compose_connecting(foundation: Foundation, notion_seconds: float) -> Connecting:
    settings, base, store = foundation.settings, foundation.base, foundation.credential_store
    oauth, api = foundation.oauth, foundation.api
    redirect_uri = settings.notion_connect_redirect_uri
    states = StateService(base)
    links = ConnectLinks(keys=signing_keys(settings), clock=base.clock, public_url=settings.public_url)
    refresher = Refresher(base, credential_store=store, oauth=oauth)
    access = GrantAccess(base, credential_store=store, refresher=refresher, api=api)
    connections = ConnectionService(
        base, credential_store=store, refresher=refresher, links=links, cursors=foundation.cursors, oauth=oauth,
        pauses=foundation.rate_limiter,
    )  # fmt: skip
    policy = authorization_policy(settings, notion_seconds)
    authorization = Authorization(credential_store=store, connections=connections, oauth=oauth, policy=policy)
    tenants = TenantAuthorization(base, authorization=authorization, redirect_uri=redirect_uri)
    return Connecting(
        states=states,
        refresher=refresher,
        access=access,
        authorization=authorization,
        tenants=tenants,
        connections=connections,
        consent=ConsentService(
            base, states=states, links=links, credential_store=store, authorization=authorization, tenants=tenants,
            redirect_uri=redirect_uri,
        ),
        verification=VerifyService(base, credential_store=store, access=access, oauth=oauth, api=api),
        grant_lookup=GrantLookup(base, links=links),
    )  # fmt: skip
