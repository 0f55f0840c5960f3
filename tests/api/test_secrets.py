"""No secret is ever in a log, an error, an audit row or the database."""

import asyncio
import base64
import hashlib
import io
import json
import logging as standard_logging
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from structlog.stdlib import ProcessorFormatter

from ivgraph_auth.core.secrets import Secret, random_alphanumeric, random_token
from ivgraph_auth.keys.keyring import generate_key, parse_keyring
from ivgraph_auth.sandbox.app import Fault
from ivgraph_auth.sandbox.content.lighthouse import GUIDE
from tests.conftest import MakeService
from tests.connect.kit import PAGE, ask, form_of, let_access_tokens_die, path_of, verify
from tests.gateway.kit import ME, Agent, new_page
from tests.support.postgres import TestDatabases
from tests.support.service import CALLBACK, START, RunningSandbox, Service, fragment_of

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is written to the log during the test, at DEBUG."""
    root = standard_logging.getLogger()
    assert root.level == standard_logging.DEBUG
    (handler,) = (item for item in root.handlers if isinstance(item.formatter, ProcessorFormatter))
    assert isinstance(handler, standard_logging.StreamHandler)
    stream = io.StringIO()
    before = handler.setStream(stream)
    yield stream
    handler.setStream(before)


def forms(secret: str | bytes) -> list[bytes]:
    """How a secret may be written down: as it is, and encoded in the usual ways."""
    raw = secret.encode() if isinstance(secret, str) else secret
    # The middle of a base64 text is the same wherever in a longer one it stands, for one of three offsets.
    shifted = [base64.b64encode(raw[offset:])[:-4] for offset in range(3)]
    return [raw, raw.hex().encode(), *shifted, *(text.translate(bytes.maketrans(b"+/", b"-_")) for text in shifted)]


def found_in(haystack: str | bytes, secrets: Iterable[str | bytes]) -> list[str | bytes]:
    text = haystack.encode() if isinstance(haystack, str) else haystack
    return [secret for secret in secrets if any(form in text for form in forms(secret))]


@pytest.mark.parametrize("before", ["", "a", "ab"])
def test_the_search_finds_what_it_looks_for(before: str) -> None:
    secret = random_token()
    inside = f"{before}{secret}".encode()
    for written in (inside, inside.hex(), base64.b64encode(inside), base64.urlsafe_b64encode(inside)):
        assert found_in(written, [secret]) == [secret]
    assert found_in(hashlib.sha256(secret.encode()).hexdigest(), [secret]) == []


def places(secret: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Requests that carry the secret wherever a credential can stand."""
    bearers = [f"Bearer {secret}", f"Bearer ivg_{secret}", f"Basic {secret}", f"Token {secret}", secret]
    bearers += [f"Bearer {base64.urlsafe_b64encode(secret.encode()).decode()}.{secret}.{secret}"]
    routes = [
        ("GET", "/api/auth/me/"),
        ("DELETE", "/api/auth/me/"),
        ("GET", "/api/auth/validate/"),
        ("POST", "/api/auth/logout-all/"),
        ("GET", "/api/auth/sessions/"),
        ("DELETE", f"/api/auth/sessions/{'0' * 32}/"),
        ("GET", "/api/tokens/"),
        ("POST", "/api/tokens/"),
        ("PATCH", "/api/tokens/1/"),
        ("DELETE", "/api/tokens/1/"),
        ("GET", "/api/integrations/auth/notion/status"),
        ("GET", "/health/ready"),
        ("GET", "/nowhere"),
    ]
    found: list[tuple[str, str, dict[str, Any]]] = [
        (method, path, {"headers": {"Authorization": bearer}}) for method, path in routes for bearer in bearers
    ]
    cookies = {"Cookie": f"ivg_session={secret}; ivg_browser={secret}; __Host-ivg_session={secret}"}
    own_page = {**cookies, **JSON, "Origin": "http://127.0.0.1:8000"}
    found += [
        ("POST", "/api/auth/refresh/", {"json": {"refresh": secret}}),
        ("POST", "/api/auth/refresh/", {"json": {"refresh": [secret], "rotate": secret}}),
        ("POST", "/api/auth/refresh/", {"content": f'{{"refresh": "{secret}"', "headers": JSON}),
        ("POST", "/api/auth/refresh/", {"data": {"refresh": secret}}),
        ("POST", "/api/auth/logout/", {"json": {"refresh": secret}, "headers": {"Authorization": f"Bearer {secret}"}}),
        ("POST", "/api/auth/logout/", {"json": {"refresh": {"token": secret}}}),
        ("POST", "/api/auth/exchange/", {"json": {"code": secret, "code_verifier": secret}}),
        ("POST", "/api/auth/exchange/", {"json": {"code": [secret], "code_verifier": 7}}),
        ("POST", "/api/auth/session/", {"headers": own_page}),
        ("GET", START, {"headers": cookies}),
        ("GET", CALLBACK, {"headers": cookies, "params": {"code": secret, "state": secret}}),
        ("GET", CALLBACK, {"params": {"error": secret, "state": secret}, "headers": {"Accept": "text/html"}}),
    ]
    return found


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param(random_token(), id="a-token-of-ours"),
        pytest.param(random_alphanumeric(32), id="letters-and-digits"),
        pytest.param(f"ivg_{random_alphanumeric(32)}", id="a-service-token"),
        pytest.param(f"ntn_{random_alphanumeric(46)}", id="a-token-of-notions"),
        pytest.param("correct horse battery staple " + random_token(), id="words"),
    ],
)
async def test_a_secret_sent_is_nowhere_afterwards(
    service: Service, migrated: TestDatabases, log: io.StringIO, secret: str
) -> None:
    client = await service.browser()
    for method, path, more in places(secret):
        answer = await client.request(method, path, **more)
        assert answer.status_code < 500
        # A start repeats to its own browser the cookie that binds it.
        answered = answer.text + str([item for item in answer.headers.items() if item[0] != "set-cookie"])
        assert found_in(answered, [secret]) == [], (method, path)
        client.cookies.clear()
    assert await service.audit() != []
    assert "ivgraph_auth.access" in log.getvalue()
    assert found_in(log.getvalue(), [secret]) == []
    dump = await asyncio.to_thread(migrated.dump, service.database_url)
    assert b"audit_events" in dump
    assert found_in(dump, [secret]) == []


