"""What holds for every route alike: paths, errors, headers, sizes, times."""

import io
import json
import logging as standard_logging
import re
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from structlog.stdlib import ProcessorFormatter

from ivgraph_auth.api.docs import describe
from tests.conftest import MakeService
from tests.support.service import CALLBACK, START, Service

HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
JSON = {"Content-Type": "application/json"}
MOST = 64 * 1024
MOST_FOR_NOTION = 1024 * 1024
INVOKE = "/api/v1/tools/invoke"
WEBHOOK = "/api/webhooks/notion"
EXPLAIN = "/api/authz/explain"
# Of the service as the tests have it.
SWITCHED_OFF = {"/oauth2/register"}
SECURITY_HEADERS = ("x-content-type-options", "content-security-policy", "referrer-policy", "x-frame-options")
MADE_ID = re.compile(r"[0-9a-f]{32}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
JSON_BODIES = [
    ("POST", "/api/auth/refresh/"),
    ("POST", "/api/auth/logout/"),
    ("POST", "/api/auth/exchange/"),
    ("POST", "/api/tokens/"),
    ("PATCH", "/api/tokens/1/"),
]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the service writes to its log during the test."""
    handlers = standard_logging.getLogger().handlers
    (handler,) = (item for item in handlers if isinstance(item.formatter, ProcessorFormatter))
    assert isinstance(handler, standard_logging.StreamHandler)
    stream = io.StringIO()
    before = handler.setStream(stream)
    yield stream
    handler.setStream(before)


def own_lines(log: io.StringIO) -> list[Any]:
    """The service's own lines of requests; the Notion beside it and the work in the background write there too."""
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line for line in lines if line["logger"].startswith("ivgraph_auth.web") or line["event"] == "request"]


def concrete(path: str) -> str:
    path = path.replace("{token_id}", "1").replace("{session_id}", "0" * 32)
    return re.sub(r"\{(?!tenant_id|link)\w+_id\}", "0" * 32, path)


def most_at(path: str) -> int:
    if path.startswith("/notion/v1/file_uploads/") and path.endswith("/send"):
        return 20 * MOST_FOR_NOTION + MOST
    return MOST_FOR_NOTION if path in (WEBHOOK, EXPLAIN) or path.startswith(("/notion/", INVOKE)) else MOST


def operations(service: Service) -> list[tuple[str, str]]:
    return [
        (method.upper(), concrete(path))
        for path, methods in describe(service.app)["paths"].items()
        for method in methods
    ]


def other_form(path: str) -> str:
    return path.removesuffix("/") if path.endswith("/") else f"{path}/"


def gist(answer: httpx.Response) -> Any:
    """An answer without what is random in it."""
    if answer.status_code == 302:
        parts = urlsplit(answer.headers["location"])
        return 302, parts.netloc, parts.path, sorted(set(parse_qs(parts.query)) - {"state"})
    if answer.headers.get("content-type", "").startswith("text/"):
        return answer.status_code, answer.text
    body = answer.json() if answer.content else {}
    # Of the envelope, what it says about itself.
    return answer.status_code, {name: value for name, value in body.items() if name not in ("request_id", "metadata")}


async def test_paths_answer_alike_with_and_without_closing_slash(shared_service: Service) -> None:
    client = await shared_service.browser()
    for method, path in operations(shared_service):
        written = await client.request(method, path)
        other = await client.request(method, other_form(path))
        assert gist(written) == gist(other), (method, path)
        there = 404 if path in SWITCHED_OFF else 200
        assert written.status_code not in {307, 308, 404, 405} - {there}, (method, path)


async def test_both_forms_of_a_path_do_the_work(shared_service: Service) -> None:
    session = await shared_service.sign_in("bruno")
    body = {"name": "agent", "scopes": ["graph:read"], "workspace_ids": session.workspace_ids}
    created = await session.client.post("/api/tokens", json=body, headers=session.bearer)
    assert created.status_code == 201
    path = f"/api/tokens/{created.json()['id']}"
    renamed = await session.client.patch(path, json={"name": "reader"}, headers=session.bearer)
    assert renamed.json()["name"] == "reader"
    assert (await session.client.delete(path, headers=session.bearer)).status_code == 204
    refreshed = await session.client.post("/api/auth/refresh", json={"refresh": session.refresh})
    assert refreshed.status_code == 200


