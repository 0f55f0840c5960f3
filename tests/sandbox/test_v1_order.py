"""URL and method, JSON, credential, version, members, lookup: each before all that follow."""

import json
from datetime import timedelta

import httpx
import pytest

from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.sandbox.app import Sandbox, SandboxConfig, create_sandbox
from ivgraph_auth.sandbox.config import CAPABILITIES
from tests.sandbox.api import MIDDLE, NEW, OLD, VERSIONS, Api, paragraph, words
from tests.sandbox.kit import CLIENT_ID, CLIENT_SECRET, Json, Script, bare, rest_error
from tests.support.clock import ManualClock

BAD_URL = (400, "invalid_request_url", "Invalid request URL.")
NOBODY = "00000000-0000-4000-8000-000000000000"
CALLS = [
    ("GET", "users"),
    ("GET", "users/me"),
    ("GET", f"users/{NOBODY}"),
    ("POST", "search"),
    ("GET", f"pages/{NOBODY}"),
    ("GET", f"pages/{NOBODY}/properties/title"),
    ("GET", f"pages/{NOBODY}/markdown"),
    ("PATCH", f"pages/{NOBODY}/markdown"),
    ("POST", f"pages/{NOBODY}/move"),
    ("POST", "pages"),
    ("PATCH", f"pages/{NOBODY}"),
    ("GET", f"blocks/{NOBODY}"),
    ("PATCH", f"blocks/{NOBODY}"),
    ("DELETE", f"blocks/{NOBODY}"),
    ("GET", f"blocks/{NOBODY}/children"),
    ("PATCH", f"blocks/{NOBODY}/children"),
    ("POST", "databases"),
    ("GET", f"databases/{NOBODY}"),
    ("PATCH", f"databases/{NOBODY}"),
    ("POST", f"databases/{NOBODY}/query"),
    ("POST", "data_sources"),
    ("GET", f"data_sources/{NOBODY}"),
    ("PATCH", f"data_sources/{NOBODY}"),
    ("POST", f"data_sources/{NOBODY}/query"),
    ("GET", "comments"),
    ("POST", "comments"),
]


