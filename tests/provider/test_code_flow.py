"""The code flow from an app's link to a call with its token."""

import jwt

from tests.provider.kit import (
    STATE,
    answered,
    ask_token,
    decide,
    get_code,
    get_tokens,
    make_admin,
    question,
    redeem,
    register,
)
from tests.support.service import Service


async def test_from_link_to_call(service: Service) -> None:
    ada = await make_admin(service)
    client = await register(ada)
    page = await question(ada, client)
    assert "Reports" in page.text
    assert "app.example.com" in page.text
    sent_back = answered(await decide(ada, page))
    assert sent_back["state"] == STATE
    assert sent_back["iss"] == service.settings.public_url
    answer = await redeem(ada, client, sent_back["code"])
    assert answer.status_code == 200, answer.text
    tokens = answer.json()
    assert tokens["token_type"] == "Bearer"
    assert tokens["scope"] == "openid profile email offline_access graph:search graph:read"
    assert answer.headers["cache-control"] == "no-store"
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    found = await ada.client.get("/api/v1/graph/search", params={"q": "a"}, headers=bearer)
    assert found.status_code == 200, found.text
    jwks = (await ada.client.get("/.well-known/jwks.json")).json()
    key = jwt.PyJWKSet.from_dict(jwks)[jwt.get_unverified_header(tokens["id_token"])["kid"]]
    # The test's clock is not the library's.
    claims = jwt.decode(
        tokens["id_token"],
        key,
        audience=client.client_id,
        issuer=service.settings.public_url,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims["sub"] == ada.me["id"]
    refused = await ada.client.get("/api/v1/graph/nodes/" + "0" * 32 + "/neighbors", headers=bearer)
    assert refused.status_code == 403


async def test_code_counts_once_and_replay_ends_what_it_gave(service: Service) -> None:
    ada = await make_admin(service)
    client = await register(ada)
    code = await get_code(ada, client)
    first = await redeem(ada, client, code)
    assert first.status_code == 200
    bearer = {"Authorization": f"Bearer {first.json()['access_token']}"}
    assert (await ada.client.get("/api/auth/validate/", headers=bearer)).status_code == 200
    again = await redeem(ada, client, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert (await ada.client.get("/api/auth/validate/", headers=bearer)).status_code == 401


async def test_refresh_answers_the_same_successor_again(service: Service) -> None:
    ada = await make_admin(service)
    client = await register(ada)
    tokens = await get_tokens(ada, client)
    first = await ask_token(ada, client, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert first.status_code == 200, first.text
    again = await ask_token(ada, client, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert again.json()["refresh_token"] == first.json()["refresh_token"]
