"""What an operator reads in the log: what was created, ended or refused, with ids and no secret."""

from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.connect.kit import connected, remove
from tests.support.service import Service

Lines = list[Any]


@pytest.fixture
def lines() -> Iterator[Lines]:
    with capture_logs() as captured:
        yield captured


def told(lines: Lines, event: str) -> Lines:
    return [
        (line["log_level"], {name for name in line if name.endswith("_id")}) for line in lines if line["event"] == event
    ]


async def test_a_session_and_what_comes_of_it(service: Service, lines: Lines) -> None:
    ada = await service.sign_in("ada")
    assert told(lines, "signin.succeeded") == [("info", {"account_id", "session_id"})]
    for _ in range(2):
        await ada.client.post("/api/auth/refresh/", json={"refresh": ada.refresh, "rotate": True})
    service.clock.advance(seconds=60)
    answer = await ada.client.post("/api/auth/refresh/", json={"refresh": ada.refresh, "rotate": True})
    assert answer.status_code == 401
    assert told(lines, "session.refresh_reused") == [("warning", {"account_id", "session_id"})]
    again = await service.sign_in("ada")
    await again.client.post("/api/auth/logout/", json={"refresh": again.refresh}, headers=again.bearer)
    assert told(lines, "session.ended") == [("info", {"account_id", "session_id"})]
    assert not [secret for secret in (ada.refresh, ada.access, again.access) if secret in repr(lines)]


async def test_a_service_token(service: Service, lines: Lines) -> None:
    ada = await service.sign_in("ada")
    made = await ada.client.post(
        "/api/tokens/", json={"name": "agent", "scopes": ["graph:read"], "workspace_ids": ["*"]}, headers=ada.bearer
    )
    assert made.status_code == 422
    assert told(lines, "token.minted") == []
    body = {"name": "agent", "scopes": ["notion:connect"], "workspace_ids": ["*"]}
    made = await ada.client.post("/api/tokens/", json=body, headers=ada.bearer)
    assert made.status_code == 201, made.text
    await ada.client.delete(f"/api/tokens/{made.json()['id']}/", headers=ada.bearer)
    for event in ("token.minted", "token.revoked"):
        assert told(lines, event) == [("info", {"account_id", "token_id"})]
    assert made.json()["token"] not in repr(lines)


async def test_a_connection(service: Service, lines: Lines) -> None:
    ada = await service.sign_in("ada")
    await connected(service, ada, "team", workspace="notebook")
    await remove(ada, "team")
    for event in ("connection.made", "connection.removed"):
        assert told(lines, event) == [("info", {"account_id", "tenant_id", "grant_id"})]


async def test_a_state_that_is_refused(service: Service, lines: Lines) -> None:
    client = await service.browser()
    answer = await client.get("/oauth/callback/notion", params={"state": "unknown", "code": "x"})
    assert answer.status_code == 403
    (line,) = [line for line in lines if line["event"] == "state.refused"]
    assert (line["log_level"], line["flow"], line["reason"]) == ("info", "connect", "state_unknown")