@pytest.mark.parametrize(("method", "path"), CALLS)
async def test_every_call_asks_for_json_then_credential_then_version(api: Api, method: str, path: str) -> None:
    url, headers = f"/v1/{path}", {"Content-Type": "application/json"}
    broken = await api.client.request(method, url, content=b"{", headers=headers)
    assert bare(broken) == rest_error(400, "invalid_json", "Error parsing JSON body.")
    stranger = await api.client.request(method, url, headers={"Authorization": "Bearer ntn_no"})
    assert bare(stranger) == rest_error(401, "unauthorized", "API token is invalid.")
    unversioned = await api.client.request(method, url, headers={"Authorization": f"Bearer {api.token}"})
    assert bare(unversioned)["code"] == "missing_version"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "search"),
        ("PUT", f"pages/{NOBODY}"),
        ("DELETE", f"pages/{NOBODY}"),
        ("GET", "pages"),
        ("GET", "databases"),
        ("GET", f"pages/{NOBODY}//"),
        ("GET", f"pages/{NOBODY}/children"),
        ("POST", f"blocks/{NOBODY}/children"),
        ("GET", f"pages/{NOBODY}/properties/a/b"),
    ],
)
async def test_an_unknown_url_or_method_comes_before_all(api: Api, method: str, path: str) -> None:
    answer = await api.client.request(method, f"/v1/{path}", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert bare(answer) == rest_error(*BAD_URL)


async def test_each_version_has_its_own_paths(api: Api) -> None:
    for version in (MIDDLE, NEW):
        assert await api.at(version).refused("POST", f"databases/{NOBODY}/query") == BAD_URL
    for method, path in CALLS:
        if path.startswith("data_sources"):
            assert await api.at(OLD).refused(method, path) == BAD_URL


async def test_one_trailing_slash_is_tolerated(api: Api) -> None:
    roadmap = (await api.found("Roadmap"))["id"]
    for path in ("users/", f"pages/{roadmap}/", f"blocks/{roadmap}/children/"):
        await api.get(path)


@pytest.mark.parametrize("bad", ["AAA", "A17A6A44-D7BA-4909-952A-E8FE86ACC0ED", "a17a6a44", NOBODY[:-1], f"{NOBODY}0"])
@pytest.mark.parametrize(("method", "path"), [call for call in CALLS if NOBODY in call[1]])
async def test_a_malformed_id(api: Api, method: str, path: str, bad: str) -> None:
    version = OLD if path.endswith("/query") and path.startswith("databases") else NEW
    refused = await api.at(version).refused(method, path.replace(NOBODY, bad), json={} if method != "GET" else None)
    name = f"{path.split('/', maxsplit=1)[0].removesuffix('s')}_id"
    assert refused == (
        400,
        "validation_error",
        f'path failed validation: path.{name} should be a valid uuid, instead was `"{bad}"`.',
    )


@pytest.mark.parametrize("version", VERSIONS)
async def test_ids_are_taken_with_and_without_dashes(api: Api, version: str) -> None:
    roadmap = (await api.found("Roadmap"))["id"]
    for form in (roadmap, roadmap.replace("-", "")):
        assert (await api.at(version).get(f"pages/{form}"))["id"] == roadmap


@pytest.mark.parametrize(
    ("path", "called"),
    [("pages", "page"), ("blocks", "block"), ("databases", "database"), ("data_sources", "database")],
)
async def test_what_is_not_there_and_what_is_not_shared_are_one(
    api: Api, instance: Sandbox, path: str, called: str
) -> None:
    hidden = next(node for node in instance.state.content.nodes("harbour") if f"{node.kind}s" == path)
    for missing in (NOBODY, hidden.id):
        answer = await api.send("GET", f"{path}/{missing.replace('-', '')}")
        assert answer.status_code == 404
        body = bare(answer)
        assert body.pop("additional_data") == {"integration_id": (await api.get("users/me"))["id"]}
        assert body["code"] == "object_not_found"
        assert body["message"] == (
            f"Could not find {called} with ID: {missing}. Make sure the relevant pages and databases are shared with "
            'your integration "IVGraph (sandbox)".'
        )


async def test_members_come_before_the_lookup(api: Api) -> None:
    wrong: list[tuple[str, str, Json]] = [
        ("GET", f"blocks/{NOBODY}/children", {"params": {"page_size": "ten"}}),
        ("GET", f"blocks/{NOBODY}/children", {"params": {"start_cursor": "next"}}),
        ("PATCH", f"blocks/{NOBODY}/children", {"json": {"children": [{}]}}),
        ("PATCH", f"blocks/{NOBODY}/children", {"json": {"children": [paragraph("a" * 2001)]}}),
        ("POST", f"data_sources/{NOBODY}/query", {"json": {"page_size": 0}}),
        ("POST", f"data_sources/{NOBODY}/query", {"json": {"sorts": {}}}),
        ("GET", "comments", {"params": {"block_id": NOBODY, "page_size": 101}}),
        ("GET", "comments", {}),
        ("POST", "comments", {"json": {"parent": {"page_id": NOBODY}}}),
        ("POST", "pages", {"json": {"parent": {"page_id": "here"}}}),
        ("POST", "pages", {"json": {"parent": {"page_id": NOBODY}, "unknown": 1}}),
        ("PATCH", f"pages/{NOBODY}/markdown", {"json": {"type": "sing"}}),
        ("POST", "search", {"json": []}),
    ]
    for method, path, sent in wrong:
        status, code, message = await api.refused(method, path, **sent)
        assert (status, code) == (400, "validation_error"), (path, message)
        assert "failed validation" in message


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("database", '`"page"`, or `"data_source"`, instead was `"database"`.'),
        (7, '`"page"`, or `"data_source"`, instead was `7`.'),
    ],
)
async def test_the_wording_of_a_refusal(api: Api, value: object, said: str) -> None:
    _, _, message = await api.refused("POST", "search", json={"filter": {"property": "object", "value": value}})
    assert message == f"body failed validation: body.filter.value should be {said}"


