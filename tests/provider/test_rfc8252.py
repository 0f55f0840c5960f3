"""RFC 8252, OAuth 2.0 for Native Apps."""

import pytest

from tests.provider.kit import Client, question, register
from tests.provider.world import World

PRIVATE = "com.example.app:/callback"
LOOPBACKS = ("http://localhost/callback", "http://127.0.0.1/callback", "http://[::1]/callback")


@pytest.fixture(scope="module")
async def native(world: World) -> Client:
    return await register(world.ada, "native", PRIVATE, *LOOPBACKS, name="Desktop")


async def test_8_5_a_native_app_has_no_secret(native: Client) -> None:
    assert native.secret is None


@pytest.mark.parametrize("uri", LOOPBACKS)
@pytest.mark.parametrize("port", ["", ":1", ":8765", ":65535"])
async def test_7_3_any_port_on_loopback(world: World, native: Client, uri: str, port: str) -> None:
    asked = uri.replace("/callback", f"{port}/callback")
    answer = await world.allow(native, redirect_uri=asked)
    assert answer.headers["location"].startswith(f"{asked}?")


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:8765/other",
        "http://127.0.0.1:8765/callback/",
        "http://127.0.0.1:8765/callback?more=1",
        "https://127.0.0.1:8765/callback",
        "http://127.0.0.2:8765/callback",
        "http://127.1:8765/callback",
        "http://2130706433/callback",
        "http://localhost.evil.example:8765/callback",
        "http://evil.example:8765/callback",
        "http://127.0.0.1:8765@evil.example/callback",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:65536/callback",
        "http://[::2]:8765/callback",
        "http://0.0.0.0:8765/callback",
    ],
)
async def test_7_3_what_only_looks_like_it_is_refused(world: World, native: Client, uri: str) -> None:
    answer = await world.ask(native, redirect_uri=uri)
    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_7_1_a_private_use_scheme_to_the_letter(world: World, native: Client) -> None:
    assert (await world.allow(native, redirect_uri=PRIVATE)).headers["location"].startswith(f"{PRIVATE}?")
    for uri in ("com.example.app:/callback/", "com.example.app://callback", "com.example.other:/callback"):
        assert (await world.ask(native, redirect_uri=uri)).status_code == 400


@pytest.mark.parametrize(
    "uri",
    ["myapp:/callback", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://example.com/callback"],
)
async def test_7_1_a_scheme_without_a_dot_is_not_registered(world: World, native: Client, uri: str) -> None:
    answer = await world.ada.client.post(
        f"/api/oauth/apps/{native.id}/redirect-uris/",
        json={"uri": uri, "uri_type": "callback"},
        headers=world.ada.bearer,
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_redirect_uri")


async def test_7_1_private_use_schemes_are_for_native_apps(world: World) -> None:
    answer = await world.ada.client.post(
        f"/api/oauth/apps/{world.web.id}/redirect-uris/",
        json={"uri": PRIVATE, "uri_type": "callback"},
        headers=world.ada.bearer,
    )
    assert answer.status_code == 422


async def test_8_6_a_person_is_asked_each_time_and_told_why(world: World, native: Client) -> None:
    warnings = {
        PRIVATE: "any other program could have claimed those",
        "http://127.0.0.1:8765/callback": "any other program there could pretend to be it",
    }
    for uri, warning in warnings.items():
        await world.allow(native, redirect_uri=uri)
        page = await question(world.ada, native, redirect_uri=uri)
        assert page.status_code == 200
        assert warning in " ".join(page.text.split())


async def test_7_3_a_web_app_keeps_its_port(world: World) -> None:
    client = await register(world.ada, "regular_web", "https://app.example.com/callback", "http://localhost:3000/cb")
    assert (await world.ask(client, redirect_uri="http://localhost:3001/cb")).status_code == 400
    assert (await world.ask(client, redirect_uri="http://localhost:3000/cb")).status_code == 200