def cookie_of(answer: Any, name: str) -> str:
    (value,) = [
        item.partition("=")[2].partition(";")[0]
        for item in answer.headers.get_list("set-cookie")
        if item.startswith(name)
    ]
    return str(value)


class Tour:
    """Everything once, keeping every secret that was met."""

    def __init__(self) -> None:
        self.secrets: list[str | bytes] = []

    def keep(self, *secrets: str | bytes) -> None:
        assert all(len(secret) > 20 for secret in secrets)
        self.secrets += secrets

    async def sign_in(self, service: Service, **start: str) -> tuple[Any, dict[str, str]]:
        client = await service.browser()
        started = await client.get(START, params=start)
        self.keep(cookie_of(started, "ivg_browser"))
        returning = await service.consent(started.headers["location"], person="ada")
        self.keep(*(parse_qs(urlsplit(returning).query)[name][0] for name in ("state", "code")))
        arrived = await client.get(returning)
        self.keep(cookie_of(arrived, "ivg_session"))
        return client, fragment_of(arrived)

    async def use(self, client: Any, tokens: dict[str, str]) -> None:
        """Refresh, rotate, mint, use, log out."""
        self.keep(tokens["access"], tokens["refresh"])
        for more in ({}, {"rotate": True}):
            answer = await client.post("/api/auth/refresh/", json={"refresh": tokens["refresh"], **more})
            tokens |= answer.json()
            self.keep(*answer.json().values())
        bearer = {"Authorization": f"Bearer {tokens['access']}"}
        me = (await client.get("/api/auth/me/", headers=bearer)).json()
        body = {"name": "x", "scopes": ["graph:read"], "workspace_ids": [item["id"] for item in me["workspaces"]]}
        token = (await client.post("/api/tokens/", json=body, headers=bearer)).json()["token"]
        self.keep(token)
        assert (await client.get("/api/auth/me/", headers={"Authorization": f"Bearer {token}"})).status_code == 200
        own_page = {"Origin": "http://127.0.0.1:8000", **JSON}
        answer = await client.post("/api/auth/session/", headers=own_page)
        self.keep(answer.json()["access"])


