"""OpenID Connect Core 1.0."""

import jwt
import pytest

from tests.provider.kit import PAGE, answered, decide, question, redeem, register
from tests.provider.world import World, claims_of, error_of
from tests.support.credentials import authorization
from tests.support.service import Json, Session


@pytest.fixture(scope="module")
async def tokens(world: World) -> Json:
    return await world.tokens(nonce="n-0S6_WzA2Mj and more")


@pytest.mark.parametrize("claim", ["iss", "sub", "aud", "exp", "iat"])
async def test_2_what_an_id_token_requires(tokens: Json, claim: str) -> None:
    assert claims_of(tokens["id_token"])[claim]


async def test_2_what_its_claims_say(world: World, tokens: Json) -> None:
    claims = claims_of(tokens["id_token"])
    assert (claims["iss"], claims["sub"]) == (world.issuer, world.ada.me["id"])
    assert (claims["aud"], claims["azp"]) == (world.web.client_id, world.web.client_id)
    assert claims["auth_time"] <= claims["iat"] < claims["exp"]


async def test_2_sub_has_at_most_255_ascii_characters_and_stays(world: World, tokens: Json) -> None:
    sub = claims_of((await world.tokens(world.other))["id_token"])["sub"]
    assert sub == claims_of(tokens["id_token"])["sub"]
    assert sub.isascii()
    assert len(sub) <= 255


async def test_3_1_3_7_it_is_signed_with_a_key_of_the_jwks(world: World, tokens: Json) -> None:
    keys = jwt.PyJWKSet.from_dict((await world.ada.client.get("/.well-known/jwks.json")).json())
    header = jwt.get_unverified_header(tokens["id_token"])
    assert header["alg"] == "RS256"
    options: Json = {"verify_exp": False, "verify_iat": False}
    jwt.decode(tokens["id_token"], keys[header["kid"]], audience=world.web.client_id, options=options)


async def test_3_1_2_1_nonce_comes_back_as_it_was(world: World, tokens: Json) -> None:
    assert claims_of(tokens["id_token"])["nonce"] == "n-0S6_WzA2Mj and more"
    assert "nonce" not in claims_of((await world.tokens())["id_token"])


async def test_3_1_2_1_without_openid_there_is_no_id_token(world: World) -> None:
    assert "id_token" not in await world.tokens(world.other, scope="graph:read profile")


async def test_3_1_2_1_prompt_none_asks_nobody(world: World) -> None:
    client = await register(world.ada)
    assert answered(await world.ask(client, prompt="none"))["error"] == "consent_required"
    stranger = await world.service.browser()
    begun = await stranger.get("/oauth2/authorize", params=client.authorize(prompt="none"), headers=PAGE)
    told = answered(await stranger.get(begun.headers["location"], headers=PAGE))
    assert told["error"] == "login_required"
    await world.allow(client)
    assert answered(await world.ask(client, prompt="none"))["code"]


@pytest.mark.parametrize("prompt", ["none login", "none consent", "sometimes", "create"])
async def test_3_1_2_1_prompts_that_do_not_go_are_refused(world: World, prompt: str) -> None:
    assert answered(await world.ask(prompt=prompt))["error"] == "invalid_request"


async def test_3_1_2_1_prompt_consent_asks_again(world: World) -> None:
    await world.allow()
    assert answered(await question(world.ada, world.web))["code"]
    assert (await question(world.ada, world.web, prompt="consent")).status_code == 200


async def test_3_1_2_1_prompt_login_asks_for_signing_in_once_more(world: World) -> None:
    session = await world.service.sign_in("ada")
    world.service.clock.advance(seconds=1)
    begun = await question(session, world.web, prompt="login")
    assert begun.status_code == 303
    assert "/api/integrations/auth/notion/" in begun.headers["location"]
    world.service.clock.advance(seconds=1)
    signed_in = await session.client.get(begun.headers["location"])
    back = await session.client.get(await world.service.consent(signed_in.headers["location"], person="ada"))
    assert "/oauth2/consent/" in back.headers["location"]
    code = answered(await session.client.get(back.headers["location"], headers=PAGE))["code"]
    claims = claims_of((await redeem(session, world.web, code)).json()["id_token"])
    assert claims["iat"] - claims["auth_time"] <= 1


