"""Calls to Notion, one method each: what is sent, what is taken from the answer, what each refusal means."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ivgraph_auth.core.http import Answer, HttpClient, UpstreamError
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.notion.errors import NotionRefused, NotionUnavailable, OAuthRefused
from ivgraph_auth.notion.models import Acknowledgement, Bot, Introspection, TokenAnswer, plain

_Model = TypeVar("_Model", bound=BaseModel)
_OK = 200
_REFUSALS = range(400, 500)
_TOO_MANY = 429


class NotionOAuth:
    """The OAuth endpoints: client authentication by HTTP Basic, JSON bodies.

    Every method raises OAuthRefused and NotionUnavailable; `deadline` is in seconds, for the whole answer.
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
    ) -> None:
        self._http = http
        self._basic = (client_id, client_secret)
        self._token_url = token_url
        self._api_url = api_url
        self._version = version

    async def exchange(self, code: str, *, redirect_uri: str, deadline: float) -> TokenAnswer:
        """RFC 6749 §4.1.3."""
        body = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return await self._post(self._token_url, body, TokenAnswer, deadline)

    async def refresh(self, refresh_token: Secret, *, deadline: float) -> TokenAnswer:
        """RFC 6749 §6. Each refresh answers a new pair, and spends the refresh token it was asked with."""
        body = {"grant_type": "refresh_token", "refresh_token": refresh_token.reveal()}
        return await self._post(self._token_url, body, TokenAnswer, deadline)

    async def introspect(self, token: Secret, *, deadline: float) -> Introspection:
        body = {"token": token.reveal()}
        return await self._post(f"{self._api_url}/v1/oauth/introspect", body, Introspection, deadline)

    async def revoke(self, token: Secret, *, deadline: float) -> None:
        body = {"token": token.reveal()}
        await self._post(f"{self._api_url}/v1/oauth/revoke", body, Acknowledgement, deadline)

    async def _post(self, url: str, body: Mapping[str, Any], model: type[_Model], deadline: float) -> _Model:
        client_id, client_secret = self._basic
        try:
            answer = await self._http.request(
                "POST",
                url,
                headers={"Notion-Version": self._version},
                basic=(client_id, client_secret.reveal()),
                body=body,
                deadline=deadline,
            )
        except UpstreamError as failure:
            raise NotionUnavailable(str(failure)) from failure
        if answer.status == _OK:
            return _parse(answer, model)
        error = _json_object(answer)
        # Notion answers in one of two shapes: RFC 6749's, or its own with `code`.
        code = error.get("error") or error.get("code")
        if answer.status not in _REFUSALS or answer.status == _TOO_MANY or not isinstance(code, str):
            raise _unavailable(answer)
        raise OAuthRefused(plain(code), request_id=_request_id(error))


class NotionApi:
    """The REST API, as the holder of an access token."""

    def __init__(self, *, http: HttpClient, api_url: str, version: str) -> None:
        self._http = http
        self._api_url = api_url
        self._version = version

    async def me(self, access_token: Secret, *, deadline: float) -> Bot:
        """GET /v1/users/me. Raises NotionRefused and NotionUnavailable."""
        headers = {"Authorization": f"Bearer {access_token.reveal()}", "Notion-Version": self._version}
        try:
            answer = await self._http.request("GET", f"{self._api_url}/v1/users/me", headers=headers, deadline=deadline)
        except UpstreamError as failure:
            raise NotionUnavailable(str(failure)) from failure
        if answer.status == _OK:
            return _parse(answer, Bot)
        error = _json_object(answer)
        code = error.get("code")
        if answer.status not in _REFUSALS or answer.status == _TOO_MANY or not isinstance(code, str):
            raise _unavailable(answer)
        raise NotionRefused(answer.status, plain(code), request_id=_request_id(error))


def _parse(answer: Answer, model: type[_Model]) -> _Model:
    try:
        return model.model_validate(answer.json())
    except (ValidationError, ValueError):
        raise NotionUnavailable(
            "The answer is not what Notion documents.", request_id=_request_id(_json_object(answer))
        ) from None


def _json_object(answer: Answer) -> Mapping[str, Any]:
    """Empty for anything else, such as an edge proxy's HTML."""
    try:
        value = answer.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _unavailable(answer: Answer) -> NotionUnavailable:
    # A 5xx may come from a proxy that had passed the request on; the rest was refused before anything was done.
    refused = answer.status in _REFUSALS
    return NotionUnavailable(
        f"The answer has status {answer.status}.", request_id=_request_id(_json_object(answer)), answered=refused
    )


def _request_id(body: Mapping[str, Any]) -> str | None:
    value = body.get("request_id")
    return plain(value) if isinstance(value, str) else None
