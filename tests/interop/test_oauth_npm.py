"""`openid-client` and `oauth4webapi`, as they come from npm: discovery to end of session, and the device flow."""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from jwt.algorithms import ECAlgorithm, OKPAlgorithm

from tests.interop.node import run, script
from tests.interop.oauth_provider import SIGNED_OUT, Provider
from tests.interop.person import Person
from tests.provider.kit import CALLBACK, Client
from tests.support.service import Json

pytestmark = pytest.mark.interop

LIBRARIES = pytest.mark.parametrize("library", ["openid_client", "oauth4webapi"])
LOGOUT = "/oauth2/logout"


async def walk(
    provider: Provider, library: str, app: Client, open_link: Callable[[str], Awaitable[str]], **settings: Json
) -> Json:
    about = {"issuer": provider.url, "clientId": app.client_id, "secret": app.secret, "redirectUri": CALLBACK}
    search = f"{provider.url}/api/v1/graph/search?q=a"
    async with run(*script(library)) as program:
        program.say({**about, "logoutUri": SIGNED_OUT, "search": search, "key": None, "dpop": None, **settings})
        return await program.result(open_link)


async def register(provider: Provider, app_type: str, curve: str | None) -> tuple[Client, Json]:
    """With the app's private key, where it has one."""
    if curve is None:
        return await provider.register(app_type), None
    if curve == "P-256":
        private = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()), as_dict=True)
    else:
        private = OKPAlgorithm.to_jwk(ed25519.Ed25519PrivateKey.generate(), as_dict=True)
    public = {name: value for name, value in private.items() if name != "d"}
    return await provider.register(app_type, jwks={"keys": [public]}), private


async def is_signed_in(provider: Provider, person: Person, app: Client) -> bool:
    """As an app may ask: nobody is shown anything (OpenID Connect Core §3.1.2.1)."""
    asked = urlencode(app.authorize(prompt="none", scope="openid"))
    back = await person.open(f"{provider.url}/oauth2/authorize?{asked}")
    assert back.url.startswith(f"{CALLBACK}?")
    return dict(parse_qsl(urlsplit(back.url).query)).get("error") != "login_required"


def check(told: Json, account_id: str, app: Client, dpop: str | None) -> None:
    assert told["claims"]["aud"] == app.client_id
    assert told["person"]["sub"] == told["claims"]["sub"] == account_id
    assert told["person"]["email_verified"] is False
    assert told["type"] == ("dpop" if dpop else "bearer")
    assert told["scope"] == "openid profile email offline_access graph:search"
    assert (told["found"], told["replaced"], told["error"]) == (200, True, "invalid_grant")


def check_back(left: Json) -> None:
    """The person has arrived where the app wanted them, with its `state`."""
    assert left["back"].startswith(f"{SIGNED_OUT}?")
    assert parse_qsl(urlsplit(left["back"]).query) == [("state", left["state"])]


@pytest.mark.parametrize(
    ("app_type", "key", "dpop"),
    [
        ("regular_web", None, None),
        ("regular_web", "P-256", "ES256"),
        ("regular_web", "Ed25519", None),
        ("spa", None, None),
        ("spa", None, "ES256"),
        ("spa", None, "Ed25519"),
    ],
)
@LIBRARIES
async def test_from_discovery_to_end_of_session(
    provider: Provider, library: str, app_type: str, key: str | None, dpop: str | None
) -> None:
    """As an app with a secret, with a key of its own (`key`), or public; with tokens bound to a key (`dpop`) or not."""
    person, (app, private) = await provider.person(), await register(provider, app_type, key)
    before = await provider.person()

    async def open_link(link: str) -> str:
        if LOGOUT in link:
            assert await is_signed_in(provider, person, app)
            before.client.cookies.update(person.client.cookies)
        return (await person.open(link)).url

    told = await walk(provider, library, app, open_link, flow="code", key=private, dpop=dpop)
    check(told, await provider.account_id(person.name), app, dpop)
    if app_type == "regular_web":
        assert (told["inspected"]["active"], told["inspected"]["client_id"]) == (True, app.client_id)
    check_back(told["left"])
    assert person.was_asked(LOGOUT) == 0
    assert not await is_signed_in(provider, person, app)
    # Nor is a browser that still has the cookies from before.
    assert not await is_signed_in(provider, before, app)


@LIBRARIES
async def test_somebody_else_at_the_browser_is_asked_first(provider: Provider, library: str) -> None:
    """The ID token names whom the app means. Whoever else is signed in there decides on a page."""
    person, other, app = await provider.person(), await provider.person("ada"), await provider.register()
    await other.open(f"{provider.url}/device")
    assert await is_signed_in(provider, other, app)

    async def open_link(link: str) -> str:
        return (await (other if LOGOUT in link else person).open(link)).url

    told = await walk(provider, library, app, open_link, flow="code")
    check_back(told["left"])
    assert other.was_asked(LOGOUT) == 1
    assert not await is_signed_in(provider, other, app)
    assert await is_signed_in(provider, person, app)


@pytest.mark.parametrize("dpop", [None, "ES256"])
@LIBRARIES
async def test_device_flow(provider: Provider, library: str, dpop: str | None) -> None:
    person, app = await provider.person(), await provider.register("native")

    async def open_link(link: str) -> str:
        page = await person.open(link)
        assert "Your device is connected" in page.text
        # By the provider's clock, the interval between two questions is over.
        provider.clock.advance(seconds=6)
        return page.url

    told = await walk(provider, library, app, open_link, flow="device", dpop=dpop)
    check(told, await provider.account_id(person.name), app, dpop)
    assert person.was_asked("/device") == 1