@pytest.mark.parametrize("path", ["/", "/dashboard", "/dashboard/", "/docs", "/docs/", "/openapi.json"])
async def test_pages_are_reached_without_going_in_circles(shared_service: Service, path: str) -> None:
    client = await shared_service.browser()
    answer = await client.get(path, headers=HTML, follow_redirects=True)
    assert answer.status_code == 200


async def provoke(service: Service, case: str) -> httpx.Response:
    """One example of each refusal."""
    client = await service.browser()
    agent = {}
    if case == "wrong_credential_kind":
        session = await service.sign_in("ada", client=client)
        token = await session.mint()
        agent = {"Authorization": f"Bearer {token['token']}"}
    requests: dict[str, dict[str, Any]] = {
        "invalid_json": {"method": "POST", "url": "/api/auth/refresh/", "content": "{", "headers": JSON},
        "not_authenticated": {"method": "GET", "url": "/api/auth/me/"},
        "token_not_valid": {"method": "GET", "url": "/api/auth/me/", "headers": {"Authorization": "Bearer x"}},
        "wrong_credential_kind": {"method": "GET", "url": "/api/tokens/", "headers": agent},
        "not_found": {"method": "GET", "url": "/api/nowhere/"},
        "method_not_allowed": {"method": "PUT", "url": "/api/tokens/"},
        "content_too_large": {"method": "POST", "url": "/api/auth/refresh/", "content": b"x" * (MOST + 1)},
        "unsupported_media_type": {"method": "POST", "url": "/api/auth/refresh/", "data": {"refresh": "x"}},
        "validation_error": {"method": "POST", "url": "/api/auth/refresh/", "json": {}},
        "invalid_state": {"method": "GET", "url": f"{CALLBACK}?code=x&state=y"},
    }
    return await client.request(**requests[case])


REFUSALS = {
    "invalid_json": 400,
    "not_authenticated": 401,
    "token_not_valid": 401,
    "wrong_credential_kind": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "content_too_large": 413,
    "unsupported_media_type": 415,
    "validation_error": 422,
    "invalid_state": 403,
}


@pytest.mark.parametrize(("code", "status"), REFUSALS.items())
async def test_every_refusal_is_a_problem_document(shared_service: Service, code: str, status: int) -> None:
    answer = await provoke(shared_service, code)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    fields = {"type", "title", "status", "detail", "code", "request_id", "next"}
    assert set(problem) == fields | ({"errors"} if status == 422 else set())
    assert problem["type"] == "about:blank"
    assert problem["title"] == HTTPStatus(status).phrase
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("code", ["not_authenticated", "token_not_valid"])
async def test_a_401_names_the_scheme(shared_service: Service, code: str) -> None:
    answer = await provoke(shared_service, code)
    assert answer.headers["www-authenticate"].startswith("Bearer ")


async def test_another_method_is_refused_with_every_method_there_is(shared_service: Service) -> None:
    client = await shared_service.browser()
    for path, methods in describe(shared_service.app)["paths"].items():
        # There, all that is not on the list is refused as Notion does it.
        if path.startswith("/notion/"):
            continue
        for form in (concrete(path), other_form(concrete(path))):
            answer = await client.request("PUT", form)
            assert answer.status_code == 405, form
            # Forms of our own pages are no part of the API.
            forms = {"POST"} if path == "/oauth/callback/notion" else set()
            documented = {method.upper() for method in methods} | forms
            # HEAD is answered wherever GET is, and OpenAPI lists it nowhere.
            expected = documented | ({"HEAD"} if "GET" in documented else set())
            assert set(answer.headers["allow"].split(", ")) == expected, form
            told = answer.json()
            if path.startswith("/oauth2/"):
                assert told["error"] == "invalid_request", form
            else:
                assert told.get("error", told)["code"] == "method_not_allowed"


@pytest.mark.parametrize("path", ["/", "/docs", "/static/docs.js", "/dashboard/", "/docs/assets/swagger-ui.css"])
async def test_pages_and_files_tell_the_methods_they_answer_to(shared_service: Service, path: str) -> None:
    client = await shared_service.browser()
    answer = await client.post(path)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"].split(", ")