async def notion_tokens(sandbox: RunningSandbox, service: Service) -> list[str]:
    """What Notion gave, as its keeper opens it."""
    rows = await service.rows("SELECT id FROM grants")
    assert rows
    credential_store = service.app.composition.services.leave.credential_store
    secrets: list[Secret] = []
    for credential in await credential_store.open([row["id"] for row in rows]):
        secrets += [each for each in (credential.access_token, credential.refresh_token) if each]
    found = [secret.reveal() for secret in secrets]
    assert all(text.startswith(("ntn_", "nrt_")) for text in found)
    assert sandbox.exchanges() > 0
    return found


async def test_no_secret_that_the_service_makes_or_meets_is_written_down(
    make_service: MakeService, migrated: TestDatabases, log: io.StringIO, sandbox: RunningSandbox
) -> None:
    tour = Tour()
    keys = generate_key("tour")
    service = await make_service(encryption_keys=keys)
    by_code = await make_service(encryption_keys=keys, signin_handoff="code")

    client, tokens = await tour.sign_in(service)
    await tour.use(client, tokens)

    verifier = random_token()
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    client, arrival = await tour.sign_in(by_code, code_challenge=challenge)
    exchanged = await client.post("/api/auth/exchange/", json={"code": arrival["code"], "code_verifier": verifier})
    tour.keep(verifier, arrival["code"])
    await tour.use(client, exchanged.json())

    tour.keep(*await notion_tokens(sandbox, service))
    for running in (service, by_code):
        assert running.settings.secret_key
        tour.keep(running.settings.secret_key.get_secret_value())
    tour.keep(sandbox.client_secret, keys.partition(":")[2], *parse_keyring(keys).keys.values())

    assert len(tour.secrets) > 25
    assert found_in(log.getvalue(), tour.secrets) == []
    dump = await asyncio.to_thread(migrated.dump, service.database_url)
    assert b"COPY public.grants" in dump
    assert found_in(dump, tour.secrets) == []


async def test_what_a_tenants_consent_and_refresh_bring_is_written_nowhere(
    service: Service, migrated: TestDatabases, log: io.StringIO, sandbox: RunningSandbox
) -> None:
    """Asked for by link, answered in another browser, used, refreshed, refused: with a question left open."""
    ada, elsewhere = await service.sign_in("ada"), await service.browser()
    asked = await ask(ada, "team")
    link = path_of(asked["connectUrl"])
    followed = await elsewhere.post(link, data=form_of(await elsewhere.get(link, headers=PAGE)))
    back = await service.consent(followed.headers["location"], workspace="notebook")
    assert (await elsewhere.get(back, headers=PAGE)).status_code == 200
    secrets = [
        asked["state"],
        link.rpartition("/")[2],
        *(parse_qs(urlsplit(back).query)[name][0] for name in ("state", "code")),
    ]
    secrets += await notion_tokens(sandbox, service)
    let_access_tokens_die(service)
    assert (await verify(ada, "team")).json()["status"] == "active"
    secrets += await notion_tokens(sandbox, service)
    sandbox.instance.state.revoke_authorization(workspace="notebook")
    assert (await verify(ada, "team")).json()["status"] == "needs_reauth"
    pending = await service.consent((await ask(ada, "open"))["authorizationUrl"], workspace="notebook")
    question = form_of(await elsewhere.get(pending, headers=PAGE))
    secrets += [question["pending"], question["csrf"], parse_qs(urlsplit(pending).query)["code"][0]]
    assert len(await service.rows("SELECT * FROM pending_consents")) == 1
    answers = [await verify(ada, "team"), await ada.client.get("/api/audit/", headers=ada.bearer)]
    assert found_in("".join(answer.text for answer in answers), secrets) == []
    assert found_in(log.getvalue(), secrets) == []
    assert found_in(await asyncio.to_thread(migrated.dump, service.database_url), secrets) == []


