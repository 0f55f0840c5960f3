"""From what services answer to the shapes of the contract."""

from functools import lru_cache

from ivgraph_auth.api.schemas.models import (
    AccessToken,
    ConnectionOut,
    ConnectionOwner,
    Me,
    RotatedTokens,
    SessionOut,
    TokenCreated,
    TokenOut,
    Validation,
)
from ivgraph_auth.connect.models import TenantConnection
from ivgraph_auth.core.principal import AccountSnapshot, CredentialKind, Principal, Workspace
from ivgraph_auth.provider.scopes import EMAIL
from ivgraph_auth.sessions.models import Session, TokenPair
from ivgraph_auth.tokens.models import ALL_WORKSPACES, MintedToken, ServiceToken
from ivgraph_auth.web.services import Services

_MOST_BODIES = 1_000


@lru_cache(maxsize=_MOST_BODIES)
def validation(principal: Principal) -> bytes:
    """The body, made once for what is remembered of a credential."""
    user_id, workspace_ids = str(principal.account_id), principal.workspace_ids
    return Validation.of(principal, valid=True, user_id=user_id, workspace_ids=workspace_ids).model_dump_json().encode()


def me(principal: Principal) -> bytes:
    """Service tokens and apps are shown their own workspaces; the address to write to, apps with the scope `email`."""
    shows_email = principal.kind is CredentialKind.SESSION or EMAIL in principal.identity_scopes
    return _me(principal.snapshot, principal.workspaces, shows_email)


@lru_cache(maxsize=_MOST_BODIES)
def _me(snapshot: AccountSnapshot, workspaces: tuple[Workspace, ...], shows_email: bool) -> bytes:  # noqa: FBT001 -- private
    """Made once for what is remembered of an account."""
    hidden = {} if shows_email else {"email": None, "email_verified": False}
    body = Me.of(snapshot, id=str(snapshot.account_id), workspaces=workspaces, **hidden)
    return body.model_dump_json().encode()


def token_pair(pair: TokenPair) -> str:
    if pair.refresh is None:
        return AccessToken(access=pair.access.reveal()).model_dump_json()
    return RotatedTokens(access=pair.access.reveal(), refresh=pair.refresh.reveal()).model_dump_json()


def session(item: Session, current: str) -> SessionOut:
    return SessionOut.of(item, id=item.id.hex, current=item.id.hex == current)


def token(item: ServiceToken, *, active: bool) -> TokenOut:
    return TokenOut.of(item, workspace_ids=_workspace_ids(item), is_active=active)


def created_token(minted: MintedToken) -> str:
    item = minted.token
    created = TokenCreated.of(item, token=minted.text.reveal(), workspace_ids=_workspace_ids(item), is_active=True)
    return created.model_dump_json()


def connection(services: Services, principal: Principal, item: TenantConnection) -> ConnectionOut:
    """`reauthorize_url` is for the principal's account."""
    owner = ConnectionOwner(notion_user_id=item.owner_notion_user_id, name=item.owner_name)
    url = services.connections.reauthorize_url(principal.account_id, item)
    return ConnectionOut.of(item, owner=owner, reauthorize_url=url)


def _workspace_ids(item: ServiceToken) -> list[str]:
    return [ALL_WORKSPACES] if item.all_workspaces else [str(workspace_id) for workspace_id in item.workspace_ids]
