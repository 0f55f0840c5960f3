"""Whatever is sent, the answer is a refusal or a result: never a fault of ours, never a status that is not documented.

That a status is documented is checked by the clients themselves.
"""

import base64
import itertools
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests.support.clock import ManualClock
from tests.support.postgres import TestDatabases
from tests.support.service import CALLBACK, START, Service, Session, run_sandbox, run_service

ANYTHING = settings(derandomize=True, deadline=None, max_examples=40)
JSON = {"Content-Type": "application/json"}
NOBODY = "0" * 32
DEEP = "[" * 10_000 + "]" * 10_000
HUGE = "9" * 31

# As they stand in a JSON text, since some cannot be made with a serializer.
JSON_VALUES = {
    "nul": r'"a\u0000b"',
    "high-surrogate": r'"\ud800"',
    "low-surrogate": r'"a\udfffb"',
    "surrogates-the-wrong-way-round": r'"\udc00\ud800"',
    "controls": r'"\u0001\u001b[31m\u007f\u0085\u2028"',
    "right-to-left": r'"\u202eevil\u200b"',
    "not-a-character": r'"\uffff\ufdd0"',
    "emoji": r'"\ud83d\ude00"',
    "combining": r'"e' + r"\u0301" * 50 + '"',
    "markup": '"<script>alert(1)</script>"',
    "sql": '"\'; DROP TABLE accounts; --"',
    "template": '"{{7*7}}${7*7}%s%n"',
    "ten-to-the-thirty": "1" + "0" * 30,
    "minus-ten-to-the-thirty": "-1" + "0" * 30,
    "two-to-the-sixty-three": str(2**63),
    "five-thousand-digits": "7" * 5000,
    "float": "1.5",
    "huge-float": "1e400",
    "nan": "NaN",
    "infinity": "-Infinity",
    "deep-list": DEEP,
    "deep-object": '{"a":' * 5_000 + "1" + "}" * 5_000,
    "null": "null",
    "true": "true",
    "number": "7",
    "list": "[]",
    "list-of-lists": "[[]]",
    "list-of-null": "[null]",
    "list-of-nul": r'["\u0000"]',
    "list-of-surrogates": r'["\ud800"]',
    "object": "{}",
    "object-with-surrogate": r'{"\ud800": "\ud800"}',
    "empty": '""',
    "blanks": '" \\t\\n"',
    "long": '"' + "x" * 60_000 + '"',
    "many": "[" + ",".join(['"graph:read"'] * 3_000) + "]",
    "many-numbers": "[" + ",".join(["1"] * 20_000) + "]",
    "jwt-without-signature": '"eyJhbGciOiJub25lIn0.e30."',
    "not-a-jwt": '"a.b.c"',
    "dots": '"...."',
}
VERIFIER = "v" * 43
WORKSPACE = "11111111-2222-4333-8444-555555555555"
BODIES: dict[tuple[str, str], dict[str, str]] = {
    ("POST", "/api/auth/refresh/"): {"refresh": '"x"', "rotate": "true"},
    ("POST", "/api/auth/logout/"): {"refresh": '"x"'},
    ("POST", "/api/auth/exchange/"): {"code": '"x"', "code_verifier": f'"{VERIFIER}"'},
    ("POST", "/api/tokens/"): {
        "name": '"x"',
        "scopes": '["graph:read"]',
        "workspace_ids": f'["{WORKSPACE}"]',
        "expires_in_days": "1",
    },
    ("PATCH", "/api/tokens/1/"): {"name": '"x"'},
}
FIELDS = [(method, path, field) for (method, path), fields in BODIES.items() for field in fields]


@pytest.fixture(scope="module")
async def shared_service(migrated: TestDatabases) -> AsyncIterator[Service]:
    """Without a rate limit, which would soon stand in the way."""
    clock, url = ManualClock(), await migrated.create()
    async with run_sandbox(clock) as sandbox, run_service(clock, sandbox, database_url=url, rate_limit=0) as service:
        yield service
    await migrated.drop(url)


@pytest.fixture(scope="module")
async def somebody(shared_service: Service) -> Session:
    return await shared_service.sign_in("ada")


def text_of(fields: dict[str, str]) -> str:
    return "{" + ",".join(f'"{name}": {value}' for name, value in fields.items()) + "}"


async def send(somebody: Session, method: str, path: str, body: str | bytes) -> httpx.Response:
    # A logout with a Bearer of its own is another matter than the body.
    bearer = somebody.bearer if "tokens" in path else {}
    return await somebody.client.request(method, path, content=body, headers={**bearer, **JSON})


