"""When credentials were last used is written down, at the latest when the service stops."""

from datetime import datetime

from tests.conftest import MakeService
from tests.support.clock import ManualClock
from tests.support.credentials import authorization
from tests.support.service import RunningSandbox, Service, run_service


async def _last_used(service: Service, table: str) -> datetime | None:
    [row] = await service.rows(f"SELECT last_used_at FROM {table}")  # noqa: S608 -- a name of ours
    moment: datetime | None = row["last_used_at"]
    return moment


async def test_stopping_writes_down_the_last_use_of_sessions_and_service_tokens(
    database_url: str, clock: ManualClock, sandbox: RunningSandbox
) -> None:
    async with run_service(clock, sandbox, database_url=database_url) as service:
        session = await service.sign_in("ada")
        token = await session.mint()
        assert await _last_used(service, "service_tokens") is None
        clock.advance(minutes=5)
        used = await session.client.get("/api/auth/me/", headers=authorization(token["token"]))
        assert used.status_code == 200
        token_used_at = clock.now()
        clock.advance(minutes=5)
        await session.client.get("/api/auth/me/", headers=session.bearer)
        session_used_at = clock.now()
    assert await _last_used(service, "service_tokens") == token_used_at
    assert await _last_used(service, "sessions") == session_used_at


async def test_a_refused_credential_was_not_used(
    database_url: str, clock: ManualClock, sandbox: RunningSandbox
) -> None:
    async with run_service(clock, sandbox, database_url=database_url) as service:
        session = await service.sign_in("ada")
        token = await session.mint(expires_in_days=1)
        clock.advance(days=1, seconds=1)
        for credential in (session.access, token["token"]):
            refused = await session.client.get("/api/auth/me/", headers=authorization(credential))
            assert refused.status_code == 401
        refused_at = clock.now()
    assert await _last_used(service, "service_tokens") is None
    session_used_at = await _last_used(service, "sessions")
    assert session_used_at is not None
    assert session_used_at < refused_at


async def test_the_lists_show_the_last_use(
    make_service: MakeService, database_url: str, clock: ManualClock, sandbox: RunningSandbox
) -> None:
    key = "one key for both, of 32 bytes or more"
    async with run_service(clock, sandbox, database_url=database_url, secret_key=key) as stopped:
        session = await stopped.sign_in("ada")
        token = await session.mint()
        clock.advance(minutes=5)
        for credential in (session.access, token["token"]):
            await session.client.get("/api/auth/validate/", headers=authorization(credential))
    later = await (await make_service(secret_key=key)).browser()
    [listed_token] = (await later.get("/api/tokens/", headers=session.bearer)).json()
    [listed_session] = (await later.get("/api/auth/sessions/", headers=session.bearer)).json()["results"]
    assert listed_token["last_used_at"] == "2026-11-21T12:05:00Z"
    assert listed_session["last_used_at"] == "2026-11-21T12:05:00Z"
    assert listed_session["created_at"] == "2026-11-21T12:00:00Z"
