"""Creating service tokens: what is answered, what is stored, what is refused."""

import asyncio
import hashlib
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from ivgraph_auth.core.clock import rfc3339
from tests.support.credentials import authorization, escaped
from tests.support.postgres import TestDatabases
from tests.support.service import Service, Session

Json = Any
MEMBER_SCOPES = [
    "graph:search",
    "graph:read",
    "graph:neighbors",
    "notion:read",
    "notion:write",
    "notion:comment",
    "notion:connect",
]
VIEWER_SCOPES = MEMBER_SCOPES[:3]
LIGHTHOUSE = "b99d9983-54c8-49e4-9b4c-0bafb3fef367"
HARBOUR = "72538cd2-0268-410d-a6c5-ef4baa25a48c"
NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def ada(shared_service: Service) -> Session:
    return await shared_service.guest("ada")


async def _create(session: Session, **changed: Json) -> httpx.Response:
    body = {"name": "agent", "scopes": ["graph:read"], "workspace_ids": session.workspace_ids, **changed}
    sent = escaped(body)
    return await session.client.post(
        "/api/tokens/", content=sent["content"], headers={**sent["headers"], **session.bearer}
    )


async def _created(session: Session, **changed: Json) -> Json:
    """Creates one, and takes it away again: ten are the most."""
    answer = await _create(session, **changed)
    assert answer.status_code == 201, answer.text
    removed = await session.client.delete(f"/api/tokens/{answer.json()['id']}/", headers=session.bearer)
    assert removed.status_code == 204
    return answer.json()


async def _expect_unprocessable(session: Session, **changed: Json) -> Json:
    answer = await _create(session, **changed)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "marker" not in answer.text
    problem = answer.json()
    assert problem["errors"]
    for error in problem["errors"]:
        assert set(error) == {"loc", "msg", "type"}
        assert error["loc"][0] == "body"
    return problem


async def test_the_answer_is_exactly_what_is_documented(ada: Session, shared_service: Service) -> None:
    now = shared_service.clock.now()
    answer = await _create(ada, name="My LLM Agent", scopes=VIEWER_SCOPES, expires_in_days=90)
    token = answer.json()
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    assert type(token["id"]) is int
    assert re.fullmatch("ivg_[A-Za-z0-9]{32}", token["token"])
    assert token == {
        "id": token["id"],
        "name": "My LLM Agent",
        "token": token["token"],
        "prefix": token["token"][:10],
        "scopes": VIEWER_SCOPES,
        "workspace_ids": [LIGHTHOUSE],
        "is_active": True,
        "created_at": rfc3339(now),
        "expires_at": rfc3339(now + timedelta(days=90)),
    }
    await ada.client.delete(f"/api/tokens/{token['id']}/", headers=ada.bearer)


async def test_only_a_hash_is_ever_stored(service: Service, migrated: TestDatabases) -> None:
    session = await service.sign_in("ada")
    token = (await session.mint())["token"]
    await session.client.get("/api/auth/me/", headers=authorization(token))
    [row] = await service.rows("SELECT token_hash FROM service_tokens")
    assert bytes(row["token_hash"]) == hashlib.sha256(token.encode()).digest()
    rotated = await session.client.post("/api/auth/refresh/", json={"refresh": session.refresh, "rotate": True})
    dump = await asyncio.to_thread(migrated.dump, service.database_url)
    assert hashlib.sha256(token.encode()).hexdigest().encode() in dump
    secrets = [token, token[4:], session.client.cookies["ivg_session"]]
    for jwt in (session.access, session.refresh, *rotated.json().values()):
        secrets += [jwt, jwt.rpartition(".")[2]]
    for secret in secrets:
        assert secret.encode() not in dump
        assert secret.encode().hex().encode() not in dump


@pytest.mark.parametrize("name", ["a", "a" * 100, "Ü" * 100, "🗼" * 100, "<b>&amp;</b> 'x' \"y\" \\"], ids=ascii)
async def test_a_name_of_one_to_a_hundred_characters_comes_back(ada: Session, name: str) -> None:
    assert (await _created(ada, name=name))["name"] == name


