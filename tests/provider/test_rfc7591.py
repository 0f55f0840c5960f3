"""RFC 7591: apps that register themselves."""

from collections.abc import AsyncIterator

import pytest

from tests.provider.kit import CALLBACK, Client, get_tokens
from tests.support.clock import ManualClock
from tests.support.postgres import TestDatabases
from tests.support.service import Json, Service, run_sandbox, run_service

REGISTER = "/oauth2/register"


@pytest.fixture(scope="module")
async def opened(migrated: TestDatabases) -> AsyncIterator[Service]:
    clock, url = ManualClock(), await migrated.create()
    async with (
        run_sandbox(clock) as sandbox,
        run_service(clock, sandbox, database_url=url, dynamic_registration=True) as service,
    ):
        yield service
    await migrated.drop(url)


@pytest.fixture
async def site(opened: Service) -> Service:
    await opened.execute("DELETE FROM accounts", "DELETE FROM grants", "DELETE FROM oauth_apps")
    return opened


def metadata(**members: Json) -> dict[str, Json]:
    said = {
        "client_name": "Editor",
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }
    return {name: value for name, value in {**said, **members}.items() if value is not None}


async def register(site: Service, *, address: str = "127.0.0.1", **members: Json) -> Json:
    answer = await (await site.browser(address=address)).post(REGISTER, json=metadata(**members))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_from_registration_to_tokens(site: Service) -> None:
    made = await register(site)
    assert made["redirect_uris"] == [CALLBACK]
    ada = await site.sign_in()
    tokens = await get_tokens(ada, Client(0, made["client_id"], None))
    assert "refresh_token" in tokens
