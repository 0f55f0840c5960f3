from typing import Any

import httpx
import pytest

from ivgraph_auth.sandbox.app import Sandbox
from tests.sandbox.kit import BASIC, CALLBACK, CLIENT_ID, CLIENT_SECRET, Script, bare, rest_error
from tests.support.clock import ManualClock

OAUTH_CALLS = ["/v1/oauth/token", "/v1/oauth/introspect", "/v1/oauth/revoke"]


@pytest.mark.parametrize("path", OAUTH_CALLS)
@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic !!!!",
        "Basic bm8tY29sb24=",
        "Basic /////w==",
        httpx.BasicAuth(CLIENT_ID, "wrong")._auth_header,
        httpx.BasicAuth("wrong", CLIENT_SECRET)._auth_header,
        BASIC._auth_header.replace("Basic", "Bearer"),
        "Bearer ntn_something",
    ],
)
async def test_a_client_is_known_by_basic_only(client: httpx.AsyncClient, path: str, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    body = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "grant_type": "authorization_code"}
    answer = await client.post(path, json=body, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="OAuth"'
    assert bare(answer) == {"error": "invalid_client"}


async def test_a_code_works_once(script: Script) -> None:
    code = await script.code()
    assert (await script.exchange(code)).status_code == 200
    again = await script.exchange(code)
    assert again.status_code == 400
    assert bare(again) == {"error": "invalid_grant"}


async def test_a_code_lives_ten_minutes(script: Script, clock: ManualClock) -> None:
    first, second = await script.code(), await script.code()
    clock.advance(seconds=599)
    assert (await script.exchange(first)).status_code == 200
    clock.advance(seconds=1)
    assert bare(await script.exchange(second)) == {"error": "invalid_grant"}


async def test_an_unknown_code_is_refused(script: Script) -> None:
    assert bare(await script.exchange("made-up")) == {"error": "invalid_grant"}


async def test_a_code_belongs_to_its_redirect_uri_and_is_spent_by_the_attempt(script: Script) -> None:
    code = await script.code()
    assert bare(await script.exchange(code, f"{CALLBACK}/")) == {"error": "invalid_grant"}
    assert bare(await script.exchange(code)) == {"error": "invalid_grant"}


async def test_a_refresh_renews_both_and_ends_both(script: Script) -> None:
    first = await script.pair()
    second = (await script.refresh(first["refresh_token"])).json()
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] != first["refresh_token"]
    told = {"access_token", "refresh_token", "request_id"}
    assert {k: v for k, v in first.items() if k not in told} == {k: v for k, v in second.items() if k not in told}
    assert (await script.me(first["access_token"])).status_code == 401
    assert (await script.me(second["access_token"])).status_code == 200


async def test_a_spent_refresh_token_is_refused_and_harms_nothing(script: Script) -> None:
    first = await script.pair()
    second = (await script.refresh(first["refresh_token"])).json()
    reuse = await script.refresh(first["refresh_token"])
    assert reuse.status_code == 400
    assert bare(reuse) == {"error": "invalid_grant"}
    assert (await script.me(second["access_token"])).status_code == 200
    assert (await script.refresh(second["refresh_token"])).status_code == 200


async def test_an_access_token_is_no_refresh_token(script: Script) -> None:
    tokens = await script.pair()
    assert bare(await script.refresh(tokens["access_token"])) == {"error": "invalid_grant"}
    assert (await script.me(tokens["refresh_token"])).status_code == 401


