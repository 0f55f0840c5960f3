"""The way out: to Notion's consent screen."""

import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from ivgraph_auth.core.secrets import sha256
from tests.conftest import MakeService
from tests.signin.kit import PAGE, begin, come_back, cookie, members, new_code, new_state, serving
from tests.support.postgres import TestDatabases
from tests.support.service import CALLBACK, CLIENT_ID, PUBLIC_URL, START, Service, fragment_of

HTTPS = "https://auth.example.com"


@pytest.fixture(scope="module")
async def https_service(migrated: TestDatabases) -> AsyncIterator[Service]:
    async with serving(migrated, public_url=HTTPS) as made:
        yield made


async def test_the_browser_goes_to_the_authorization_url(shared_service: Service) -> None:
    url = urlsplit(await begin(await shared_service.browser()))
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{shared_service.sandbox.url}/v1/oauth/authorize"
    asked = members(url.query)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", asked.pop("state"))
    assert asked == {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "owner": "user",
        "redirect_uri": PUBLIC_URL + CALLBACK,
    }


async def test_every_state_is_another_and_only_its_hash_is_stored(shared_service: Service) -> None:
    client = await shared_service.browser()
    states = [await new_state(client) for _ in range(3)]
    assert len(set(states)) == 3
    rows = await shared_service.rows("SELECT * FROM authorization_states")
    assert {sha256(state) for state in states} <= {row["state_hash"] for row in rows}
    assert not any(state in str(row) for row in rows for state in states)


async def test_the_browser_cookie_on_http_loopback(shared_service: Service) -> None:
    answer = await (await shared_service.browser()).get(START)
    value, attributes = cookie(answer, "ivg_browser")
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", value)
    assert attributes == {"HttpOnly", "SameSite=lax", "Path=/", "Max-Age=600"}
    assert "__Host-" not in str(answer.headers)
    assert answer.headers["cache-control"] == "no-store"


async def test_the_browser_cookie_on_https(https_service: Service) -> None:
    answer = await (await https_service.browser(base_url=HTTPS)).get(START)
    value, attributes = cookie(answer, "__Host-ivg_browser")
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", value)
    assert attributes == {"HttpOnly", "SameSite=lax", "Path=/", "Max-Age=600", "Secure"}


async def test_the_session_cookie_on_https(https_service: Service) -> None:
    client = await https_service.browser(base_url=HTTPS)
    arrived = await come_back(client, state=await new_state(client), code=new_code(https_service))
    assert arrived.headers["location"].startswith(f"{HTTPS}/dashboard/#access=")
    _, attributes = cookie(arrived, "__Host-ivg_session")
    assert attributes == {"HttpOnly", "SameSite=lax", "Path=/", "Max-Age=2592000", "Secure"}


async def test_the_cookie_of_the_other_scheme_is_not_read(https_service: Service) -> None:
    client = await https_service.browser(base_url=HTTPS)
    state = await new_state(client)
    bare = await https_service.browser(base_url=HTTPS)
    bare.cookies.set("ivg_browser", client.cookies["__Host-ivg_browser"])
    assert (await come_back(bare, state=state, code=new_code(https_service))).status_code == 403


async def test_a_browser_keeps_its_cookie(shared_service: Service) -> None:
    client = await shared_service.browser()
    first = await client.get(START)
    again = await client.get(START)
    assert cookie(again, "ivg_browser") == cookie(first, "ivg_browser")


@pytest.mark.parametrize("value", ["", "x", "x" * 42, "x" * 44, "x" * 42 + "!"])
async def test_a_cookie_that_is_not_ours_is_replaced(shared_service: Service, value: str) -> None:
    client = await shared_service.browser()
    answer = await client.get(START, headers={"Cookie": f"ivg_browser={value}"})
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", cookie(answer, "ivg_browser")[0])


async def test_two_tabs_do_not_disturb_each_other(shared_service: Service) -> None:
    client = await shared_service.browser()
    first, second = await begin(client, client_state="one"), await begin(client, client_state="two")
    for url, tab in ((second, "two"), (first, "one")):
        arrived = await client.get(await shared_service.consent(url, person="ada"))
        assert fragment_of(arrived)["state"] == tab
        assert "access" in fragment_of(arrived)


