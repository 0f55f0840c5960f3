"""Notion, or what stands before it, quotes the credential: nobody who called sees it, and no audit row keeps it."""

import json
from typing import Any

import pytest

from tests.api.test_secrets import notion_tokens
from tests.gateway.kit import ME, Agent


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(character):04x}" if at % 2 else character for at, character in enumerate(text))


@pytest.mark.slow
@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 429, 500, 503])
async def test_a_quoted_credential_is_nowhere_afterwards(agent: Agent, status: int) -> None:
    access, *_ = await notion_tokens(agent.service.sandbox, agent.service)
    for written in (access, escaped(access)):
        body = (
            f'{{"object":"error","status":{status},"code":"{written}","message":"{written}","request_id":"{written}"}}'
        )
        assert access in json.loads(body)["code"]
        agent.fault("/v1/users/me", "garbage", status=status, body=body, times=None, retry_after=0)
        answers = [await agent.invoke(*ME), await agent.notion("GET", "users/me")]
        agent.service.sandbox.instance.faults.clear()
        for answer in answers:
            assert answer.status_code >= 400
            assert access not in everything(answer.json()) + str(answer.headers)
    assert access not in everything(await agent.trail())
    stored = await agent.service.rows("SELECT * FROM audit_events")
    assert access not in str(stored)


def everything(value: Any) -> str:
    """As whoever reads it sees it."""
    return json.dumps(value, ensure_ascii=False)
