"""draft-ietf-oauth-client-id-metadata-document: clients whose id is the URL of a document about them."""

import asyncio
import gzip
import html
import json
from collections.abc import AsyncIterator
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ivgraph_auth.app.workers import prune
from ivgraph_auth.provider import client_documents
from tests.conftest import MakeService
from tests.provider.documents import (
    ADDRESS,
    CLIENT_ID,
    HOST,
    OTHER_ADDRESS,
    Answering,
    Hosts,
    answer,
    client_of,
    document,
    lead,
    run_hosts,
)
from tests.provider.kit import (
    CALLBACK,
    PAGE,
    answered,
    ask_token,
    decide,
    fields,
    get_tokens,
    question,
    redeem,
)
from tests.support.service import Json, Service


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hosts]:
    directory: Path = tmp_path_factory.mktemp("hosts")
    async with run_hosts(directory) as hosts:
        yield hosts


@pytest.fixture
async def hosts(running: Hosts, swept_service: Service) -> Hosts:
    await swept_service.execute("DELETE FROM oauth_apps")
    # Another minute: what was fetched for the test before does not count.
    swept_service.clock.advance(seconds=60)
    running.forget()
    lead(running, swept_service)
    return running


async def test_from_document_to_tokens(swept_service: Service, hosts: Hosts) -> None:
    hosts.answers["/app.json"] = answer(document())
    ada = await swept_service.sign_in()
    page = await question(ada, client_of())
    assert "Trip planner" in page.text
    assert "app.example.com" in page.text
    assert "own word" in page.text
    code = answered(await decide(ada, page))["code"]
    tokens = await redeem(ada, client_of(), code)
    assert tokens.status_code == 200, tokens.text
    # It can use one, so it gets one, although `offline_access` is for the others to ask for.
    assert "refresh_token" in tokens.json()
    assert hosts.asked == [(HOST, "/app.json")]
    assert hosts.reached == [ADDRESS]
    assert CLIENT_ID in [row["client_id"] for row in await swept_service.rows("SELECT client_id FROM oauth_apps")]


async def refusal(service: Service, client_id: str = CLIENT_ID, **parameters: Json) -> str:
    """What the page says that turns the client away; nothing is stored, and nobody is sent anywhere."""
    browser = await service.browser()
    page = await browser.get("/oauth2/authorize", params=client_of(client_id).authorize(**parameters), headers=PAGE)
    assert page.status_code == 400, page.headers
    assert "location" not in page.headers
    assert await service.rows("SELECT client_id FROM oauth_apps") == []
    return html.unescape(page.text)


async def accepted(service: Service, client_id: str = CLIENT_ID, **parameters: Json) -> None:
    browser = await service.browser()
    begun = await browser.get("/oauth2/authorize", params=client_of(client_id).authorize(**parameters), headers=PAGE)
    assert begun.status_code == 303, begun.text
    assert "/oauth2/consent/" in begun.headers["location"]