@pytest.mark.parametrize(
    "text", ["\x00", "\ud800", "10" * 600, "😀" * 1000], ids=["nul", "surrogate", "long", "astral"]
)
async def test_odd_text_is_never_our_failure(api: Api, text: str) -> None:
    roadmap = (await api.found("Roadmap"))["id"]
    sent: list[tuple[str, Json]] = [
        ("search", {"query": text}),
        ("pages", {"parent": {"page_id": roadmap}, "properties": {"title": words(text)}}),
    ]
    headers = {"Authorization": f"Bearer {api.token}", "Notion-Version": NEW, "Content-Type": "application/json"}
    for path, body in sent:
        answer = await api.client.post(f"/v1/{path}", content=json.dumps(body), headers=headers)
        assert answer.status_code == 200
    made = answer.json()
    assert (await api.get(f"pages/{made['id']}"))["url"] == made["url"]


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1000000000000", "1e-400", "123456789012345678901234567890"])
async def test_odd_figures_are_never_our_failure(api: Api, number: str) -> None:
    projects = await api.found("Projects", "data_source")
    sent = f'{{"filter": {{"property": "Budget", "number": {{"equals": {number}}}}}, "page_size": 10}}'
    path, headers = f"data_sources/{projects['id']}/query", {"Content-Type": "application/json"}
    answer = await api.client.post(
        f"/v1/{path}",
        content=sent,
        headers={**headers, "Authorization": f"Bearer {api.token}", "Notion-Version": NEW},
    )
    assert answer.status_code in {200, 400}
    assert (await api.refused("POST", path, json={"page_size": 10**12 * -1}))[0] == 400
    assert (await api.send("POST", path, json={"page_size": 10**12})).status_code == 200


def limited(clock: ManualClock, *capabilities: str, comments: bool = False) -> Sandbox:
    config = SandboxConfig(
        CLIENT_ID,
        Secret(CLIENT_SECRET),
        capabilities=capabilities,
        read_comments=comments,
        insert_comments=comments,
    )
    return create_sandbox(config, clock=clock)


READS = ("search", f"pages/{NOBODY}", f"pages/{NOBODY}/markdown", f"databases/{NOBODY}", f"blocks/{NOBODY}/children")
NEEDS = {
    "read_content": [
        *(("GET", path) for path in READS[1:]),
        ("POST", "search"),
        ("POST", f"data_sources/{NOBODY}/query"),
    ],
    "insert_content": [
        *(("POST", path) for path in ("pages", "databases", "data_sources")),
        ("PATCH", f"blocks/{NOBODY}/children"),
    ],
    "update_content": [
        *(("PATCH", f"{kind}/{NOBODY}") for kind in ("pages", "blocks", "databases", "data_sources")),
        ("DELETE", f"blocks/{NOBODY}"),
        ("PATCH", f"pages/{NOBODY}/markdown"),
        ("POST", f"pages/{NOBODY}/move"),
    ],
    "read_user": [("GET", "users"), ("GET", f"users/{NOBODY}")],
    "comments": [("GET", "comments"), ("POST", "comments")],
}


@pytest.mark.parametrize("missing", NEEDS)
async def test_a_missing_capability(clock: ManualClock, missing: str) -> None:
    others = [name for name in CAPABILITIES if not name.startswith(missing)]
    instance = limited(clock, *others, comments=missing != "comments")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(instance.app), base_url="http://notion.test") as client:
        api = await Api.connected(client)
        for capability, calls in NEEDS.items():
            for method, path in calls:
                refused = (
                    await api.refused(method, path)
                    if path not in {"users", "search"} or capability == missing
                    else None
                )
                expected = (403, "restricted_resource", "Insufficient permissions for this endpoint.")
                assert (refused == expected) is (capability == missing), (method, path)
        await api.get("users/me")


async def test_people_without_their_addresses(clock: ManualClock) -> None:
    instance = limited(clock, "read_content", "read_user_without_email")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(instance.app), base_url="http://notion.test") as client:
        api = await Api.connected(client)
        people = [user for user in await api.all("GET", "users") if user.get("type") == "person"]
        assert {person["name"] for person in people} == {"Ada Winter", "Bruno Okafor", "Farah Haddad"}
        assert all(person["person"] == {} for person in people)