@pytest.mark.parametrize(
    "host", ["localhost:8000", "localhost", "evil.example", "[::1]:8000", "127.0.0.1.evil.example"]
)
async def test_a_start_on_another_host_name_is_sent_to_the_public_url(shared_service: Service, host: str) -> None:
    query = "next=%2Freports%3Fa%3D1%26b&client_state=x~y&unknown=%C3%A4"
    client = await shared_service.browser()
    answer = await client.get(f"{START}?{query}", headers={"Host": host})
    assert answer.status_code == 302
    assert answer.headers["location"] == f"{PUBLIC_URL}{START}?{query}"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "127.0.0.1:1", "127.0.0.1:", "127.0.0.1:99999999999"])
async def test_the_port_of_the_host_does_not_matter(shared_service: Service, host: str) -> None:
    answer = await (await shared_service.browser()).get(START, headers={"Host": host})
    assert answer.headers["location"].startswith(f"{shared_service.sandbox.url}/v1/oauth/authorize?")


async def test_the_case_of_the_host_does_not_matter(https_service: Service) -> None:
    answer = await (await https_service.browser(base_url=HTTPS)).get(START, headers={"Host": "AUTH.Example.COM:443"})
    assert answer.headers["location"].startswith(f"{https_service.sandbox.url}/v1/oauth/authorize?")


HOSTILE = [
    "",
    "[",
    "]",
    "[::1",
    "::1]:80",
    "[]:8000",
    "[zz]",
    ":",
    ":8000",
    "a:b:c",
    "127.0.0.1:port",
    "127.0.0.1@evil.example",
    "evil.example@127.0.0.1",
    "evil.example/path",
    "evil.example?a=b",
    "evil.example#x",
    "evil.example\\x",
    "evil example",
    "\xe4\xff",
    "x" * 5000,
]


def hostile(host: str, accept: str = "*/*") -> dict[bytes, bytes]:
    return {b"Host": host.encode("latin-1"), b"Accept": accept.encode()}


