"""Notion's OAuth endpoints, one method each: what is sent, what is taken from the answer, what each refusal means."""

import base64
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel

from ivgraph_auth.core.clock import Clock, SystemClock
from ivgraph_auth.core.http import Answer, HttpClient
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.notion.errors import OAuthRefused, RateLimited
from ivgraph_auth.notion.models import Introspection, TokenAnswer, plain
from ivgraph_auth.notion.retry_after import retry_after
from ivgraph_auth.notion.wire import (
    TOO_MANY,
    is_refusal,
    is_success,
    json_object,
    parsed,
    request_id_of,
    sent,
    unavailable,
)

OAuthCall = Literal["token", "introspect", "revoke"]
_SECRETS = ("code", "refresh_token", "token")
_FRESH = ("access_token", "refresh_token")
_ANSWERS: Mapping[OAuthCall, type[BaseModel]] = {
    "token": TokenAnswer,
    "introspect": Introspection,
}


class NotionOAuth:
    """The OAuth endpoints: client authentication by HTTP Basic, JSON bodies.

    Every method raises OAuthRefused, RateLimited and NotionUnavailable; `deadline` is in seconds, for the whole answer.
    """

    def __init__(
        self,
        *,
        http: HttpClient,
        client_id: str,
        client_secret: Secret,
        token_url: str,
        api_url: str,
        version: str,
        clock: Clock | None = None,
    ) -> None:
        self._http = http
        self._basic = (client_id, client_secret)
        self._token_url = token_url
        self._api_url = api_url
        self._version = version
        self._clock = clock or SystemClock()

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
        client_id, client_secret = self._basic
        url = self._token_url if call == "token" else f"{self._api_url}/v1/oauth/{call}"
        answer = await sent(
            self._http,
            "POST",
            url,
            secrets=self._secrets(body),
            fresh=_FRESH if call == "token" else (),
            headers={"Notion-Version": self._version},
            basic=(client_id, client_secret.reveal()),
            body=body,
            deadline=deadline,
        )
        if is_success(answer):
            # Of a revocation the status is all (RFC 7009 §2.2).
            return dict(json_object(answer)) if call == "revoke" else _proven(answer, _ANSWERS[call])
        error = json_object(answer)
        if answer.status == TOO_MANY:
            wait = retry_after(answer.headers, self._clock.now())
            raise RateLimited("Notion asks to wait.", retry_after=wait, request_id=request_id_of(error))
        # Notion answers in one of two shapes: RFC 6749's, or its own with `code`.
        code = error.get("error") or error.get("code")
        if not is_refusal(answer) or not isinstance(code, str):
            raise unavailable(answer)
        notions_own = error.get("object") == "error"
        raise OAuthRefused(plain(code), request_id=request_id_of(error), notions_own=notions_own)

    def _secrets(self, body: Mapping[str, Any]) -> list[Secret]:
        """All that a request with this body carries."""
        client_id, client_secret = self._basic
        basic = base64.b64encode(f"{client_id}:{client_secret.reveal()}".encode()).decode()
        named = (body[name] for name in _SECRETS if name in body)
        return [client_secret, Secret(basic), *map(Secret, named)]


def code_grant(code: str, redirect_uri: str | None) -> dict[str, Any]:
    body = {"grant_type": "authorization_code", "code": code}
    return body if redirect_uri is None else {**body, "redirect_uri": redirect_uri}


def refresh_grant(refresh_token: Secret) -> dict[str, Any]:
    return {"grant_type": "refresh_token", "refresh_token": refresh_token.reveal()}


def _proven(answer: Answer, model: type[BaseModel]) -> dict[str, Any]:
    parsed(answer, model)
    return dict(json_object(answer))
