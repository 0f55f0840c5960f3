"""Token exchange (RFC 8693): something narrower for somebody who acts for an app."""

import jwt
import pytest

from tests.provider.kit import Client, ask_token, get_tokens, make_admin, register
from tests.support.service import Json, Service, Session

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
TYPE = "urn:ietf:params:oauth:token-type:access_token"


async def exchange(session: Session, client: Client, token: str, **form: Json) -> Json:
    answer = await ask_token(
        session, client, **{"grant_type": GRANT, "subject_token": token, "subject_token_type": TYPE, **form}
    )
    return {"status": answer.status_code, **answer.json()}


def claims_of(token: str) -> Json:
    return jwt.decode(token, options={"verify_signature": False})


async def test_token_for_less(service: Service) -> None:
    ada = await make_admin(service)
    client = await register(ada)
    tokens = await get_tokens(ada, client)
    first = ada.workspace_ids[0]
    got = await exchange(ada, client, tokens["access_token"], scope="graph:search", workspace=first, minutes="5")
    assert got["status"] == 200, got
    assert (got["issued_token_type"], got["token_type"], got["scope"]) == (TYPE, "Bearer", "graph:search")
    assert got["expires_in"] == 300
    assert "refresh_token" not in got
    claims = claims_of(got["access_token"])
    assert claims["act"] == {"sub": client.client_id}
    assert claims["sub"] == ada.me["id"]
    asked = {"token": got["access_token"], "client_id": client.client_id, "client_secret": client.secret}
    told = (await ada.client.post("/oauth2/introspect", data=asked)).json()
    assert (told["scope"], told["act"]) == ("graph:search", {"sub": client.client_id})
    bearer = {"Authorization": f"Bearer {got['access_token']}"}
    valid = (await ada.client.get("/api/auth/validate/", headers=bearer)).json()
    assert valid["workspace_ids"] == [first]
    assert (await ada.client.get("/api/v1/graph/search", params={"q": "a"}, headers=bearer)).status_code == 200
    assert (await ada.client.get("/api/v1/graph/changes", headers=bearer)).status_code == 403
    service.clock.advance(minutes=5, seconds=1)
    assert (await ada.client.get("/api/auth/validate/", headers=bearer)).status_code == 401


async def test_never_more_and_never_longer(service: Service) -> None:
    ada = await make_admin(service)
    client = await register(ada)
    tokens = await get_tokens(ada, client, scope="openid graph:search", resource=f"{service.settings.public_url}/mcp")
    token = tokens["access_token"]
    assert (await exchange(ada, client, token, scope="graph:read"))["error"] == "invalid_scope"
    assert (await exchange(ada, client, token, workspace="0" * 32))["error"] == "invalid_target"
    wider = await exchange(ada, client, token, resource=service.settings.public_url)
    assert wider["error"] == "invalid_target"
    service.clock.advance(minutes=50)
    assert 590 <= (await exchange(ada, client, token))["expires_in"] <= 600
    inner = await exchange(ada, client, token)
    twice = await exchange(ada, client, inner["access_token"])
    assert claims_of(twice["access_token"])["act"] == {"sub": client.client_id, "act": {"sub": client.client_id}}


@pytest.mark.parametrize("minutes", ["0", "61", "-1", "1.5", "x", "1000000000000", "٣"])
async def test_odd_minutes_are_refused(service: Service, minutes: str) -> None:
    ada = await make_admin(service)
    client = await register(ada)
    tokens = await get_tokens(ada, client)
    assert (await exchange(ada, client, tokens["access_token"], minutes=minutes))["error"] == "invalid_request"


async def test_withdrawn_with_its_authorization(service: Service) -> None:
    ada = await make_admin(service)
    client = await register(ada)
    tokens = await get_tokens(ada, client)
    got = await exchange(ada, client, tokens["access_token"])
    grants = (await ada.client.get("/api/auth/grants/", headers=ada.bearer)).json()["results"]
    gone = await ada.client.delete(f"/api/auth/grants/{grants[0]['id']}/", headers=ada.bearer)
    assert gone.status_code == 204
    bearer = {"Authorization": f"Bearer {got['access_token']}"}
    assert (await ada.client.get("/api/auth/validate/", headers=bearer)).status_code == 401


async def test_another_apps_token_is_no_subject(service: Service) -> None:
    ada = await make_admin(service)
    client, other = await register(ada), await register(ada, name="Other")
    tokens = await get_tokens(ada, client)
    assert (await exchange(ada, other, tokens["access_token"]))["error"] == "invalid_grant"
    assert (await exchange(ada, client, tokens["id_token"]))["error"] == "invalid_request"
    assert (await exchange(ada, client, ada.access))["error"] == "invalid_request"
