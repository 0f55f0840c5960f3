"""What all calls to Notion share: sending, and reading what came back."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.http import Answer, HttpClient, UpstreamError, UpstreamTimeoutError
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.notion.errors import NotionTimeout, NotionUnavailable, RateLimited
from ivgraph_auth.notion.masking import mask
from ivgraph_auth.notion.models import plain
from ivgraph_auth.notion.retry_after import retry_after

_TOO_MANY = 429
_SUCCESSES = range(200, 300)
_REFUSALS = range(400, 500)
_Model = TypeVar("_Model", bound=BaseModel)


async def send(
    http: HttpClient,
    method: str,
    url: str,
    *,
    secrets: Iterable[Secret],
    fresh: Iterable[str] = (),
    **how: Any,  # noqa: ANN401 -- as HttpClient.request
) -> Answer:
    """`secrets` are those that the request carries: nothing of the answer holds them, whoever quotes them. Members
    named in `fresh` are new secrets, of an answer that is a success: Notion may give again what it was sent.
    """
    try:
        answer = await http.request(method, url, **how)
    except UpstreamTimeoutError as failure:
        raise NotionTimeout(str(failure)) from failure
    except UpstreamError as failure:
        raise NotionUnavailable(str(failure)) from failure
    clean = mask(answer, [secret.reveal() for secret in secrets])
    if clean.body == answer.body or not is_success(answer):
        return clean
    given, told = json_object(answer), json_object(clean)
    kept = {name: given[name] for name in fresh if name in given and name in told}
    return replace(clean, body=json.dumps({**told, **kept}).encode()) if kept else clean


def is_success(answer: Answer) -> bool:
    return answer.status in _SUCCESSES


def is_refusal(answer: Answer) -> bool:
    return answer.status in _REFUSALS and answer.status != _TOO_MANY


def check_rate(answer: Answer, value: Mapping[str, Any], clock: Clock) -> None:
    """Raises RateLimited, whoever said so: Notion, or an edge before it in words of its own."""
    if answer.status == _TOO_MANY:
        wait = retry_after(answer.headers, clock.now())
        raise RateLimited("Notion asks to wait.", retry_after=wait, request_id=request_id_of(value))


def parse(answer: Answer, model: type[_Model]) -> _Model:
    try:
        return model.model_validate(answer.json())
    except (ValidationError, ValueError):
        raise NotionUnavailable(
            "The answer is not what Notion documents.", request_id=request_id_of(json_object(answer))
        ) from None


def json_object(answer: Answer) -> dict[str, Any]:
    """Empty for anything else, such as an edge proxy's HTML."""
    try:
        value = answer.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def unavailable(answer: Answer, *, retry_after: int | None = None) -> NotionUnavailable:
    return NotionUnavailable(
        f"The answer has status {answer.status}.",
        status=answer.status,
        retry_after=retry_after,
        request_id=request_id_of(json_object(answer)),
    )


def request_id_of(body: Mapping[str, Any]) -> str | None:
    value = body.get("request_id")
    return plain(value) if isinstance(value, str) else None