@pytest.mark.parametrize(
    "name",
    [
        "", "marker" + "a" * 95, "marker" + "🗼" * 95, " ", "\u2003\u00a0", "marker\0", "\0", "marker\n",
        "marker\x1b[31m", "marker\x7f", "marker\ud800", "\udfff", None, 7, True, ["marker"], {"marker": "marker"},
    ],
    ids=ascii,
)  # fmt: skip
async def test_any_other_name_is_refused_without_echo(ada: Session, name: Json) -> None:
    problem = await _expect_unprocessable(ada, name=name)
    assert problem["errors"][0]["loc"][:2] == ["body", "name"]


async def test_scopes_come_back_as_they_were_asked_for(ada: Session) -> None:
    asked = ["notion:write", "graph:read", "notion:write"]
    assert (await _created(ada, scopes=asked))["scopes"] == ["notion:write", "graph:read"]


@pytest.mark.parametrize("scope", MEMBER_SCOPES)
async def test_a_member_may_give_every_scope(ada: Session, scope: str) -> None:
    assert (await _created(ada, scopes=[scope]))["scopes"] == [scope]


@pytest.mark.parametrize(
    "scopes",
    [
        ["marker"], ["graph:read", "marker"], ["Graph:Read"], ["graph:read "], ["graph:*"], ["*"], [""], ["profile"],
        ["graph:search graph:read"], ["admin"],
    ],
    ids=repr,
)  # fmt: skip
async def test_an_unknown_scope_is_not_allowed(ada: Session, scopes: list[str]) -> None:
    problem = await _expect_unprocessable(ada, scopes=scopes)
    assert problem["code"] == "scope_not_allowed"
    assert problem["errors"][0]["loc"][:2] == ["body", "scopes"]


@pytest.mark.parametrize(
    "scopes",
    [[], None, "graph:read", {"graph:read": True}, [7], [None], [["graph:read"]], ["\0"], ["\ud800"]],
    ids=ascii,
)
async def test_scopes_of_another_shape_are_refused(ada: Session, scopes: Json) -> None:
    await _expect_unprocessable(ada, scopes=scopes)


async def test_scopes_are_those_of_the_owners_role(service: Service) -> None:
    session = await service.sign_in("ada")
    await service.execute("UPDATE accounts SET role = 'viewer'")
    for scope in MEMBER_SCOPES:
        answer = await _create(session, scopes=["graph:read", scope])
        if scope in VIEWER_SCOPES:
            assert answer.status_code == 201
        else:
            assert (answer.status_code, answer.json()["code"]) == (422, "scope_not_allowed")
    await service.execute("UPDATE accounts SET role = 'admin'")
    assert (await _created(session, scopes=MEMBER_SCOPES))["scopes"] == MEMBER_SCOPES


@pytest.mark.parametrize(
    "ids",
    [[], None, "*", LIGHTHOUSE, {LIGHTHOUSE: 1}, [7], [None], [[LIGHTHOUSE]], [True]],
    ids=repr,
)
async def test_workspace_ids_of_another_shape_are_refused(ada: Session, ids: Json) -> None:
    await _expect_unprocessable(ada, workspace_ids=ids)


@pytest.mark.parametrize(
    "text",
    [
        "", "marker", " ", "**", LIGHTHOUSE[:-1], LIGHTHOUSE + "0", LIGHTHOUSE[:-1] + "g", f"{{{LIGHTHOUSE}}}",
        f"urn:uuid:{LIGHTHOUSE}", f" {LIGHTHOUSE}", f"{LIGHTHOUSE}\n", LIGHTHOUSE.replace("-", "", 1), "\0", "\ud800",
        "\uff11" * 32,
    ],
    ids=ascii,
)  # fmt: skip
async def test_what_is_no_notion_id_is_refused(ada: Session, text: str) -> None:
    await _expect_unprocessable(ada, workspace_ids=[text])
    await _expect_unprocessable(ada, workspace_ids=[LIGHTHOUSE, text])


async def test_another_accounts_workspace_is_refused_like_one_that_nobody_has(
    ada: Session, shared_service: Service
) -> None:
    await shared_service.sign_in("farah", workspace="harbour")
    problems = []
    for workspace_id in (HARBOUR, NOWHERE):
        for ids in ([workspace_id], [LIGHTHOUSE, workspace_id]):
            problem = await _expect_unprocessable(ada, workspace_ids=ids)
            assert problem["code"] == "workspace_not_connected"
            problem.pop("request_id")
            problems.append(problem)
    assert problems == [problems[0]] * 4


