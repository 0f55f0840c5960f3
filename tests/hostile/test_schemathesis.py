"""An independent reader of our OpenAPI document asks what it reads there, well and badly. Every answer must stand in
the document: its status, its content type, its headers, its shape.
"""

import hmac
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.cli.visitor import START, Visitor, arrive, bearer, fragment_of, sign_in
from tests.hostile.conftest import ADMIN, Target
from tests.provider.kit import CALLBACK, PAGE, VERIFIER, Client, answered, fields

pytestmark = [pytest.mark.interop, pytest.mark.filterwarnings("ignore")]

OPERATIONS = 117
DROP_IN = "/notion/v1/"
# Each takes from the rate limit of one grant, and waits when that is used up.
FEW = 2
EACH = settings(
    max_examples=12,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
# They would end the session that all the other requests are made with; `test_every_good_answer` asks them, last.
ENDS_THE_SESSION = {("DELETE", "/api/auth/me/"), ("POST", "/api/auth/logout-all/")}


class Reader:
    """Imported late: it takes seconds, and whoever leaves out these tests need not have it."""

    def __init__(self, url: str) -> None:
        import schemathesis  # noqa: PLC0415
        from schemathesis import checks  # noqa: PLC0415
        from schemathesis.specs.openapi import checks as openapi  # noqa: PLC0415

        self.url = url
        self.schema: Any = schemathesis.openapi.from_url(f"{url}/openapi.json")
        self.modes: Any = list(schemathesis.GenerationMode)
        self.checks: Any = [
            checks.not_a_server_error,
            openapi.status_code_conformance,
            openapi.content_type_conformance,
            openapi.response_headers_conformance,
            openapi.response_schema_conformance,
        ]
        self.told: list[str] = []
        self.statuses: set[int] = set()
        self.asked = 0

    @property
    def operations(self) -> list[Any]:
        return [found.ok() for found in self.schema.get_all_operations()]

    def ask(self, case: Any, credential: str | None) -> None:
        case.headers.pop("Authorization", None)
        answer = case.call(base_url=self.url, headers=bearer(credential) if credential else None, allow_redirects=False)
        self.asked += 1
        self.statuses.add(answer.status_code)
        self.hold(case, answer, f"{answer.status_code} to {case.method} {case.path}")

    def assert_content(self) -> None:
        print(f"{self.asked} requests, statuses {sorted(self.statuses)}")  # noqa: T201 -- for who reads along
        assert not self.told, "\n\n".join(self.told[:20])

    def hold(self, case: Any, answer: Any, about: str) -> None:
        """Every fault is told, not just the first."""
        try:
            case.validate_response(answer, checks=self.checks)
        except Exception as fault:  # noqa: BLE001 -- of many kinds, and in groups
            self.told += [f"{about}: {each}" for each in getattr(fault, "exceptions", [fault])]


@pytest.fixture(scope="module")
def schema_reader(target: Target) -> Reader:
    return Reader(target.url)


@pytest.fixture
def reader(schema_reader: Reader) -> Reader:
    schema_reader.told.clear()
    schema_reader.statuses.clear()
    schema_reader.asked = 0
    return schema_reader


def drawn(operation: Any, mode: Any) -> list[Any]:
    """What the reader makes up for an operation, alike in every run."""
    from hypothesis.errors import Unsatisfiable  # noqa: PLC0415

    found: list[Any] = []

    @EACH
    @given(operation.as_strategy(mode))
    def draw(case: Any) -> None:
        found.append(case)

    try:
        draw()
    except Unsatisfiable:
        # Nothing can be wrong with a request that has no parts.
        assert not operation.body
    return found


def credential_of(target: Target, who: str) -> str | None:
    return {"nobody": None, "session": target.ada.access, "service token": target.service_token}[who]


@pytest.mark.parametrize("who", ["nobody", "session", "service token"])
def test_every_answer_is_as_documented(target: Target, reader: Reader, who: str) -> None:
    credential = credential_of(target, who)
    assert len(reader.operations) == OPERATIONS
    for operation in reader.operations:
        if who == "session" and (operation.method.upper(), operation.path) in ENDS_THE_SESSION:
            continue
        for mode in reader.modes:
            few = FEW if operation.path.startswith(DROP_IN) else None
            for case in drawn(operation, mode)[:few]:
                reader.ask(case, credential)
    assert reader.statuses >= {"nobody": {200, 302, 401}, "session": {200, 422}, "service token": {200, 403}}[who]
    reader.assert_content()
    target.assert_well()


@pytest.mark.parametrize("who", ["nobody", "session", "service token"])
def test_every_answer_at_the_edges_is_as_documented(target: Target, reader: Reader, who: str) -> None:
    """Shortest and longest, missing and superfluous, one wrong thing at a time: the reader lists them itself."""
    credential = credential_of(target, who)
    for operation in reader.operations:
        if who == "session" and (operation.method.upper(), operation.path) in ENDS_THE_SESSION:
            continue
        cases = reader.schema.iter_coverage_cases(
            operation, generation_modes=reader.modes, generation_config=operation.schema.config.generation_for()
        )
        for case in islice(cases, FEW if operation.path.startswith(DROP_IN) else None):
            # Another method than the documented ones is answered 405, which no operation can document.
            if case.method.upper() == operation.method.upper():
                reader.ask(case, credential)
    assert reader.asked > 50
    reader.assert_content()
    target.assert_well()


def good_answers(target: Target) -> Iterator[tuple[str, httpx.Response]]:
    """Each operation once, as it is meant, with the path as it is documented."""
    url = target.url
    person: Visitor = sign_in(url, "bruno")
    headers = bearer(person.access)
    with httpx.Client(base_url=url, timeout=30) as client:
        for path in (
            "/api/auth/me/",
            "/api/auth/validate/",
            "/api/auth/sessions/",
            "/api/tokens/",
            "/api/audit/",
            "/api/integrations/auth/notion/status",
            "/health/live",
            "/health/ready",
        ):
            yield path, client.get(path, headers=headers)
        yield START, client.get(START)
        yield START, client.get(START, headers={"Accept": "application/json"})
        arrived, _ = arrive(url, "bruno")
        yield "/api/integrations/auth/notion/callback", arrived
        with httpx.Client(base_url=url, timeout=30, cookies=arrived.cookies) as browser:
            again = {"Origin": url, "Content-Type": "application/json"}
            yield "/api/auth/session/", browser.post("/api/auth/session/", headers=again)
        page = client.get("/api/auth/sessions/", params={"limit": 1}, headers=headers)
        yield "/api/auth/sessions/", page
        after = {"limit": 1, "cursor": page.json()["next_cursor"]}
        rest = client.get("/api/auth/sessions/", params=after, headers=headers)
        yield "/api/auth/sessions/", rest
        both = [*page.json()["results"], *rest.json()["results"]]
        newest = next(item for item in both if not item["current"])
        yield "/api/auth/sessions/{session_id}/", client.delete(f"/api/auth/sessions/{newest['id']}/", headers=headers)
        ids = [workspace["id"] for workspace in person.me["workspaces"]]
        for days in (None, 30):
            body = {"name": "agent", "scopes": ["graph:read"], "workspace_ids": ids, "expires_in_days": days}
            minted = client.post("/api/tokens/", json=body, headers=headers)
            yield "/api/tokens/", minted
        token = f"/api/tokens/{minted.json()['id']}/"
        yield "/api/tokens/", client.get("/api/tokens/", headers=headers)
        yield "/api/tokens/{token_id}/", client.patch(token, json={"name": "other"}, headers=headers)
        yield "/api/auth/me/", client.get("/api/auth/me/", headers=bearer(minted.json()["token"]))
        yield "/api/auth/validate/", client.get("/api/auth/validate/", headers=bearer(minted.json()["token"]))
        yield "/api/tokens/{token_id}/", client.delete(token, headers=headers)
        yield from good_connection(client, headers)
        yield from good_calls(client, headers, ids[0])
        yield from good_graph(client, headers, ids[0])
        yield from good_webhooks(client, url)
        yield from good_apps(url)
        yield "/api/auth/refresh/", client.post("/api/auth/refresh/", json={"refresh": person.refresh})
        rotate = {"refresh": person.refresh, "rotate": True}
        yield "/api/auth/refresh/", client.post("/api/auth/refresh/", json=rotate)
        last = sign_in(url, "bruno")
        yield "/api/auth/logout/", client.post("/api/auth/logout/", json={"refresh": person.refresh})
        yield "/api/auth/logout-all/", client.post("/api/auth/logout-all/", headers=bearer(last.access))
        yield "/api/auth/me/", client.delete("/api/auth/me/", headers=bearer(sign_in(url, "bruno").access))


def good_calls(client: httpx.Client, headers: dict[str, str], tenant_id: str) -> Iterator[tuple[str, httpx.Response]]:
    """Of Notion: a page that is made, changed and thrown away."""
    yield "/api/v1/tools", client.get("/api/v1/tools", headers=headers)
    asked = {"toolId": "notion.search", "tenantId": tenant_id, "parameters": {"page_size": 1}}
    yield "/api/v1/tools/invoke", client.post("/api/v1/tools/invoke", json=asked, headers=headers)
    verdict = client.post("/api/authz/explain", json={"tool": "notion_search"}, headers=headers)
    yield "/api/authz/explain", verdict
    found = client.post("/notion/v1/search", json={"page_size": 1}, headers=headers)
    yield "/notion/v1/search", found
    path, block = "/notion/v1/blocks/{block_id}", f"/notion/v1/blocks/{found.json()['results'][0]['id']}/children"
    yield f"{path}/children", client.get(block, headers=headers)
    more = {"children": [{"paragraph": {"rich_text": [{"text": {"content": "one more"}}]}}]}
    made = client.patch(block, json=more, headers=headers)
    yield f"{path}/children", made
    yield path, client.delete(f"/notion/v1/blocks/{made.json()['results'][0]['id']}", headers=headers)


def good_graph(
    client: httpx.Client, headers: dict[str, str], workspace_id: str
) -> Iterator[tuple[str, httpx.Response]]:
    """Read as far as a page, and stopped."""
    yield "/api/notion-graph/", client.get("/api/notion-graph/", headers=headers)
    path = "/api/notion-graph/sync/"
    started = client.post(path, json={"workspace_id": workspace_id}, headers=headers)
    yield path, started
    yield path, client.get(path, headers=headers)
    run = f"{path}{started.json()['id']}"
    yield f"{path}{{run_id}}", client.get(run, headers=headers)
    pages: list[dict[str, str]] = []
    while not pages:
        changes = client.get("/api/v1/graph/changes", headers=headers).json()["results"]
        pages = [item["node"] for item in changes if item["node"] and item["node"]["type"] == "page"]
    found = client.get("/api/v1/graph/search", params={"q": pages[0]["title"]}, headers=headers)
    yield "/api/v1/graph/search", found
    yield f"{path}{{run_id}}", client.delete(run, headers=headers)
    page = pages[0]["id"]
    node = "/api/v1/graph/nodes/{node_id}"
    for below in ("", "/content", "/neighbors"):
        yield f"{node}{below}", client.get(f"/api/v1/graph/nodes/{page}{below}", headers=headers)
    ends = {"from": page, "to": page}
    yield "/api/v1/graph/paths", client.get("/api/v1/graph/paths", params=ends, headers=headers)
    yield "/api/v1/graph/gaps", client.get("/api/v1/graph/gaps", headers=headers)
    yield "/api/v1/graph/changes", client.get("/api/v1/graph/changes", headers=headers)


def good_webhooks(client: httpx.Client, url: str) -> Iterator[tuple[str, httpx.Response]]:
    """A subscription, from an admin's asking to its end."""
    hooks = "/api/webhooks/notion"
    path, headers = f"{hooks}/subscription/", bearer(sign_in(url, ADMIN).access)
    yield path, client.post(path, headers=headers)
    body = b'{"verification_token": "secret_of_a_subscription"}'
    signature = hmac.new(b"secret_of_a_subscription", body, "sha256").hexdigest()
    yield hooks, client.post(hooks, content=body, headers={"X-Notion-Signature": f"sha256={signature}"})
    yield path, client.get(path, headers=headers)
    yield f"{path}reveal/", client.post(f"{path}reveal/", headers=headers)
    yield path, client.delete(path, headers=headers)


def good_apps(url: str) -> Iterator[tuple[str, httpx.Response]]:
    """One that an admin registers, and that its person lets in; from there to its end."""
    arrived, _ = arrive(url, ADMIN)
    headers = bearer(fragment_of(arrived)["access"])
    path, one = "/api/oauth/apps/", "/api/oauth/apps/{app_id}/"
    with httpx.Client(base_url=url, timeout=30, cookies=arrived.cookies, headers={"Accept": "*/*"}) as browser:
        made = browser.post(path, json={"name": "Reports", "app_type": "regular_web"}, headers=headers)
        yield path, made
        app = f"{path}{made.json()['id']}/"
        uri = {"uri": CALLBACK, "uri_type": "callback"}
        yield f"{one}redirect-uris/", browser.post(f"{app}redirect-uris/", json=uri, headers=headers)
        more = browser.post(f"{app}redirect-uris/", json={**uri, "uri_type": "logout"}, headers=headers)
        gone = f"{app}redirect-uris/{more.json()['id']}/"
        yield f"{one}redirect-uris/{{uri_id}}/", browser.delete(gone, headers=headers)
        secret = browser.post(f"{app}secret/", json={"overlap_hours": 0}, headers=headers)
        yield f"{one}secret/", secret
        yield path, browser.get(path, headers=headers)
        yield one, browser.get(app, headers=headers)
        yield one, browser.patch(app, json={"name": "Renamed"}, headers=headers)
        client = Client(made.json()["id"], made.json()["client_id"], secret.json()["client_secret"])
        yield from good_tokens(browser, client)
        grants = browser.get("/api/auth/grants/", headers=headers)
        yield "/api/auth/grants/", grants
        grant = grants.json()["results"][0]["id"]
        yield "/api/auth/grants/{grant_id}/", browser.delete(f"/api/auth/grants/{grant}/", headers=headers)
        yield one, browser.delete(app, headers=headers)
        yield "/oauth2/register", browser.post("/oauth2/register", json={"redirect_uris": [CALLBACK]})
        for found in ("jwks.json", "oauth-authorization-server", "openid-configuration", "oauth-protected-resource"):
            yield f"/.well-known/{found}", browser.get(f"/.well-known/{found}")
        for found in ("/llms.txt", "/.well-known/ai-catalog.json", "/.well-known/api-catalog"):
            yield found, browser.get(found)


def good_tokens(browser: httpx.Client, client: Client) -> Iterator[tuple[str, httpx.Response]]:
    """For a code, for a refresh token, and what becomes of them."""
    begun = browser.get("/oauth2/authorize", params=client.authorize(), headers=PAGE)
    page = browser.get(begun.headers["location"], headers=PAGE)
    form = str(httpx.QueryParams([*fields(page), ("decision", "allow")]))
    headers = {**PAGE, "Content-Type": "application/x-www-form-urlencoded"}
    sent_back = browser.post(page.request.url.path, content=form, headers=headers)
    auth = httpx.BasicAuth(client.client_id, client.secret or "")
    code = {"grant_type": "authorization_code", "code": answered(sent_back)["code"], "code_verifier": VERIFIER}
    path, tokens = "/oauth2/token", browser.post("/oauth2/token", data=code, auth=auth)
    yield path, tokens
    again = {"grant_type": "refresh_token", "refresh_token": tokens.json()["refresh_token"]}
    yield path, browser.post(path, data=again, auth=auth)
    access = tokens.json()["access_token"]
    for method in ("GET", "POST"):
        yield "/oauth2/userinfo", browser.request(method, "/oauth2/userinfo", headers=bearer(access))
    for token in (access, again["refresh_token"], "nonsense"):
        yield "/oauth2/introspect", browser.post("/oauth2/introspect", data={"token": token}, auth=auth)
    yield "/oauth2/revoke", browser.post("/oauth2/revoke", data={"token": access}, auth=auth)
    yield "/oauth2/device", browser.post("/oauth2/device", data={"scope": "openid"}, auth=auth)


def good_connection(client: httpx.Client, headers: dict[str, str]) -> Iterator[tuple[str, httpx.Response]]:
    """A tenant's, from its start to its end."""
    started = client.get("/oauth/authorize/notion", params={"tenant_id": "team"}, headers=headers)
    yield "/oauth/authorize/notion", started
    allowed = httpx.post(started.json()["authorizationUrl"], data={"person": "bruno"})
    back = urlsplit(allowed.headers["location"])
    yield "/oauth/callback/notion", client.get(f"{back.path}?{back.query}")
    yield "/api/connections/", client.get("/api/connections/", headers=headers)
    one, path = "/api/connections/team/", "/api/connections/{tenant_id}/"
    yield path, client.get(one, headers=headers)
    yield f"{path}verify/", client.post(f"{one}verify/", headers=headers)
    yield path, client.delete(one, headers=headers)


def test_every_good_answer_is_as_documented(target: Target, reader: Reader) -> None:
    seen = set()
    for path, answer in good_answers(target):
        method = answer.request.method
        seen.add((path, method))
        reader.asked += 1
        reader.statuses.add(answer.status_code)
        assert answer.status_code < 400, (method, path, answer.text)
        reader.hold(reader.schema[path][method].Case(), answer, f"{answer.status_code} to {method} {path}")
    reader.assert_content()
    # The one left out is for sign-ins that are handed over by code; of the drop-in a few stand for all.
    documented = {(item.path, item.method.upper()) for item in reader.operations if not item.path.startswith(DROP_IN)}
    assert documented - seen == {("/api/auth/exchange/", "POST")}
