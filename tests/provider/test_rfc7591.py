"""RFC 7591: apps that register themselves."""

import asyncio
from collections.abc import AsyncIterator

import jwt
import pytest

from ivgraph_auth.app.workers import prune
from tests.conftest import MakeService
from tests.provider.kit import (
    CALLBACK,
    PAGE,
    Client,
    answered,
    ask_token,
    decide,
    get_code,
    get_tokens,
    question,
    redeem,
)
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


async def test_3_from_registration_to_tokens(site: Service) -> None:
    made = await register(site)
    assert made["redirect_uris"] == [CALLBACK]
    ada = await site.sign_in()
    tokens = await get_tokens(ada, Client(0, made["client_id"], None))
    assert "refresh_token" in tokens


async def post(site: Service, body: Json, *, address: str = "127.0.0.1", **more: Json) -> tuple[int, Json]:
    given = (
        {"content": body, "headers": {"Content-Type": "application/json"}}
        if isinstance(body, bytes)
        else {"json": body}
    )
    answer = await (await site.browser(address=address)).post(REGISTER, **{**given, **more})
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()


async def test_3_2_1_answers_what_is_kept(site: Service) -> None:
    """§3.2.1: all of the metadata, with what was replaced."""
    made = await register(
        site,
        client_name="  Editor\u202e\u0000 of  texts ",
        token_endpoint_auth_method="client_secret_basic",
        grant_types=["authorization_code", "refresh_token", "client_credentials", "urn:unheard:of"],
        scope="unheard of",
        software_id={"anything": ["goes"]},
        jwks={"keys": "nonsense"},
    )
    assert made.pop("client_id").startswith("ivd_")
    assert made.pop("client_id_issued_at") == int(site.clock.now().timestamp())
    assert "openid" in made.pop("scope").split()
    assert made == {
        "client_name": "Editor of texts",
        "application_type": "web",
        "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": [],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        # Public apps alone: there is no secret to keep, or to lose.
        "token_endpoint_auth_method": "none",
        "refused_redirect_uris": [],
    }


async def test_2_the_defaults_are_those_of_the_rfc(site: Service) -> None:
    """§2."""
    status, made = await post(site, {"redirect_uris": [CALLBACK]})
    assert (status, made["grant_types"], made["response_types"]) == (201, ["authorization_code"], ["code"])
    assert made["client_name"] == "app.example.com"
    # What many clients send for what they do not set.
    empty = dict.fromkeys(("client_name", "grant_types", "response_types", "token_endpoint_auth_method", "jwks"))
    assert (await post(site, {"redirect_uris": [CALLBACK], **empty}))[0] == 201


async def test_3_2_1_one_odd_redirect_uri_does_not_sink_the_others(site: Service) -> None:
    uris = [CALLBACK, "javascript:alert(1)", "http://elsewhere.example/", "http://localhost:3000/cb", CALLBACK]
    made = await register(site, redirect_uris=uris)
    assert made["redirect_uris"] == [CALLBACK, "http://localhost:3000/cb"]
    assert [item["index"] for item in made["refused_redirect_uris"]] == [1, 2]
    assert all(item["reason"] for item in made["refused_redirect_uris"])


@pytest.mark.parametrize(
    ("uris", "more", "kind"),
    [
        (["http://127.0.0.1/cb", "http://localhost:3118/cb", "http://[::1]/cb"], {}, "native"),
        (["cursor://anysphere.cursor-mcp/oauth/callback"], {}, "native"),
        (["com.example.app:/cb", CALLBACK], {}, "native"),
        ([CALLBACK], {"application_type": "native"}, "native"),
        ([CALLBACK, "http://127.0.0.1/cb"], {}, "web"),
        ([CALLBACK], {"application_type": "web"}, "web"),
    ],
)
async def test_2_native_is_told_by_its_redirects(site: Service, uris: list[str], more: Json, kind: str) -> None:
    made = await register(site, redirect_uris=uris, **more)
    assert (made["application_type"], made["redirect_uris"]) == (kind, uris)