def refused(answer: httpx.Response) -> None:
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text[:300])
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["code"]


@pytest.mark.parametrize(("method", "path", "field"), FIELDS)
async def test_no_value_of_any_field_makes_the_service_fail(
    somebody: Session, method: str, path: str, field: str
) -> None:
    for name, value in JSON_VALUES.items():
        answer = await send(somebody, method, path, text_of({**BODIES[method, path], field: value}))
        assert answer.status_code < 500, (name, answer.text)


@pytest.mark.parametrize(("method", "path", "field"), FIELDS)
async def test_text_that_cannot_be_stored_is_refused(somebody: Session, method: str, path: str, field: str) -> None:
    for name in ("nul", "high-surrogate", "low-surrogate", "surrogates-the-wrong-way-round", "list-of-surrogates"):
        answer = await send(somebody, method, path, text_of({**BODIES[method, path], field: JSON_VALUES[name]}))
        refused(answer)
        # A credential with a NUL in it is one that nobody has; anything else is a wrong value.
        assert answer.status_code in ({400, 401, 422} if "auth" in path else {422}), name


@pytest.mark.parametrize(("method", "path"), BODIES)
async def test_no_body_of_any_shape_makes_the_service_fail(somebody: Session, method: str, path: str) -> None:
    for value in JSON_VALUES.values():
        refused(await send(somebody, method, path, value))


BYTES = [
    b"",
    b" ",
    b"\x00",
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    b"\x80",
    b'{"a"',
    b"{}" * 1000,
    b'{"": ""}',
    b"{1:2}",
]


@pytest.mark.parametrize(("method", "path"), BODIES)
async def test_no_bytes_make_the_service_fail(somebody: Session, method: str, path: str) -> None:
    for body in BYTES:
        refused(await send(somebody, method, path, body))


NAMES = [r"\u0000", r"\ud800", "x" * 5000, "__proto__", "__class__", r"\u202e", "<b>", "a b"]


@pytest.mark.parametrize(("method", "path"), BODIES)
async def test_no_name_of_a_field_makes_the_service_fail(somebody: Session, method: str, path: str) -> None:
    for name in NAMES:
        answer = await send(somebody, method, path, text_of({**BODIES[method, path], name: "1"}))
        refused(answer)
        assert answer.status_code == 422
        assert len(answer.content) < 2000


@pytest.mark.parametrize(("method", "path", "field"), FIELDS)
async def test_a_field_given_twice_does_not_make_the_service_fail(
    somebody: Session, method: str, path: str, field: str
) -> None:
    good = text_of(BODIES[method, path])
    for first, second in itertools.permutations(["null", '"x"', "[1]"], 2):
        answer = await send(somebody, method, path, f'{{"{field}": {first}, "{field}": {second}, {good[1:]}')
        assert answer.status_code < 500


PATH_VALUES = [
    "%00", "1%00", "%2f", "1%2f2", "..", "%2e%2e", "%2e%2e%2f", "%5c", "%", "%zz", "%ff", "%ed%a0%80", "%c3%a9",
    "%f0%9f%98%80", "%20", "%0a", "%0d%0a", HUGE, f"-{HUGE}", "9" * 5000, "0", "-1", "1.0", "1e3", "0x1", "%d9%a1",
    str(2**63), str(2**63 - 1), "null", "true", "*", "%27%3b--", "a" * 5000, NOBODY, NOBODY.upper() + "%0a", ";x=1",
    "%3f", "%23",
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/api/tokens/{}/", '{"name": "x"}'),
        ("DELETE", "/api/tokens/{}/", None),
        ("DELETE", "/api/auth/sessions/{}/", None),
        ("DELETE", "/api/auth/sessions/{}", None),
    ],
)
async def test_no_path_makes_the_service_fail(somebody: Session, method: str, path: str, body: str | None) -> None:
    headers = {**somebody.bearer, **(JSON if body else {})}
    for value in PATH_VALUES:
        answer = await somebody.client.request(method, path.format(value), content=body, headers=headers)
        refused(answer)
        assert answer.status_code in {404, 405, 422}, value


CLIMBING = [
    "%2e%2e/%2e%2e/core/config.py", "..%2f..%2fcore%2fconfig.py", "%2e%2e%2f%2e%2e%2fcore%2fconfig.py",
    "..%5c..%5ccore%5cconfig.py", "%2fetc%2fpasswd", "/etc/passwd", "%2e%2e/" * 20 + "etc/passwd",
    "%2e%2e/templates/base.html", "docs.js%00.png",
]  # fmt: skip


