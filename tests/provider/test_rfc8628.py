"""The device flow (RFC 8628)."""

import re

import httpx
import pytest

from tests.conftest import MakeService
from tests.provider.kit import PAGE, Client, ask_token, fields, register
from tests.provider.world import World, error_of
from tests.support.service import Json, Session

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
USER_CODE = re.compile(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}")
FORM = {**PAGE, "Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
async def device(world: World) -> Client:
    return await register(world.ada, "native", name="Terminal")


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


async def test_3_5_device_gets_its_tokens_once_its_person_has_decided(world: World, device: Client) -> None:
    ada, client = world.ada, device
    begun = await begin(ada, client)
    assert USER_CODE.fullmatch(begun["user_code"])
    assert begun["verification_uri"] == f"{world.service.settings.public_url}/device"
    assert begun["expires_in"] == 600
    waiting = await poll(ada, client, begun)
    assert (waiting.status_code, waiting.json()["error"]) == (400, "authorization_pending")
    assert "Go back to it" in (await decide(ada, begun)).text
    world.service.clock.advance(seconds=6)
    answer = await poll(ada, client, begun)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) >= {"access_token", "refresh_token", "id_token"}
    again = await poll(ada, client, begun)
    assert again.json()["error"] == "invalid_grant"


async def test_3_5_polling_too_fast_is_slowed_down(world: World, device: Client) -> None:
    ada, client = world.ada, device
    begun = await begin(ada, client)
    assert (await poll(ada, client, begun)).json()["error"] == "authorization_pending"
    assert (await poll(ada, client, begun)).json()["error"] == "slow_down"
    world.service.clock.advance(seconds=6)
    assert (await poll(ada, client, begun)).json()["error"] == "slow_down"
    world.service.clock.advance(seconds=16)
    assert (await poll(ada, client, begun)).json()["error"] == "authorization_pending"


async def test_3_5_refused_and_expired(world: World, device: Client) -> None:
    ada, client = world.ada, device
    begun = await begin(ada, client)
    assert "Nothing was allowed" in (await decide(ada, begun, "deny")).text
    assert (await poll(ada, client, begun)).json()["error"] == "access_denied"
    late = await begin(ada, client)
    world.service.clock.advance(seconds=601)
    assert (await poll(ada, client, late)).json()["error"] == "expired_token"
    page = await ada.client.get("/device", params={"user_code": late["user_code"]}, headers=PAGE)
    assert page.status_code == 400


@pytest.mark.parametrize("text", ["bcdf ghjk", "BCDFGHJK", "", "x" * 99, "\x00", "<script>"])
async def test_3_3_wrong_code_is_told_so(world: World, text: str) -> None:
    page = await world.ada.client.get("/device", params={"user_code": text}, headers=PAGE)
    assert page.status_code == (400 if text else 200)
    assert "<script>" not in page.text


async def test_3_4_another_apps_device_code_is_nothing(world: World, device: Client) -> None:
    ada, client, other = world.ada, device, await register(world.ada, "native", name="Other")
    begun = await begin(ada, client)
    await decide(ada, begun)
    assert (await poll(ada, other, begun)).json()["error"] == "invalid_grant"


async def test_5_4_writing_is_not_ticked_beforehand_for_apps_that_nobody_verified(world: World) -> None:
    ada = world.ada
    client = await register(ada, "native")
    begun = await begin(ada, client, scope="graph:read notion:write notion:connect")
    ticked = await ticked_scopes(ada, begun)
    assert ticked == {"graph:read", "notion:write", "notion:connect"}
    await world.service.execute("UPDATE oauth_apps SET registration = 'dynamic' WHERE id = :id", id=client.id)
    assert await ticked_scopes(ada, begun) == {"graph:read"}


async def ticked_scopes(session: Session, begun: Json) -> set[Json]:
    page = await session.client.get("/device", params={"user_code": begun["user_code"]}, headers=PAGE)
    return {value for name, value in fields(page) if name == "scope"}