@pytest.mark.parametrize(
    "client_id",
    [
        "http://client.example.com/app.json",
        "HTTPS://client.example.com/app.json",
        "https://client.example.com",
        "https://client.example.com:8443/app.json",
        "https://client.example.com:80/app.json",
        "https://user@client.example.com/app.json",
        "https://user:secret@client.example.com/app.json",
        "https://client.example.com/app.json#part",
        "https://client.example.com/./app.json",
        "https://client.example.com/a/../app.json",
        "https://client.example.com/a/%2e%2E/app.json",
        "https://client.example.com/a/..",
        "https://client.example.com\\@elsewhere.example/app.json",
        "https://client.example.com/a\\b",
        "https://client.example.com/a b",
        "https://client.example.com/a\r\nHost: elsewhere",
        "https://client.example.com/%0d%0aHost:x",
        "https://client.example.com/%2f..%2fapp.json",
        "https://Client.example.com/app.json",
        "https://client.example.com./app.json",
        "https://clïent.example.com/app.json",
        "https://localhost/app.json",
        "https://127.0.0.1/app.json",
        "https://127.1/app.json",
        "https://0x7f.0.0.1/app.json",
        "https://017700000001/app.json",
        "https://2130706433/app.json",
        "https://1.2.3.0x4/app.json",
        "https://[::1]/app.json",
        "https://[::ffff:127.0.0.1]/app.json",
        "https:/client.example.com/app.json://",
        "https:///app.json://",
        "file:///etc/passwd",
        "ftp://client.example.com/app.json",
        "https://client.example.com/" + "a" * 1000,
    ],
)
async def test_a_url_that_is_none_is_not_asked(swept_service: Service, hosts: Hosts, client_id: str) -> None:
    await refusal(swept_service, client_id)
    assert (hosts.resolved, hosts.asked) == ([], [])


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.10", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1",
        "203.0.113.1", "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
        "168.63.129.16", "::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:93.184.216.34", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1", "2002:7f00:1::1", "2002:a9fe:a9fe::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1",
        "2001:10::1", "3fff::1", "100::1", "5f00::1", "93.184.216", "localhost", "", "93.184.216.34:22",
    ],
)  # fmt: skip
async def test_an_address_that_is_not_public_is_not_reached(swept_service: Service, hosts: Hosts, address: str) -> None:
    # One among good ones is enough: whoever says so may say it to somebody else.
    for addresses in ([address], [ADDRESS, address]):
        hosts.addresses = [addresses]
        assert "no public address" in await refusal(swept_service)
    assert (hosts.reached, hosts.asked) == ([], [])


async def test_the_address_that_was_checked_is_the_one_that_is_reached(swept_service: Service, hosts: Hosts) -> None:
    """A name that is elsewhere the second time is not asked for a second time."""
    hosts.addresses = [[ADDRESS], ["127.0.0.1"]]
    hosts.answers["/app.json"] = answer(document())
    await accepted(swept_service)
    assert (hosts.resolved, hosts.reached) == ([HOST], [ADDRESS])


async def test_the_next_address_is_tried(swept_service: Service, hosts: Hosts) -> None:
    hosts.addresses = [[OTHER_ADDRESS, ADDRESS]]
    hosts.answers["/app.json"] = answer(document())
    hosts.closed.add(OTHER_ADDRESS)
    await accepted(swept_service)
    assert hosts.reached == [OTHER_ADDRESS, ADDRESS]


