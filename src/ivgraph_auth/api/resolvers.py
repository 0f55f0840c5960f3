"""From `Authorization` to a Principal. A credential is told by its form, and no request tries two kinds.

Who may call a route stands in its signature: `principal: CanMintTokens`.
"""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBearer as BearerScheme
from fastapi.security.base import SecurityBase

from ivgraph_auth.core.errors import InsufficientScope, NotAuthenticated, TokenNotValid
from ivgraph_auth.core.principal import CredentialKind, Principal, Role, Scope
from ivgraph_auth.provider.access import VerifiedAccess
from ivgraph_auth.provider.dpop import ProofTarget
from ivgraph_auth.provider.errors import InvalidDpopProof
from ivgraph_auth.provider.scopes import PROFILE
from ivgraph_auth.provider.tokens import is_access_token
from ivgraph_auth.tokens.service import PREFIX
from ivgraph_auth.web.context import RequestContext, context_of
from ivgraph_auth.web.errors.http_errors import InsufficientRole, WrongCredentialKind

SESSION_SCHEME = BearerScheme(
    bearerFormat="JWT", description="The access token of a session, from signing in with Notion."
)
SERVICE_TOKEN_SCHEME = BearerScheme(description="A service token: `ivg_` and 32 characters.")


def bearer(context: RequestContext) -> str | None:
    """The credential of `Authorization: Bearer …` (RFC 6750 §2.1). Raises TokenNotValid when there are two."""
    scheme, credential = _authorization(context)
    return credential if scheme == "bearer" else None


def _authorization(context: RequestContext) -> tuple[str, str | None]:
    found = [value for name, value in context.headers if name == b"authorization"]
    if len(found) > 1:
        raise TokenNotValid
    scheme, _, credential = found[0].decode("latin-1").partition(" ") if found else ("", "", "")
    return scheme.lower(), credential.strip() or None


async def verify_app_token(context: RequestContext) -> VerifiedAccess:
    """An app's access token, at a resource that it is for (RFC 9068 §4), with a proof of its key where it is bound to
    one (RFC 9449 §7). Raises NotAuthenticated, TokenNotValid.
    """
    scheme, credential = _authorization(context)
    if credential is None or scheme not in ("bearer", "dpop"):
        raise NotAuthenticated
    return await _verify_app_token(context, scheme, credential)


async def _verify_app_token(context: RequestContext, scheme: str, credential: str) -> VerifiedAccess:
    """At a resource that it is for (RFC 9068 §4)."""
    provider = context.services.provider
    found = await provider.tokens.verify(credential)
    if not provider.resources.admits(found.claims.audience, context.path):
        raise TokenNotValid
    if (found.claims.jkt is not None) != (scheme == "dpop"):
        raise TokenNotValid
    if found.claims.jkt is not None and found.claims.jkt != await _prove(context, credential):
        raise TokenNotValid
    return found


async def _prove(context: RequestContext, credential: str) -> str | None:
    proofs = [value.decode("latin-1") for name, value in context.headers if name == b"dpop"]
    if len(proofs) != 1:
        raise TokenNotValid
    url = context.services.settings.public_url + context.path
    try:
        return await context.services.provider.proofs.verify(proofs[0], ProofTarget(context.method, url, credential))
    except InvalidDpopProof:
        raise TokenNotValid from None


async def resolve(context: RequestContext) -> Principal:
    """Who asks, which the context knows from then on. Raises NotAuthenticated, TokenNotValid."""
    principal = context.principal = await _find_principal(context)
    return principal


async def _find_principal(context: RequestContext) -> Principal:
    scheme, credential = _authorization(context)
    if credential is None or scheme not in ("bearer", "dpop"):
        raise NotAuthenticated
    if scheme == "dpop":
        return await _resolve_app(context, scheme, credential)
    services = context.services
    if credential.startswith(PREFIX):
        token = await services.tokens.authenticate(credential)
        return Principal(
            kind=CredentialKind.SERVICE_TOKEN,
            credential_id=str(token.token.id),
            snapshot=token.snapshot,
            scopes=token.scopes,
            workspaces=token.workspaces,
            expires_at=token.token.expires_at,
        )
    if is_access_token(credential):
        return await _resolve_app(context, scheme, credential)
    session = await services.sessions.authenticate(credential)
    return Principal(
        kind=CredentialKind.SESSION,
        credential_id=session.session_id.hex,
        snapshot=session.snapshot,
        scopes=session.snapshot.scopes,
        workspaces=session.snapshot.workspaces,
        expires_at=session.expires_at,
    )