async def test_no_odd_name_of_a_file_makes_the_service_fail(shared_service: Service) -> None:
    client = await shared_service.browser()
    for path in PATH_VALUES:
        assert (await client.get(f"/static/{path}")).status_code in {302, 404}, path


@pytest.mark.parametrize("prefix", ["/", "/static/", "/docs/assets/", "/dashboard/"])
async def test_no_path_reaches_a_file_that_is_not_ours_to_give(shared_service: Service, prefix: str) -> None:
    client = await shared_service.browser()
    for path in CLIMBING:
        assert (await client.get(f"{prefix}{path}")).status_code == 404, path


QUERY_VALUES = [
    "", "%00", "a%00b", "%ff", "%ed%a0%80", "%", "%zz", "%0d%0aX-Evil:1", "+", "[]", "{}", "null", HUGE, f"-{HUGE}",
    "9" * 5000, "1.5", "NaN", "x" * 20_000, "%f0%9f%98%80", "%3Cscript%3E", "//evil.example", "/%5Cevil.example",
    "javascript:alert(1)", "%2e%2e", "a.b", "=", ";",
]  # fmt: skip
QUERIES = [
    (START, "next"),
    (START, "client_state"),
    (START, "code_challenge"),
    (CALLBACK, "state"),
    (CALLBACK, "code"),
    (CALLBACK, "error"),
    ("/api/auth/sessions/", "limit"),
    ("/api/auth/sessions/", "cursor"),
    ("/health/live", "surprise"),
]


@pytest.mark.parametrize(("path", "name"), QUERIES)
async def test_no_query_makes_the_service_fail(somebody: Session, path: str, name: str) -> None:
    for value in QUERY_VALUES:
        query = f"{name}=a&{value}&{name}={value}"
        answer = await somebody.client.get(f"{path}?{query}", headers=somebody.bearer)
        assert answer.status_code < 500, query
        assert "x-evil" not in answer.headers
        assert "evil.example" not in answer.headers.get("location", "").partition("#")[0]


@pytest.mark.parametrize("name", ["code", "error"])
async def test_nothing_that_comes_from_notion_makes_the_callback_fail(shared_service: Service, name: str) -> None:
    """With a state that is good, so that the rest is looked at."""
    client = await shared_service.browser()
    for value in QUERY_VALUES:
        started = await client.get(START, headers={"Accept": "application/json"})
        answer = await client.get(f"{CALLBACK}?{name}={value}&state={started.json()['state']}")
        assert answer.status_code == 302, value
        assert "#error=" in answer.headers["location"], value


def jwt_of(header: str, payload: str = "{}") -> str:
    parts = (base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in (header, payload))
    return f"{'.'.join(parts)}.c2ln"


TOKENS = {
    "empty": "",
    "not-ascii": "\xe9\xff\x80",
    "dots": "...",
    "many-dots": "." * 5000,
    "no-algorithm": jwt_of("{}"),
    "algorithm-none": jwt_of('{"alg": "none"}'),
    "algorithm-list": jwt_of('{"alg": ["HS256"]}'),
    "algorithm-object": jwt_of('{"alg": {}}'),
    "algorithm-number": jwt_of('{"alg": 1e999}'),
    "header-list": jwt_of("[]"),
    "header-null": jwt_of("null"),
    "header-number": jwt_of("7" * 5000),
    "header-deep": jwt_of("[" * 6_000),
    "header-deep-and-closed": jwt_of("[" * 3_000 + "]" * 3_000),
    "header-not-utf-8": "_w.e30.c2ln",
    "header-surrogate": jwt_of(r'{"alg": "\ud800"}'),
    "key-id-list": jwt_of('{"alg": "HS256", "kid": []}'),
    "critical": jwt_of('{"alg": "HS256", "crit": ["b64"], "b64": false}'),
    "payload-deep": jwt_of('{"alg": "HS256"}', "[" * 6_000),
    "padding": "e30=.e30=.====",
    "service-token-short": "ivg_",
    "service-token-long": "ivg_" + "x" * 5000,
    "service-token-not-ascii": "ivg_" + "\xe9" * 32,
    "service-token-newline": "ivg_" + "a" * 32 + "\x0b",
    "service-token-unknown": "ivg_" + "a" * 32,
}


