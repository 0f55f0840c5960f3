"""Token exchange (RFC 8693): something narrower for somebody who acts for an app."""

import httpx
import pytest

from tests.provider.kit import Client, answered, ask_token, redeem
from tests.provider.world import World, claims_of, error_of
from tests.support.service import Json, Session

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
TYPE = "urn:ietf:params:oauth:token-type:access_token"


@pytest.fixture(scope="module")
async def subject(world: World) -> str:
    return str((await world.tokens())["access_token"])


async def exchange(session: Session, client: Client, token: str, **form: Json) -> Json:
    answer = await ask_token(
        session, client, **{"grant_type": GRANT, "subject_token": token, "subject_token_type": TYPE, **form}
    )
    return {"status": answer.status_code, **answer.json()}


async def test_2_2_1_token_for_less(world: World) -> None:
    ada, client = world.ada, world.web
    tokens = await world.tokens(client)
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
    world.service.clock.advance(minutes=5, seconds=1)
    assert (await ada.client.get("/api/auth/validate/", headers=bearer)).status_code == 401


async def test_2_2_1_never_more_and_never_longer(world: World) -> None:
    ada, client = world.ada, world.web
    tokens = await world.tokens(
        client, scope="openid graph:search", resource=f"{world.service.settings.public_url}/mcp"
    )
    token = tokens["access_token"]
    assert (await exchange(ada, client, token, scope="graph:read"))["error"] == "invalid_scope"
    assert (await exchange(ada, client, token, workspace="0" * 32))["error"] == "invalid_target"
    wider = await exchange(ada, client, token, resource=world.service.settings.public_url)
    assert wider["error"] == "invalid_target"
    world.service.clock.advance(minutes=50)
    assert 590 <= (await exchange(ada, client, token))["expires_in"] <= 600
    inner = await exchange(ada, client, token)
    twice = await exchange(ada, client, inner["access_token"])
    assert claims_of(twice["access_token"])["act"] == {"sub": client.client_id, "act": {"sub": client.client_id}}


@pytest.mark.parametrize("minutes", ["0", "61", "-1", "1.5", "x", "1000000000000", "٣"])
async def test_2_1_odd_minutes_are_refused(world: World, subject: str, minutes: str) -> None:
    assert (await exchange(world.ada, world.web, subject, minutes=minutes))["error"] == "invalid_request"


async def test_5_withdrawn_with_its_authorization(world: World) -> None:
    bruno, client = await world.service.sign_in("bruno"), world.web
    code = answered(await world.allow(session=bruno))["code"]
    got = await exchange(bruno, client, (await redeem(bruno, client, code)).json()["access_token"])
    grants = (await bruno.client.get("/api/auth/grants/", headers=bruno.bearer)).json()["results"]
    gone = await bruno.client.delete(f"/api/auth/grants/{grants[0]['id']}/", headers=bruno.bearer)
    assert gone.status_code == 204
    bearer = {"Authorization": f"Bearer {got['access_token']}"}
    assert (await bruno.client.get("/api/auth/validate/", headers=bearer)).status_code == 401


async def test_2_2_2_another_apps_token_is_no_subject(world: World) -> None:
    ada, client, other = world.ada, world.web, world.other
    tokens = await world.tokens(client)
    assert (await exchange(ada, other, tokens["access_token"]))["error"] == "invalid_request"
    assert (await exchange(ada, client, tokens["id_token"]))["error"] == "invalid_request"
    assert (await exchange(ada, client, ada.access))["error"] == "invalid_request"


REFUSED = (400, "invalid_request")
TYPES = "urn:ietf:params:oauth:token-type:"


async def ask(world: World, client: Client | None = None, **form: Json) -> httpx.Response:
    """None leaves a parameter out."""
    asked = {"grant_type": GRANT, "subject_token_type": TYPE, **form}
    return await world.post("/oauth2/token", client, **{name: text for name, text in asked.items() if text is not None})


async def test_2_1_a_client_has_to_prove_itself(world: World, subject: str) -> None:
    form = {"grant_type": GRANT, "subject_token": subject, "subject_token_type": TYPE}
    answer = await world.ada.client.post("/oauth2/token", data={**form, "client_id": world.web.client_id})
    assert error_of(answer) == (401, "invalid_client")


async def test_2_1_subject_token_and_its_type_are_required(world: World, subject: str) -> None:
    assert error_of(await ask(world)) == REFUSED
    assert error_of(await ask(world, subject_token="", subject_token_type=TYPE)) == REFUSED
    assert error_of(await ask(world, subject_token=subject, subject_token_type=None)) == REFUSED