async def test_a_host_must_prove_that_it_is_the_one(swept_service: Service, hosts: Hosts) -> None:
    """By a certificate of its name, not of its address."""
    client_id = "https://elsewhere.example.com/app.json"
    hosts.answers["/app.json"] = answer(document(client_id))
    await refusal(swept_service, client_id)
    assert hosts.asked == []


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "303 See Other", "307 T", "308 P"])
async def test_redirects_are_not_followed(swept_service: Service, hosts: Hosts, status: str) -> None:
    hosts.answers["/other.json"] = answer(document())
    hosts.answers["/app.json"] = answer(document(), status=status, location="/other.json")
    assert f"status {status[:3]}" in await refusal(swept_service)
    assert hosts.asked == [(HOST, "/app.json")]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (b"\xff\xfe{}", "not JSON"),
        (b'{"client_id": NaN}', "not JSON"),
        (b"[" * 30_000, "not JSON"),
        (b"[]", "JSON object"),
        (b'"text"', "JSON object"),
        (b"null", "JSON object"),
        (document(client_id=None), "to the letter"),
        (document(CLIENT_ID + "/"), "to the letter"),
        (document(CLIENT_ID.upper()), "to the letter"),
        (document("https://client.example.com/other.json"), "to the letter"),
        (document(["https://client.example.com/app.json"]), "to the letter"),
        (document(client_secret="guess"), "client_secret"),
        (document(client_secret_expires_at=0), "client_secret"),
        (document(token_endpoint_auth_method="client_secret_basic"), "none or private_key_jwt"),
        (document(token_endpoint_auth_method="client_secret_post"), "none or private_key_jwt"),
        (document(token_endpoint_auth_method="client_secret_jwt"), "none or private_key_jwt"),
        (document(token_endpoint_auth_method="tls_client_auth"), "none or private_key_jwt"),
        (document(token_endpoint_auth_method={"none": 1}), "none or private_key_jwt"),
        (document(token_endpoint_auth_method="private_key_jwt"), "jwks"),
        (document(token_endpoint_auth_method="private_key_jwt", jwks={"keys": []}), "JWK Set"),
        (document(token_endpoint_auth_method="private_key_jwt", jwks={"keys": [{"kty": "oct", "k": "AA"}]}), "RSA, EC"),
        (document(token_endpoint_auth_method="private_key_jwt", jwks={"keys": [{"kty": ["EC"]}]}), "RSA, EC"),
        (document(token_endpoint_auth_method="private_key_jwt", jwks={"keys": [["kty", "EC"]]}), "RSA, EC"),
        (document(token_endpoint_auth_method="private_key_jwt", jwks={"keys": [{"kty": "EC", "d": "AA"}]}), "private"),
        (document(token_endpoint_auth_method="private_key_jwt", jwks={"keys": [{"kty": "RSA", "n": 7}]}), "malformed"),
        (document(token_endpoint_auth_method="private_key_jwt", jwks_uri="http://keys.example.com/jwks"), "jwks_uri"),
        (document(token_endpoint_auth_method="private_key_jwt", jwks_uri="https://127.0.0.1/jwks"), "jwks_uri"),
        (document(redirect_uris=None), "redirect_uris"),
        (document(redirect_uris=[]), "redirect_uris"),
        (document(redirect_uris="https://app.example.com/callback"), "redirect_uris"),
        (document(redirect_uris=[7]), "redirect_uris"),
        (document(redirect_uris=["javascript:alert(1)"]), "redirect_uris"),
        (document(redirect_uris=["http://app.example.com/callback"]), "http is for localhost"),
        (document(redirect_uris=["https://app.example.com/" + str(n) for n in range(101)]), "at most 100"),
        (document(grant_types=["client_credentials"]), "grant_types"),
        (document(grant_types="authorization_code"), "grant_types"),
        (document(response_types=["token"]), "response_types"),
    ],
)
async def test_a_document_that_may_not_be_used(
    swept_service: Service, hosts: Hosts, body: bytes | dict[str, Json], says: str
) -> None:
    hosts.answers["/app.json"] = answer(body)
    assert says in await refusal(swept_service)


@pytest.mark.parametrize("media_type", ["text/html", "text/plain", "application/jsonp", "application/xml", ""])
async def test_another_content_type_is_refused(swept_service: Service, hosts: Hosts, media_type: str) -> None:
    hosts.answers["/app.json"] = answer(document(), **{"content-type": media_type})
    assert "Content-Type" in await refusal(swept_service)


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "application/oauth-client+json"])
async def test_a_content_type_of_json_is_taken(swept_service: Service, hosts: Hosts, media_type: str) -> None:
    hosts.answers["/app.json"] = answer(document(), **{"content-type": media_type})
    await accepted(swept_service)


async def test_a_document_of_more_than_64_kib_is_refused(swept_service: Service, hosts: Hosts) -> None:
    hosts.answers["/app.json"] = answer(document(padding="x" * 65_536))
    assert "too large" in await refusal(swept_service)
    small = answer(document())
    hosts.answers["/app.json"] = answer(document(padding="x" * (65_536 - len(small.partition(b"\r\n\r\n")[2]) - 16)))
    await accepted(swept_service)


