"""Two services on one database: whatever one of them answered as ended, the other refuses from then on."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from ivgraph_auth.core.principal import Role
from tests.conftest import MakeService
from tests.support.service import Service, Session, run_service

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


async def caching(service: Service) -> Service:
    """The service, once it answers from its memory."""
    while service.app.composition.services.liveness.trouble:  # noqa: ASYNC110 -- as an operator would, by asking
        await asyncio.sleep(0)
    return service


@pytest.fixture(scope="module")
async def beside(shared_service: Service) -> AsyncIterator[Service]:
    """A second service on the database of the first."""
    common = shared_service.settings.model_dump(include={"secret_key", "encryption_keys", "database_url"})
    async with run_service(shared_service.clock, shared_service.sandbox, **common) as service:
        yield service


@pytest.fixture
async def pair(swept_service: Service, beside: Service) -> tuple[Service, Service]:
    return await caching(swept_service), await caching(beside)


async def status(service: Service, bearer: str) -> int:
    client = await service.browser()
    return (await client.get("/api/auth/me/", headers={"Authorization": f"Bearer {bearer}"})).status_code


async def statuses(service: Service, bearer: str, count: int) -> set[int]:
    client = await service.browser()
    headers = {"Authorization": f"Bearer {bearer}"}
    answers = await asyncio.gather(*(client.get("/api/auth/me/", headers=headers) for _ in range(count)))
    return {answer.status_code for answer in answers}


async def test_what_is_remembered_needs_no_query(pair: tuple[Service, Service]) -> None:
    here, _ = pair
    session = await here.sign_in("ada")
    token = await session.mint("graph:read")
    assert await status(here, token["token"]) == 200
    engine = create_async_engine(here.database_url)
    async with engine.begin() as connection:
        # Whoever asked any of these now would wait until the test is over.
        await connection.execute(text("LOCK accounts, sessions, service_tokens, account_workspaces"))
        assert await status(here, session.access) == 200
        assert await status(here, token["token"]) == 200
    await engine.dispose()


async def test_a_revoked_token_is_refused_by_the_other_from_the_answer_on(pair: tuple[Service, Service]) -> None:
    here, there = pair
    session = await here.sign_in("ada")
    for _ in range(8):
        token = await session.mint("graph:read")
        assert await status(there, token["token"]) == 200
        revoked = await session.client.delete(f"/api/tokens/{token['id']}/", headers=session.bearer)
        assert revoked.status_code == 204
        assert await statuses(there, token["token"], 20) == {401}


async def test_a_session_ended_here_is_over_there(pair: tuple[Service, Service]) -> None:
    here, there = pair
    session = await here.sign_in("ada")
    assert await status(there, session.access) == 200
    await session.client.post("/api/auth/logout/", json={"refresh": session.refresh})
    assert await statuses(there, session.access, 20) == {401}


async def test_requests_under_way_while_it_is_revoked_leave_nothing_behind(pair: tuple[Service, Service]) -> None:
    here, there = pair
    session = await here.sign_in("ada")
    token = await session.mint("graph:read")
    revocation = session.client.delete(f"/api/tokens/{token['id']}/", headers=session.bearer)
    meanwhile = asyncio.gather(*(statuses(there, token["token"], 10) for _ in range(5)))
    assert (await revocation).status_code == 204
    await meanwhile
    assert await statuses(there, token["token"], 20) == {401}


async def scopes(service: Service, session: Session) -> list[str]:
    client = await service.browser()
    found: list[str] = (await client.get("/api/auth/validate/", headers=session.bearer)).json()["scopes"]
    return found


async def test_a_role_taken_here_is_gone_there(pair: tuple[Service, Service]) -> None:
    here, there = pair
    session = await here.sign_in("ada")
    assert "notion:write" in await scopes(there, session)
    await set_role(here, session, Role.VIEWER)
    assert "notion:write" not in await scopes(there, session)
    assert "notion:write" not in await scopes(here, session)


async def set_role(service: Service, session: Session, role: Role) -> None:
    async with service.app.composition.services.liveness.change() as change:
        account_id = int(session.me["id"])
        values = {"role": role.value, "id": account_id}
        await change.connection.execute(text("UPDATE accounts SET role = :role WHERE id = :id"), values)
        await change.touches(account_id)


async def test_a_workspace_connected_here_is_known_there(pair: tuple[Service, Service]) -> None:
    here, there = pair
    session = await here.sign_in("ada", workspace="lighthouse")
    assert await status(there, session.access) == 200
    await here.sign_in("ada", workspace="notebook")
    client = await there.browser()
    me = (await client.get("/api/auth/me/", headers=session.bearer)).json()
    assert len(me["workspaces"]) == 2


@pytest.mark.slow
async def test_a_process_whose_connection_was_cut_accepts_nothing_revoked(pair: tuple[Service, Service]) -> None:
    here, there = pair
    session = await here.sign_in("ada")
    token = await session.mint("graph:read")
    assert await status(there, token["token"]) == 200
    await here.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND query LIKE '%pg_notify%' AND pid <> pg_backend_pid()"
    )
    await session.client.delete(f"/api/tokens/{token['id']}/", headers=session.bearer)
    assert await status(there, token["token"]) == 401
    await caching(there)
    assert await status(there, token["token"]) == 401
    assert await status(there, session.access) == 200


async def test_without_notifications_everything_works_uncached_and_ready_says_so(make_service: MakeService) -> None:
    service = await make_service(database_direct_url=NOWHERE)
    session = await service.sign_in("ada")
    token = await session.mint("graph:read")
    assert await status(service, token["token"]) == 200
    await session.client.delete(f"/api/tokens/{token['id']}/", headers=session.bearer)
    assert await status(service, token["token"]) == 401
    ready = (await session.client.get("/health/ready")).json()
    assert ready["status"] == "ok"
    assert ready["cache"].startswith("off: ")


async def test_ready_says_that_the_cache_is_on(pair: tuple[Service, Service]) -> None:
    here, _ = pair
    client = await here.browser()
    assert (await client.get("/health/ready")).json()["cache"] == "on"