async def test_2_a_native_app_comes_back_at_any_port(site: Service) -> None:
    made = await register(site, redirect_uris=["http://127.0.0.1:1000/cb"])
    ada, uri = await site.sign_in(), "http://127.0.0.1:50000/cb"
    client = Client(0, made["client_id"], None)
    page = await question(ada, client, redirect_uri=uri)
    assert "any other program there could" in page.text
    code = answered(await decide(ada, page))["code"]
    assert (await redeem(ada, client, code, redirect_uri=uri)).status_code == 200


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": CALLBACK}, "invalid_redirect_uri"),
        ({"redirect_uris": [None]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["data:text/html,x", "file:///etc/passwd", "", "\u0000"]}, "invalid_redirect_uri"),
        ({"redirect_uris": [CALLBACK + "#x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://app.example.com/" + str(n) for n in range(101)]}, "invalid_redirect_uri"),
        ({"redirect_uris": [CALLBACK], "grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        ({"redirect_uris": [CALLBACK], "grant_types": {"a": 1}}, "invalid_client_metadata"),
        ({"redirect_uris": [CALLBACK], "response_types": ["token"]}, "invalid_client_metadata"),
        ([], "invalid_client_metadata"),
        (b"", "invalid_client_metadata"),
        (b"{", "invalid_client_metadata"),
        (b"\xff\xfe", "invalid_client_metadata"),
        (b"[" * 60_000, "invalid_client_metadata"),
    ],
)
async def test_3_2_2_what_is_refused(site: Service, body: Json, error: str) -> None:
    """§3.2.2."""
    status, refusal = await post(site, body)
    assert (status, refusal["error"]) == (400, error)
    assert refusal["error_description"]
    assert await site.rows("SELECT 1 FROM oauth_apps") == []


async def test_3_1_a_form_is_not_metadata(site: Service) -> None:
    answer = await (await site.browser()).post(REGISTER, data={"redirect_uris": CALLBACK})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


async def test_3_1_metadata_of_more_than_64_kib(site: Service) -> None:
    answer = await (await site.browser()).post(REGISTER, json=metadata(padding="x" * 65_536))
    assert answer.status_code == 413
    assert "error" in answer.json()


async def test_3_120_an_hour_for_an_address(site: Service) -> None:
    """Counted in the database, so over all processes; an IPv6 customer has a whole /64."""
    registration = site.app.composition.services.provider.registration
    assert (registration.most_of_address, registration.most) == (120, 20_000)
    # One for all makes the test quick; the figure is looked at above.
    object.__setattr__(registration, "most_of_address", 4)
    try:
        addresses = [f"2001:db8:1:2::{number}" for number in range(12)]
        found = await asyncio.gather(*(post(site, metadata(), address=address) for address in addresses))
        assert sorted(status for status, _ in found) == [201] * 4 + [429] * 8
        assert {body["error"] for status, body in found if status == 429} == {"temporarily_unavailable"}
        assert (await post(site, metadata(), address="2001:db8:1:3::1"))[0] == 201
        site.clock.advance(hours=1, seconds=1)
        assert (await post(site, metadata(), address=addresses[0]))[0] == 201
        object.__setattr__(registration, "most", 6)
        assert (await post(site, metadata(), address="192.0.2.1"))[0] == 503
    finally:
        object.__setattr__(registration, "most_of_address", 120)
        object.__setattr__(registration, "most", 20_000)


