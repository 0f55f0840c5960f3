"""What one app has been given is nothing to another, and what is for one resource is nothing at another."""

from dataclasses import dataclass

import httpx
import pytest

from tests.provider.kit import PAGE, VERIFIER, Client, fields, register
from tests.provider.world import World, claims_of, error_of
from tests.support.service import Json

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
SIGNED_OUT = "https://app.example.com/signed-out"


@dataclass
class Owned:
    """All that an app has of a person."""

    client: Client
    access: str
    refresh: str
    id_token: str
    exchanged: str
    code: str
    device: str

    @property
    def tokens(self) -> dict[str, str]:
        return {"access": self.access, "refresh": self.refresh, "exchanged": self.exchanged}

    @property
    def others(self) -> dict[str, str]:
        return {"ID token": self.id_token, "code": self.code, "device": self.device}


@pytest.fixture
async def owned(world: World) -> Owned:
    tokens = await world.tokens()
    exchanged = await exchange(world, world.web, tokens["access_token"])
    return Owned(
        world.web,
        tokens["access_token"],
        tokens["refresh_token"],
        tokens["id_token"],
        exchanged.json()["access_token"],
        await world.code(),
        await device_of(world, world.web),
    )


async def exchange(world: World, client: Client, token: str, **form: Json) -> httpx.Response:
    asked = {"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": ACCESS_TOKEN, **form}
    return await world.post("/oauth2/token", client, **asked)


async def device_of(world: World, client: Client) -> str:
    """Let in by its person, and not redeemed yet."""
    begun = (await world.post("/oauth2/device", client, scope="openid")).json()
    page = await world.ada.client.get("/device", params={"user_code": begun["user_code"]}, headers=PAGE)
    headers = {**PAGE, "Content-Type": "application/x-www-form-urlencoded"}
    body = str(httpx.QueryParams([*fields(page), ("decision", "allow")]))
    assert (await world.ada.client.post("/device", content=body, headers=headers)).status_code == 200
    return str(begun["device_code"])


def strangers(world: World) -> list[Client]:
    return [world.other, world.spa]


async def test_another_app_learns_nothing_of_a_token(world: World, owned: Owned) -> None:
    for token in (*owned.tokens.values(), *owned.others.values()):
        assert await world.introspect(token, world.other) == {"active": False}
    for token in owned.tokens.values():
        assert (await world.introspect(token))["client_id"] == world.web.client_id
    # Not even its own app asks about what is no token.
    for token in owned.others.values():
        assert await world.introspect(token) == {"active": False}


async def test_another_app_revokes_nothing(world: World, owned: Owned) -> None:
    for client in strangers(world):
        for token in (*owned.tokens.values(), *owned.others.values()):
            assert (await world.revoke(token, client)).status_code == 200
    assert await world.works(owned.access)
    assert await world.works(owned.exchanged)
    assert (await world.refresh(owned.refresh)).status_code == 200


async def test_another_app_refreshes_nothing_and_uses_nothing_up(world: World, owned: Owned) -> None:
    for client in strangers(world):
        for _ in range(3):
            assert error_of(await world.refresh(owned.refresh, client)) == (400, "invalid_grant")
    assert (await world.introspect(owned.refresh))["active"] is True
    assert await world.works(owned.access)
    assert (await world.refresh(owned.refresh)).status_code == 200


async def test_another_app_redeems_no_code(world: World, owned: Owned) -> None:
    form: Json = {"grant_type": "authorization_code", "code": owned.code, "code_verifier": VERIFIER}
    for client in strangers(world):
        assert error_of(await world.post("/oauth2/token", client, **form)) == (400, "invalid_grant")
    assert (await world.post("/oauth2/token", **form)).status_code == 200


async def test_another_app_redeems_no_device_and_slows_none_down(world: World, owned: Owned) -> None:
    form: Json = {"grant_type": DEVICE, "device_code": owned.device}
    for client in strangers(world):
        for _ in range(3):
            assert error_of(await world.post("/oauth2/token", client, **form)) == (400, "invalid_grant")
    assert (await world.post("/oauth2/token", **form)).status_code == 200


async def test_another_app_exchanges_nothing(world: World, owned: Owned) -> None:
    for client in strangers(world):
        for token in (owned.access, owned.exchanged):
            assert error_of(await exchange(world, client, token)) == (400, "invalid_request")
    own = await world.tokens(world.other)
    bruno = await world.service.sign_in("bruno")
    await world.allow(world.web, session=bruno)
    # An actor of another person is nobody who acts for this one.
    theirs = await exchange(world, world.other, own["access_token"], actor_token=owned.access, actor_token_type="x")
    assert error_of(theirs) == (400, "invalid_request")


