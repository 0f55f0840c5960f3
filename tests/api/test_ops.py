"""What whoever runs the service is told, and what callers meet while the database is away."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from ivgraph_auth.keys.keyring import generate_key
from tests.conftest import MakeService
from tests.support.postgres import TestDatabases
from tests.support.service import CALLBACK, START, Service, Session

# Nobody listens there.
NOWHERE = "postgresql://nobody:hunter2@127.0.0.1:1/nothing"


async def get(service: Service, path: str) -> httpx.Response:
    return await (await service.browser()).get(path)


async def ready(service: Service) -> tuple[int, str, list[str]]:
    answer = await get(service, "/health/ready")
    body = answer.json()
    assert set(body) == {"status", "problems", "cache"}
    return answer.status_code, body["status"], body["problems"]


async def test_live_asks_nothing_of_the_database(make_service: MakeService) -> None:
    service = await make_service(database_url=NOWHERE)
    answer = await get(service, "/health/live")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


async def test_ready_when_all_is_well(shared_service: Service) -> None:
    assert await ready(shared_service) == (200, "ok", [])


async def test_not_ready_on_an_empty_database_and_says_what_to_do(service: Service) -> None:
    await service.execute("DROP SCHEMA public CASCADE")
    await service.execute("CREATE SCHEMA public")
    status, word, (problem,) = await ready(service)
    assert (status, word) == (503, "unavailable")
    assert "ivgraph-auth migrate" in problem


async def test_not_ready_on_an_older_schema_and_says_what_to_do(service: Service) -> None:
    await service.execute("DELETE FROM alembic_version")
    status, _, (problem,) = await ready(service)
    assert status == 503
    assert "ivgraph-auth migrate" in problem


async def test_not_ready_on_a_newer_schema_and_says_so(service: Service) -> None:
    await service.execute("UPDATE alembic_version SET version_num = '99999999_9999'")
    status, _, (problem,) = await ready(service)
    assert status == 503
    assert "newer" in problem


async def test_not_ready_with_another_key_under_a_known_id(make_service: MakeService) -> None:
    right, wrong = generate_key("main"), generate_key("main")
    first = await make_service(encryption_keys=right)
    assert (await ready(first))[0] == 200
    second = await make_service(encryption_keys=wrong)
    status, _, (problem,) = await ready(second)
    assert status == 503
    assert "main" in problem
    assert wrong.partition(":")[2] not in problem
    assert (await ready(first))[0] == 200


async def test_the_key_that_is_wrong_is_named_among_several(make_service: MakeService) -> None:
    right, old = generate_key("new"), generate_key("old")
    assert (await ready(await make_service(encryption_keys=f"{right},{old}")))[0] == 200
    _, _, (problem,) = await ready(await make_service(encryption_keys=f"{right},{generate_key('old')}"))
    assert "old" in problem


async def test_a_key_more_is_no_fault(make_service: MakeService) -> None:
    key = generate_key("main")
    assert (await ready(await make_service(encryption_keys=key)))[0] == 200
    assert (await ready(await make_service(encryption_keys=f"{generate_key('next')},{key}")))[0] == 200


async def test_not_ready_with_the_database_out_of_reach_and_gives_nothing_away(make_service: MakeService) -> None:
    service = await make_service(database_url=NOWHERE)
    answer = await get(service, "/health/ready")
    assert answer.status_code == 503
    assert answer.json()["problems"]
    assert "hunter2" not in answer.text


@pytest.fixture
async def silent_database() -> AsyncIterator[str]:
    """Takes connections and never says a word: a firewall, a stopped machine."""
    closing = asyncio.Event()

    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await closing.wait()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield f"postgresql://somebody@127.0.0.1:{port}/something"
    closing.set()
    server.close()


@pytest.mark.slow
async def test_a_database_that_says_nothing_is_not_waited_for(make_service: MakeService, silent_database: str) -> None:
    service = await make_service(database_url=silent_database)
    answers = await asyncio.gather(get(service, "/health/ready"), get(service, START))
    assert [answer.status_code for answer in answers] == [503, 503]


@pytest.fixture
async def orphan(make_service: MakeService, migrated: TestDatabases) -> tuple[Service, Session, str]:
    """Someone signed in with a service token, and then the database went away."""
    url = await migrated.create()
    service = await make_service(database_url=url)
    session = await service.sign_in("ada")
    token = await session.mint()
    await migrated.drop(url)
    return service, session, token["token"]


async def test_with_the_database_away_everything_that_needs_it_is_unavailable(
    orphan: tuple[Service, Session, str],
) -> None:
    service, session, token = orphan
    agent = {"Authorization": f"Bearer {token}"}
    body = {"name": "x", "scopes": ["graph:read"], "workspace_ids": session.workspace_ids}
    own_page = {"Origin": service.settings.public_url, "Content-Type": "application/json"}
    code = {"code": "x", "code_verifier": "v" * 43}
    session_path = f"/api/auth/sessions/{'0' * 32}/"
    requests: list[tuple[str, str, dict[str, str], Any]] = [
        ("GET", "/api/auth/me/", session.bearer, None),
        ("GET", "/api/auth/me/", agent, None),
        ("GET", "/api/auth/validate/", session.bearer, None),
        ("GET", "/api/auth/validate/", agent, None),
        ("DELETE", "/api/auth/me/", session.bearer, None),
        ("POST", "/api/auth/refresh/", {}, {"refresh": session.refresh}),
        ("POST", "/api/auth/refresh/", {}, {"refresh": session.refresh, "rotate": True}),
        ("POST", "/api/auth/logout/", {}, {"refresh": session.refresh}),
        ("POST", "/api/auth/exchange/", {}, code),
        ("POST", "/api/auth/session/", own_page, None),
        ("GET", "/api/auth/sessions/", session.bearer, None),
        ("DELETE", session_path, session.bearer, None),
        ("POST", "/api/auth/logout-all/", session.bearer, None),
        ("GET", "/api/tokens/", session.bearer, None),
        ("POST", "/api/tokens/", session.bearer, body),
        ("PATCH", "/api/tokens/1/", session.bearer, {"name": "x"}),
        ("DELETE", "/api/tokens/1/", session.bearer, None),
        ("GET", "/api/integrations/auth/notion/status", session.bearer, None),
        ("GET", START, {}, None),
        ("GET", f"{CALLBACK}?code=x&state=y", {}, None),
    ]
    for method, path, headers, json in requests:
        answer = await session.client.request(method, path, headers=headers, json=json)
        if method == "GET" and path in ("/api/auth/me/", "/api/auth/validate/") and answer.status_code == 200:
            # From memory, for the few seconds that a lease lasts on.
            continue
        told = (answer.status_code, answer.json()["code"], answer.headers["content-type"])
        assert told == (503, "unavailable", "application/problem+json"), (method, path)
        assert int(answer.headers["retry-after"]) > 0
        assert "valid" not in answer.json(), (method, path)
    assert (await ready(service))[0] == 503


async def test_with_the_database_away_a_bad_credential_is_still_a_bad_one(
    orphan: tuple[Service, Session, str],
) -> None:
    _, session, _ = orphan
    answer = await session.client.get("/api/auth/me/", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 401


async def test_the_service_recovers_when_the_database_does(service: Service) -> None:
    session = await service.sign_in("ada")
    await service.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    answers = [await session.client.get("/api/auth/me/", headers=session.bearer) for _ in range(12)]
    statuses = [answer.status_code for answer in answers]
    # Connections that were cut may cost a call each, and never a good credential.
    assert set(statuses) <= {200, 503}
    assert statuses[-1] == 200
