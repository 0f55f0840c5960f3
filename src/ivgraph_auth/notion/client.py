"""Calls to Notion, one method each: what is sent, what is taken from the answer, what each refusal means."""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from ivgraph_auth.core.clock import Clock, SystemClock
from ivgraph_auth.core.http import Answer, HttpClient, UpstreamError, UpstreamTimeoutError
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.notion.errors import NotionRefused, NotionTimeout, NotionUnavailable, OAuthRefused, RateLimited
from ivgraph_auth.notion.models import Acknowledgement, Bot, Introspection, PassedOn, TokenAnswer, plain
from ivgraph_auth.notion.operations import NotionRequest, RawRequest
from ivgraph_auth.notion.waiting import retry_after

OAuthCall = Literal["token", "introspect", "revoke"]
_Model = TypeVar("_Model", bound=BaseModel)
_OK = 200
_REFUSALS = range(400, 500)
_TOO_MANY = 429
_UNAUTHORIZED = 401
_TOO_LARGE = 413
_MAX_OBJECT_BYTES = 16 * 1024 * 1024  # a hundred rows or blocks, each as large as Notion lets it be made
_MESSAGE_LENGTH = 1000
_OAUTH_ANSWERS: Mapping[OAuthCall, type[BaseModel]] = {
    "token": TokenAnswer,
    "introspect": Introspection,
    "revoke": Acknowledgement,
}


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
        answer = await _sent(
            self._http,
            "POST",
            url,
            headers={"Notion-Version": self._version},
            basic=(client_id, client_secret.reveal()),
            body=body,
            deadline=deadline,
        )
        if answer.status == _OK:
            return _proven(answer, _OAUTH_ANSWERS[call])
        error = _json_object(answer)
        # Notion answers in one of two shapes: RFC 6749's, or its own with `code`.
        code = error.get("error") or error.get("code")
        if not _refused(answer) or not isinstance(code, str):
            raise _unavailable(answer)
        raise OAuthRefused(plain(code), request_id=_request_id(error))


def code_grant(code: str, redirect_uri: str | None) -> dict[str, Any]:
    body = {"grant_type": "authorization_code", "code": code}
    return body if redirect_uri is None else {**body, "redirect_uri": redirect_uri}


def refresh_grant(refresh_token: Secret) -> dict[str, Any]:
    return {"grant_type": "refresh_token", "refresh_token": refresh_token.reveal()}


