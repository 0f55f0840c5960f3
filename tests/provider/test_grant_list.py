"""The list of apps that a person has let in says what each may do now."""

from tests.provider.kit import decide, make_admin, question, register
from tests.support.service import Json, Service, Session


async def listed(session: Session) -> Json:
    answer = await session.client.get("/api/auth/grants/", headers=session.bearer)
    assert answer.status_code == 200, answer.text
    (grant,) = answer.json()["results"]
    return grant


async def test_what_an_app_or_its_person_has_lost_is_not_listed(swept_service: Service) -> None:
    ada, bruno = await make_admin(swept_service), await swept_service.sign_in("bruno")
    client = await register(ada)
    await decide(bruno, await question(bruno, client, scope="openid graph:read graph:search notion:read"))
    grant = await listed(bruno)
    assert grant["scopes"] == ["openid", "graph:search", "graph:read", "notion:read"]
    assert (grant["app_id"], grant["client_id"], grant["registration"]) == (client.id, client.client_id, "admin")
    assert grant["workspace_ids"] == bruno.workspace_ids
    changed = await ada.client.patch(
        f"/api/oauth/apps/{client.id}/", json={"scopes": ["openid", "graph:read", "notion:read"]}, headers=ada.bearer
    )
    assert changed.status_code == 200
    assert (await listed(bruno))["scopes"] == ["openid", "graph:read", "notion:read"]
    await swept_service.execute("UPDATE accounts SET role = 'viewer' WHERE id = :id", id=int(bruno.me["id"]))
    assert (await listed(bruno))["scopes"] == ["openid", "graph:read"]


async def test_nobody_elses_are_listed(swept_service: Service) -> None:
    ada, bruno = await make_admin(swept_service), await swept_service.sign_in("bruno")
    await decide(ada, await question(ada, await register(ada)))
    answer = await bruno.client.get("/api/auth/grants/", headers=bruno.bearer)
    assert answer.json()["results"] == []
