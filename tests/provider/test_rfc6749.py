"""RFC 6749, The OAuth 2.0 Authorization Framework, as OAuth 2.1 keeps it."""

import asyncio

import httpx
import pytest

from tests.provider.kit import (
    CALLBACK,
    PAGE,
    STATE,
    VERIFIER,
    answered,
    ask_token,
    decide,
    fields,
    question,
    redeem,
    register,
)
from tests.provider.world import World, claims_of, error_of
from tests.support.service import Json

FORM = {**PAGE, "Content-Type": "application/x-www-form-urlencoded"}


async def test_3_1_a_repeated_parameter_is_refused(world: World) -> None:
    query = httpx.QueryParams([*world.web.authorize().items(), ("scope", "openid")])
    answer = await world.ada.client.get(f"/oauth2/authorize?{query}", headers=PAGE)
    assert answered(answer)["error"] == "invalid_request"


async def test_3_1_a_parameter_without_a_value_counts_as_left_out(world: World) -> None:
    assert "state" not in answered(await world.allow(state=""))


async def test_3_1_an_unknown_parameter_is_ignored(world: World) -> None:
    assert answered(await world.allow(flavour="vanilla"))["code"]


@pytest.mark.parametrize(
    ("response_type", "error"),
    [
        (None, "invalid_request"),
        ("", "invalid_request"),
        ("token", "unsupported_response_type"),
        ("code token", "unsupported_response_type"),
        ("id_token", "unsupported_response_type"),
    ],
)
async def test_3_1_1_response_type_is_code(world: World, response_type: str | None, error: str) -> None:
    sent_back = answered(await world.ask(response_type=response_type))
    assert (sent_back["error"], sent_back["state"]) == (error, STATE)


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": f"{CALLBACK}/"},
        {"redirect_uri": f"{CALLBACK}?more=1"},
        {"redirect_uri": CALLBACK.upper()},
        {"client_id": "nobody"},
        {"client_id": None},
        {"client_id": "x" * 5000},
    ],
)
async def test_3_1_2_4_nobody_is_sent_where_the_app_has_not_registered(world: World, changed: Json) -> None:
    answer = await world.ask(**changed)
    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_3_1_2_3_the_only_registered_uri_need_not_be_named(world: World) -> None:
    answer = await world.allow(redirect_uri=None)
    assert answer.headers["location"].startswith(f"{CALLBACK}?")


async def test_3_1_2_3_one_of_several_has_to_be_named(world: World) -> None:
    client = await register(world.ada, "spa", CALLBACK, "https://app.example.com/second")
    assert (await world.ask(client, redirect_uri=None)).status_code == 400


async def test_3_2_token_endpoint_answers_to_post_alone(world: World) -> None:
    answer = await world.ada.client.get("/oauth2/token", params={"grant_type": "authorization_code"})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


async def test_3_2_a_repeated_parameter_is_refused(world: World) -> None:
    body = f"grant_type=refresh_token&refresh_token=a&refresh_token=b&client_id={world.spa.client_id}"
    answer = await world.ada.client.post("/oauth2/token", content=body, headers=FORM)
    assert error_of(answer) == (400, "invalid_request")


async def test_3_2_an_unknown_parameter_is_ignored_and_an_empty_one_left_out(world: World) -> None:
    answer = await redeem(world.ada, world.web, await world.code(), flavour="vanilla", scope="", resource="")
    assert answer.status_code == 200, answer.text


async def test_3_3_scope_is_told_where_it_is_not_what_was_asked(world: World) -> None:
    client = await register(world.ada, scopes=["openid", "graph:read"])
    tokens = await world.tokens(client, scope="openid graph:read graph:search nonsense")
    assert tokens["scope"] == "openid graph:read"


@pytest.mark.parametrize("scope", ["nonsense", 'a"b', "openid  profile", "\u00e9"])
async def test_3_3_no_scope_that_there_is_is_refused(world: World, scope: str) -> None:
    assert answered(await world.ask(scope=scope))["error"] == "invalid_scope"


async def test_2_3_1_secret_in_the_form(world: World) -> None:
    form = {"client_id": world.web.client_id, "client_secret": world.web.secret}
    code = {"grant_type": "authorization_code", "code": "none", "code_verifier": "v" * 43}
    answer = await world.ada.client.post("/oauth2/token", data={**form, **code})
    assert error_of(answer) == (400, "invalid_grant")


async def test_2_3_no_two_ways_at_once(world: World) -> None:
    answer = await world.post("/oauth2/token", client_secret=world.web.secret, grant_type="refresh_token")
    assert error_of(answer) == (400, "invalid_request")


