"""The client that the API reference is: known without anybody's registering it, and kept as it should be."""

import pytest

from ivgraph_auth.provider.docs_client import DOCS_CLIENT_ID, DOCS_SCOPES
from tests.provider.kit import Client, answered, decide, fields, make_admin, question, redeem
from tests.support.credentials import authorization
from tests.support.service import Json, Service, Session

DOCS = Client(0, DOCS_CLIENT_ID, None)
EVERYTHING = " ".join(DOCS_SCOPES)


def redirect_uri(service: Service) -> str:
    return f"{service.settings.public_url}/docs/oauth2-redirect"


async def let_in(service: Service, session: Session, scope: str = "profile graph:read") -> Json:
    uri = redirect_uri(service)
    code = answered(await decide(session, await question(session, DOCS, redirect_uri=uri, scope=scope)))["code"]
    answer = await redeem(session, DOCS, code, redirect_uri=uri)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def stored(service: Service) -> list[tuple[str, str, str]]:
    rows = await service.rows(
        "SELECT client_id, name, uri FROM oauth_apps JOIN oauth_redirect_uris ON app_id = oauth_apps.id"
    )
    return [(row["client_id"], row["name"], row["uri"]) for row in rows]


async def test_signs_in_without_having_been_registered(swept_service: Service) -> None:
    bruno = await swept_service.sign_in("bruno")
    tokens = await let_in(swept_service, bruno)
    assert tokens["scope"] == "profile graph:read"
    # Nothing that outlives the page.
    assert "refresh_token" not in tokens
    me = await bruno.client.get("/api/auth/me/", headers=authorization(tokens["access_token"]))
    assert me.status_code == 200
    listed = (await bruno.client.get("/api/auth/grants/", headers=bruno.bearer)).json()["results"]
    assert [(grant["client_id"], grant["registration"]) for grant in listed] == [(DOCS_CLIENT_ID, "service")]
    assert await stored(swept_service) == [(DOCS_CLIENT_ID, "API reference", redirect_uri(swept_service))]


async def test_is_asked_for_as_verified(swept_service: Service) -> None:
    page = await question(
        await swept_service.sign_in("bruno"), DOCS, redirect_uri=redirect_uri(swept_service), scope=EVERYTHING
    )
    assert "own word" not in page.text
    assert {value for name, value in fields(page) if name == "scope"} == set(DOCS_SCOPES)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE oauth_redirect_uris SET uri = 'https://former.example.com/docs/oauth2-redirect'",
        "UPDATE oauth_apps SET scopes = ARRAY['openid']",
        "DELETE FROM oauth_apps",
    ],
)
async def test_follows_the_public_url_and_the_version(swept_service: Service, change: str) -> None:
    bruno = await swept_service.sign_in("bruno")
    await let_in(swept_service, bruno)
    await swept_service.execute(change)
    assert (await let_in(swept_service, bruno))["scope"] == "profile graph:read"
    assert await stored(swept_service) == [(DOCS_CLIENT_ID, "API reference", redirect_uri(swept_service))]


async def test_leads_nowhere_else(swept_service: Service) -> None:
    bruno = await swept_service.sign_in("bruno")
    page = await question(bruno, DOCS, redirect_uri="https://app.example.com/docs/oauth2-redirect")
    assert page.status_code == 400
    assert "not registered" in page.text


async def test_is_not_changed_by_an_admin(swept_service: Service) -> None:
    ada = await make_admin(swept_service)
    tokens = await let_in(swept_service, ada)
    client, bearer = ada.client, ada.bearer
    (app,) = (await client.get("/api/oauth/apps/", headers=bearer)).json()["results"]
    assert app["registration"] == "service"
    path = f"/api/oauth/apps/{app['id']}/"
    refused = [
        await client.patch(path, json={"name": "Mine"}, headers=bearer),
        await client.delete(path, headers=bearer),
        await client.post(
            f"{path}redirect-uris/",
            json={"uri": "https://app.example.com/", "uri_type": "callback"},
            headers=bearer,
        ),
        await client.delete(f"{path}redirect-uris/{app['redirect_uris'][0]['id']}/", headers=bearer),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(409, "app_of_service")] * 4
    assert (await client.post(f"{path}secret/", json={}, headers=bearer)).status_code == 404
    me = await client.get("/api/auth/me/", headers=authorization(tokens["access_token"]))
    assert me.status_code == 200
