"""Sites that sign people in with the provider, by libraries of other people as they come from the registries."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.interop.node import run, script
from tests.interop.oauth_provider import CONSENT, Provider
from tests.interop.person import Page, Person
from tests.support.service import Json

pytestmark = pytest.mark.interop

COMMANDS: dict[str, tuple[Path | str, ...]] = {
    "authjs": script("authjs"),
    "express": script("express"),
    "django": (sys.executable, "-m", "tests.interop.site.serve"),
}
# Where their people come back to after signing out.
SIGNED_OUT = {"authjs": "", "express": "", "django": "/signed-out/"}
NOTION = "/v1/oauth/authorize"
CALLBACKS = {"authjs": "/auth/callback/ivgraph", "express": "/callback", "django": "/oidc/callback/"}


@asynccontextmanager
async def run_site(provider: Provider, name: str) -> AsyncIterator[str]:
    """Answers its origin."""
    async with run(*COMMANDS[name]) as site:
        origin: str = (await site.hear())["origin"]
        app = await provider.register(
            "regular_web", origin + CALLBACKS[name], logout=origin + SIGNED_OUT[name], name=f"Site by {name}"
        )
        site.say({"issuer": provider.url, "clientId": app.client_id, "secret": app.secret})
        assert await site.hear() == {"ready": True}
        yield origin


def read(page: Page, url: str) -> Json:
    assert (page.url.removesuffix("/"), page.status) == (url, 200), page
    return json.loads(page.text)


def check_questions(person: Person) -> None:
    """They were asked by Notion and by the provider, once each."""
    assert (person.was_asked(NOTION), person.was_asked(CONSENT)) == (1, 1)


async def test_auth_js(provider: Provider) -> None:
    async with run_site(provider, "authjs") as origin:
        person = await provider.person("ada")
        told = read(await person.open(f"{origin}/"), origin)
        check_questions(person)
        assert told["account"] == told["profile"]["sub"] == await provider.account_id("ada")
        assert (told["user"]["name"], told["user"]["email"]) == (told["profile"]["name"], told["profile"]["email"])
        assert told["profile"]["email_verified"] is True
        again = read(await person.open(f"{origin}/"), origin)
        assert again["account"] == told["account"]
        check_questions(person)


async def test_express_openid_connect(provider: Provider) -> None:
    """Signed in, with a token refreshed and used; and signed out at both."""
    async with run_site(provider, "express") as origin:
        person = await provider.person("ada")
        told = read(await person.open(f"{origin}/person"), f"{origin}/person")
        check_questions(person)
        assert told["claims"]["sub"] == told["person"]["sub"] == await provider.account_id("ada")
        assert told["person"]["email_verified"] is True
        assert (told["found"], told["replaced"]) == (200, True)
        assert read(await person.open(f"{origin}/logout"), origin) == {"signedIn": False}
        # Whoever comes again signs in with Notion again, and is asked again, as for every app on loopback.
        assert read(await person.open(f"{origin}/person"), f"{origin}/person")["claims"]["sub"] == told["claims"]["sub"]
        assert (person.was_asked(NOTION), person.was_asked(CONSENT)) == (2, 2)


async def test_mozilla_django_oidc(provider: Provider) -> None:
    async with run_site(provider, "django") as origin:
        person = await provider.person("ada")
        told = read(await person.open(f"{origin}/"), origin)
        check_questions(person)
        ada = await provider.service.guest("ada")
        assert told == {"email": ada.me["email"], "has_id_token": True}
        left = await person.open(f"{origin}/oidc/logout/")
        back = f"{origin}/signed-out/?state=as+it+was"
        assert read(left, back) == {"signed_in": False, "state": "as it was"}
        assert read(await person.open(f"{origin}/"), origin) == told
        assert person.was_asked(NOTION) == 2