async def test_3_1_2_1_max_age_is_kept(world: World) -> None:
    session = await world.service.sign_in("ada")
    world.service.clock.advance(seconds=100)
    assert (await question(session, world.web, max_age=1000, prompt="consent")).status_code == 200
    begun = await question(session, world.web, max_age=50, prompt="consent")
    assert "/api/integrations/auth/notion/" in begun.headers["location"]
    assert answered(await question(session, world.web, max_age=50, prompt="none"))["error"] == "login_required"


@pytest.mark.parametrize("max_age", ["-1", "soon", "1.5", "9" * 30])
async def test_3_1_2_1_max_age_is_in_seconds(world: World, max_age: str) -> None:
    assert answered(await world.ask(max_age=max_age))["error"] == "invalid_request"


@pytest.mark.parametrize("parameter", ["display", "ui_locales", "claims_locales", "login_hint", "acr_values", "claims"])
async def test_3_1_2_1_what_is_not_used_is_no_error(world: World, parameter: str) -> None:
    asked: Json = {parameter: "page"}
    assert (await world.ask(**asked)).status_code == 200


@pytest.mark.parametrize(
    ("parameter", "error"), [("request", "request_not_supported"), ("request_uri", "request_uri_not_supported")]
)
async def test_6_request_objects_are_refused(world: World, parameter: str, error: str) -> None:
    asked: Json = {parameter: "https://elsewhere.example/request.jwt"}
    sent_back = answered(await world.ask(**asked))
    assert sent_back["error"] == error


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_5_3_userinfo(world: World, tokens: Json, method: str) -> None:
    answer = await world.ada.client.request(method, "/oauth2/userinfo", headers=authorization(tokens["access_token"]))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json()["sub"] == claims_of(tokens["id_token"])["sub"]


async def test_5_3_userinfo_is_for_openid_alone(world: World) -> None:
    tokens = await world.tokens(world.other, scope="profile graph:read")
    assert error_of(await world.call(tokens["access_token"], "/oauth2/userinfo")) == (403, "insufficient_scope")


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("openid", {"sub"}),
        ("openid email", {"sub", "email", "email_verified"}),
        ("openid profile", {"sub", "name", "preferred_username", "roles"}),
    ],
)
async def test_5_4_scopes_open_claims_in_userinfo_and_in_the_id_token(
    world: World, scope: str, expected: set[str]
) -> None:
    tokens = await world.tokens(world.other, scope=scope)
    told = (await world.call(tokens["access_token"], "/oauth2/userinfo")).json()
    assert told.keys() - {"picture"} == expected
    assert scope.endswith("email") or world.ada.me["email"] not in told.values()
    claims = claims_of(tokens["id_token"])
    assert {name: claims[name] for name in told} == told


async def test_5_1_email_verified_is_a_boolean(world: World, tokens: Json) -> None:
    told = (await world.call(tokens["access_token"], "/oauth2/userinfo")).json()
    assert isinstance(told["email_verified"], bool)
    assert told["email"] == world.ada.me["email"]


async def test_12_2_a_refreshed_id_token_is_about_the_same(world: World) -> None:
    tokens = await world.tokens(nonce="first")
    before = claims_of(tokens["id_token"])
    world.service.clock.advance(seconds=5)
    after = claims_of((await world.refresh(tokens["refresh_token"])).json()["id_token"])
    assert {name: after[name] for name in ("iss", "sub", "aud", "azp", "auth_time")} == {
        name: before[name] for name in ("iss", "sub", "aud", "azp", "auth_time")
    }
    assert after["iat"] > before["iat"]


async def test_15_1_what_every_provider_has(world: World) -> None:
    told = (await world.ada.client.get("/.well-known/openid-configuration")).json()
    assert "RS256" in told["id_token_signing_alg_values_supported"]
    assert told["subject_types_supported"] == ["public"]
    assert {"openid"} <= set(told["scopes_supported"])
    assert (told["request_parameter_supported"], told["request_uri_parameter_supported"]) == (False, False)