@pytest.mark.parametrize("path", ["/nowhere", "/api/nowhere/", "/dashboard/nowhere", "/static/nowhere.css", "/docs/no"])
async def test_an_unknown_path_is_a_json_problem(shared_service: Service, path: str) -> None:
    client = await shared_service.browser()
    answer = await client.get(path, headers={"Accept": "*/*"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize("path", ["/nowhere", "/dashboard/nowhere", f"{CALLBACK}?code=x&state=y"])
async def test_a_browser_gets_errors_as_pages(shared_service: Service, path: str) -> None:
    client = await shared_service.browser()
    answer = await client.get(path, headers=HTML)
    assert answer.status_code in {403, 404}
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["x-request-id"] in answer.text


@pytest.mark.parametrize("path", ["/api/tokens/", "/api/auth/me/", "/api/nowhere/"])
async def test_the_api_answers_json_to_browsers_too(shared_service: Service, path: str) -> None:
    client = await shared_service.browser()
    answer = await client.get(path, headers=HTML)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.fixture(scope="module")
async def member(shared_service: Service) -> dict[str, str]:
    return (await shared_service.sign_in("chiara")).bearer


@pytest.mark.parametrize(("method", "path"), JSON_BODIES)
@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json"]
)
async def test_a_body_that_is_not_json_is_refused_by_its_type(
    shared_service: Service, member: dict[str, str], method: str, path: str, content_type: str
) -> None:
    client = await shared_service.browser()
    headers = {**member, "Content-Type": content_type} if "tokens" in path else {"Content-Type": content_type}
    answer = await client.request(method, path, content=b'{"name": "x"}', headers=headers)
    assert answer.status_code == 415
    assert answer.json()["code"] == "unsupported_media_type"


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
async def test_json_is_known_by_any_spelling_of_its_type(shared_service: Service, content_type: str) -> None:
    client = await shared_service.browser()
    answer = await client.post(
        "/api/auth/refresh/", content=b'{"refresh": "x"}', headers={"Content-Type": content_type}
    )
    assert answer.json()["code"] == "token_not_valid"


@pytest.mark.parametrize(("method", "path"), JSON_BODIES)
@pytest.mark.parametrize("body", [b"{", b"{'name': 1}", b'{"name": "x",}', b"nonsense", b'{"name": "\xff"}', b"{} {}"])
async def test_malformed_json_is_told_as_such(
    shared_service: Service, member: dict[str, str], method: str, path: str, body: bytes
) -> None:
    client = await shared_service.browser()
    answer = await client.request(method, path, content=body, headers={**member, **JSON})
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_json"


INPUT = "Xq7-what-was-sent"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/auth/refresh/", {"refresh": [INPUT]}),
        ("POST", "/api/auth/refresh/", {"refresh": "x", "rotate": INPUT}),
        ("POST", "/api/auth/exchange/", {"code": INPUT, "code_verifier": INPUT}),
        (
            "POST",
            "/api/tokens/",
            {"name": INPUT, "scopes": [INPUT], "workspace_ids": [INPUT], "expires_in_days": INPUT},
        ),
        ("PATCH", "/api/tokens/1/", {"name": {INPUT: INPUT}}),
        ("DELETE", f"/api/tokens/{INPUT}/", None),
        ("DELETE", f"/api/auth/sessions/{INPUT}/", None),
        ("GET", f"/api/auth/sessions/?limit={INPUT}", None),
        ("GET", f"{START}?next={INPUT}&client_state={INPUT}!&code_challenge={INPUT}", None),
    ],
)
async def test_wrong_values_are_located_and_never_repeated(
    shared_service: Service, member: dict[str, str], method: str, path: str, body: Any
) -> None:
    client = await shared_service.browser()
    answer = await client.request(method, path, json=body, headers=member)
    assert answer.status_code == 422
    assert answer.json()["errors"]
    for error in answer.json()["errors"]:
        assert set(error) == {"loc", "msg", "type"}
        assert error["loc"][0] in {"body", "path", "query"}
    assert INPUT not in answer.text


@pytest.mark.parametrize(("method", "path"), JSON_BODIES)
async def test_unknown_fields_of_a_body_are_refused(
    shared_service: Service, member: dict[str, str], method: str, path: str
) -> None:
    client = await shared_service.browser()
    answer = await client.request(method, path, json={"surprise": 1}, headers=member)
    assert answer.status_code == 422
    assert ["body", "surprise"] in [error["loc"] for error in answer.json()["errors"]]