async def test_3_1_a_client_has_to_prove_itself(world: World) -> None:
    for form in ({}, {"client_id": "ivc_unknown"}, {"client_id": world.web.client_id}):
        answer = await world.ada.client.post("/oauth2/device", data={"scope": "openid", **form})
        assert error_of(answer) == (401, "invalid_client")
    assert (await world.post("/oauth2/device", world.web, scope="openid")).status_code == 200


async def test_3_1_it_answers_to_post_alone_and_takes_no_parameter_twice(world: World, device: Client) -> None:
    asked: Json = {"client_id": device.client_id, "scope": ["openid", "profile"]}
    assert (await world.ada.client.get("/oauth2/device", params=asked)).status_code == 405
    assert error_of(await world.ada.client.post("/oauth2/device", data=asked)) == (400, "invalid_request")


async def test_3_1_scopes_and_resources_are_some_that_there_are(world: World, device: Client) -> None:
    assert error_of(await world.post("/oauth2/device", device, scope="odd")) == (400, "invalid_scope")
    answer = await world.post("/oauth2/device", device, scope="openid", resource="https://elsewhere.example")
    assert error_of(answer) == (400, "invalid_target")


async def test_3_2_what_is_answered(world: World, device: Client) -> None:
    answer = await world.post("/oauth2/device", device, scope="openid")
    told = answer.json()
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("application/json", "no-store")
    assert USER_CODE.fullmatch(told.pop("user_code"))
    assert len(told.pop("device_code")) >= 43
    assert told.pop("verification_uri_complete").startswith(f"{world.issuer}/device?")
    assert told == {"verification_uri": f"{world.issuer}/device", "expires_in": 600, "interval": 5}


async def test_3_3_looking_at_the_page_lets_nothing_in(world: World, device: Client) -> None:
    begun = await begin(world.ada, device)
    for path in (f"/device?user_code={begun['user_code']}", begun["verification_uri_complete"]):
        assert (await world.ada.client.get(path, headers=PAGE)).status_code == 200
    assert error_of(await poll(world.ada, device, begun)) == (400, "authorization_pending")


async def test_3_3_a_form_of_another_page_decides_nothing(world: World, device: Client) -> None:
    begun = await begin(world.ada, device)
    code = begun["user_code"].replace("-", "")
    for csrf in ("", "x" * 43):
        form = {"user_code": code, "csrf": csrf, "scope": "openid", "decision": "allow"}
        assert (await world.ada.client.post("/device", data=form, headers=PAGE)).status_code in (400, 403)
    assert error_of(await poll(world.ada, device, begun)) == (400, "authorization_pending")


async def test_3_3_whoever_is_not_signed_in_comes_back_to_the_code(world: World, device: Client) -> None:
    begun = await begin(world.ada, device)
    nobody = await world.service.browser()
    answer = await nobody.get(begun["verification_uri_complete"], headers=PAGE)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{world.issuer}/")
    assert f"user_code%3D{begun['user_code']}" in answer.headers["location"]


async def test_3_3_1_the_complete_uri_holds_the_code_and_the_page_shows_it(world: World, device: Client) -> None:
    """Its person compares it with what the device shows, so that nobody is led to let in another's."""
    begun = await begin(world.ada, device)
    complete = begun["verification_uri_complete"]
    assert complete == f"{begun['verification_uri']}?user_code={begun['user_code']}"
    page = await world.ada.client.get(complete, headers=PAGE)
    assert begun["user_code"] in page.text
    assert "Terminal" in page.text


async def test_3_4_what_is_required_to_ask(world: World, device: Client) -> None:
    form = {"grant_type": GRANT}
    assert error_of(await world.post("/oauth2/token", device, **form)) == (400, "invalid_request")
    assert error_of(await world.post("/oauth2/token", device, **form, device_code="x")) == (400, "invalid_grant")
    begun = (await world.post("/oauth2/device", world.web, scope="openid")).json()
    unproven = {**form, "client_id": world.web.client_id, "device_code": begun["device_code"]}
    assert error_of(await world.ada.client.post("/oauth2/token", data=unproven)) == (401, "invalid_client")