async def test_a_workspace_that_is_no_longer_connected_is_refused(service: Service) -> None:
    session = await service.sign_in("ada")
    await service.execute("DELETE FROM account_workspaces")
    problem = await _expect_unprocessable(session)
    assert problem["code"] == "workspace_not_connected"


async def test_any_writing_of_a_workspace_id_is_answered_dashed_and_in_lower_case(ada: Session) -> None:
    for written in (LIGHTHOUSE.upper(), LIGHTHOUSE.replace("-", ""), LIGHTHOUSE.replace("-", "").upper()):
        assert (await _created(ada, workspace_ids=[written]))["workspace_ids"] == [LIGHTHOUSE]


@pytest.mark.parametrize("backwards", [False, True])
async def test_duplicate_workspaces_are_dropped_and_the_order_kept(service: Service, *, backwards: bool) -> None:
    await service.sign_in("ada", workspace="notebook")
    session = await service.sign_in("ada", workspace="lighthouse")
    first, second = sorted(session.workspace_ids, reverse=backwards)
    asked = [first.upper(), second, first, second.replace("-", "")]
    assert (await _created(session, workspace_ids=asked))["workspace_ids"] == [first, second]


async def test_the_star_needs_the_scope_that_allows_it(ada: Session) -> None:
    token = await _created(ada, scopes=["graph:read", "notion:connect"], workspace_ids=["*"])
    assert token["workspace_ids"] == ["*"]
    await _expect_unprocessable(ada, scopes=["graph:read", "notion:write"], workspace_ids=["*"])


@pytest.mark.parametrize("ids", [["*", LIGHTHOUSE], [LIGHTHOUSE, "*"], ["*", NOWHERE]], ids=repr)
async def test_the_star_stands_alone(ada: Session, ids: list[str]) -> None:
    await _expect_unprocessable(ada, scopes=["notion:connect"], workspace_ids=ids)


@pytest.mark.parametrize("days", [1, 90, 3650])
async def test_a_token_expires_after_so_many_days(ada: Session, shared_service: Service, days: int) -> None:
    token = await _created(ada, expires_in_days=days)
    assert token["expires_at"] == rfc3339(shared_service.clock.now() + timedelta(days=days))


async def test_a_token_without_expiry_has_none(ada: Session) -> None:
    assert (await _created(ada))["expires_at"] is None
    assert (await _created(ada, expires_in_days=None))["expires_at"] is None


@pytest.mark.parametrize("days", [0, -1, 3651, 10**30, "90", "marker", 90.5, 90.0, True, False, [90], {}, ""], ids=repr)
async def test_any_other_number_of_days_is_refused(ada: Session, days: Json) -> None:
    problem = await _expect_unprocessable(ada, expires_in_days=days)
    assert problem["errors"][0]["loc"][:2] == ["body", "expires_in_days"]


@pytest.mark.parametrize("field", ["token", "id", "account_id", "expires_at", "\ud800", "\0"], ids=ascii)
async def test_an_unknown_field_is_refused(ada: Session, field: str) -> None:
    await _expect_unprocessable(ada, **{field: "marker"})


@pytest.mark.parametrize("field", ["name", "scopes", "workspace_ids"])
async def test_a_missing_field_is_refused(ada: Session, field: str) -> None:
    body = {"name": "marker", "scopes": ["graph:read"], "workspace_ids": ada.workspace_ids}
    del body[field]
    answer = await ada.client.post("/api/tokens/", json=body, headers=ada.bearer)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", field]
    assert "marker" not in answer.text


async def test_what_was_refused_left_nothing_behind(service: Service) -> None:
    session = await service.sign_in("ada")
    for wrong in ({"name": ""}, {"scopes": ["marker"]}, {"workspace_ids": [NOWHERE]}, {"expires_in_days": 0}):
        await _expect_unprocessable(session, **wrong)
    assert await service.rows("SELECT id FROM service_tokens") == []
    assert [event for event, _ in await service.audit()] == ["account:session:opened"]