async def test_unknown_parameters_of_a_query_are_ignored(shared_service: Service) -> None:
    client = await shared_service.browser()
    assert (await client.get(f"{START}?surprise=1")).status_code == 302


async def test_answers_with_secrets_are_not_stored(make_service: MakeService) -> None:
    service = await make_service(signin_handoff="code")
    client = await service.browser()
    verifier = "v" * 43
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
    started = await client.get(START, params={"code_challenge": challenge})
    arrived = await client.get(await service.consent(started.headers["location"], person="ada"))
    code = parse_qs(urlsplit(arrived.headers["location"]).fragment)["code"][0]
    exchanged = await client.post("/api/auth/exchange/", json={"code": code, "code_verifier": verifier})
    refreshed = await client.post("/api/auth/refresh/", json={"refresh": exchanged.json()["refresh"], "rotate": True})
    own_page = {"Origin": service.settings.public_url, **JSON}
    in_browser = await client.post("/api/auth/session/", headers=own_page)
    for answer in (started, arrived, exchanged, refreshed, in_browser):
        assert answer.status_code < 400, answer.text
        assert answer.headers["cache-control"] == "no-store"


async def test_a_new_token_and_the_start_for_programs_are_not_stored(shared_service: Service) -> None:
    session = await shared_service.sign_in("ada")
    body = {"name": "x", "scopes": ["graph:read"], "workspace_ids": session.workspace_ids}
    minted = await session.client.post("/api/tokens/", json=body, headers=session.bearer)
    started = await session.client.get(START, headers={"Accept": "application/json"})
    assert minted.headers["cache-control"] == started.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("given", ["a", "A-b_c.9", "x" * 64])
async def test_a_plain_request_id_is_echoed(shared_service: Service, given: str) -> None:
    client = await shared_service.browser()
    answer = await client.get("/api/auth/me/", headers={"X-Request-ID": given})
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a/b", 'a"', "ä".encode(), "a\tb", None])
async def test_any_other_request_id_is_replaced(shared_service: Service, given: str | bytes | None) -> None:
    client = await shared_service.browser()
    headers = [] if given is None else [(b"X-Request-ID", given if isinstance(given, bytes) else given.encode())]
    answer = await client.get("/api/auth/me/", headers=headers)
    assert MADE_ID.fullmatch(answer.headers["x-request-id"])
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_the_request_id_stands_in_the_audit_row_and_in_every_log_line(service: Service, log: io.StringIO) -> None:
    client = await service.browser()
    await client.get(f"{CALLBACK}?code=x&state=y", headers={"X-Request-ID": "trace-1"})
    rows = await service.rows("SELECT request_id FROM audit_events")
    assert [row["request_id"] for row in rows] == ["trace-1"]
    assert {line["request_id"] for line in own_lines(log)} == {"trace-1"}


async def test_every_answer_has_the_security_headers(shared_service: Service) -> None:
    client = await shared_service.browser()
    answers = [await provoke(shared_service, code) for code in REFUSALS]
    for path in (START, "/", "/dashboard/", "/docs", "/openapi.json", "/static/docs.js", "/health/live", "/nowhere"):
        answers += [await client.get(path), await client.get(path, headers=HTML)]
    answers.append(await client.options("/api/tokens/", headers={"Access-Control-Request-Method": "GET"}))
    for answer in answers:
        assert [name for name in SECURITY_HEADERS if name not in answer.headers] == [], answer.request.url
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-request-id"]


async def test_the_callback_tells_no_other_site_where_the_browser_came_from(shared_service: Service) -> None:
    answer = await shared_service.arrive(await shared_service.browser(), person="ada")
    assert answer.headers["referrer-policy"] == "no-referrer"


async def break_database(service: Service) -> dict[str, str]:
    """Something nobody foresees: a table is gone while the service runs."""
    session = await service.sign_in("ada")
    await service.execute("DROP TABLE audit_events")
    return session.bearer