@pytest.mark.parametrize("host", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_hostile_host_leads_nowhere_else(shared_service: Service, host: str) -> None:
    client = await shared_service.browser()
    answer = await client.get(START, params={"client_state": "mine"}, headers=hostile(host))
    assert answer.status_code == 302
    assert answer.headers["location"] == f"{PUBLIC_URL}{START}?client_state=mine"


@pytest.mark.parametrize("host", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_hostile_host_spoils_no_refusal(shared_service: Service, host: str) -> None:
    client = await shared_service.browser()
    for accept in ("*/*", PAGE):
        assert (await client.get(CALLBACK, headers=hostile(host, accept))).status_code == 403


async def test_forwarded_hosts_are_not_believed(shared_service: Service) -> None:
    claims = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"}
    answer = await (await shared_service.browser()).get(START, headers=claims)
    asked = urlsplit(answer.headers["location"])
    assert members(asked.query)["redirect_uri"] == PUBLIC_URL + CALLBACK
    assert "evil" not in str(answer.headers)
    assert "Secure" not in cookie(answer, "ivg_browser")[1]


async def test_json_for_programs(shared_service: Service) -> None:
    client = await shared_service.browser()
    answer = await client.get(START, headers={"Accept": "application/json"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert cookie(answer, "ivg_browser")[1] == {"HttpOnly", "SameSite=lax", "Path=/", "Max-Age=600"}
    body = answer.json()
    assert set(body) == {"authorizationUrl", "state", "expiresIn"}
    assert body["expiresIn"] == 600
    assert members(urlsplit(body["authorizationUrl"]).query)["state"] == body["state"]
    arrived = await client.get(await shared_service.consent(body["authorizationUrl"]))
    assert "access" in fragment_of(arrived)


@pytest.mark.parametrize("accept", ["*/*", "", PAGE])
async def test_a_redirect_for_everybody_else(shared_service: Service, accept: str) -> None:
    answer = await (await shared_service.browser()).get(START, headers={"Accept": accept})
    assert answer.status_code == 302


@pytest.mark.parametrize("path", ["/oauth2/authorize?client_id=a&state=b%20c", "/oauth/connect/abc", "/oauth2/"])
async def test_next_below_oauth_is_where_the_browser_goes(shared_service: Service, path: str) -> None:
    client = await shared_service.browser()
    arrived = await shared_service.arrive(client, start={"next": path, "client_state": "mine"})
    assert arrived.status_code == 302
    assert arrived.headers["location"] == PUBLIC_URL + path
    assert cookie(arrived, "ivg_session")[0]
    own = {"Origin": PUBLIC_URL, "Content-Type": "application/json"}
    assert (await client.post("/api/auth/session/", headers=own)).status_code == 200


@pytest.mark.parametrize("path", ["/", "/reports", "/a/b?c=d&e=%2F%20", "/oauth2", "/oauthx/y", "/x//y", "/@me"])
async def test_any_other_next_comes_back_in_the_fragment(shared_service: Service, path: str) -> None:
    arrived = await shared_service.arrive(await shared_service.browser(), start={"next": path})
    assert urlsplit(arrived.headers["location"]).path == "/dashboard/"
    assert fragment_of(arrived)["next"] == path
    assert "access" in fragment_of(arrived)


@pytest.mark.parametrize(
    "raw",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
        "evil.example",
        "?a=b",
        "/%09/evil.example",
        "%09//evil.example",
        "/%0a/evil.example",
        "/a%0d%0aSet-Cookie:%20x=y",
        "/a%00b",
        "/a%7fb",
        "/%20",
        "%20/a",
        "/oauth2/%0a",
        "/" + "a" * 2000,
    ],
)
async def test_next_is_a_local_path_and_nothing_else(shared_service: Service, raw: str) -> None:
    answer = await (await shared_service.browser()).get(f"{START}?next={raw}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["loc"] == ["query", "next"]
    assert "evil" not in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("value", ["a", "A-z.0_9~", "x" * 128])
async def test_client_state_comes_back_as_state(shared_service: Service, value: str) -> None:
    arrived = await shared_service.arrive(await shared_service.browser(), start={"client_state": value})
    assert fragment_of(arrived)["state"] == value


@pytest.mark.parametrize("value", ["", "x" * 129, "a b", "a+b", "a/b", "a\n", "ä", "a&b", "a\0"])
async def test_client_state_is_1_to_128_of_its_characters(shared_service: Service, value: str) -> None:
    answer = await (await shared_service.browser()).get(START, params={"client_state": value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["query", "client_state"]


async def test_unknown_parameters_are_ignored(shared_service: Service) -> None:
    url = await begin(await shared_service.browser(), scope="everything", state="theirs", redirect_uri="https://evil")
    asked = members(urlsplit(url).query)
    assert asked["redirect_uri"] == PUBLIC_URL + CALLBACK
    assert asked["state"] != "theirs"
    assert "scope" not in asked


async def test_both_forms_of_the_path_start_a_sign_in(shared_service: Service) -> None:
    client = await shared_service.browser()
    with_slash, without = await client.get(START), await client.get(START.rstrip("/"))
    assert with_slash.status_code == without.status_code == 302
    assert cookie(without, "ivg_browser") == cookie(with_slash, "ivg_browser")


@pytest.mark.parametrize("path", [START, START.rstrip("/")])
async def test_a_browser_gets_a_page_when_the_start_is_refused(shared_service: Service, path: str) -> None:
    answer = await (await shared_service.browser()).get(path, params={"next": "//evil"}, headers={"Accept": PAGE})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "//evil" not in answer.text


async def test_without_credentials_for_notion_there_is_no_sign_in(make_service: MakeService) -> None:
    service = await make_service(notion_client_id=None, notion_client_secret=None)
    client = await service.browser()
    answer = await client.get(START)
    assert answer.status_code == 503
    assert answer.json()["code"] == "notion_not_configured"
    assert "set-cookie" not in answer.headers
    page = await client.get(START, headers={"Accept": PAGE})
    assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert (await come_back(client, state="x", code="y")).status_code == 403
    assert await service.rows("SELECT * FROM authorization_states") == []
