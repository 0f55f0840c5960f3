"""Notion's OAuth endpoints, one method each: what is sent, what is taken from the answer, what each refusal means."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from ivgraph_auth.core.clock import Clock, SystemClock
from ivgraph_auth.core.http import HttpClient
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.notion.errors import OAuthRefused
from ivgraph_auth.notion.models import Introspection, TokenAnswer, plain
from ivgraph_auth.notion.wire import (
    check_rate,
    is_refusal,
    is_success,
    json_object,
    parse,
    request_id_of,
    send,
    unavailable,
)

OAuthCall = Literal["token", "introspect", "revoke"]
_SECRETS = ("code", "refresh_token", "token")
_FRESH = ("access_token", "refresh_token")
_ANSWERS: Mapping[OAuthCall, type[BaseModel]] = {"token": TokenAnswer, "introspect": Introspection}


@dataclass(frozen=True, kw_only=True)
class NotionOAuth:
    """The OAuth endpoints: client authentication by HTTP Basic, JSON bodies.

    Every method raises OAuthRefused, RateLimited and NotionUnavailable; `deadline` is in seconds, for the whole answer.
    """

    http: HttpClient
    client_id: str
    client_secret: Secret
    token_url: str
    api_url: str
    version: str
    clock: Clock = field(default_factory=SystemClock)

    async def exchange(self, code: str, *, redirect_uri: str | None, deadline: float) -> TokenAnswer:
        """RFC 6749 §4.1.3. `redirect_uri` is None when the authorization URL had none."""
        return TokenAnswer.model_validate(await self.answer("token", code_grant(code, redirect_uri), deadline=deadline))

    async def refresh(self, refresh_token: Secret, *, deadline: float) -> TokenAnswer:
        """RFC 6749 §6. Notion answers a new pair, of which the refresh token may be null."""
        return TokenAnswer.model_validate(await self.answer("token", refresh_grant(refresh_token), deadline=deadline))

    async def introspect(self, token: Secret, *, deadline: float) -> Introspection:
        body = {"token": token.reveal()}
        return Introspection.model_validate(await self.answer("introspect", body, deadline=deadline))

    async def revoke(self, token: Secret, *, deadline: float) -> None:
        await self.answer("revoke", {"token": token.reveal()}, deadline=deadline)

    async def answer(self, call: OAuthCall, body: Mapping[str, Any], *, deadline: float) -> dict[str, Any]:
        """What Notion answered, all of it, once it is known to be what Notion documents."""
        url = self.token_url if call == "token" else f"{self.api_url}/v1/oauth/{call}"
        answer = await send(
            self.http,
            "POST",
            url,
            secrets=self._secrets(body),
            fresh=_FRESH if call == "token" else (),
            headers={"Notion-Version": self.version},
            basic=(self.client_id, self.client_secret.reveal()),
            body=body,
            deadline=deadline,
        )
        if is_success(answer):
            # Of a revocation the status is all (RFC 7009 §2.2).
            if call != "revoke":
                parse(answer, _ANSWERS[call])
            return json_object(answer)
        error = json_object(answer)
        check_rate(answer, error, self.clock)
        # Notion answers in one of two shapes: RFC 6749's, or its own with `code`.
        code = error.get("error") or error.get("code")
        if not is_refusal(answer) or not isinstance(code, str):
            raise unavailable(answer)
        notions_own = error.get("object") == "error"
        raise OAuthRefused(plain(code), request_id=request_id_of(error), notions_own=notions_own)

    def _secrets(self, body: Mapping[str, Any]) -> list[Secret]:
        """All that a request with this body carries."""
        basic = base64.b64encode(f"{self.client_id}:{self.client_secret.reveal()}".encode()).decode()
        named = (body[name] for name in _SECRETS if name in body)
        return [self.client_secret, Secret(basic), *map(Secret, named)]


def code_grant(code: str, redirect_uri: str | None) -> dict[str, Any]:
    body = {"grant_type": "authorization_code", "code": code}
    return body if redirect_uri is None else {**body, "redirect_uri": redirect_uri}


def refresh_grant(refresh_token: Secret) -> dict[str, Any]:
    return {"grant_type": "refresh_token", "refresh_token": refresh_token.reveal()}