async def test_3_1_2_1_authorize_answers_to_post_too(world: World) -> None:
    """As a form whose fields are what the query would have been."""
    answer = await world.ada.client.post("/oauth2/authorize", data=world.web.authorize(), headers=PAGE)
    assert answer.status_code == 303
    assert "/oauth2/consent/" in answer.headers["location"]


async def sign_in_for(world: World, session: Session, begun: Json, person: str) -> Json:
    """The way of the browser that is sent to sign in: by Notion, and back to the question."""
    assert "/api/integrations/auth/notion/" in begun.headers["location"]
    started = await session.client.get(begun.headers["location"])
    back = await session.client.get(await world.service.consent(started.headers["location"], person=person))
    assert "/oauth2/consent/" in back.headers["location"]
    return await session.client.get(back.headers["location"], headers=PAGE)


async def test_3_1_2_1_a_hint_of_whoever_is_signed_in_changes_nothing(world: World) -> None:
    hint = (await world.tokens())["id_token"]
    assert (await world.ask(id_token_hint=hint)).status_code == 200
    assert answered(await question(world.ada, world.web, id_token_hint=hint, prompt="none"))["code"]
    # An expired one, too.
    world.service.clock.advance(seconds=3601)
    assert answered(await question(world.ada, world.web, id_token_hint=hint))["code"]


async def test_3_1_2_1_a_hint_of_another_person_asks_for_signing_in(world: World) -> None:
    hint = (await world.tokens())["id_token"]
    bruno = await world.service.sign_in("bruno")
    world.service.clock.advance(seconds=1)
    begun = await question(bruno, world.web, id_token_hint=hint)
    world.service.clock.advance(seconds=1)
    assert answered(await sign_in_for(world, bruno, begun, "ada"))["code"]


async def test_3_1_2_1_whoever_signs_in_as_another_than_hinted_is_no_answer(world: World) -> None:
    hint = (await world.tokens())["id_token"]
    bruno = await world.service.sign_in("bruno")
    world.service.clock.advance(seconds=1)
    begun = await question(bruno, world.web, id_token_hint=hint)
    world.service.clock.advance(seconds=1)
    told = answered(await sign_in_for(world, bruno, begun, "bruno"))
    assert (told["error"], "code" in told) == ("login_required", False)


async def test_3_1_2_1_prompt_none_with_a_hint_of_another_person(world: World) -> None:
    hint = (await world.tokens())["id_token"]
    bruno = await world.service.sign_in("bruno")
    answered(await world.allow(session=bruno))
    assert answered(await question(bruno, world.web, prompt="none"))["code"]
    told = answered(await question(bruno, world.web, prompt="none", id_token_hint=hint))
    assert (told["error"], "code" in told) == ("login_required", False)


async def test_3_1_2_1_a_page_that_was_open_before_another_signed_in_decides_nothing(world: World) -> None:
    """The hint holds at the decision, too: whoever has signed in meanwhile is not whom the app means."""
    hint = (await world.tokens())["id_token"]
    ada = await world.service.sign_in("ada")
    page = await question(ada, world.web, prompt="consent", id_token_hint=hint)
    world.service.clock.advance(seconds=1)
    await world.service.sign_in("bruno", client=ada.client)
    assert (await decide(ada, page)).status_code == 403
    told = answered(await ada.client.get(page.request.url.path, headers=PAGE))
    assert (told["error"], "code" in told) == ("login_required", False)


@pytest.mark.parametrize("kind", ["nonsense", "access token", "session", "another app's", "unsigned"])
async def test_3_1_2_1_a_hint_that_is_no_id_token_of_this_app_is_refused(world: World, kind: str) -> None:
    tokens = await world.tokens()
    hints = {
        "nonsense": "page",
        "access token": tokens["access_token"],
        "session": world.ada.access,
        "another app's": (await world.tokens(world.other))["id_token"],
        "unsigned": jwt.encode(claims_of(tokens["id_token"]), "", "none", {"kid": "x", "typ": "JWT"}),
    }
    told = answered(await world.ask(id_token_hint=hints[kind]))
    assert (told["error"], "code" in told) == ("invalid_request", False)
