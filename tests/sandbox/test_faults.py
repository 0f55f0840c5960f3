from typing import Any

import httpx
import pytest

from ivgraph_auth.sandbox.app import Call, Fault, Sandbox
from tests.sandbox.kit import BASIC, Script, bare, rest_error

TOKEN = "/v1/oauth/token"


async def faulty(client: httpx.AsyncClient) -> httpx.Response:
    return await client.post(TOKEN, json={"grant_type": "refresh_token", "refresh_token": "x"}, auth=BASIC)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "validation_error"),
        (403, "restricted_resource"),
        (409, "conflict_error"),
        (429, "rate_limited"),
        (500, "internal_server_error"),
        (503, "service_unavailable"),
        (529, "service_overload"),
        (599, "internal_server_error"),
    ],
)
async def test_a_status_with_notions_body(client: httpx.AsyncClient, instance: Sandbox, status: int, code: str) -> None:
    instance.faults.add(Fault(TOKEN, "status", status=status, retry_after=7))
    answer = await faulty(client)
    assert answer.status_code == status
    assert answer.headers["retry-after"] == "7"
    body = bare(answer)
    assert body == rest_error(status, code, body["message"])
    assert instance.calls == [Call("POST", TOKEN, status, "refresh_token", "status")]


async def test_code_and_message_may_be_given(client: httpx.AsyncClient, instance: Sandbox) -> None:
    instance.faults.add(Fault(TOKEN, "status", status=503, code="database_connection_unavailable", message="Later."))
    answer = await faulty(client)
    assert bare(answer) == rest_error(503, "database_connection_unavailable", "Later.")
    assert "retry-after" not in answer.headers


async def test_oauth_codes_come_in_the_shape_that_is_switched_on(client: httpx.AsyncClient, instance: Sandbox) -> None:
    fault = Fault(TOKEN, "status", status=400, code="invalid_grant", times=2)
    instance.faults.add(fault)
    assert bare(await faulty(client)) == {"error": "invalid_grant"}
    instance.oauth_error_shape = "rest"
    assert bare(await faulty(client))["code"] == "invalid_grant"


@pytest.mark.parametrize("status", [403, 502, 503])
async def test_the_edge_proxys_html(client: httpx.AsyncClient, instance: Sandbox, status: int) -> None:
    instance.faults.add(Fault("/v1/users/me", "html", status=status, retry_after="soon"))
    answer = await client.get("/v1/users/me")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=UTF-8"
    assert answer.headers["retry-after"] == "soon"
    assert "cf-ray" in answer.headers
    assert "x-notion-request-id" not in answer.headers
    assert "<html>" in answer.text


@pytest.mark.parametrize("garbage", ["text", "truncated", "list", "number", "empty", "deep", "binary"])
async def test_garbage(client: httpx.AsyncClient, instance: Sandbox, garbage: Any) -> None:
    instance.faults.add(Fault(TOKEN, "garbage", garbage=garbage))
    answer = await faulty(client)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    if garbage == "list":
        assert isinstance(answer.json(), list)
    elif garbage == "number":
        assert isinstance(answer.json()["access_token"], int)
    else:
        with pytest.raises((ValueError, RecursionError)):
            answer.json()


async def test_a_redirect(client: httpx.AsyncClient, instance: Sandbox) -> None:
    instance.faults.add(Fault(TOKEN, "redirect", location="http://elsewhere.test/"))
    answer = await faulty(client)
    assert answer.status_code == 302
    assert answer.headers["location"] == "http://elsewhere.test/"


async def test_a_fault_counts_down_and_waits_its_turn(client: httpx.AsyncClient, instance: Sandbox) -> None:
    instance.faults.add(Fault(TOKEN, "status", status=500, times=2))
    instance.faults.add(Fault(TOKEN, "status", status=502))
    instance.faults.add(Fault("/v1/users/me", "status", status=504, times=None))
    instance.faults.add(Fault(TOKEN, "status", method="PUT"))
    assert [(await faulty(client)).status_code for _ in range(4)] == [500, 500, 502, 400]
    assert [(await client.get("/v1/users/me/")).status_code for _ in range(3)] == [504, 504, 504]
    assert len(instance.faults.waiting) == 2
    instance.faults.clear()
    assert (await client.get("/v1/users/me")).status_code == 401


async def test_the_answer_alone_may_be_lost(script: Script, instance: Sandbox) -> None:
    tokens = await script.pair()
    instance.faults.add(Fault(TOKEN, "html", status=502, carry_out=True))
    lost = await script.refresh(tokens["refresh_token"])
    assert lost.status_code == 502
    assert (await script.refresh(tokens["refresh_token"])).status_code == 400
    assert (await script.me(tokens["access_token"])).status_code == 401


