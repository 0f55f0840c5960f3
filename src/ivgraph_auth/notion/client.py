"""Calls to Notion's REST API, one method each: what is sent, what is taken from the answer, what each refusal means."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ivgraph_auth.core.clock import Clock, SystemClock
from ivgraph_auth.core.http import Answer, HttpClient
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.notion.errors import NotionRefused
from ivgraph_auth.notion.models import Bot, PassedOn, Success, plain
from ivgraph_auth.notion.operations import NotionRequest, RawRequest
from ivgraph_auth.notion.retry_after import retry_after
from ivgraph_auth.notion.streamed_body import StreamedBody
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

_NO_CONTENT = 204
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
        answer = await self._ask(access_token, NotionRequest("GET", "/v1/users/me"), deadline)
        if is_success(answer):
            return parse(answer, Bot)
        error = json_object(answer)
        check_rate(answer, error, self._clock)
        code = error.get("code")
        if not is_refusal(answer) or not isinstance(code, str):
            raise unavailable(answer)
        raise NotionRefused(answer.status, plain(code), request_id=request_id_of(error))

    async def answer(self, access_token: Secret, request: NotionRequest, *, writes: bool, deadline: float) -> Success:
        """Notion's object, as it is; of a write it may be empty. One attempt.

        Raises NotionRefused, RateLimited and NotionUnavailable; only Notion's own error body counts as its refusal.
        """
        answer = await self._ask(access_token, request, deadline)
        value = json_object(answer)
        if writes and _is_done(answer):
            return Success(answer.status, b"{}", {})
        if is_success(answer) and value and not _is_error(value):
            return Success(answer.status, answer.body, value)
        check_rate(answer, value, self._clock)
        if not is_refusal(answer) or not _is_error(value):
            raise unavailable(answer, retry_after=self._wait(answer))
        raise NotionRefused(
            answer.status, plain(value["code"]), message=_message(value), request_id=request_id_of(value)
        )

    async def pass_on(self, access_token: Secret, request: RawRequest, *, writes: bool, deadline: float) -> PassedOn:
        """Whatever Notion answers, when it is Notion's: an object, or its error body. One attempt.

        Raises NotionRefused for a 401 `unauthorized` alone, RateLimited for a 429 of whoever stands before Notion, and
        NotionUnavailable.
        """
        answer = await self._send_raw(access_token, request, deadline)
        value = json_object(answer)
        request_id = request_id_of(value) or plain(answer.headers.get("x-notion-request-id", "")) or None
        if answer.status == _TOO_LARGE and value:
            # Told before the API itself has seen the request, and so in another shape.
            return PassedOn(answer.status, answer.body, "payload_too_large", request_id, None)
        if writes and _is_done(answer):
            return PassedOn(answer.status, b"" if answer.status == _NO_CONTENT else b"{}", None, request_id, None)
        is_error = _is_error(value)
        if not is_error:
            check_rate(answer, value, self._clock)
        if not value or is_error == is_success(answer):
            raise unavailable(answer, retry_after=self._wait(answer))
        if answer.status == _UNAUTHORIZED:
            raise NotionRefused(answer.status, plain(value["code"]), request_id=request_id_of(value))
        code = plain(value["code"]) if is_error else None
        return PassedOn(answer.status, answer.body, code, request_id, self._wait(answer))

    async def _send_raw(self, access_token: Secret, request: RawRequest, deadline: float) -> Answer:
        headers = {
            "Authorization": f"Bearer {access_token.reveal()}",
            "Notion-Version": self._version if request.version is None else request.version,
            **({"Content-Type": request.content_type} if request.content_type else {}),
        }
        body = request.body
        if isinstance(body, StreamedBody) and body.length is not None:
            headers["Content-Length"] = str(body.length)
        return await send(
            self._http,
            request.method,
            self._api_url,
            secrets=[access_token],
            target=f"{urlsplit(self._api_url).path}{request.target}".encode(),
            headers=headers,
            content=body.read() if isinstance(body, StreamedBody) else body or None,
            deadline=deadline,
            max_bytes=_MAX_OBJECT_BYTES,
        )

    def _wait(self, answer: Answer) -> int | None:
        return retry_after(answer.headers, self._clock.now())

    async def _ask(self, access_token: Secret, request: NotionRequest, deadline: float) -> Answer:
        return await send(
            self._http,
            request.method,
            f"{self._api_url}{request.target}",
            secrets=[access_token],
            headers={"Authorization": f"Bearer {access_token.reveal()}", "Notion-Version": self._version},
            body=request.body,
            deadline=deadline,
            max_bytes=_MAX_OBJECT_BYTES,
        )


def _is_done(answer: Answer) -> bool:
    """A success that says nothing more: all there is to say of a write, and no answer to a question."""
    return is_success(answer) and not answer.body.strip()


def _is_error(value: Mapping[str, Any]) -> bool:
    return value.get("object") == "error" and isinstance(value.get("code"), str)


def _message(error: Mapping[str, Any]) -> str:
    """Notion's sentence without line breaks and control characters."""
    text = error.get("message")
    if not isinstance(text, str):
        return ""
    return "".join(character for character in text if character.isprintable())[:_MESSAGE_LENGTH]