async def _resolve_app(context: RequestContext, scheme: str, credential: str) -> Principal:
    found = await _verify_app_token(context, scheme, credential)
    return Principal(
        kind=CredentialKind.APP,
        credential_id=found.authorization.id.hex,
        snapshot=found.snapshot,
        scopes=found.api_scopes,
        workspaces=found.workspaces,
        expires_at=found.claims.expires_at,
        actor_id=found.actor_id,
        audience=found.claims.audience,
        identity_scopes=found.identity_scopes,
    )


class _Resolver(SecurityBase):
    """Takes credentials of these kinds that have the scope, if one is named; a session has those of its person's role.

    Documents itself in OpenAPI; `docs.py` makes each kind of credential of `any`, with the scope that an app needs.
    """

    def __init__(
        self,
        *kinds: CredentialKind,
        scope: Scope | None = None,
        role: Role | None = None,
        app_scope: str = "",
    ) -> None:
        self.kinds = frozenset(kinds)
        self._scope = scope
        self._role = role
        self.model = SESSION_SCHEME
        needed = scope.value if scope else app_scope
        self.rule = _describe_rule(self.kinds, scope, role, app_scope)
        self.scheme_name = "session" if self.kinds == {CredentialKind.SESSION} else f"any {needed}".rstrip()

    async def __call__(self, request: Request) -> Principal:
        principal = await resolve(context_of(request.scope))
        self.check(principal)
        return principal

    def check(self, principal: Principal) -> None:
        """Raises WrongCredentialKind, InsufficientScope, InsufficientRole."""
        if principal.kind not in self.kinds:
            raise WrongCredentialKind
        if self._scope is not None and self._scope not in principal.scopes:
            raise InsufficientScope(self._scope.value)
        if self._role is not None and principal.snapshot.role is not self._role:
            raise InsufficientRole


def _describe_rule(kinds: frozenset[CredentialKind], scope: Scope | None, role: Role | None, app_scope: str) -> str:
    if kinds == {CredentialKind.SESSION}:
        return f"Takes a session of somebody with the role {role.value}." if role else "Takes a session."
    if app_scope:
        return f"Takes any credential, and of an app one with the scope {app_scope}."
    return f"Takes a credential with the scope {scope.value}." if scope else "Takes any credential."


class _ValidityResolver(_Resolver):
    """Says in its refusal, too, whether the credential is valid."""

    async def __call__(self, request: Request) -> Principal:
        try:
            return await super().__call__(request)
        except (NotAuthenticated, TokenNotValid) as refusal:
            refusal.extra = {"valid": False}
            raise


_session = _Resolver(CredentialKind.SESSION)


class _ProfileResolver(_Resolver):
    """An app sees who its person is with the scope `profile`."""

    def check(self, principal: Principal) -> None:
        super().check(principal)
        if principal.kind is CredentialKind.APP and PROFILE not in principal.identity_scopes:
            raise InsufficientScope(PROFILE)


_any = _Resolver(*CredentialKind)
_profile = _ProfileResolver(*CredentialKind, app_scope=PROFILE)
_admin = _Resolver(CredentialKind.SESSION, role=Role.ADMIN)
_connect = _Resolver(*CredentialKind, scope=Scope.NOTION_CONNECT)
_validity = _ValidityResolver(*CredentialKind)

_search_graph = _Resolver(*CredentialKind, scope=Scope.GRAPH_SEARCH)
_read_graph = _Resolver(*CredentialKind, scope=Scope.GRAPH_READ)
_traverse_graph = _Resolver(*CredentialKind, scope=Scope.GRAPH_NEIGHBORS)

AnyCredential = Annotated[Principal, Depends(_any)]
CredentialWithProfile = Annotated[Principal, Depends(_profile)]
CredentialToValidate = Annotated[Principal, Depends(_validity)]
CanMintTokens = Annotated[Principal, Depends(_session)]
CanManageSessions = Annotated[Principal, Depends(_session)]
CanSeeConnections = Annotated[Principal, Depends(_session)]
CanConnect = Annotated[Principal, Depends(_connect)]
CanDisconnect = Annotated[Principal, Depends(_session)]
CanSearchGraph = Annotated[Principal, Depends(_search_graph)]
CanReadGraph = Annotated[Principal, Depends(_read_graph)]
CanTraverseGraph = Annotated[Principal, Depends(_traverse_graph)]
CanSync = Annotated[Principal, Depends(_session)]
CanManageWebhooks = Annotated[Principal, Depends(_admin)]
CanReadAudit = Annotated[Principal, Depends(_session)]
CanManageGrants = Annotated[Principal, Depends(_session)]
CanManageApps = Annotated[Principal, Depends(_admin)]
CanLeave = Annotated[Principal, Depends(_session)]