async def test_another_apps_secret_proves_nothing(world: World) -> None:
    for client, proof in ((world.web, world.other.secret), (world.other, world.web.secret)):
        answer = await world.post("/oauth2/introspect", client, secret=proof, token="x")
        assert error_of(answer) == (401, "invalid_client")
    answer = await world.ada.client.post(
        "/oauth2/introspect",
        data={"client_id": world.other.client_id, "token": "x"},
        auth=httpx.BasicAuth(world.web.client_id, world.web.secret or ""),
    )
    assert error_of(answer) == (400, "invalid_request")


async def test_another_apps_hint_signs_nobody_out(world: World, owned: Owned) -> None:
    """Nor does it lead to an address of another's."""
    ada = await world.service.sign_in("ada")
    client = await register(world.ada, name="With logout")
    added = await world.ada.client.post(
        f"/api/oauth/apps/{client.id}/redirect-uris/",
        json={"uri": SIGNED_OUT, "uri_type": "logout"},
        headers=world.ada.bearer,
    )
    assert added.status_code == 201
    for asked in (
        {"id_token_hint": owned.id_token, "client_id": client.client_id},
        {"id_token_hint": owned.id_token, "post_logout_redirect_uri": SIGNED_OUT},
        {"client_id": world.web.client_id, "post_logout_redirect_uri": SIGNED_OUT},
    ):
        page = await ada.client.get("/oauth2/logout", params=asked, headers=PAGE)
        assert (page.status_code, page.headers.get("location")) == (400, None)
    assert (await ada.client.get("/api/auth/me/", headers=ada.bearer)).status_code == 200


async def test_what_one_app_may_is_nothing_to_another(world: World, owned: Owned) -> None:
    """Consent to one is none to the other."""
    client = await register(world.ada, name="Unknown yet")
    asked = await world.ask(client, prompt="none")
    assert "error=consent_required" in asked.headers["location"]
    assert await world.works(owned.access)


RESOURCES = ("", "/api/v1", "/mcp", "/notion")
DOORS = {
    "": ("/api/auth/validate/", "/api/auth/me/", "/oauth2/userinfo", "/api/connections/", "/oauth/authorize/notion"),
    "/api/v1": ("/api/v1/graph/search?q=a", "/api/v1/graph/changes", "/api/v1/graph/gaps", "/api/v1/tools"),
    "/notion": ("/notion/v1/users/me", "/notion/v1/users"),
}
EVERYTHING = "openid profile graph:search graph:read notion:read notion:connect"


@pytest.mark.parametrize("of", RESOURCES)
async def test_a_token_for_one_resource_is_refused_at_every_other(world: World, of: str) -> None:
    tokens = await world.tokens(scope=EVERYTHING, resource=world.issuer + of)
    token = tokens["access_token"]
    assert claims_of(token)["aud"] == world.issuer + of
    for resource, doors in DOORS.items():
        for door in doors:
            answer = await world.ada.client.get(door, headers={"Authorization": f"Bearer {token}"})
            assert (answer.status_code != 401) is (of in ("", resource)), (door, answer.text)
    metadata = (await world.ada.client.get(f"/.well-known/oauth-protected-resource{of}")).json()
    assert metadata["resource"] == claims_of(token)["aud"]


async def test_paths_that_only_begin_as_a_resource_are_not_of_it(world: World) -> None:
    token = (await world.tokens(scope=EVERYTHING, resource=f"{world.issuer}/api/v1"))["access_token"]
    for path in ("/api/v1/../auth/me/", "/api/v1/%2e%2e/auth/me/", "/api/v1%2f..%2fauth%2fme/", "//api/auth/me/"):
        answer = await world.ada.client.get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in (401, 404), path


@pytest.mark.parametrize("of", RESOURCES[1:])
async def test_no_exchange_and_no_refresh_widens_a_resource(world: World, of: str) -> None:
    scope = f"{EVERYTHING} offline_access"
    tokens = await world.tokens(scope=scope, resource=world.issuer + of)
    for wider in (path for path in RESOURCES if path != of):
        name = world.issuer + wider
        assert error_of(await exchange(world, world.web, tokens["access_token"], resource=name))[1] == "invalid_target"
        assert error_of(await exchange(world, world.web, tokens["access_token"], audience=name))[1] == "invalid_target"
        assert error_of(await world.refresh(tokens["refresh_token"], resource=name))[1] == "invalid_target"
    both = await exchange(world, world.web, tokens["access_token"], resource=[world.issuer + of, world.issuer])
    assert error_of(both) == (400, "invalid_target")


async def test_an_exchange_may_name_several_workspaces_and_audiences(world: World) -> None:
    """RFC 8693 §2.1: `audience` may be given more than once."""
    tokens = await world.tokens(scope=EVERYTHING)
    named = [f"{world.issuer}/mcp", f"{world.issuer}/notion"]
    twice = world.ada.workspace_ids * 2
    answer = await exchange(world, world.web, tokens["access_token"], audience=named, workspace=twice)
    assert answer.status_code == 200, answer.text
    claims = claims_of(answer.json()["access_token"])
    assert (claims["aud"], claims["workspaces"]) == (named, world.ada.workspace_ids)