async def test_otherwise_the_call_has_no_effect(script: Script, instance: Sandbox) -> None:
    tokens = await script.pair()
    instance.faults.add(Fault(TOKEN, "html", status=502))
    await script.refresh(tokens["refresh_token"])
    assert (await script.refresh(tokens["refresh_token"])).status_code == 200


async def test_a_dropped_call_fails_in_process(client: httpx.AsyncClient, instance: Sandbox) -> None:
    instance.faults.add(Fault(TOKEN, "drop"))
    with pytest.raises(ConnectionAbortedError):
        await faulty(client)
    assert instance.calls == [Call("POST", TOKEN, None, "refresh_token", "drop")]


async def test_faults_over_http(client: httpx.AsyncClient, instance: Sandbox) -> None:
    made = await client.post("/sandbox/faults", json={"path": TOKEN, "kind": "status", "status": 429, "times": 2})
    assert made.status_code == 201
    assert made.json()["status"] == 429
    assert (await faulty(client)).status_code == 429
    assert (await client.delete("/sandbox/faults")).status_code == 204
    assert (await faulty(client)).status_code == 400
    calls = (await client.get("/sandbox/calls")).json()["calls"]
    told = {
        "at": instance.clock.now().timestamp(),
        "method": "POST",
        "path": TOKEN,
        "grant_type": "refresh_token",
        "grant": None,
    }
    assert calls == [{**told, "status": 429, "fault": "status"}, {**told, "status": 400, "fault": None}]
    assert len(instance.calls) == 2


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({}, "missing members: kind, path"),
        ({"path": TOKEN, "kind": "explode"}, "kind should be one of"),
        ({"path": TOKEN, "kind": ["hang"]}, "kind has the wrong type"),
        ({"path": "v1", "kind": "hang"}, "path should begin"),
        ({"path": TOKEN, "kind": "hang", "colour": 1}, "unknown members: colour"),
        ({"path": TOKEN, "kind": "hang", "times": 0}, "times should be"),
        ({"path": TOKEN, "kind": "hang", "times": True}, "times has the wrong type"),
        ({"path": TOKEN, "kind": "status", "status": 99}, "status should be"),
        ({"path": TOKEN, "kind": "redirect"}, "needs a location"),
        ({"path": TOKEN, "kind": "redirect", "location": "http://x/\r\na: b"}, "fit for a header"),
        ({"path": TOKEN, "kind": "garbage", "garbage": "can"}, "garbage should be"),
        ({"path": TOKEN, "kind": "drip", "interval": -1}, "interval"),
    ],
)
async def test_a_fault_that_cannot_be_is_refused(
    client: httpx.AsyncClient, instance: Sandbox, members: dict[str, Any], said: str
) -> None:
    answer = await client.post("/sandbox/faults", json=members)
    assert answer.status_code == 400
    assert said in answer.json()["detail"]
    assert instance.faults.waiting == ()


@pytest.mark.parametrize("path", ["/sandbox/faults", "/sandbox/expire"])
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", "text/plain"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b" " * 600_000, "application/json"),
    ],
)
async def test_control_takes_json_objects_only(client: httpx.AsyncClient, path: str, body: bytes, kind: str) -> None:
    answer = await client.post(path, content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert "body should be" in answer.json()["detail"]


async def test_expiring_over_http(script: Script) -> None:
    ada, bruno = await script.pair(person="ada"), await script.pair(person="bruno")
    answer = await script.client.post("/sandbox/expire", json={"person": "ada", "workspace": "lighthouse"})
    assert answer.json() == {"expired": 1}
    assert (await script.me(ada["access_token"])).status_code == 401
    assert (await script.refresh(ada["refresh_token"])).status_code == 200
    answer = await script.client.post("/sandbox/expire", json={"person": "bruno", "authorization": True})
    assert answer.json() == {"expired": 1}
    assert (await script.refresh(bruno["refresh_token"])).status_code == 400
    assert (await script.client.post("/sandbox/expire", json={})).json() == {"expired": 1}


@pytest.mark.parametrize("members", [{"people": "ada"}, {"person": 7}])
async def test_expiring_says_what_it_does_not_understand(client: httpx.AsyncClient, members: dict[str, Any]) -> None:
    answer = await client.post("/sandbox/expire", json=members)
    assert answer.status_code == 400
    assert next(iter(members)) in answer.json()["detail"]