async def test_5_2_a_wrong_secret_in_the_header_is_challenged(world: World) -> None:
    answer = await world.post("/oauth2/token", secret="wrong", grant_type="refresh_token", refresh_token="x")
    assert error_of(answer) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic ")


async def test_3_2_1_an_app_with_a_secret_has_to_prove_itself(world: World) -> None:
    code = await world.code()
    answer = await world.ada.client.post(
        "/oauth2/token",
        data={"client_id": world.web.client_id, "grant_type": "authorization_code", "code": code},
    )
    assert error_of(answer) == (401, "invalid_client")


async def test_4_1_2_a_code_ends_after_a_minute(world: World) -> None:
    code = await world.code()
    world.service.clock.advance(seconds=61)
    assert error_of(await redeem(world.ada, world.web, code)) == (400, "invalid_grant")


async def test_4_1_2_twenty_exchanges_of_one_code_at_once_give_tokens_once(world: World) -> None:
    code = await world.code()
    answers = await asyncio.gather(*[redeem(world.ada, world.web, code) for _ in range(20)])
    assert sorted(answer.status_code for answer in answers) == [200, *[400] * 19]
    assert {answer.json()["error"] for answer in answers if answer.status_code == 400} == {"invalid_grant"}


async def test_4_1_2_a_replayed_code_ends_what_it_gave(world: World) -> None:
    code = await world.code()
    tokens = (await redeem(world.ada, world.web, code)).json()
    assert await world.works(tokens["access_token"])
    assert error_of(await redeem(world.ada, world.web, code)) == (400, "invalid_grant")
    assert not await world.works(tokens["access_token"])
    assert error_of(await world.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


async def test_4_1_2_another_apps_try_neither_uses_a_code_nor_ends_what_it_gave(world: World) -> None:
    code = await world.code()
    assert error_of(await redeem(world.ada, world.other, code)) == (400, "invalid_grant")
    tokens = (await redeem(world.ada, world.web, code)).json()
    assert error_of(await redeem(world.ada, world.other, code)) == (400, "invalid_grant")
    assert await world.works(tokens["access_token"])


async def test_4_1_2_1_a_refusal_is_told_with_the_state(world: World) -> None:
    sent_back = answered(await decide(world.ada, await world.ask(), "deny"))
    assert (sent_back["error"], sent_back["state"]) == ("access_denied", STATE)
    assert "code" not in sent_back
    rows = await world.service.rows("SELECT operation FROM audit_events WHERE event = 'account:grant:refused'")
    assert f"app {world.web.id}" in [row["operation"] for row in rows]


async def test_4_1_3_redirect_uri_is_that_of_the_request(world: World) -> None:
    code = await world.code()
    answer = await redeem(world.ada, world.web, code, redirect_uri="https://app.example.com/second")
    assert error_of(answer) == (400, "invalid_grant")


@pytest.mark.parametrize("missing", ["code", "code_verifier", "grant_type"])
async def test_4_1_3_what_is_required(world: World, missing: str) -> None:
    form: Json = {"grant_type": "authorization_code", "code": await world.code(), "code_verifier": VERIFIER}
    answer = await world.post("/oauth2/token", **{**form, missing: ""})
    assert error_of(answer) == (400, "invalid_request")


async def test_5_1_what_the_token_endpoint_answers(world: World) -> None:
    answer = await redeem(world.ada, world.web, await world.code())
    assert answer.headers["content-type"] == "application/json"
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    told = answer.json()
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 3600)
    assert isinstance(told["access_token"], str)


@pytest.mark.parametrize("accept", ["text/html", "application/json", "image/png", "*/*"])
async def test_5_2_errors_are_json_whatever_is_accepted(world: World, accept: str) -> None:
    answer = await world.ada.client.post(
        "/oauth2/token", data={"grant_type": "password", "client_id": world.spa.client_id}, headers={"Accept": accept}
    )
    assert error_of(answer) == (400, "unsupported_grant_type")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("grant_type", ["password", "client_credentials", "implicit", "x" * 5000])
async def test_4_3_and_4_4_grants_that_there_are_not(world: World, grant_type: str) -> None:
    answer = await world.post("/oauth2/token", grant_type=grant_type, username="ada", password="x")
    assert answer.status_code == 400
    assert answer.json()["error"] in ("unsupported_grant_type", "unauthorized_client")


async def test_6_a_refresh_token_is_its_apps_alone(world: World) -> None:
    tokens = await world.tokens()
    assert error_of(await world.refresh(tokens["refresh_token"], world.other)) == (400, "invalid_grant")
    assert error_of(await world.refresh(tokens["refresh_token"], world.spa)) == (400, "invalid_grant")
    assert (await world.refresh(tokens["refresh_token"])).status_code == 200