@pytest.mark.parametrize("path", ["/api/auth/validate/", "/api/tokens/"])
async def test_no_credential_makes_the_service_fail(shared_service: Service, path: str) -> None:
    client = await shared_service.browser()
    for name, token in TOKENS.items():
        answer = await client.get(path, headers=[(b"Authorization", b"Bearer " + token.encode("latin-1"))])
        refused(answer)
        assert answer.status_code == 401, name
        assert answer.json()["code"] == ("token_not_valid" if token else "not_authenticated"), name


@pytest.mark.parametrize("path", ["/api/auth/refresh/", "/api/auth/logout/"])
async def test_no_refresh_token_makes_the_service_fail(shared_service: Service, path: str) -> None:
    client = await shared_service.browser()
    for name, token in TOKENS.items():
        answer = await client.post(path, json={"refresh": token})
        refused(answer)
        assert answer.status_code in {401, 422}, name


HEADERS = [
    ("Authorization", b"\xff\xfe"),
    ("Authorization", b"Bearer"),
    ("Authorization", b"Bearer  "),
    ("Authorization", b"Bearer\tx"),
    ("Authorization", b"Basic =="),
    ("Authorization", b"Digest " + b"x" * 20_000),
    ("Host", b""),
    ("Host", b"["),
    ("Host", b"]"),
    ("Host", b"[::1"),
    ("Host", b"[::1]:x"),
    ("Host", b"a b"),
    ("Host", b"a:b:c"),
    ("Host", b":"),
    ("Host", b"@"),
    ("Host", b"evil.example#"),
    ("Host", b"evil.example/?"),
    ("Host", b"127.0.0.1:99999"),
    ("Host", b"\xff\x80"),
    ("Cookie", b"\xff=\xff; ; =; ivg_browser"),
    ("Cookie", b"ivg_browser=" + b"x" * 20_000),
    ("Cookie", b'ivg_session="\\000\\377"; ivg_browser="\\'),
    ("Cookie", b"ivg_session=" + b"\xe9" * 43),
    ("Cookie", b"; " * 5000),
    ("Accept", b"\xff"),
    ("Accept", b"text/html" * 2000),
    ("Content-Type", b"\xff;;;="),
    ("Content-Type", b"application/json; charset=\xff"),
    ("Content-Type", b"application/json; charset=nonsense"),
    ("Content-Type", b"multipart/form-data"),
    ("Origin", b"\xff"),
    ("Origin", b"null"),
    ("User-Agent", b"\x00\xff\x1b[31m" * 500),
    ("X-Request-ID", b"\xff" * 64),
    ("X-Forwarded-For", b"\xff, [, ::, ,"),
    ("X-Forwarded-Proto", b"http, https"),
    ("Range", b"bytes=0-0,5-1,x"),
    ("If-Modified-Since", b"\xff"),
    ("If-None-Match", b"\xff"),
    ("Accept-Encoding", b"\xff"),
]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/auth/me/"),
        ("GET", START),
        ("GET", f"{CALLBACK}?code=x&state=y"),
        ("POST", "/api/auth/refresh/"),
        ("POST", "/api/auth/session/"),
        ("GET", "/static/docs.js"),
        ("GET", "/nowhere"),
    ],
)
async def test_no_header_makes_the_service_fail(shared_service: Service, method: str, path: str) -> None:
    client = await shared_service.browser()
    body = b"{}" if method == "POST" else b""
    for name, value in HEADERS:
        answer = await client.request(method, path, headers=[(name.encode(), value)], content=body)
        assert answer.status_code < 500, (name, value)


async def test_no_header_leads_the_browser_elsewhere(shared_service: Service) -> None:
    client = await shared_service.browser()
    for name, value in HEADERS:
        answer = await client.get(START, headers=[(name.encode(), value)])
        home = (shared_service.settings.public_url, shared_service.sandbox.url)
        assert answer.headers["location"].startswith(home), (name, value)