async def test_calls_to_notion_leave_neither_credential_nor_content_behind(
    service: Service, migrated: TestDatabases, log: io.StringIO, sandbox: RunningSandbox
) -> None:
    """Good ones, refused ones, one refreshed on the way, one kept under its key; with tokens quoted by Notion."""
    agent = await Agent.of(service, await service.sign_in("ada"))
    content, key = random_token(), random_token()
    page = new_page(str(GUIDE), content)
    secrets = [agent.token["token"], *await notion_tokens(sandbox, service)]
    quoted = f"Not with {secrets[1]}"
    answers = []
    for path in ("/v1/users/me", "/v1/users/me"):
        agent.fault(path, "status", status=400, code="validation_error", message=quoted)
    answers += [await agent.invoke(*ME), await agent.notion("GET", "users/me")]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert ["***" in answer.text for answer in answers] == [True, True]
    let_access_tokens_die(service)
    answers += [
        await agent.invoke("notion.createPage", page, headers={"Idempotency-Key": key}),
        await agent.notion("POST", "pages", json=page),
        await agent.notion("GET", f"users?start_cursor={content}"),
        await agent.invoke("notion.search", {"query": content, "wrong": content}),
    ]
    sandbox.instance.state.revoke_authorization()
    answers += [await agent.invoke(*ME), await agent.notion("GET", "users/me")]
    secrets += await notion_tokens(sandbox, service)
    assert [answer.status_code for answer in answers[2:]] == [200, 200, 400, 422, 409, 401]
    await agent.trail()
    assert found_in("".join(answer.text for answer in answers), [*secrets, key]) == []
    assert found_in(log.getvalue(), [*secrets, key, content]) == []
    dump = await asyncio.to_thread(migrated.dump, service.database_url)
    assert b"agent:notion:called" in dump
    assert found_in(dump, [*secrets, key, content]) == []


async def test_an_unfinished_sign_in_is_stored_without_its_secrets(
    make_service: MakeService, migrated: TestDatabases
) -> None:
    """States and hand-off codes that wait for their use are where they would lie."""
    service = await make_service(signin_handoff="code")
    tour = Tour()
    _, arrival = await tour.sign_in(service, code_challenge="c" * 43)
    tour.keep(arrival["code"])
    waiting = await service.rows("SELECT * FROM handoff_codes")
    assert len(waiting) == 1
    dump = await asyncio.to_thread(migrated.dump, service.database_url)
    assert found_in(dump, tour.secrets) == []


