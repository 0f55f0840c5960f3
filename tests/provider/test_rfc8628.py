"""The device flow (RFC 8628)."""

import re

import httpx
import pytest

from tests.provider.kit import PAGE, Client, ask_token, fields, make_admin, register
from tests.support.service import Json, Service, Session

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
FORM = {**PAGE, "Content-Type": "application/x-www-form-urlencoded"}


async def begin(session: Session, client: Client, **form: Json) -> Json:
    answer = await session.client.post(
        "/oauth2/device", data={"client_id": client.client_id, "scope": "openid graph:read offline_access", **form}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def poll(session: Session, client: Client, begun: Json) -> httpx.Response:
    return await ask_token(session, client, grant_type=GRANT, device_code=begun["device_code"])


async def decide(session: Session, begun: Json, decision: str = "allow") -> httpx.Response:
    page = await session.client.get("/device", params={"user_code": begun["user_code"]}, headers=PAGE)
    body = httpx.QueryParams([*fields(page), ("decision", decision)])
    return await session.client.post("/device", content=str(body), headers=FORM)


async def test_device_gets_its_tokens_once_its_person_has_decided(service: Service) -> None:
    ada = await make_admin(service)
    client = await register(ada, "native")
    begun = await begin(ada, client)
    assert re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", begun["user_code"])
    assert begun["verification_uri"] == f"{service.settings.public_url}/device"
    assert begun["expires_in"] == 600
    waiting = await poll(ada, client, begun)
    assert (waiting.status_code, waiting.json()["error"]) == (400, "authorization_pending")
    assert "Go back to it" in (await decide(ada, begun)).text
    service.clock.advance(seconds=6)
    answer = await poll(ada, client, begun)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) >= {"access_token", "refresh_token", "id_token"}
    again = await poll(ada, client, begun)
    assert again.json()["error"] == "invalid_grant"


async def test_polling_too_fast_is_slowed_down(service: Service) -> None:
    ada = await make_admin(service)
    client = await register(ada, "native")
    begun = await begin(ada, client)
    assert (await poll(ada, client, begun)).json()["error"] == "authorization_pending"
    assert (await poll(ada, client, begun)).json()["error"] == "slow_down"
    service.clock.advance(seconds=6)
    assert (await poll(ada, client, begun)).json()["error"] == "slow_down"
    service.clock.advance(seconds=16)
    assert (await poll(ada, client, begun)).json()["error"] == "authorization_pending"


async def test_refused_and_expired(service: Service) -> None:
    ada = await make_admin(service)
    client = await register(ada, "native")
    begun = await begin(ada, client)
    assert "Nothing was allowed" in (await decide(ada, begun, "deny")).text
    assert (await poll(ada, client, begun)).json()["error"] == "access_denied"
    late = await begin(ada, client)
    service.clock.advance(seconds=601)
    assert (await poll(ada, client, late)).json()["error"] == "expired_token"
    page = await ada.client.get("/device", params={"user_code": late["user_code"]}, headers=PAGE)
    assert page.status_code == 400


@pytest.mark.parametrize("text", ["bcdf ghjk", "BCDFGHJK", "", "x" * 99, "\x00", "<script>"])
async def test_wrong_code_is_told_so(service: Service, text: str) -> None:
    ada = await service.sign_in()
    page = await ada.client.get("/device", params={"user_code": text}, headers=PAGE)
    assert page.status_code == (400 if text else 200)
    assert "<script>" not in page.text


async def test_another_apps_device_code_is_nothing(service: Service) -> None:
    ada = await make_admin(service)
    client, other = await register(ada, "native"), await register(ada, "native", name="Other")
    begun = await begin(ada, client)
    await decide(ada, begun)
    assert (await poll(ada, other, begun)).json()["error"] == "invalid_grant"


async def test_writing_is_not_ticked_beforehand_for_apps_that_nobody_verified(service: Service) -> None:
    ada = await make_admin(service)
    client = await register(ada, "native")
    begun = await begin(ada, client, scope="graph:read notion:write notion:connect")
    ticked = await ticked_scopes(ada, begun)
    assert ticked == {"graph:read", "notion:write", "notion:connect"}
    await service.execute("UPDATE oauth_apps SET registration = 'dynamic'")
    assert await ticked_scopes(ada, begun) == {"graph:read"}


async def ticked_scopes(session: Session, begun: Json) -> set[Json]:
    page = await session.client.get("/device", params={"user_code": begun["user_code"]}, headers=PAGE)
    return {value for name, value in fields(page) if name == "scope"}