async def test_a_refresh_may_end_the_refreshing(script: Script, instance: Sandbox) -> None:
    tokens = await script.pair()
    instance.null_refresh_token = True
    renewed = (await script.refresh(tokens["refresh_token"])).json()
    assert renewed["refresh_token"] is None
    assert (await script.me(renewed["access_token"])).status_code == 200


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "body.grant_type should be defined, instead was `undefined`"),
        ({"grant_type": 7}, "body.grant_type should be a string"),
        ({"grant_type": ""}, "body.grant_type should be a non-empty string"),
        ({"grant_type": "authorization_code", "redirect_uri": CALLBACK}, "body.code should be defined"),
        ({"grant_type": "authorization_code", "code": None, "redirect_uri": CALLBACK}, "body.code should be a string"),
        ({"grant_type": "authorization_code", "code": "x"}, "body.redirect_uri should be defined"),
        ({"grant_type": "refresh_token"}, "body.refresh_token should be defined"),
        ({"grant_type": "refresh_token", "refresh_token": ["x"]}, "body.refresh_token should be a string"),
        ([1], "body should be an object"),
    ],
)
async def test_what_is_missing_is_named(client: httpx.AsyncClient, body: Any, said: str) -> None:
    answer = await client.post("/v1/oauth/token", json=body, auth=BASIC)
    assert answer.status_code == 400
    refused = bare(answer)
    assert refused["error"] == "invalid_request"
    assert said in refused["error_description"]


async def test_a_form_is_not_read(client: httpx.AsyncClient) -> None:
    form = {"grant_type": "authorization_code", "code": "x", "redirect_uri": CALLBACK}
    answer = await client.post("/v1/oauth/token", data=form, auth=BASIC)
    assert bare(answer) == {
        "error": "invalid_request",
        "error_description": "body failed validation: body.grant_type should be defined, instead was `undefined`.",
    }


async def test_an_unknown_grant_type(script: Script) -> None:
    answer = await script.token(grant_type="password", username="u", password="p")
    assert answer.status_code == 400
    assert bare(answer) == {"error": "unsupported_grant_type"}


async def test_missing_members_do_not_spend_the_code(script: Script) -> None:
    code = await script.code()
    await script.token(grant_type="authorization_code", code=code)
    assert (await script.exchange(code)).status_code == 200


async def test_the_documented_error_shape(script: Script, instance: Sandbox) -> None:
    instance.oauth_error_shape = "rest"
    answer = await script.exchange("made-up")
    assert answer.status_code == 400
    assert bare(answer) == rest_error(400, "invalid_grant", "Invalid code: this code has been revoked.")
    answer = await script.client.post("/v1/oauth/token", json={})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="OAuth"'
    assert bare(answer)["code"] == "invalid_client"
    answer = await script.token()
    assert bare(answer)["message"].startswith("body failed validation: body.grant_type")


async def test_introspection_tells_a_living_token(script: Script, clock: ManualClock) -> None:
    tokens = await script.pair()
    told = await script.introspect(tokens["access_token"])
    told.pop("request_id")
    scope = "read_content insert_content update_content read_user_with_email read_user_without_email"
    assert told == {"active": True, "scope": scope, "iat": int(clock.now().timestamp() * 1000)}
    assert told["iat"] % 1000 == 250


async def test_introspection_of_anything_else(script: Script) -> None:
    tokens = await script.pair()
    for token in ("made-up", tokens["refresh_token"]):
        told = await script.introspect(token)
        assert list(told) == ["active", "request_id"]
        assert told["active"] is False
    answer = await script.client.post("/v1/oauth/introspect", json={}, auth=BASIC)
    assert bare(answer)["error"] == "invalid_request"


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
async def test_revoking_either_token_ends_the_pair(script: Script, which: str) -> None:
    tokens, other = await script.pair(), await script.pair()
    answer = await script.revoke(tokens[which])
    assert answer.status_code == 200
    assert bare(answer) == {}
    assert (await script.me(tokens["access_token"])).status_code == 401
    assert bare(await script.refresh(tokens["refresh_token"])) == {"error": "invalid_grant"}
    assert (await script.introspect(tokens["access_token"]))["active"] is False
    assert (await script.me(other["access_token"])).status_code == 200


async def test_revoking_what_is_unknown_is_no_error(script: Script) -> None:
    answer = await script.revoke("made-up")
    assert answer.status_code == 200
    assert bare(answer) == {}
