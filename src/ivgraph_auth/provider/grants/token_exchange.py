"""A token for less: what an app hands on to somebody who acts for it (RFC 8693)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ivgraph_auth.base import Base
from ivgraph_auth.core.errors import TokenNotValid
from ivgraph_auth.core.urls import parse_notion_id
from ivgraph_auth.provider.access import VerifiedAccess
from ivgraph_auth.provider.authorization.request import Parameters
from ivgraph_auth.provider.errors import InvalidRequest, InvalidTarget
from ivgraph_auth.provider.grants.request import TokenRequest
from ivgraph_auth.provider.resources import Resources
from ivgraph_auth.provider.scopes import narrow_scopes
from ivgraph_auth.provider.tokens import LIFETIME, AppTokens, Narrowing

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 -- the name of a type
_MOST_MINUTES = 60
# A chain of those who act for one another is told whole in each token.
_LONGEST_CHAIN = 5


@dataclass(frozen=True, slots=True)
class TokenExchangeGrant:
    """Beside RFC 8693's parameters `workspace` (a Notion workspace id, as often as there are some) and `minutes`."""

    base: Base
    tokens: AppTokens
    resources: Resources

    async def answer(self, request: TokenRequest) -> Mapping[str, Any]:
        """RFC 8693 §2.2.1. Never more, and never for longer, than the subject token. Raises OAuthError."""
        app, parameters = request.app, request.parameters
        subject = await self._verify(parameters, "subject_token")
        if subject is None:
            raise InvalidRequest("subject_token is missing.")
        if subject.authorization.app_id != app.id:
            raise InvalidRequest("subject_token is not one of this client's (RFC 8693 §2.2.2).")
        if parameters.get("requested_token_type") not in (None, ACCESS_TOKEN):
            raise InvalidRequest(f"requested_token_type should be {ACCESS_TOKEN}.")
        actor = await self._verify(parameters, "actor_token")
        if actor is not None and actor.authorization.account_id != subject.authorization.account_id:
            raise InvalidRequest("actor_token is another person's (RFC 8693 §2.2.2).")
        if subject.claims.jkt is not None and subject.claims.jkt != request.jkt:
            raise InvalidRequest("subject_token needs a DPoP proof of its key (RFC 8693 §2.2.2).")
        narrowing = Narrowing(
            workspace_ids=_read_workspaces(subject, parameters),
            actor=_make_actor(subject, actor.claims.client_id if actor else app.client_id),
            lifetime=self._lifetime(subject, parameters),
            jkt=request.jkt,
        )
        scopes = narrow_scopes(parameters.get("scope"), subject.scopes)
        named = [*parameters.all("resource"), *parameters.all("audience")]
        audience = self.resources.narrow(named, subject.claims.audience)
        token = await self.tokens.issue_access(subject.authorization, scopes, audience, narrowing)
        return {
            "access_token": token.reveal(),
            "issued_token_type": ACCESS_TOKEN,
            "token_type": "DPoP" if narrowing.jkt else "Bearer",
            "expires_in": int(narrowing.lifetime.total_seconds()),
            "scope": " ".join(scopes),
        }

    async def _verify(self, parameters: Parameters, name: str) -> VerifiedAccess | None:
        text, kind = parameters.get(name), parameters.get(f"{name}_type")
        if text is None:
            if kind is not None:
                raise InvalidRequest(f"{name} is missing.")
            return None
        if kind != ACCESS_TOKEN:
            raise InvalidRequest(f"{name}_type should be {ACCESS_TOKEN}.")
        try:
            return await self.tokens.verify(text)
        except TokenNotValid:
            raise InvalidRequest(f"{name} is not valid (RFC 8693 §2.2.2).") from None

    def _lifetime(self, subject: VerifiedAccess, parameters: Parameters) -> timedelta:
        left = subject.claims.expires_at - self.base.clock.now()
        text = parameters.get("minutes")
        if text is None:
            return min(left, LIFETIME)
        if not text.isascii() or not text.isdigit() or not 1 <= int(text[:4]) <= _MOST_MINUTES or len(text) > len("60"):
            raise InvalidRequest(f"minutes should be 1 to {_MOST_MINUTES}.")
        return min(left, timedelta(minutes=int(text)))


def _read_workspaces(subject: VerifiedAccess, parameters: Parameters) -> tuple[str, ...] | None:
    """None: all of the subject's, whichever that is when it is used."""
    given = parameters.all("workspace")
    if not given:
        return subject.claims.workspace_ids
    found = [parse_notion_id(text) for text in given]
    held = {item.id for item in subject.workspaces}
    if not all(workspace_id in held for workspace_id in found):
        raise InvalidTarget("A workspace is not one that the subject token reaches.")
    return tuple(dict.fromkeys(str(workspace_id) for workspace_id in found))


def _make_actor(subject: VerifiedAccess, client_id: str) -> Mapping[str, Any]:
    """RFC 8693 §4.1: who acts now, and inside of it who did before."""
    before = subject.claims.actor
    depth, link = 1, before
    while link is not None:
        depth, link = depth + 1, link.get("act")
    if depth > _LONGEST_CHAIN:
        raise InvalidRequest("So many act for one another already that no more may.")
    return {"sub": client_id, **({"act": dict(before)} if before else {})}
