"""URL and method, the body's JSON, the credential, the version, the members."""

from typing import Any

import httpx
import pytest
from starlette.types import Message

from ivgraph_auth.sandbox.app import Call, Sandbox
from tests.sandbox.kit import BASIC, VERSION, Script, bare, rest_error

BAD_URL = rest_error(400, "invalid_request_url", "Invalid request URL.")
BAD_JSON = rest_error(400, "invalid_json", "Error parsing JSON body.")
NO_BEARER = rest_error(401, "unauthorized", 'Authorization header must use the format "Bearer <token>".')
BAD_TOKEN = rest_error(401, "unauthorized", "API token is invalid.")
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/nothing/here"),
        ("POST", "/v1/users/me"),
        ("GET", "/v1/oauth/token"),
        ("PUT", "/v1/oauth/authorize"),
        ("OPTIONS", "/v1/oauth/token"),
        ("GET", "/v1/users/me//"),
        ("GET", "/v1/oauth//authorize"),
        ("GET", "/somewhere"),
        ("GET", "/sandbox/unknown"),
    ],
)
async def test_an_unknown_path_or_method_comes_before_all(client: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await client.request(method, path, content=b"{", headers=JSON)
    assert answer.status_code == 400
    assert bare(answer) == BAD_URL


async def test_one_trailing_slash_is_tolerated(script: Script) -> None:
    tokens = await script.pair()
    headers = {"Authorization": f"Bearer {tokens['access_token']}", **VERSION}
    assert (await script.client.get("/v1/users/me/", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "body", [b"{", b'"text"', b"7", b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}', b'{"a": ' + b"1" * 5000 + b"}"]
)
async def test_bad_json_comes_before_the_credential(client: httpx.AsyncClient, body: bytes) -> None:
    for method, path in (("POST", "/v1/oauth/token"), ("GET", "/v1/users/me")):
        answer = await client.request(method, path, content=body, headers=JSON)
        assert answer.status_code == 400
        assert bare(answer) == BAD_JSON


async def test_the_credential_comes_before_the_members(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/oauth/token", json={"grant_type": "nonsense"})
    assert bare(answer) == {"error": "invalid_client"}


@pytest.mark.parametrize(
    ("header", "refusal"),
    [
        (None, NO_BEARER),
        ("", NO_BEARER),
        ("Bearer", NO_BEARER),
        ("Bearer  ", NO_BEARER),
        ("ntn_bare", NO_BEARER),
        (BASIC._auth_header, NO_BEARER),
        ("Bearer secret_bogus", BAD_TOKEN),
    ],
)
async def test_the_credential_comes_before_the_version(
    client: httpx.AsyncClient, header: str | None, refusal: dict[str, Any]
) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = await client.get("/v1/users/me", headers=headers)
    assert answer.status_code == 401
    assert bare(answer) == refusal


@pytest.mark.parametrize("version", [None, "", "2020-01-01", "latest"])
async def test_then_comes_the_version(script: Script, version: str | None) -> None:
    tokens = await script.pair()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    if version is not None:
        headers["Notion-Version"] = version
    answer = await script.client.get("/v1/users/me", headers=headers)
    assert answer.status_code == 400
    refused = bare(answer)
    assert refused["code"] == "missing_version"
    if version is None:
        assert refused["message"] == (
            "Notion-Version header failed validation: Notion-Version header should be defined, instead was `undefined`."
        )
    else:
        assert '`"2021-05-11"`, ' in refused["message"]
        assert refused["message"].endswith(f'or `"2026-03-11"`, instead was `"{version}"`.')


@pytest.mark.parametrize("version", ["2021-05-11", "2022-06-28", "2025-09-03", "2026-03-11"])
async def test_old_versions_are_taken(script: Script, version: str) -> None:
    tokens = await script.pair()
    headers = {"Authorization": f"bearer {tokens['access_token']}", "Notion-Version": version}
    assert (await script.client.get("/v1/users/me", headers=headers)).status_code == 200


async def test_the_oauth_calls_ask_for_no_version(script: Script) -> None:
    assert (await script.pair())["token_type"] == "bearer"


@pytest.mark.parametrize("size", [500 * 1024 + 1, 9 * 1024 * 1024])
async def test_a_body_that_is_too_large_is_refused_by_express(client: httpx.AsyncClient, size: int) -> None:
    answer = await client.post("/v1/oauth/token", content=b" " * size, headers=JSON)
    assert answer.status_code == 413
    body = answer.json()
    assert list(body) == ["isNotionError", "errorId", "name", "message", "code"]
    assert body["isNotionError"] is False
    assert body["code"] == 413
    assert "x-notion-request-id" in answer.headers


async def test_a_body_at_the_limit_is_read(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/oauth/token", content=b" " * (500 * 1024 - 2) + b"{}", headers=JSON)
    assert answer.status_code == 401


async def test_an_empty_json_body_is_an_empty_object(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/oauth/token", content=b"", headers=JSON, auth=BASIC)
    assert "body.grant_type" in bare(answer)["error_description"]


async def test_every_answer_has_its_own_request_id(script: Script) -> None:
    page = await script.client.get("/v1/oauth/authorize")
    consent = await script.decide()
    ids = {answer.headers["x-notion-request-id"] for answer in (page, consent)}
    assert len(ids) == 2


async def asked(instance: Sandbox, scope: dict[str, Any], first: Message) -> list[Message]:
    """Below HTTP: what the application sends."""
    sent: list[Message] = []

    async def receive() -> Message:
        return first

    async def send(message: Message) -> None:
        sent.append(message)

    await instance.app({"path": "/v1/users/me", "headers": [], "query_string": b"", **scope}, receive, send)
    return sent


async def test_a_client_that_leaves_while_it_speaks_is_not_answered(instance: Sandbox) -> None:
    scope = {"type": "http", "method": "GET"}
    assert await asked(instance, scope, {"type": "http.disconnect"}) == []
    assert instance.calls == []


async def test_a_websocket_is_closed(instance: Sandbox) -> None:
    sent = await asked(instance, {"type": "websocket"}, {"type": "websocket.connect"})
    assert sent == [{"type": "websocket.close", "code": 1000}]


async def test_a_part_of_the_calls_is_kept(client: httpx.AsyncClient, instance: Sandbox) -> None:
    instance.calls = [Call("GET", f"/{number}", 200) for number in range(10_000)]
    await client.get("/v1/users/me")
    assert len(instance.calls) == 10_000
    assert (instance.calls[0].path, instance.calls[-1].path) == ("/1", "/v1/users/me")