async def test_an_endless_document_is_cut(swept_service: Service, hosts: Hosts) -> None:
    async def pour(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
        while True:
            writer.write(b" " * 4096)
            await writer.drain()

    hosts.answers["/app.json"] = pour
    assert "too large" in await refusal(swept_service)


async def test_a_compressed_document_is_refused(swept_service: Service, hosts: Hosts) -> None:
    """A few bytes could unfold into gigabytes."""
    hosts.answers["/app.json"] = answer(gzip.compress(json.dumps(document()).encode()), **{"content-encoding": "gzip"})
    await refusal(swept_service)


async def test_a_document_that_drips_or_never_comes(
    swept_service: Service, hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    async def hang(_: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    assert client_documents.DEADLINE_SECONDS == 5
    monkeypatch.setattr(client_documents, "DEADLINE_SECONDS", 0.2)
    for served in (drip, hang):
        hosts.answers["/app.json"] = served
        assert "not there within" in await refusal(swept_service)

    async def resolve(_: str) -> list[str]:
        await asyncio.Event().wait()
        return []

    swept_service.app.composition.public_http.resolve = resolve
    assert "not there within" in await refusal(swept_service)


async def test_one_odd_redirect_uri_does_not_sink_the_others(swept_service: Service, hosts: Hosts) -> None:
    uris = ["javascript:alert(1)", CALLBACK, "http://elsewhere.example/", "https://app.example.com/*"]
    hosts.answers["/app.json"] = answer(document(redirect_uris=uris))
    await accepted(swept_service)
    browser = await swept_service.browser()
    for uri in (uris[0], uris[2], uris[3], CALLBACK + "/", CALLBACK + "?x=1"):
        asked = client_of().authorize(redirect_uri=uri)
        page = await browser.get("/oauth2/authorize", params=asked, headers=PAGE)
        assert (page.status_code, page.headers.get("location")) == (400, None)


async def test_loopback_alone_makes_a_native_app(swept_service: Service, hosts: Hosts) -> None:
    hosts.answers["/app.json"] = answer(document(redirect_uris=["http://localhost/callback", "http://127.0.0.1/cb"]))
    await accepted(swept_service, redirect_uri="http://localhost:51234/callback")
    ada = await swept_service.sign_in()
    page = await question(ada, client_of(), redirect_uri="http://127.0.0.1:4000/cb")
    assert "program on the device in front of you" in page.text


async def test_its_name_shows_as_text_that_can_be_read(swept_service: Service, hosts: Hosts) -> None:
    hosts.answers["/app.json"] = answer(document(client_name="<b>Notion\u202e \u0000\u200b\n Official</b>" + "x" * 500))
    ada = await swept_service.sign_in()
    page = await question(ada, client_of())
    assert "&lt;b&gt;Notion Official&lt;/b&gt;xxx" in page.text
    assert "x" * 100 not in page.text


async def test_writing_is_never_ticked_beforehand(swept_service: Service, hosts: Hosts) -> None:
    hosts.answers["/app.json"] = answer(document())
    ada = await swept_service.sign_in()
    page = await question(ada, client_of(), scope="openid graph:read notion:read notion:write notion:connect")
    ticked = [value for name, value in fields(page) if name == "scope"]
    assert ticked == ["openid", "graph:read", "notion:read"]
    assert 'value="notion:write"' in page.text


async def test_everybody_is_asked_each_time(swept_service: Service, hosts: Hosts) -> None:
    hosts.answers["/app.json"] = answer(document())
    ada = await swept_service.sign_in()
    answered(await decide(ada, await question(ada, client_of())))
    assert (await question(ada, client_of())).status_code == 200
    silent = answered(await question(ada, client_of(), prompt="none"))
    assert silent["error"] == "consent_required"


@pytest.mark.parametrize(
    ("headers", "minutes"),
    [
        ({}, 60),
        ({"cache-control": "max-age=1"}, 5),
        ({"cache-control": "no-store"}, 5),
        ({"cache-control": "no-cache, max-age=3600"}, 5),
        ({"cache-control": "public, max-age=1800"}, 30),
        ({"cache-control": "max-age=1800", "age": "600"}, 20),
        ({"cache-control": "max-age=99999999"}, 24 * 60),
        ({"cache-control": "max-age=x"}, 60),
        ({"expires": "Sat, 21 Nov 2026 14:00:00 GMT", "date": "Sat, 21 Nov 2026 12:00:00 GMT"}, 120),
        ({"expires": "0"}, 5),
        ({"expires": "Sat, 21 Nov 2026 14:00:00 GMT", "date": "Sat, 21 Nov 2026 12:00:00"}, 5),
    ],
)
async def test_it_is_kept_by_its_headers(
    swept_service: Service, hosts: Hosts, headers: dict[str, str], minutes: int
) -> None:
    hosts.answers["/app.json"] = answer(document(), **headers)
    await accepted(swept_service)
    swept_service.clock.advance(minutes=minutes, seconds=-30)
    await accepted(swept_service)
    assert len(hosts.asked) == 1
    swept_service.clock.advance(seconds=60)
    await accepted(swept_service)
    assert len(hosts.asked) == 2


async def test_the_last_good_copy_serves_while_it_cannot_be_had(swept_service: Service, hosts: Hosts) -> None:
    hosts.answers["/app.json"] = answer(document(), **{"cache-control": "max-age=0"})
    await accepted(swept_service)
    spoilt = (
        answer(b"", status="503 Away"),
        answer(b"", status="404 Not Found"),
        answer(document("https://x.example/")),
    )
    for number, served in enumerate(spoilt):
        hosts.answers["/app.json"] = served
        swept_service.clock.advance(minutes=6)
        await accepted(swept_service)
        await accepted(swept_service)
        # It is not asked for again at once.
        assert len(hosts.asked) == number + 2


async def test_it_may_change_under_us(swept_service: Service, hosts: Hosts) -> None:
    """A redirect URI that it takes back is good no more; what it gave to its people stays."""
    hosts.answers["/app.json"] = answer(document(redirect_uris=[CALLBACK, "https://app.example.com/old"]))
    ada = await swept_service.sign_in()
    tokens = await get_tokens(ada, client_of())
    hosts.answers["/app.json"] = answer(document(client_name="Other", redirect_uris=["https://app.example.com/new"]))
    swept_service.clock.advance(hours=2)
    browser = await swept_service.browser()
    page = await browser.get("/oauth2/authorize", params=client_of().authorize(), headers=PAGE)
    assert page.status_code == 400
    await accepted(swept_service, redirect_uri="https://app.example.com/new")
    refreshed = await ask_token(ada, client_of(), grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refreshed.status_code == 200, refreshed.text
    assert [row["name"] for row in await swept_service.rows("SELECT name FROM oauth_apps")] == ["Other"]


async def test_one_fetch_at_a_time(swept_service: Service, hosts: Hosts) -> None:
    come, begun = asyncio.Event(), asyncio.Event()

    async def wait(writer: asyncio.StreamWriter) -> None:
        begun.set()
        await come.wait()
        writer.write(answer(document()))
        await writer.drain()

    hosts.answers["/app.json"] = wait
    browser = await swept_service.browser()
    asked = [browser.get("/oauth2/authorize", params=client_of().authorize(), headers=PAGE) for _ in range(20)]
    under_way = asyncio.gather(*asked)
    await asyncio.wait_for(begun.wait(), 20)
    come.set()
    found = await under_way
    # One may have come when the first fetch was over already, and the document known.
    assert {answer.status_code for answer in found} == {303}
    assert len(hosts.asked) == 1
    assert len(await swept_service.rows("SELECT 1 FROM oauth_apps")) == 1


async def test_an_address_may_have_few_documents_fetched(swept_service: Service, hosts: Hosts) -> None:
    """The endpoint is no scanner of other people's hosts."""
    browser = await swept_service.browser(address="198.51.100.7")

    async def ask(number: int) -> int:
        asked = client_of(f"https://{HOST}/{number}.json").authorize()
        return (await browser.get("/oauth2/authorize", params=asked, headers=PAGE)).status_code

    assert {await ask(number) for number in range(20)} == {400}
    assert await ask(20) == 429
    assert len(hosts.asked) == 20
    hosts.answers["/app.json"] = answer(document())
    await accepted(swept_service)
    swept_service.clock.advance(minutes=1)
    assert await ask(20) == 400


async def test_keys_may_stand_elsewhere_and_are_fetched_with_the_same_care(
    swept_service: Service, hosts: Hosts
) -> None:
    key = {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "B" * 43, "kid": "1", "x5c": ["not kept"]}
    method = {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://keys.example.com/jwks"}
    hosts.answers["/app.json"] = answer(document(**method))
    hosts.answers["/jwks"] = answer({"keys": [key]}, **{"content-type": "application/jwk-set+json"})
    hosts.addresses = [[ADDRESS], ["10.0.0.1"]]
    assert "no public address" in await refusal(swept_service)
    hosts.addresses = [[ADDRESS]]
    await accepted(swept_service)
    assert hosts.asked[-1] == ("keys.example.com", "/jwks")
    rows = await swept_service.rows("SELECT jwks, auth_method, app_type FROM oauth_apps")
    kept = {name: value for name, value in key.items() if name != "x5c"}
    assert rows == [{"jwks": {"keys": [kept]}, "auth_method": "private_key_jwt", "app_type": "regular_web"}]


async def test_whoever_does_not_prove_it_is_not_that_client(swept_service: Service, hosts: Hosts) -> None:
    key = {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "B" * 43}
    method = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key]}}
    hosts.answers["/app.json"] = answer(document(**method))
    ada = await swept_service.sign_in()
    code = answered(await decide(ada, await question(ada, client_of())))["code"]
    refused = await redeem(ada, client_of(), code)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


async def test_at_the_token_endpoint_it_is_told_as_rfc_6749_has_it(swept_service: Service, hosts: Hosts) -> None:
    browser = await swept_service.browser()
    for client_id in (CLIENT_ID, "https://127.0.0.1/app.json"):
        form = {"grant_type": "authorization_code", "code": "x", "client_id": client_id}
        answered_so = await browser.post("/oauth2/token", data=form)
        assert (answered_so.status_code, answered_so.json()["error"]) == (401, "invalid_client")
    assert hosts.asked == [(HOST, "/app.json")]


async def test_switched_off(make_service: MakeService) -> None:
    service = await make_service(client_id_metadata=False)
    page = await (await service.browser()).get("/oauth2/authorize", params=client_of().authorize(), headers=PAGE)
    assert page.status_code == 400


async def test_one_that_nobody_let_in_is_forgotten_and_found_again(swept_service: Service, hosts: Hosts) -> None:
    hosts.answers["/app.json"] = answer(document())
    hosts.answers["/other.json"] = answer(document(f"https://{HOST}/other.json"))
    ada = await swept_service.sign_in()
    answered(await decide(ada, await question(ada, client_of())))
    await accepted(swept_service, f"https://{HOST}/other.json")
    swept_service.clock.advance(days=29)
    await prune(swept_service.app.composition)
    assert len(await swept_service.rows("SELECT 1 FROM oauth_apps")) == 2
    swept_service.clock.advance(days=2)
    await prune(swept_service.app.composition)
    assert [row["client_id"] for row in await swept_service.rows("SELECT client_id FROM oauth_apps")] == [CLIENT_ID]
    await accepted(swept_service, f"https://{HOST}/other.json")


async def test_it_proves_who_it_is_by_its_keys(swept_service: Service, hosts: Hosts) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    public = {**jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "1"}
    method = {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://keys.example.com/jwks"}
    hosts.answers["/app.json"] = answer(document(**method))
    hosts.answers["/jwks"] = answer({"keys": [public]})
    ada = await swept_service.sign_in()
    code = answered(await decide(ada, await question(ada, client_of())))["code"]
    now = int(swept_service.clock.now().timestamp())
    said = {"iss": CLIENT_ID, "sub": CLIENT_ID, "aud": swept_service.settings.public_url}
    claims = {**said, "jti": "1", "iat": now, "exp": now + 60}
    proof = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(claims, key, "ES256", {"kid": "1"}),
    }
    tokens = await redeem(ada, client_of(), code, **proof)
    assert tokens.status_code == 200, tokens.text


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
BODY = json.dumps(document()).encode()


@pytest.mark.parametrize(
    "served",
    [
        b"",
        b"\x00" * 1000,
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n" + BODY,
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 two OK\r\n\r\n" + BODY,
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n" + BODY,
        HEAD + b"content-length: 100000\r\n\r\n" + BODY,
        HEAD + b"content-length: -1\r\n\r\n" + BODY,
        HEAD + b"content-length: 9999999999999999999999\r\n\r\n" + BODY,
        HEAD + b"content-length: 1\r\ncontent-length: 2\r\n\r\n" + BODY,
        HEAD + b"transfer-encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n" + BODY,
        HEAD + b"transfer-encoding: chunked\r\n\r\n-1\r\n" + BODY,
        HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n" + BODY,
        HEAD + b"x: " + b"x" * 1_000_000 + b"\r\n\r\n" + BODY,
        HEAD + b"".join(b"x%d: x\r\n" % n for n in range(20_000)) + b"\r\n" + BODY,
        HEAD + b"x\x00y: z\r\n\r\n" + BODY,
        answer(document(client_id=CLIENT_ID.replace("app", "%61pp"))),
        answer(document(client_id=CLIENT_ID + "?")),
        answer(document(client_id=CLIENT_ID + "#")),
        answer(document(client_id=CLIENT_ID.replace("https", "http"))),
        answer(document(client_id="ivc_" + "a" * 24)),
        answer(b'{"client_id": "' + b"1" * 5 + b'", "client_id": ' + b"9" * 5000 + b"}"),
    ],
)
async def test_a_server_that_answers_oddly_harms_nobody(
    swept_service: Service, hosts: Hosts, monkeypatch: pytest.MonkeyPatch, served: bytes
) -> None:
    monkeypatch.setattr(client_documents, "DEADLINE_SECONDS", 0.5)
    hosts.answers["/app.json"] = served
    await refusal(swept_service)


@pytest.mark.slow
async def test_an_endless_head_is_cut(swept_service: Service, hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_documents, "DEADLINE_SECONDS", 0.5)

    def pouring(start: bytes, part: bytes) -> Answering:
        async def pour(writer: asyncio.StreamWriter) -> None:
            writer.write(start)
            while True:
                writer.write(part)
                await writer.drain()

        return pour

    for start, part in (
        (HEAD, b"x: y\r\n"),
        (HEAD + b"x: ", b"y" * 4096),
        (b"", b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n1;", b"x" * 4096),
    ):
        hosts.answers["/app.json"] = pouring(start, part)
        await refusal(swept_service)


async def test_a_host_of_very_many_addresses_is_tried_at_few(swept_service: Service, hosts: Hosts) -> None:
    many = [f"93.184.{n // 256}.{n % 256}" for n in range(2000)]
    hosts.addresses, hosts.closed = [many], set(many)
    await refusal(swept_service)
    assert 1 <= len(hosts.reached) <= 4


async def test_it_may_change_while_its_person_reads(swept_service: Service, hosts: Hosts) -> None:
    """A redirect URI that it has taken back is not where the person goes, although they were asked before."""
    old = "https://app.example.com/old"
    hosts.answers["/app.json"] = answer(document(redirect_uris=[CALLBACK, old]), **{"cache-control": "max-age=0"})
    ada = await swept_service.sign_in()
    page, other = await question(ada, client_of(), redirect_uri=old), await question(ada, client_of())
    hosts.answers["/app.json"] = answer(document())
    swept_service.clock.advance(minutes=6)
    await accepted(swept_service)
    late = await decide(ada, page)
    assert (late.status_code, late.headers.get("location")) == (400, None)
    assert answered(await decide(ada, other))["code"]


async def test_once_it_has_keys_whoever_has_none_is_not_that_client(swept_service: Service, hosts: Hosts) -> None:
    hosts.answers["/app.json"] = answer(document(), **{"cache-control": "max-age=0"})
    ada = await swept_service.sign_in()
    tokens = await get_tokens(ada, client_of())
    key = {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "B" * 43}
    hosts.answers["/app.json"] = answer(document(token_endpoint_auth_method="private_key_jwt", jwks={"keys": [key]}))
    swept_service.clock.advance(minutes=6)
    refused = await ask_token(ada, client_of(), grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke", "/oauth2/device"])
async def test_no_endpoint_fetches_without_end_for_an_address(swept_service: Service, hosts: Hosts, path: str) -> None:
    browser = await swept_service.browser(address="198.51.100.9")

    async def ask(number: int) -> int:
        form = {"client_id": f"https://{HOST}/{number}.json", "token": "x", "grant_type": "refresh_token"}
        return (await browser.post(path, data=form)).status_code

    assert {await ask(number) for number in range(20)} == {401}
    assert await ask(20) == 429
    assert len(hosts.asked) == 20
    # Somebody else's are counted by themselves.
    hosts.answers["/app.json"] = answer(document())
    await accepted(swept_service)