async def test_6_an_app_with_a_secret_refreshes_with_it_alone(world: World) -> None:
    tokens = await world.tokens()
    answer = await world.ada.client.post(
        "/oauth2/token",
        data={
            "client_id": world.web.client_id,
            "grant_type": "refresh_token",
            "refresh_token": tokens["refresh_token"],
        },
    )
    assert error_of(answer) == (401, "invalid_client")


async def test_6_scope_narrows_and_never_widens(world: World) -> None:
    tokens = await world.tokens(scope="openid offline_access graph:read graph:search")
    wider = await world.refresh(tokens["refresh_token"], scope="graph:read notion:write")
    assert error_of(wider) == (400, "invalid_scope")
    narrower = await world.refresh(tokens["refresh_token"], scope="graph:read")
    assert narrower.json()["scope"] == "graph:read"
    whole = await world.refresh(narrower.json()["refresh_token"])
    assert whole.json()["scope"] == tokens["scope"]


async def test_6_twenty_refreshes_at_once_have_one_successor(world: World) -> None:
    tokens = await world.tokens()
    answers = await asyncio.gather(*[world.refresh(tokens["refresh_token"]) for _ in range(20)])
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    assert all([await world.works(answer.json()["access_token"]) for answer in answers])


async def test_6_a_refresh_token_is_given_where_offline_access_was_asked_for(world: World) -> None:
    assert "refresh_token" not in await world.tokens(scope="openid graph:read")


async def test_10_4_a_refresh_token_used_again_after_its_grace_ends_the_family(world: World) -> None:
    tokens = await world.tokens()
    newer = (await world.refresh(tokens["refresh_token"])).json()
    world.service.clock.advance(seconds=601)
    assert error_of(await world.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    assert error_of(await world.refresh(newer["refresh_token"])) == (400, "invalid_grant")
    assert not await world.works(newer["access_token"])


async def test_10_12_consent_cannot_be_forced_without_the_forms_token(world: World) -> None:
    page = await world.ask()
    told = [(name, value) for name, value in fields(page) if name != "csrf"]
    for forged in ([], [("csrf", "")], [("csrf", "0" * 64)]):
        body = str(httpx.QueryParams([*told, *forged, ("decision", "allow")]))
        answer = await world.ada.client.post(page.request.url.path, content=body, headers=FORM)
        assert answer.status_code == 403


async def test_10_12_consent_is_given_once(world: World) -> None:
    page = await world.ask()
    assert answered(await decide(world.ada, page))["code"]
    again = await decide(world.ada, page)
    assert again.status_code == 400
    assert "location" not in again.headers


async def test_10_12_consent_of_one_request_is_none_to_another(world: World) -> None:
    page, another = await world.ask(), await world.ask(world.other)
    body = str(httpx.QueryParams([*fields(page), ("decision", "allow")]))
    answer = await world.ada.client.post(another.request.url.path, content=body, headers=FORM)
    assert answer.status_code == 403


async def test_10_12_consent_is_not_swapped_for_another_persons(world: World) -> None:
    """A page that one person left open, sent by whoever has signed in here since; and in another browser."""
    ada = await world.service.sign_in("ada")
    page = await question(ada, world.other, prompt="consent")
    bruno = await world.service.sign_in("bruno", client=ada.client)
    assert (await decide(bruno, page)).status_code == 403
    elsewhere = await world.service.sign_in("ada")
    assert (await decide(elsewhere, page)).status_code == 403
    assert (await elsewhere.client.get(page.request.url.path, headers=PAGE)).status_code == 400


async def test_10_13_consent_is_not_framed(world: World) -> None:
    page = await world.ask()
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-frame-options"] == "DENY"


async def test_10_14_what_is_ticked_beyond_the_question_counts_for_nothing(world: World) -> None:
    page = await world.ask(scope="openid graph:read")
    more = [("scope", "notion:write"), ("workspace", "0" * 32), ("workspace", "nonsense"), ("decision", "allow")]
    body = str(httpx.QueryParams([*fields(page), *more]))
    answer = await world.ada.client.post(page.request.url.path, content=body, headers=FORM)
    tokens = (await redeem(world.ada, world.web, answered(answer)["code"])).json()
    assert tokens["scope"] == "openid graph:read"
    assert claims_of(tokens["access_token"])["scope"] == "openid graph:read"
    told = (await world.call(tokens["access_token"])).json()
    assert sorted(told["workspace_ids"]) == sorted(world.ada.workspace_ids)


async def test_3_2_1_a_public_app_that_sends_a_secret_is_refused(world: World) -> None:
    answer = await ask_token(world.ada, world.spa, grant_type="refresh_token", refresh_token="x", client_secret="y")
    assert error_of(answer) == (401, "invalid_client")
