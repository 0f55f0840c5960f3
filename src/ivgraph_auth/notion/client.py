"""Calls to Notion's REST API, one method each: what is sent, what is taken from the answer, what each refusal means."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ivgraph_auth.core.clock import Clock, SystemClock
from ivgraph_auth.core.http import Answer, HttpClient
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.notion.errors import NotionRefused, RateLimited
from ivgraph_auth.notion.models import Bot, PassedOn, plain
from ivgraph_auth.notion.operations import NotionRequest, RawRequest
from ivgraph_auth.notion.waiting import retry_after
from ivgraph_auth.notion.wire import TOO_MANY, is_refusal, json_object, parsed, request_id_of, sent, unavailable

_OK = 200
_UNAUTHORIZED = 401
_TOO_LARGE = 413
_MAX_OBJECT_BYTES = 16 * 1024 * 1024  # a hundred rows or blocks, each as large as Notion lets it be made
_MESSAGE_LENGTH = 1000


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
            return parsed(answer, Bot)
        error = json_object(answer)
        if answer.status == TOO_MANY:
            raise RateLimited("Notion asks to wait.", retry_after=self._wait(answer), request_id=request_id_of(error))
        code = error.get("code")
        if not is_refusal(answer) or not isinstance(code, str):
            raise unavailable(answer)
        raise NotionRefused(answer.status, plain(code), request_id=request_id_of(error))

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
        value = json_object(answer)
        if answer.status == _OK and value:
            return _without(access_token, answer.body), value
        if answer.status == TOO_MANY:
            raise RateLimited("Notion asks to wait.", retry_after=self._wait(answer), request_id=request_id_of(value))
        code = value.get("code")
        if not is_refusal(answer) or value.get("object") != "error" or not isinstance(code, str):
            raise unavailable(answer, retry_after=self._wait(answer))
        message = _message(value, access_token)
        raise NotionRefused(answer.status, plain(code), message=message, request_id=request_id_of(value))

    async def passed_on(self, access_token: Secret, request: RawRequest, *, deadline: float) -> PassedOn:
        """Whatever Notion answers, when it is Notion's: an object, or its error body. One attempt.

        Raises NotionRefused for a 401 `unauthorized` alone, and NotionUnavailable.
        """
        headers = {
            "Authorization": f"Bearer {access_token.reveal()}",
            "Notion-Version": self._version if request.version is None else request.version,
            **({"Content-Type": request.content_type} if request.content_type else {}),
        }
        answer = await sent(
            self._http,
            request.method,
            self._api_url,
            target=f"{urlsplit(self._api_url).path}{request.target}".encode(),
            headers=headers,
            content=request.body or None,
            deadline=deadline,
            max_bytes=_MAX_OBJECT_BYTES,
        )
        value = json_object(answer)
        request_id = request_id_of(value) or plain(answer.headers.get("x-notion-request-id", "")) or None
        if answer.status == _TOO_LARGE and value:
            # Told before the API itself has seen the request, and so in another shape.
            return PassedOn(answer.status, answer.body, "payload_too_large", request_id, None)
        is_error = value.get("object") == "error" and isinstance(value.get("code"), str)
        if not value or is_error != (answer.status != _OK):
            raise unavailable(answer)
        if answer.status == _UNAUTHORIZED:
            raise NotionRefused(answer.status, plain(value["code"]), request_id=request_id_of(value))
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
        return await sent(
            self._http,
            request.method,
            f"{self._api_url}{request.target}",
            headers={"Authorization": f"Bearer {access_token.reveal()}", "Notion-Version": self._version},
            body=request.body,
            deadline=deadline,
            max_bytes=_MAX_OBJECT_BYTES,
        )


def _without(token: Secret, body: bytes) -> bytes:
    """Nothing that is passed on holds the credential, whatever Notion quotes."""
    return body.replace(token.reveal().encode(), b"***")


def _message(error: Mapping[str, Any], token: Secret) -> str:
    """Notion's sentence without line breaks and control characters, and in no case with the credential."""
    text = error.get("message")
    if not isinstance(text, str):
        return ""
    text = text.replace(token.reveal(), "***")
    return "".join(character for character in text if character.isprintable())[:_MESSAGE_LENGTH]