async def raw(service: Service, coming: Sequence[Any] = (), **changed: Any) -> int | None:
    """A request as no client library would send it; answers the status, or None when there is no answer."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/api/auth/me/",
        "raw_path": b"/api/auth/me/",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1:8000")],
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 40000),
        "state": {},
        **changed,
    }
    sent: list[Any] = []
    messages = iter(coming)

    async def receive() -> Any:
        return next(messages, {"type": "http.request", "body": b"", "more_body": False})

    async def send(message: Any) -> None:
        sent.append(message)

    await service.app(scope, receive, send)
    if not sent:
        return None
    status: int = sent[0]["status"]
    assert sent[-1].get("more_body", False) is False
    return status


async def test_a_client_that_leaves_in_the_middle_of_its_body_is_no_fault_of_ours(
    shared_service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither an error in the log, of which anybody could then make as many as they like, nor an answer for nobody."""
    path = "/api/auth/refresh/"
    headers = [(b"host", b"127.0.0.1"), (b"content-length", b"500"), (b"content-type", b"application/json")]
    coming = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    with capture_logs() as lines:
        answer = await raw(shared_service, coming, method="POST", path=path, raw_path=path.encode(), headers=headers)
    assert answer is None
    assert not [line for line in lines if line["log_level"] == "error"]
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize("length", [b"", b"-1", b"abc", b"1e3", b"0x10", b"\xb2", b"1, 1", b"+1", b" ", b"9" * 5000])
async def test_a_nonsensical_content_length_is_refused(shared_service: Service, length: bytes) -> None:
    headers = [(b"host", b"127.0.0.1"), (b"content-length", length), (b"content-type", b"application/json")]
    path = "/api/auth/refresh/"
    assert await raw(shared_service, method="POST", path=path, raw_path=path.encode(), headers=headers) in {400, 413}


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"headers": []}, 401),
        ({"client": None}, 401),
        ({"client": ("", 0)}, 401),
        ({"client": ("nonsense", 1)}, 401),
        ({"server": None}, 401),
        ({"server": None, "headers": []}, 401),
        ({"query_string": b"\xff\xfe=\x80"}, 401),
        ({"query_string": b"state=\xff", "path": CALLBACK, "raw_path": CALLBACK.encode()}, 403),
        ({"path": "/\x00", "raw_path": b"/%00"}, 404),
        ({"path": "", "raw_path": b""}, 404),
        ({"path": "//", "raw_path": b"//"}, 404),
        ({"path": "*", "raw_path": b"*"}, 404),
        ({"path": "/api/\ufffd", "raw_path": b"/api/%ff"}, 404),
        ({"method": "PROPFIND"}, 405),
        ({"method": "get"}, 405),
        ({"method": ""}, 405),
        ({"headers": [(b"host", b"a"), (b"host", b"b")]}, 401),
        ({"headers": [(b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")]}, 401),
        ({"headers": [(b"\xff", b"\xff")]}, 401),
    ],
)
async def test_no_odd_request_makes_the_service_fail(
    shared_service: Service, changed: dict[str, Any], status: int
) -> None:
    assert await raw(shared_service, **changed) == status


JSON_TEXT = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def bodies() -> Iterator[st.SearchStrategy[dict[str, Any]]]:
    for fields in BODIES.values():
        usual = {name: st.just(json.loads(value)) for name, value in fields.items()}
        odd = {name: strategy | JSON_TEXT for name, strategy in usual.items()}
        yield st.fixed_dictionaries({}, optional={**odd, "other": JSON_TEXT})


@pytest.mark.slow
@ANYTHING
@given(data=st.data())
async def test_nothing_that_json_can_hold_makes_the_service_fail(somebody: Session, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(BODIES) - 1))
    method, path = list(BODIES)[index]
    body = data.draw(list(bodies())[index])
    answer = await send(somebody, method, path, json.dumps(body))
    assert answer.status_code < 500, body


HEADER_BYTES = st.binary(max_size=40).map(lambda text: text.translate(None, b"\r\n\x00"))


@ANYTHING
@given(authorization=HEADER_BYTES, cookie=HEADER_BYTES, host=HEADER_BYTES, accept=HEADER_BYTES)
async def test_no_bytes_in_headers_make_the_service_fail(
    shared_service: Service, authorization: bytes, cookie: bytes, host: bytes, accept: bytes
) -> None:
    headers = [
        (b"host", host),
        (b"authorization", b"Bearer " + authorization),
        (b"cookie", b"ivg_browser=" + cookie),
        (b"accept", accept),
    ]
    assert await raw(shared_service, headers=headers) == 401
    assert await raw(shared_service, headers=headers, path=START, raw_path=START.encode()) in {200, 302}


@ANYTHING
@given(query=st.binary(max_size=60), name=st.sampled_from(["next", "client_state", "code_challenge"]))
async def test_no_bytes_in_a_query_make_the_service_fail(shared_service: Service, query: bytes, name: str) -> None:
    asked = name.encode() + b"=" + query
    assert await raw(shared_service, path=START, raw_path=START.encode(), query_string=asked) in {302, 422}


@pytest.fixture(scope="module", autouse=True)
async def unharmed(shared_service: Service) -> AsyncIterator[None]:
    """After all that, the service works as before."""
    yield
    session = await shared_service.sign_in("bruno")
    assert (await session.mint())["is_active"] is True
