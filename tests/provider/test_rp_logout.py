"""OpenID Connect RP-Initiated Logout 1.0."""

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.provider.kit import PAGE, Client, fields, get_tokens, register
from tests.provider.world import World, claims_of
from tests.support.service import Json, Session

LOGOUT, TARGET = "/oauth2/logout", "https://app.example.com/signed-out"


@pytest.fixture(scope="module")
async def client(world: World) -> Client:
    made = await register(world.ada, name="With logout")
    added = await world.ada.client.post(
        f"/api/oauth/apps/{made.id}/redirect-uris/",
        json={"uri": TARGET, "uri_type": "logout"},
        headers=world.ada.bearer,
    )
    assert added.status_code == 201
    return made


@pytest.fixture
async def person(world: World, client: Client) -> tuple[Session, Json]:
    session = await world.service.sign_in("ada")
    return session, await get_tokens(session, client, prompt="consent")


Person = tuple[Session, Json]


async def is_signed_in(session: Session) -> bool:
    headers = {**session.bearer, "Accept": "application/json"}
    return (await session.client.get("/api/auth/validate/", headers=headers)).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_2_an_id_token_of_whoever_is_signed_in_signs_out_at_once(person: Person, method: str) -> None:
    session, tokens = person
    asked = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": TARGET, "state": "s & t"}
    if method == "GET":
        answer = await session.client.get(LOGOUT, params=asked, headers=PAGE)
    else:
        answer = await session.client.post(LOGOUT, data=asked, headers=PAGE)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{TARGET}?state=s+%26+t"
    assert not await is_signed_in(session)


async def test_2_an_expired_id_token_is_a_good_hint(world: World, person: Person) -> None:
    session, tokens = person
    world.service.clock.advance(seconds=3601)
    answer = await session.client.get(LOGOUT, params={"id_token_hint": tokens["id_token"]}, headers=PAGE)
    assert answer.status_code == 200
    assert not await is_signed_in(session)


async def test_2_without_a_hint_the_person_is_asked(person: Person, client: Client) -> None:
    session, _ = person
    asked = {"client_id": client.client_id, "post_logout_redirect_uri": TARGET}
    page = await session.client.get(LOGOUT, params=asked, headers=PAGE)
    assert page.status_code == 200
    assert await is_signed_in(session)
    answer = await session.client.post(LOGOUT, data=dict(fields(page)), headers=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, TARGET)
    assert not await is_signed_in(session)


async def test_2_nobody_is_signed_out_by_a_link_of_anothers_token(world: World, person: Person) -> None:
    _, tokens = person
    bruno = await world.service.sign_in("bruno")
    page = await bruno.client.get(LOGOUT, params={"id_token_hint": tokens["id_token"]}, headers=PAGE)
    assert page.status_code == 200
    assert await is_signed_in(bruno)
    forged = await bruno.client.post(LOGOUT, data={"csrf": "0" * 64}, headers=PAGE)
    assert forged.status_code == 403
    assert await is_signed_in(bruno)


@pytest.mark.parametrize("kind", ["access_token", "refresh_token", "session", "nonsense", "foreign", "unsigned"])
async def test_2_a_hint_that_is_no_id_token_of_ours_is_refused(person: Person, kind: str) -> None:
    session, tokens = person
    claims = claims_of(tokens["id_token"])
    key = rsa.generate_private_key(65537, 2048)
    hints = {
        "session": session.access,
        "nonsense": "a.b.c",
        "foreign": jwt.encode(claims, key, "RS256", jwt.get_unverified_header(tokens["id_token"])),
        "unsigned": jwt.encode(claims, "", "none"),
    }
    hint = hints.get(kind) or tokens[kind]
    answer = await session.client.get(
        LOGOUT, params={"id_token_hint": hint, "post_logout_redirect_uri": TARGET}, headers=PAGE
    )
    assert answer.status_code == 400
    assert await is_signed_in(session)


async def test_2_client_id_is_the_hints_audience(world: World, person: Person) -> None:
    session, tokens = person
    asked = {"id_token_hint": tokens["id_token"], "client_id": world.other.client_id}
    assert (await session.client.get(LOGOUT, params=asked, headers=PAGE)).status_code == 400
    assert await is_signed_in(session)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        f"{TARGET}/",
        f"{TARGET}?more=1",
        f"{TARGET}#part",
        TARGET.upper(),
        TARGET.replace("https", "http"),
        TARGET.replace("app.", "app.example.com@"),
        "//app.example.com/signed-out",
        "javascript:alert(1)",
        "https://app.example.com/callback",
        "/dashboard/",
    ],
)
async def test_3_nobody_is_sent_where_the_app_has_not_registered(person: Person, target: str) -> None:
    session, tokens = person
    asked = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": target}
    answer = await session.client.get(LOGOUT, params=asked, headers=PAGE)
    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_3_without_an_app_there_is_nowhere_to_go(person: Person) -> None:
    session, _ = person
    answer = await session.client.get(LOGOUT, params={"post_logout_redirect_uri": TARGET}, headers=PAGE)
    assert answer.status_code == 400


async def test_2_whoever_is_signed_out_already_goes_on(world: World, client: Client) -> None:
    browser = await world.service.browser()
    asked = {"client_id": client.client_id, "post_logout_redirect_uri": TARGET, "state": "x"}
    answer = await browser.get(LOGOUT, params=asked, headers=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{TARGET}?state=x")


async def test_2_1_the_endpoint_is_announced(world: World) -> None:
    told = (await world.ada.client.get("/.well-known/openid-configuration")).json()
    assert told["end_session_endpoint"] == f"{world.issuer}{LOGOUT}"