FAULTS = [
    Fault(path="/v1/oauth/token", kind="status", status=401, code="invalid_client"),
    Fault(path="/v1/oauth/token", kind="status", status=500),
    Fault(path="/v1/oauth/token", kind="garbage"),
    Fault(path="/v1/oauth/token", kind="html", status=502),
    Fault(path="/v1/oauth/token", kind="drop"),
    Fault(path="/v1/oauth/token", kind="redirect", location="http://127.0.0.1:1/?code=x"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.kind}-{fault.status}")
async def test_a_failed_sign_in_gives_no_secret_away(
    shared_service: Service, migrated: TestDatabases, log: io.StringIO, fault: Fault
) -> None:
    client = await shared_service.browser()
    started = await client.get(START)
    returning = await shared_service.consent(started.headers["location"], person="ada")
    secrets = [parse_qs(urlsplit(returning).query)[name][0] for name in ("state", "code")]
    secrets += [cookie_of(started, "ivg_browser"), shared_service.sandbox.client_secret]
    secrets.append(base64.b64encode(f"sandbox-client:{shared_service.sandbox.client_secret}".encode()).decode())
    shared_service.sandbox.instance.faults.add(fault)
    answer = await client.get(returning)
    assert "error" in fragment_of(answer)
    assert found_in(answer.headers["location"], secrets) == []
    assert "notion." in log.getvalue()
    assert found_in(log.getvalue(), secrets) == []
    assert found_in(await asyncio.to_thread(migrated.dump, shared_service.database_url), secrets) == []


async def test_a_traceback_in_the_log_holds_no_secret(service: Service, log: io.StringIO) -> None:
    session = await service.sign_in("ada")
    for table in ("service_tokens", "handoff_codes", "audit_events"):
        await service.execute(f"DROP TABLE {table}")
    client = session.client
    token, code, state = f"ivg_{random_alphanumeric(32)}", random_token(), random_token()
    answers = [
        await client.get("/api/auth/me/", headers={"Authorization": f"Bearer {token}"}),
        await client.post("/api/auth/exchange/", json={"code": code, "code_verifier": code}),
        await client.get(f"{CALLBACK}?code={code}&state={state}"),
        await client.post("/api/auth/logout/", json={"refresh": session.refresh}),
    ]
    assert [answer.status_code for answer in answers] == [500] * 4
    written = log.getvalue()
    tracebacks = [json.loads(line) for line in written.splitlines() if '"exception"' in line]
    assert len(tracebacks) == 4
    digests = [hashlib.sha256(secret.encode()).digest() for secret in (token, code, state)]
    secrets = [token, code, state, session.refresh, session.access, *session.client.cookies.values()]
    assert found_in(written, [*secrets, *digests]) == []
    assert found_in("".join(answer.text for answer in answers), secrets) == []


async def test_a_database_out_of_reach_does_not_put_its_password_into_the_log(
    make_service: MakeService, log: io.StringIO
) -> None:
    password = random_token()
    service = await make_service(database_url=f"postgresql://somebody:{password}@127.0.0.1:1/nothing")
    answer = await (await service.browser()).get(START)
    assert answer.status_code == 503
    assert found_in(log.getvalue() + answer.text, [password]) == []


@pytest.mark.parametrize(
    "name", ["httpx", "httpcore", "httpcore.http11", "sqlalchemy.engine", "sqlalchemy.pool", "asyncio"]
)
def test_what_speaks_of_headers_and_statements_is_kept_quiet(name: str) -> None:
    assert standard_logging.getLogger().isEnabledFor(standard_logging.DEBUG)
    assert not standard_logging.getLogger(name).isEnabledFor(standard_logging.INFO)


def test_settings_show_no_secret(shared_service: Service) -> None:
    settings = shared_service.settings
    secrets = [
        item.get_secret_value()
        for item in (
            settings.secret_key,
            settings.encryption_keys,
            settings.notion_client_secret,
            settings.database_url,
        )
        if item
    ]
    assert len(secrets) == 4
    for shown in (
        repr(settings),
        str(settings),
        f"{settings}",
        repr(settings.model_dump()),
        settings.model_dump_json(),
    ):
        assert found_in(shown, secrets) == []


def test_what_the_app_is_made_of_shows_no_secret(shared_service: Service) -> None:
    services = shared_service.app.composition.services
    secret = shared_service.settings.secret_key
    assert secret
    secrets = [secret.get_secret_value(), shared_service.sandbox.client_secret]
    shown = repr(services)
    assert "Services(" in shown
    assert found_in(shown, secrets) == []
