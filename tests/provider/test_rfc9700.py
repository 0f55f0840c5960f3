"""RFC 9700, Best Current Practice for OAuth 2.0 Security, of which OAuth 2.1 is made. What the tests of another
standard hold already stands in docs/clauses.md alone.
"""

from urllib.parse import urlsplit

import pytest

from tests.provider.kit import CALLBACK, PAGE, answered, decide, fields, question, redeem
from tests.provider.world import World, error_of
from tests.support.service import Json

ELSEWHERE = "https://elsewhere.example"


@pytest.mark.parametrize("response_type", ["token", "id_token", "id_token token", "code token", "code id_token"])
async def test_2_1_2_no_token_comes_by_a_redirect(world: World, response_type: str) -> None:
    sent_back = await world.ask(response_type=response_type, nonce="n")
    assert answered(sent_back)["error"] == "unsupported_response_type"
    assert urlsplit(sent_back.headers["location"]).fragment == ""


@pytest.mark.parametrize("mode", ["fragment", "form_post", "query.jwt"])
async def test_2_1_2_no_answer_stands_in_a_fragment(world: World, mode: str) -> None:
    sent_back = await world.ask(response_mode=mode)
    assert answered(sent_back)["error"] == "invalid_request"
    assert urlsplit(sent_back.headers["location"]).fragment == ""


async def test_2_4_there_is_no_password_grant(world: World) -> None:
    form = {"grant_type": "password", "username": "ada@example.com", "password": "x"}
    for client in (world.web, world.spa):
        assert error_of(await world.post("/oauth2/token", client, **form)) == (400, "unsupported_grant_type")
    told = (await world.ada.client.get("/.well-known/oauth-authorization-server")).json()
    assert not {"password", "implicit"} & set(told["grant_types_supported"])


async def test_2_6_no_other_page_reads_the_authorization_endpoint(world: World) -> None:
    for method in ("GET", "POST"):
        preflight = await world.ada.client.options(
            "/oauth2/authorize", headers={"Origin": ELSEWHERE, "Access-Control-Request-Method": method}
        )
        assert "access-control-allow-origin" not in preflight.headers
    own = urlsplit(CALLBACK)
    for origin in (ELSEWHERE, f"{own.scheme}://{own.netloc}"):
        headers = {**PAGE, "Origin": origin}
        answer = await world.ada.client.get("/oauth2/authorize", params=world.web.authorize(), headers=headers)
        assert "access-control-allow-origin" not in answer.headers
        page = await world.ada.client.get(answer.headers["location"], headers=headers)
        assert "access-control-allow-origin" not in page.headers


@pytest.mark.parametrize("of", ["redirect", "page", "refusal"])
async def test_4_2_4_pages_name_nobody_as_referrer(world: World, of: str) -> None:
    changed: Json = {"refusal": {"redirect_uri": ELSEWHERE}, "redirect": {"response_type": "token"}}.get(of, {})
    answer = await world.ask(**changed)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


async def test_4_3_2_no_token_in_the_query_opens_anything(world: World) -> None:
    token = (await world.tokens())["access_token"]
    answer = await world.ada.client.get("/oauth2/userinfo", params={"access_token": token})
    assert answer.status_code in (400, 401)


async def test_4_5_3_1_a_code_of_one_browser_is_nothing_with_the_verifier_of_another(world: World) -> None:
    """Code injection: PKCE binds a code to whoever asked for it, in apps with a secret, too."""
    code = await world.code(code_challenge="B" * 43)
    assert error_of(await redeem(world.ada, world.web, code)) == (400, "invalid_grant")


@pytest.mark.parametrize("app", ["web", "spa"])
async def test_4_8_2_no_way_round_pkce(world: World, app: str) -> None:
    """Neither a request without a challenge, nor an exchange without a verifier."""
    client = {"web": world.web, "spa": world.spa}[app]
    for missing in ({"code_challenge": None}, {"code_challenge": None, "code_challenge_method": None}):
        assert answered(await world.ask(client, **missing))["error"] == "invalid_request"
    code = await world.code(client)
    answer = await redeem(world.ada, client, code, code_verifier="")
    assert error_of(answer) == (400, "invalid_request")
    assert (await redeem(world.ada, client, code)).status_code == 200


async def test_4_11_2_nobody_is_sent_where_no_app_has_registered(world: World) -> None:
    """Whatever else is wrong with the request, and whether or not anybody is signed in."""
    nobody = await world.service.browser()
    for more in ({}, {"prompt": "none"}, {"response_type": "token"}, {"scope": "odd"}, {"client_id": "ivc_unknown"}):
        asked = world.web.authorize(redirect_uri=f"{ELSEWHERE}/callback", **more)
        for client in (nobody, world.ada.client):
            page = await client.get("/oauth2/authorize", params=asked, headers=PAGE)
            assert (page.status_code, page.headers.get("location")) == (400, None), more


async def test_4_12_redirects_after_a_form_are_303(world: World) -> None:
    """A 307 would have the browser send the form on to the app."""
    page = await question(world.ada, world.web, prompt="consent")
    assert fields(page)
    assert (await decide(world.ada, page)).status_code == 303
    form = {name: str(value) for name, value in world.web.authorize(prompt="consent").items()}
    assert (await world.ada.client.post("/oauth2/authorize", data=form, headers=PAGE)).status_code == 303


async def test_4_14_2_a_refresh_token_is_replaced_at_each_use(world: World) -> None:
    first = (await world.tokens(world.spa))["refresh_token"]
    second = (await world.refresh(first, world.spa)).json()["refresh_token"]
    third = (await world.refresh(second, world.spa)).json()["refresh_token"]
    assert len({first, second, third}) == 3


async def test_4_16_the_consent_page_is_framed_by_nobody(world: World) -> None:
    page = await world.ask()
    assert page.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
