"""Ten active service tokens an account, however hard one tries."""

import asyncio

import httpx

from tests.support.service import Service, Session


async def _create(client: httpx.AsyncClient, session: Session, days: int | None = None) -> httpx.Response:
    body = {
        "name": "agent",
        "scopes": ["graph:read"],
        "workspace_ids": session.workspace_ids,
        "expires_in_days": days,
    }
    return await client.post("/api/tokens/", json=body, headers=session.bearer)


async def _active(service: Service) -> int:
    return len(await service.rows("SELECT id FROM service_tokens WHERE revoked_at IS NULL"))


async def test_fifty_at_once_make_ten(service: Service) -> None:
    session = await service.sign_in("ada")
    clients = [await service.browser() for _ in range(50)]
    answers = await asyncio.gather(*(_create(client, session) for client in clients))
    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [409] * 40
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"token_limit_reached"}
    assert await _active(service) == 10
    assert (await service.audit()).count(("account:token:minted", "success")) == 10


async def test_the_limit_is_each_accounts_own(service: Service) -> None:
    ada, bruno = await service.sign_in("ada"), await service.sign_in("bruno")
    for _ in range(10):
        await ada.mint()
    assert (await _create(ada.client, ada)).status_code == 409
    assert (await _create(bruno.client, bruno)).status_code == 201


async def test_revoking_one_makes_room_for_one(service: Service) -> None:
    session = await service.sign_in("ada")
    tokens = [await session.mint() for _ in range(10)]
    await session.client.delete(f"/api/tokens/{tokens[3]['id']}/", headers=session.bearer)
    assert [(await _create(session.client, session)).status_code for _ in range(2)] == [201, 409]


async def test_expired_ones_do_not_count(service: Service) -> None:
    session = await service.sign_in("ada")
    for _ in range(4):
        await session.mint(expires_in_days=1)
    for _ in range(6):
        await session.mint(expires_in_days=2)
    assert (await _create(session.client, session)).status_code == 409
    service.clock.advance(days=1)
    session = await service.sign_in("ada")
    answers = [(await _create(session.client, session)).status_code for _ in range(5)]
    assert answers == [201] * 4 + [409]
    assert await _active(service) == 14