@pytest.mark.parametrize("kind", ["jwt", "id_token", "refresh_token", "saml2", "", "access_token2"])
async def test_2_1_subject_token_type_is_access_token(world: World, subject: str, kind: str) -> None:
    assert error_of(await ask(world, subject_token=subject, subject_token_type=TYPES + kind)) == REFUSED


@pytest.mark.parametrize("kind", ["jwt", "id_token", "refresh_token", "saml2"])
async def test_2_1_requested_token_type_is_access_token(world: World, subject: str, kind: str) -> None:
    assert error_of(await ask(world, subject_token=subject, requested_token_type=TYPES + kind)) == REFUSED
    assert (await ask(world, subject_token=subject, requested_token_type=TYPE)).status_code == 200


async def test_2_1_actor_token_and_its_type_come_together(world: World, subject: str) -> None:
    """§2.1: the type is required beside the token, and must not be there without it."""
    assert error_of(await ask(world, subject_token=subject, actor_token=subject)) == REFUSED
    assert error_of(await ask(world, subject_token=subject, actor_token_type=TYPE)) == REFUSED
    other = await ask(world, subject_token=subject, actor_token=subject, actor_token_type=TYPES + "jwt")
    assert error_of(other) == REFUSED


async def test_2_1_the_grant_is_announced(world: World) -> None:
    told = (await world.ada.client.get("/.well-known/oauth-authorization-server")).json()
    assert GRANT in told["grant_types_supported"]


async def test_2_2_1_what_is_answered(world: World, subject: str) -> None:
    answer = await ask(world, subject_token=subject)
    told = answer.json()
    assert set(told) == {"access_token", "issued_token_type", "token_type", "expires_in", "scope"}
    assert (told["issued_token_type"], told["token_type"]) == (TYPE, "Bearer")
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    assert await world.works(told["access_token"])
    # What was handed in is as good as before.
    assert await world.works(subject)


async def test_2_2_2_a_target_that_there_is_not_is_an_invalid_target(world: World, subject: str) -> None:
    for name in ("resource", "audience"):
        target: Json = {name: "https://elsewhere.example"}
        answer = await ask(world, subject_token=subject, **target)
        assert error_of(answer) == (400, "invalid_target")


async def test_2_2_2_a_token_that_is_not_valid_is_an_invalid_request(world: World) -> None:
    tokens = await world.tokens()
    good, changed = tokens["access_token"], tokens["access_token"][:-4] + "AAAA"
    for text in ("x", "a.b.c", changed, tokens["refresh_token"], tokens["id_token"], world.ada.access):
        assert error_of(await ask(world, subject_token=text)) == REFUSED
        as_actor = await ask(world, subject_token=good, actor_token=text, actor_token_type=TYPE)
        assert error_of(as_actor) == REFUSED
    await world.revoke(good)
    assert error_of(await ask(world, subject_token=good)) == REFUSED


async def test_2_2_2_an_actor_of_another_person_is_an_invalid_request(world: World, subject: str) -> None:
    bruno = await world.service.sign_in("bruno")
    code = answered(await world.allow(session=bruno))["code"]
    theirs = (await redeem(bruno, world.web, code)).json()["access_token"]
    assert error_of(await ask(world, subject_token=subject, actor_token=theirs, actor_token_type=TYPE)) == REFUSED


async def test_4_1_act_names_who_acts_and_who_did_before(world: World, subject: str) -> None:
    agent = (await world.tokens(world.other))["access_token"]
    actor: Json = {"actor_token": agent, "actor_token_type": TYPE}
    once = (await ask(world, subject_token=subject, **actor)).json()["access_token"]
    assert claims_of(once)["act"] == {"sub": world.other.client_id}
    twice = (await ask(world, subject_token=once)).json()["access_token"]
    assert claims_of(twice)["act"] == {"sub": world.web.client_id, "act": {"sub": world.other.client_id}}
    # Whose it is stays, whoever acts.
    assert claims_of(twice)["sub"] == world.ada.me["id"]
    assert (await world.introspect(twice))["act"] == claims_of(twice)["act"]


async def test_4_1_a_chain_of_those_who_act_ends(world: World, subject: str) -> None:
    token, answers = subject, 0
    while (answer := await ask(world, subject_token=token)).status_code == 200:
        token, answers = answer.json()["access_token"], answers + 1
        assert answers < 20
    assert (answers, error_of(answer)) == (5, REFUSED)


async def test_4_3_client_id_is_the_app_that_asked(world: World, subject: str) -> None:
    assert claims_of((await ask(world, subject_token=subject)).json()["access_token"])["client_id"] == (
        world.web.client_id
    )