async def test_3_4_a_user_code_is_no_device_code(world: World, device: Client) -> None:
    begun = await begin(world.ada, device)
    for code in (begun["user_code"], begun["user_code"].replace("-", "")):
        assert error_of(await poll(world.ada, device, {"device_code": code})) == (400, "invalid_grant")


async def test_3_5_slow_down_adds_five_seconds_for_all_that_follow(world: World, device: Client) -> None:
    begun, clock = await begin(world.ada, device), world.service.clock
    for seconds, error in ((0, "authorization_pending"), (6, "authorization_pending"), (4, "slow_down"),
                           (9, "slow_down"), (16, "authorization_pending"), (14, "slow_down"),
                           (21, "authorization_pending")):  # fmt: skip
        clock.advance(seconds=seconds)
        assert error_of(await poll(world.ada, device, begun)) == (400, error), seconds


async def test_3_5_a_code_ends_after_expires_in(world: World, device: Client) -> None:
    begun = await begin(world.ada, device)
    world.service.clock.advance(seconds=begun["expires_in"] - 2)
    assert error_of(await poll(world.ada, device, begun)) == (400, "authorization_pending")
    world.service.clock.advance(seconds=3)
    assert error_of(await poll(world.ada, device, begun)) == (400, "expired_token")


async def test_4_the_endpoint_and_the_grant_are_announced(world: World) -> None:
    told = (await world.ada.client.get("/.well-known/oauth-authorization-server")).json()
    assert told["device_authorization_endpoint"] == f"{world.issuer}/oauth2/device"
    assert GRANT in told["grant_types_supported"]


async def test_5_1_codes_are_not_found_by_trying(make_service: MakeService) -> None:
    service = await make_service(rate_limit=3)
    ada = await service.sign_in()
    tried = [
        (await ada.client.get("/device", params={"user_code": f"BCDFGHJ{letter}"}, headers=PAGE)).status_code
        for letter in "BCDFG"
    ]
    assert tried == [400, 400, 400, 429, 429]


async def test_5_1_a_user_code_counts_once(world: World, device: Client) -> None:
    begun = await begin(world.ada, device)
    page = await world.ada.client.get("/device", params={"user_code": begun["user_code"]}, headers=PAGE)
    await decide(world.ada, begun, "deny")
    body = str(httpx.QueryParams([*fields(page), ("decision", "allow")]))
    again = await world.ada.client.post("/device", content=body, headers=FORM)
    assert again.status_code == 400
    assert error_of(await poll(world.ada, device, begun)) == (400, "access_denied")


async def test_5_2_a_device_code_is_not_guessed(world: World, device: Client) -> None:
    codes = {(await begin(world.ada, device))["device_code"] for _ in range(5)}
    assert len(codes) == 5
    assert {len(code) >= 43 for code in codes} == {True}


async def test_5_4_its_person_sees_who_asks_before_deciding(world: World, device: Client) -> None:
    begun = await begin(world.ada, device, scope="openid graph:read")
    page = await world.ada.client.get("/device", params={"user_code": begun["user_code"]}, headers=PAGE)
    assert "Terminal" in page.text
    assert {value for name, value in fields(page) if name == "scope"} == {"openid", "graph:read"}


async def test_6_1_a_code_is_read_as_people_type_it(world: World, device: Client) -> None:
    """In any case, and with or without what stands between its letters."""
    begun = await begin(world.ada, device)
    code = begun["user_code"]
    for typed in (code.lower(), code.replace("-", ""), f" {code.replace('-', ' ')} ", code.replace("-", "_")):
        page = await world.ada.client.get("/device", params={"user_code": typed}, headers=PAGE)
        assert (page.status_code, code in page.text) == (200, True), typed