async def test_5_one_that_nobody_uses_ends_after_30_days(site: Service) -> None:
    ada = await site.sign_in()
    used, unused = [Client(0, (await register(site))["client_id"], None) for _ in range(2)]
    tokens = await get_tokens(ada, used)
    code = await get_code(ada, unused)
    site.clock.advance(days=20)
    refreshed = await ask_token(ada, used, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refreshed.status_code == 200, refreshed.text
    site.clock.advance(days=11)
    await prune(site.app.composition)
    assert [row["client_id"] for row in await site.rows("SELECT client_id FROM oauth_apps")] == [used.client_id]
    refused = await redeem(ada, unused, code)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert "Remove and add the connection" in refused.json()["error_description"]
    page = await (await site.browser()).get("/oauth2/authorize", params=unused.authorize(), headers=PAGE)
    assert page.status_code == 400
    assert "remove and add the connection" in page.text


async def test_5_it_is_audited(site: Service) -> None:
    made = await register(site, address="198.51.100.4")
    rows = await site.rows("SELECT event, actor_kind, actor_id, address FROM audit_events ORDER BY id")
    assert rows[-1] == {
        "event": "account:app:registered",
        "actor_kind": "app",
        "actor_id": made["client_id"],
        "address": "198.51.100.4",
    }


async def test_3_off_unless_it_is_switched_on(make_service: MakeService) -> None:
    service = await make_service()
    assert service.settings.dynamic_registration is False
    status, refusal = await post(service, metadata())
    assert status == 404
    assert "metadata document" in refusal["error_description"]
    assert await service.rows("SELECT 1 FROM oauth_apps") == []


async def test_2_members_that_are_not_known_are_ignored(site: Service) -> None:
    """§2: the server must ignore what it does not understand; names in other languages are of that."""
    odd: Json = {"client_name#fr": "Rédacteur", "odd": {"a": [1]}, "logo_uri": "javascript:alert(1)"}
    made = await register(site, **odd)
    assert made["client_name"] == "Editor"
    assert not {"client_name#fr", "odd", "logo_uri"} & made.keys()


async def test_2_1_grant_types_and_response_types_agree(site: Service) -> None:
    assert (await register(site, response_types=None))["response_types"] == ["code"]
    status, refusal = await post(site, metadata(response_types=["id_token", "token"]))
    assert (status, refusal["error"]) == (400, "invalid_client_metadata")
    status, refusal = await post(site, metadata(grant_types=["implicit"]))
    assert (status, refusal["error"]) == (400, "invalid_client_metadata")


async def test_2_3_a_software_statement_is_nobodys_word_here(site: Service) -> None:
    """§2.3 lets a server ignore them: what is in it does not count."""
    statement = jwt.encode({"client_name": "Trusted", "redirect_uris": ["https://elsewhere.example/"]}, "", "none")
    made = await register(site, software_statement=statement)
    assert (made["client_name"], made["redirect_uris"]) == ("Editor", [CALLBACK])


async def test_3_the_endpoint_is_announced(site: Service) -> None:
    told = (await (await site.browser()).get("/.well-known/oauth-authorization-server")).json()
    assert told["registration_endpoint"] == f"{site.settings.public_url}{REGISTER}"


async def test_3_1_it_answers_to_post_alone_and_to_every_page(site: Service) -> None:
    browser = await site.browser()
    for method in ("GET", "PUT", "DELETE"):
        assert (await browser.request(method, REGISTER)).status_code == 405
    answer = await browser.post(REGISTER, json=metadata(), headers={"Origin": "https://elsewhere.example"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (201, "*")


async def test_3_2_1_client_id_is_another_each_time_and_the_server_names_it(site: Service) -> None:
    taken = (await register(site))["client_id"]
    made = await register(site, client_id=taken, client_secret="mine", client_id_issued_at=1)
    assert made["client_id"] != taken
    assert made["client_id_issued_at"] == int(site.clock.now().timestamp())
    assert "client_secret" not in made


async def test_3_2_1_what_is_answered_is_not_kept_by_anybody(site: Service) -> None:
    answer = await (await site.browser()).post(REGISTER, json=metadata())
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")


async def test_5_one_that_registered_itself_is_vouched_for_by_nobody(site: Service) -> None:
    """Its name is its own word, and whoever let it in once is asked again."""
    client = Client(0, (await register(site, client_name="Notion"))["client_id"], None)
    ada = await site.sign_in()
    page = await question(ada, client)
    assert "own word" in page.text
    answered(await decide(ada, page))
    assert (await question(ada, client)).status_code == 200