async def test_a_fault_of_ours_says_nothing_of_itself_and_is_logged_whole(service: Service, log: io.StringIO) -> None:
    bearer = await break_database(service)
    client = await service.browser()
    answer = await client.post("/api/auth/logout-all/", headers={**bearer, "X-Request-ID": "boom"})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert [name for name in SECURITY_HEADERS if name not in answer.headers] == []
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "code", "request_id", "next"}
    assert problem["code"] == "internal_error"
    assert problem["request_id"] == answer.headers["x-request-id"] == "boom"
    for word in ("audit", "Undefined", "Traceback", "SQL", "relation", "asyncpg"):
        assert word not in answer.text
    lines = [line for line in own_lines(log) if line["request_id"] == "boom"]
    (traceback,) = [line for line in lines if "exception" in line]
    assert traceback["level"] == "error"
    assert "Traceback" in traceback["exception"]
    assert "audit_events" in traceback["exception"]
    assert [line["status"] for line in lines if line["event"] == "request"] == [500]


async def test_a_fault_of_ours_is_a_page_for_a_browser_and_changes_nothing(service: Service) -> None:
    await break_database(service)
    client = await service.browser()
    answer = await client.get(f"{CALLBACK}?code=x&state=y", headers=HTML)
    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["x-request-id"] in answer.text
    assert "audit" not in answer.text


class Upload:
    """A body that counts how much of it was taken, and goes on as long as anybody reads."""

    def __init__(self) -> None:
        self.sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.sent < 100 * MOST:
            self.sent += 1024
            yield b"x" * 1024


async def test_a_declared_size_over_the_limit_is_refused_before_anything_is_read(shared_service: Service) -> None:
    client = await shared_service.browser()
    upload = Upload()
    headers = {"Content-Length": str(MOST + 1), **JSON}
    answer = await client.post("/api/auth/refresh/", content=aiter(upload), headers=headers)
    assert answer.status_code == 413
    assert answer.json()["code"] == "content_too_large"
    assert upload.sent == 0


@pytest.mark.parametrize(("method", "path"), JSON_BODIES)
async def test_a_body_of_unknown_size_is_refused_as_soon_as_it_is_too_large(
    shared_service: Service, member: dict[str, str], method: str, path: str
) -> None:
    client = await shared_service.browser()
    upload = Upload()
    answer = await client.request(method, path, content=aiter(upload), headers={**member, **JSON})
    assert answer.status_code == 413
    assert answer.json()["code"] == "content_too_large"
    assert upload.sent <= MOST + 2 * 1024


async def test_a_body_that_lies_about_its_size_is_refused_too(shared_service: Service) -> None:
    client = await shared_service.browser()
    headers = {"Content-Length": "10", **JSON}
    answer = await client.post("/api/auth/refresh/", content=aiter(Upload()), headers=headers)
    assert answer.status_code == 413


async def test_a_body_of_exactly_the_limit_is_read(shared_service: Service) -> None:
    client = await shared_service.browser()
    frame = json.dumps({"refresh": ""}).encode()
    body = frame.replace(b'""', b'"' + b"x" * (MOST - len(frame)) + b'"')
    assert len(body) == MOST
    answer = await client.post("/api/auth/refresh/", content=body, headers=JSON)
    assert answer.status_code == 422


async def test_too_large_a_body_is_refused_everywhere_and_documented_there(shared_service: Service) -> None:
    client = await shared_service.browser()
    client.event_hooks = {}
    documented = describe(shared_service.app)["paths"]
    missing = []
    for path, methods in documented.items():
        for method, operation in methods.items():
            answer = await client.request(method, concrete(path), content=b"x" * (most_at(path) + 1))
            assert answer.status_code == (400 if path.startswith("/notion/") else 413), path
            # A body on GET means nothing to anybody; the others are sent by programs.
            if method != "get" and str(answer.status_code) not in operation["responses"]:
                missing.append(f"{method} {path}")
    assert missing == []


def moments(value: Any) -> Iterator[str]:
    """Every member named `…_at`."""
    if isinstance(value, dict):
        yield from (item for name, item in value.items() if name.endswith("_at") and item is not None)
        for item in value.values():
            yield from moments(item)
    elif isinstance(value, list):
        for item in value:
            yield from moments(item)


async def test_times_are_rfc_3339_in_utc_to_the_second(shared_service: Service) -> None:
    session = await shared_service.sign_in("ada")
    minted = await session.mint(expires_in_days=1)
    found = list(moments(minted))
    for path in ("auth/me/", "auth/validate/", "auth/sessions/", "tokens/", "integrations/auth/notion/status"):
        answer = await session.client.get(f"/api/{path}", headers=session.bearer)
        there = list(moments(answer.json()))
        assert there, path
        found += there
    assert [text for text in found if not MOMENT.fullmatch(text)] == []