async def test_a_faulty_edge_and_a_dying_token(api: Api, instance: Sandbox) -> None:
    roadmap = (await api.found("Roadmap"))["id"]
    children = f"blocks/{roadmap}/children"
    scripted: list[Json] = [
        {"kind": "status", "status": 429, "retry_after": 7},
        {"kind": "status", "status": 529},
        {"kind": "status", "status": 503},
        {"kind": "html", "status": 403},
    ]
    for fault in scripted:
        made = await api.client.post("/sandbox/faults", json={"path": "/v1/blocks/*/children", **fault})
        assert made.status_code == 201
    limited_, overloaded, down, edge = [await api.send("GET", children) for _ in scripted]
    assert (limited_.status_code, limited_.headers["retry-after"]) == (429, "7")
    assert bare(limited_)["code"] == "rate_limited"
    assert (overloaded.status_code, bare(overloaded)["code"]) == (529, "service_overload")
    assert (down.status_code, bare(down)["code"]) == (503, "service_unavailable")
    assert edge.headers["content-type"].startswith("text/html")
    assert "x-notion-request-id" not in edge.headers
    assert (await api.send("GET", children)).status_code == 200
    assert [call.fault for call in instance.calls[-5:]] == ["status", "status", "status", "html", None]
    assert {call.grant for call in instance.calls[-5:]} == {"ada@lighthouse"}


async def test_a_fault_below_a_path(api: Api) -> None:
    await api.client.post("/sandbox/faults", json={"path": "/v1/pages/**", "kind": "status", "status": 500})
    assert (await api.send("GET", f"blocks/{NOBODY}")).status_code == 404
    assert (await api.send("GET", f"pages/{NOBODY}/properties/title")).status_code == 500
    assert (await api.send("GET", f"pages/{NOBODY}/properties/title")).status_code == 404


async def test_one_access_token_dies_and_its_refresh_token_lives(client: httpx.AsyncClient, script: Script) -> None:
    doomed, other = await script.pair(), await script.pair()
    api = Api(client, doomed["access_token"])
    await api.get("users/me")
    killed = await client.post("/sandbox/expire", json={"access_token": doomed["access_token"]})
    assert killed.json() == {"expired": 1}
    assert await api.refused("POST", "search") == (401, "unauthorized", "API token is invalid.")
    await Api(client, other["access_token"]).get("users/me")
    renewed = (await script.refresh(doomed["refresh_token"])).json()
    assert await Api(client, renewed["access_token"]).all("POST", "search")
    assert (await client.post("/sandbox/expire", json={"access_token": "ntn_gone"})).json() == {"expired": 0}
    assert (await client.post("/sandbox/expire", json={"access_token": 7})).status_code == 400


async def test_calls_are_counted_for_each_connection(client: httpx.AsyncClient, instance: Sandbox) -> None:
    ada, bruno = await Api.connected(client), await Api.connected(client, person="bruno")
    instance.calls.clear()
    await ada.post("search")
    await bruno.get("users")
    await bruno.send("GET", f"pages/{NOBODY}?filter_properties=title")
    told = [(call.method, call.path, call.status, call.grant) for call in instance.calls]
    assert told == [
        ("POST", "/v1/search", 200, "ada@lighthouse"),
        ("GET", "/v1/users", 200, "bruno@lighthouse"),
        ("GET", f"/v1/pages/{NOBODY}", 404, "bruno@lighthouse"),
    ]
    assert ada.token not in repr(instance.calls)


async def test_search_may_lag(api: Api, instance: Sandbox, clock: ManualClock) -> None:
    instance.search_lag = timedelta(minutes=5)
    parent = {"page_id": (await api.found("Roadmap"))["id"]}
    made = await api.post("pages", parent=parent, properties={"title": words("Brand new")})
    assert await api.all("POST", "search", query="Brand new") == []
    assert (await api.get(f"pages/{made['id']}"))["id"] == made["id"]
    clock.advance(minutes=6)
    assert [each["id"] for each in await api.all("POST", "search", query="Brand new")] == [made["id"]]