class NotionApi:
    """The REST API, as the holder of an access token."""

    def __init__(self, *, http: HttpClient, api_url: str, version: str, clock: Clock | None = None) -> None:
        self._http = http
        self._api_url = api_url
        self._version = version
        self._clock = clock or SystemClock()

    async def me(self, access_token: Secret, *, deadline: float) -> Bot:
        """GET /v1/users/me. Raises NotionRefused and NotionUnavailable."""
        answer = await self._asked(access_token, NotionRequest("GET", "/v1/users/me"), deadline)
        if answer.status == _OK:
            return _parse(answer, Bot)
        error = _json_object(answer)
        code = error.get("code")
        if not _refused(answer) or not isinstance(code, str):
            raise _unavailable(answer)
        raise NotionRefused(answer.status, plain(code), request_id=_request_id(error))

    async def call(self, access_token: Secret, request: NotionRequest, *, deadline: float) -> dict[str, Any]:
        """Notion's object, as it is. One attempt.

        Raises NotionRefused, RateLimited and NotionUnavailable; only Notion's own error body counts as its refusal.
        """
        return (await self.answer(access_token, request, deadline=deadline))[1]

    async def answer(
        self, access_token: Secret, request: NotionRequest, *, deadline: float
    ) -> tuple[bytes, dict[str, Any]]:
        """As `call`, with the JSON text beside the object."""
        answer = await self._asked(access_token, request, deadline)
        value = _json_object(answer)
        if answer.status == _OK and value:
            return _without(access_token, answer.body), value
        if answer.status == _TOO_MANY:
            raise RateLimited("Notion asks to wait.", retry_after=self._wait(answer), request_id=_request_id(value))
        code = value.get("code")
        if not _refused(answer) or value.get("object") != "error" or not isinstance(code, str):
            raise _unavailable(answer, retry_after=self._wait(answer))
        message = _message(value, access_token)
        raise NotionRefused(answer.status, plain(code), message=message, request_id=_request_id(value))

    async def passed_on(self, access_token: Secret, request: RawRequest, *, deadline: float) -> PassedOn:
        """Whatever Notion answers, when it is Notion's: an object, or its error body. One attempt.

        Raises NotionRefused for a 401 `unauthorized` alone, and NotionUnavailable.
        """
        headers = {
            "Authorization": f"Bearer {access_token.reveal()}",
            "Notion-Version": self._version if request.version is None else request.version,
            **({"Content-Type": request.content_type} if request.content_type else {}),
        }
        answer = await _sent(
            self._http,
            request.method,
            self._api_url,
            target=f"{urlsplit(self._api_url).path}{request.target}".encode(),
            headers=headers,
            content=request.body or None,
            deadline=deadline,
            max_bytes=_MAX_OBJECT_BYTES,
        )
        value = _json_object(answer)
        request_id = _request_id(value) or plain(answer.headers.get("x-notion-request-id", "")) or None
        if answer.status == _TOO_LARGE and value:
            # Told before the API itself has seen the request, and so in another shape.
            return PassedOn(answer.status, answer.body, "payload_too_large", request_id, None)
        is_error = value.get("object") == "error" and isinstance(value.get("code"), str)
        if not value or is_error != (answer.status != _OK):
            raise _unavailable(answer)
        if answer.status == _UNAUTHORIZED:
            raise NotionRefused(answer.status, plain(value["code"]), request_id=_request_id(value))
        return PassedOn(
            status=answer.status,
            body=_without(access_token, answer.body),
            code=plain(value["code"]) if is_error else None,
            request_id=request_id,
            retry_after=self._wait(answer),
        )

    def _wait(self, answer: Answer) -> int | None:
        return retry_after(answer.headers.get("retry-after"), self._clock.now())

    async def _asked(self, access_token: Secret, request: NotionRequest, deadline: float) -> Answer:
        return await _sent(
            self._http,
            request.method,
            f"{self._api_url}{request.target}",
            headers={"Authorization": f"Bearer {access_token.reveal()}", "Notion-Version": self._version},
            body=request.body,
            deadline=deadline,
            max_bytes=_MAX_OBJECT_BYTES,
        )


async def _sent(http: HttpClient, method: str, url: str, **how: Any) -> Answer:  # noqa: ANN401 -- as HttpClient.request
    try:
        return await http.request(method, url, **how)
    except UpstreamTimeoutError as failure:
        raise NotionTimeout(str(failure)) from failure
    except UpstreamError as failure:
        raise NotionUnavailable(str(failure)) from failure


def _without(token: Secret, body: bytes) -> bytes:
    """Nothing that is passed on holds the credential, whatever Notion quotes."""
    return body.replace(token.reveal().encode(), b"***")


def _refused(answer: Answer) -> bool:
    return answer.status in _REFUSALS and answer.status != _TOO_MANY


def _message(error: Mapping[str, Any], token: Secret) -> str:
    """Notion's sentence without line breaks and control characters, and in no case with the credential."""
    text = error.get("message")
    if not isinstance(text, str):
        return ""
    text = text.replace(token.reveal(), "***")
    return "".join(character for character in text if character.isprintable())[:_MESSAGE_LENGTH]


def _proven(answer: Answer, model: type[BaseModel]) -> dict[str, Any]:
    _parse(answer, model)
    return dict(_json_object(answer))


def _parse(answer: Answer, model: type[_Model]) -> _Model:
    try:
        return model.model_validate(answer.json())
    except (ValidationError, ValueError):
        raise NotionUnavailable(
            "The answer is not what Notion documents.", request_id=_request_id(_json_object(answer))
        ) from None


def _json_object(answer: Answer) -> dict[str, Any]:
    """Empty for anything else, such as an edge proxy's HTML."""
    try:
        value = answer.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _unavailable(answer: Answer, *, retry_after: int | None = None) -> NotionUnavailable:
    return NotionUnavailable(
        f"The answer has status {answer.status}.",
        status=answer.status,
        retry_after=retry_after,
        request_id=_request_id(_json_object(answer)),
    )


def _request_id(body: Mapping[str, Any]) -> str | None:
    value = body.get("request_id")
    return plain(value) if isinstance(value, str) else None
