"""From what services answer to the shapes of the contract."""

from functools import lru_cache

from ivgraph_auth.api.schema import (
    AccessToken,
    ConnectionOut,
    ConnectionOwner,
    Me,
    RotatedTokens,
    SessionOut,
    TokenCreated,
    TokenOut,
    Validation,
    WorkspaceOut,
)
from ivgraph_auth.connect.models import TenantConnection
from ivgraph_auth.core.principal import AccountSnapshot, CredentialKind, Principal, Workspace
from ivgraph_auth.sessions.models import Session, TokenPair
from ivgraph_auth.tokens.models import ALL_WORKSPACES, MintedToken, ServiceToken

_MOST_BODIES = 1_000


@lru_cache(maxsize=_MOST_BODIES)
def validation(principal: Principal) -> bytes:
    """The body, made once for what is remembered of a credential."""
    return (
        Validation(
            kind=principal.kind.value,
            user_id=str(principal.account_id),
            scopes=[scope.value for scope in principal.scopes],
            workspace_ids=[workspace.id for workspace in principal.workspaces],
            expires_at=principal.expires_at,
        )
        .model_dump_json()
        .encode()
    )


def me(principal: Principal) -> bytes:
    """A service token is shown its own workspaces, and no address to write to."""
    return _me(principal.snapshot, principal.workspaces, principal.kind is CredentialKind.SESSION)


@lru_cache(maxsize=_MOST_BODIES)
def _me(snapshot: AccountSnapshot, workspaces: tuple[Workspace, ...], is_person: bool) -> bytes:  # noqa: FBT001 -- private
    """Made once for what is remembered of an account."""
    return (
        Me(
            id=str(snapshot.account_id),
            notion_user_id=snapshot.notion_user_id,
            email=snapshot.email if is_person else None,
            email_verified=snapshot.email_verified and is_person,
            name=snapshot.name,
            avatar_url=snapshot.avatar_url,
            role=snapshot.role.value,
            workspaces=[
                WorkspaceOut(id=item.id, name=item.name, icon=item.icon, status=item.status) for item in workspaces
            ],
            created_at=snapshot.created_at,
            last_login_at=snapshot.last_login_at,
        )
        .model_dump_json()
        .encode()
    )


def refreshed(pair: TokenPair) -> str:
    if pair.refresh is None:
        return AccessToken(access=pair.access.reveal()).model_dump_json()
    return RotatedTokens(access=pair.access.reveal(), refresh=pair.refresh.reveal()).model_dump_json()


def session(item: Session, current: str) -> SessionOut:
    return SessionOut(
        id=item.id.hex,
        created_at=item.created_at,
        last_used_at=item.last_used_at,
        expires_at=item.expires_at,
        address=item.address,
        user_agent=item.user_agent,
        current=item.id.hex == current,
    )


def token(item: ServiceToken, *, active: bool) -> TokenOut:
    return TokenOut(
        id=item.id,
        name=item.name,
        prefix=item.prefix,
        scopes=[scope.value for scope in item.scopes],
        workspace_ids=_workspace_ids(item),
        is_active=active,
        created_at=item.created_at,
        expires_at=item.expires_at,
        last_used_at=item.last_used_at,
    )


def created_token(minted: MintedToken) -> str:
    item = minted.token
    created = TokenCreated(
        id=item.id,
        name=item.name,
        token=minted.text.reveal(),
        prefix=item.prefix,
        scopes=[scope.value for scope in item.scopes],
        workspace_ids=_workspace_ids(item),
        is_active=True,
        created_at=item.created_at,
        expires_at=item.expires_at,
    )
    return created.model_dump_json()


def connection(item: TenantConnection, reauthorize_url: str) -> ConnectionOut:
    return ConnectionOut(
        tenant_id=item.tenant_id,
        workspace_id=item.workspace_id,
        workspace_name=item.workspace_name,
        workspace_icon=item.workspace_icon,
        bot_id=item.bot_id,
        owner=ConnectionOwner(notion_user_id=item.owner_notion_user_id, name=item.owner_name),
        capabilities=list(item.capabilities),
        status=item.status,
        created_at=item.created_at,
        last_used_at=item.last_used_at,
        last_validated_at=item.last_validated_at,
        usage_count=item.usage_count,
        reauthorize_url=reauthorize_url,
    )


def _workspace_ids(item: ServiceToken) -> list[str]:
    return [ALL_WORKSPACES] if item.all_workspaces else [str(workspace_id) for workspace_id in item.workspace_ids]
