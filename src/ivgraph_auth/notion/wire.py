"""What all calls to Notion share: sending, and reading what came back."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ivgraph_auth.core.http import Answer, HttpClient, UpstreamError, UpstreamTimeoutError
from ivgraph_auth.notion.errors import NotionTimeout, NotionUnavailable
from ivgraph_auth.notion.models import plain

TOO_MANY = 429
_REFUSALS = range(400, 500)
_Model = TypeVar("_Model", bound=BaseModel)


async def sent(http: HttpClient, method: str, url: str, **how: Any) -> Answer:  # noqa: ANN401 -- as HttpClient.request
    try:
        return await http.request(method, url, **how)
    except UpstreamTimeoutError as failure:
        raise NotionTimeout(str(failure)) from failure
    except UpstreamError as failure:
        raise NotionUnavailable(str(failure)) from failure


def is_refusal(answer: Answer) -> bool:
    return answer.status in _REFUSALS and answer.status != TOO_MANY


def parsed(answer: Answer, model: type[_Model]) -> _Model:
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
