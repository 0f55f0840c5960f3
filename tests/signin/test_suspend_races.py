"""Disabling an account against what its person does at the same moment: nothing that came to be outlives it."""

import asyncio

import pytest

from tests.support.service import Service, Session

ROUNDS = 5


async def everything_at_once(service: Service, ada: Session) -> None:
    client, bearer = ada.client, ada.bearer
    token = {"name": "racing", "scopes": ["graph:read"], "workspace_ids": ada.workspace_ids}
    newcomer = await service.browser()
    await asyncio.gather(
        client.post("/api/tokens/", json=token, headers=bearer),
        client.post("/api/auth/refresh/", json={"refresh": ada.refresh, "rotate": True}),
        service.arrive(newcomer, person="ada"),
        service.app.composition.suspension.disable(int(ada.me["id"])),
        client.post("/api/tokens/", json=token, headers=bearer),
        client.post("/api/auth/refresh/", json={"refresh": ada.refresh}),
    )


@pytest.mark.parametrize("number", range(ROUNDS))
async def test_what_races_with_disabling_is_dead_and_stays_dead(service: Service, number: int) -> None:  # noqa: ARG001 -- a round
    ada = await service.sign_in("ada")
    await everything_at_once(service, ada)
    living = (
        "SELECT (SELECT count(*) FROM sessions WHERE ended_at IS NULL) AS sessions, "
        "(SELECT count(*) FROM service_tokens WHERE revoked_at IS NULL) AS tokens"
    )
    # A sign-in that came first is ended with the others; one that came later was refused.
    assert await service.rows(living) == [{"sessions": 0, "tokens": 0}]
    await service.app.composition.suspension.enable(int(ada.me["id"]))
    assert (await ada.client.get("/api/auth/me/", headers=ada.bearer)).status_code == 401
    assert await service.rows(living) == [{"sessions": 0, "tokens": 0}]
