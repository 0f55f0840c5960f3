"""Contract §1 whole: every kind of credential at every door, the provider's among them. No door opens to another kind
than it should, and none says more than another.
"""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from ivgraph_auth.api.docs import describe
from ivgraph_auth.notion.endpoints import ENDPOINTS
from tests.api.credential_kinds import ACCESS_TOKEN, API_SCOPES, ASSERTION, DEVICE, EXCHANGE, Kinds, make_kinds
from tests.provider.kit import PAGE, VERIFIER
from tests.support.clock import ManualClock
from tests.support.credentials import authorization
from tests.support.postgres import TestDatabases
from tests.support.service import Json, Service, run_sandbox, run_service

BEARERS = ("session", "service token", "app access token", "exchanged token")
GIVEN = (
    *BEARERS, "session's refresh token", "browser session", "browser", "app's refresh token", "ID token",
    "token for another resource", "token that is bound to a key", "authorization code", "device code", "user code",
    "client id", "client secret", "consent question", "form's token", "client assertion",
)  # fmt: skip
ENDED = (
    "app access token that has expired", "exchanged token that has expired", "app access token that was revoked",
    "token of a code that was replayed", "refresh token of a code that was replayed", "token of an app that is gone",
    "refresh token of an app that is gone", "token of somebody who is disabled",
    "refresh token of somebody who is disabled", "code that has expired", "code that was used",
)  # fmt: skip
FORGED = (
    "signed by a stranger", "of another issuer", "without a kid", "kid unknown", "kid empty", "kid a path",
    "kid of SQL", "kid a URL", "jwk brought along", "jku brought along", "x5u brought along",
    "HS256 with our public key", "HS256 with our public key, in one line", "HS256 with our public key in DER",
    "HS256 with our JWK", "HS256 with our modulus", "HS256 with nothing", "alg none", "alg NONE with a signature",
    "alg missing", "alg a list", "alg PS256", "ES256 of RS256", "another sub", "more scopes", "longer",
    "an ID token as an access token", "an ID token in full as an access token", "an access token as a session",
    "crit unknown", "last character", "cut", "two signatures", "JSON serialization", "encrypted", "encoded twice",
    "its digest",
)  # fmt: skip
NO_BEARERS = tuple(kind for kind in (*GIVEN, *ENDED, *FORGED) if kind not in BEARERS)
# One for each way in which a route takes a credential.
SOME = {
    "GET /api/auth/validate/", "GET /api/v1/graph/search", "GET /api/tokens/", "GET /api/oauth/apps/",
    "GET /notion/v1/users/me", "POST /api/v1/tools/invoke", "GET /oauth2/userinfo",
}  # fmt: skip
# By the client's own proof alone, whoever brings a Bearer (RFC 6749 §3.2.1).
BY_CLIENTS = {"POST /oauth2/token", "POST /oauth2/introspect", "POST /oauth2/revoke", "POST /oauth2/device"}
USERINFO = {"GET /oauth2/userinfo", "POST /oauth2/userinfo"}
# For people with browsers, and not in OpenAPI: their cookie counts, and no Bearer.
PAGES = {
    "GET /oauth2/authorize", "POST /oauth2/authorize", "GET /oauth2/logout", "POST /oauth2/logout", "GET /device",
    "POST /device", f"GET /oauth2/consent/{'x' * 43}", f"POST /oauth2/consent/{'x' * 43}",
    f"GET /oauth/connect/{'x' * 43}", "GET /dashboard/", "GET /docs",
}  # fmt: skip


@pytest.fixture(scope="module")
async def kinds(migrated: TestDatabases) -> Any:
    """Without a rate limit, which would soon stand in the way."""
    clock, url = ManualClock(), await migrated.create()
    async with run_sandbox(clock) as sandbox, run_service(clock, sandbox, database_url=url, rate_limit=0) as service:
        yield await make_kinds(service)
    await migrated.drop(url)


def operations(service: Service) -> Iterator[tuple[str, Json]]:
    for path, methods in describe(service.app)["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation["security"]


def routes(service: Service, *, security: Json) -> list[str]:
    return [route for route, found in operations(service) if found == security]


def for_agents(service: Service) -> list[str]:
    """What takes every kind, by the credential's scopes."""
    found = [route for route, security in operations(service) if {"service_token": []} in security]
    assert len(found) > 35
    return found


async def call(kinds: Kinds, route: str, credential: str | None) -> httpx.Response:
    """By a browser without cookies; what stands in the path is nobody's."""
    method, _, path = route.partition(" ")
    client = kinds.stranger
    client.cookies.clear()
    headers: list[tuple[str, bytes]] = [("X-Request-ID", b"the-same")]
    if credential is not None:
        headers.append(("Authorization", b"Bearer " + credential.encode("latin-1")))
    filled = re.sub(r"\{(\w+)\}", lambda found: "1" if found[1] in NUMBERS else "0" * 32, path)
    query = {"q": "a", "from": "0" * 32, "to": "0" * 32, "tenant_id": "nobody"}
    return await client.request(method, filled, params=query if method == "GET" else None, headers=headers)  # type: ignore[arg-type]


NUMBERS = ("token_id", "run_id", "app_id", "uri_id", "grant_id")


def is_refused(answer: httpx.Response, route: str) -> None:
    """Each in its form, and in one wording."""
    assert answer.status_code == 401, (route, answer.status_code, answer.text[:200])
    told = answer.json()
    if route in USERINFO:
        assert told["error"] == "invalid_token"
    elif route.startswith("POST /api/v1/tools"):
        assert told["error"]["code"] == "token_not_valid"
    elif "/notion/v1/" in route:
        assert told["code"] == "unauthorized"
    else:
        assert told["code"] == "token_not_valid"
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def refuses(kinds: Kinds, kind: str, found: list[str]) -> None:
    credential = kind_of(kinds, kind)
    for route in found:
        answer = await call(kinds, route, credential)
        is_refused(answer, route)
        if route not in kinds.references:
            kinds.references[route] = await call(kinds, route, "garbage")
        garbage = kinds.references[route]
        assert (answer.content, answer.headers) == (garbage.content, garbage.headers), route


def kind_of(kinds: Kinds, kind: str) -> str:
    return {**kinds.given, **kinds.ended, **kinds.forged}[kind]


def taking(kinds: Kinds) -> list[str]:
    """All that take a Bearer."""
    secured = [route for route, security in operations(kinds.service) if security and {} not in security]
    return [*secured, *USERINFO]


def test_every_kind_has_a_place_in_the_matrix(kinds: Kinds) -> None:
    assert (tuple(kinds.given), tuple(kinds.ended), tuple(kinds.forged)) != ((), (), ())
    assert set(kinds.given) == set(GIVEN)
    assert set(kinds.ended) == set(ENDED)
    assert set(kinds.forged) == set(FORGED)
    assert len(set(kinds.given.values())) == len(GIVEN)
    assert set(taking(kinds)) >= SOME


@pytest.mark.parametrize("kind", NO_BEARERS)
async def test_what_is_no_bearer_opens_nothing(kinds: Kinds, kind: str) -> None:
    await refuses(kinds, kind, [route for route in taking(kinds) if route in SOME])


@pytest.mark.slow
@pytest.mark.parametrize("kind", NO_BEARERS)
async def test_what_is_no_bearer_opens_no_door_at_all(kinds: Kinds, kind: str) -> None:
    await refuses(kinds, kind, taking(kinds))


@pytest.mark.parametrize("kind", BEARERS[1:])
async def test_an_app_and_an_agent_are_the_wrong_kind_where_a_session_is_needed(kinds: Kinds, kind: str) -> None:
    found = routes(kinds.service, security=[{"session": []}])
    assert len(found) > 25
    for route in found:
        answer = await call(kinds, route, kind_of(kinds, kind))
        assert (answer.status_code, answer.json()["code"]) == (403, "wrong_credential_kind"), route


@pytest.mark.slow
@pytest.mark.parametrize("kind", BEARERS)
async def test_a_bearer_with_everything_is_refused_nowhere_else(kinds: Kinds, kind: str) -> None:
    for route in for_agents(kinds.service):
        answer = await call(kinds, route, kind_of(kinds, kind))
        assert answer.status_code not in (401, 500), route
        # Nobody's workspace, at Notion.
        if answer.status_code == 403:
            assert "scope" not in answer.text, (route, answer.text)


@pytest.mark.parametrize("kind", BEARERS[:2])
async def test_userinfo_is_for_apps_alone(kinds: Kinds, kind: str) -> None:
    for route in USERINFO:
        is_refused(await call(kinds, route, kind_of(kinds, kind)), route)
    assert (await call(kinds, "GET /oauth2/userinfo", kind_of(kinds, "app access token"))).status_code == 200


@pytest.mark.parametrize("kind", [*GIVEN, *ENDED])
async def test_no_bearer_is_a_clients_proof(kinds: Kinds, kind: str) -> None:
    for route in BY_CLIENTS:
        answer = await call_form(kinds, route, {"token": "x"}, authorization(kind_of(kinds, kind)))
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), route


@pytest.mark.parametrize("kind", BEARERS)
async def test_pages_and_what_is_open_to_everybody_look_at_no_bearer(kinds: Kinds, kind: str) -> None:
    """As if there were none, to the letter but for what is random."""
    open_to_all = [route for route in routes(kinds.service, security=[]) if route not in USERINFO | BY_CLIENTS]
    for route in (*open_to_all, *PAGES):
        with_it = await call(kinds, route, kind_of(kinds, kind))
        without = await call(kinds, route, None)
        assert with_it.status_code == without.status_code, route
        assert "Ada" not in with_it.text, route


def scope_of(route: str) -> str | None:
    """What an app needs for a route, by the contract (§4, §7)."""
    method, _, path = route.partition(" ")
    if path.startswith("/notion/v1/"):
        endpoint = next(
            item for item in ENDPOINTS.values() if (item.method, item.path) == (method, path.removeprefix("/notion"))
        )
        return f"notion:{endpoint.access}"
    if path.startswith("/api/v1/graph/"):
        rest = path.removeprefix("/api/v1/graph/")
        if rest.endswith("neighbors") or rest.startswith("paths"):
            return "graph:neighbors"
        return "graph:search" if rest.startswith("search") else "graph:read"
    if path.startswith(("/api/connections/", "/oauth/authorize/notion")):
        return "notion:connect"
    return {"/api/auth/me/": "profile", "/oauth2/userinfo": "openid"}.get(path)


@pytest.mark.slow
async def test_each_scope_opens_its_own_doors_and_no_other(kinds: Kinds) -> None:
    protected = {route for route in (*for_agents(kinds.service), *USERINFO) if scope_of(route)}
    assert len(protected) > 35
    for scope in ("openid", "profile", *API_SCOPES):
        alone, others = await kinds.narrow(scope), await kinds.narrow(everything_but(scope))
        for route in protected:
            own = scope_of(route) == scope
            for token, opens in ((alone, own), (others, not own)):
                if opens and route.partition(" ")[2].startswith("/notion/v1/") and route not in FEW_OF_NOTION:
                    continue
                answer = await call(kinds, route, token)
                assert (not is_insufficient(answer)) is opens, (route, scope, answer.status_code, answer.text[:200])
                if not opens:
                    assert f'scope="{scope_of(route)}"' in answer.headers["www-authenticate"], route


# Each call that gets through takes from the rate limit of its grant, and waits when that is used up.
FEW_OF_NOTION = {"GET /notion/v1/users/me", "POST /notion/v1/search", "DELETE /notion/v1/blocks/{block_id}"}


def everything_but(scope: str) -> str:
    return " ".join(item for item in ("openid", "profile", *API_SCOPES) if item != scope)


def is_insufficient(answer: httpx.Response) -> bool:
    return answer.status_code == 403 and "insufficient_scope" in answer.headers.get("www-authenticate", "")


async def call_form(kinds: Kinds, route: str, form: Json, headers: Json) -> httpx.Response:
    return await kinds.stranger.post(route.partition(" ")[2], data=form, headers={**PAGE, **headers})


# Where each kind is handed over, beside the header; and which kinds are good there.
def _as_app(kinds: Kinds, **form: str) -> Json:
    return {"client_id": kinds.web.client_id, "client_secret": kinds.web.secret, **form}


SLOTS: dict[str, tuple[str, Any, frozenset[str]]] = {
    "code": (
        "/oauth2/token",
        lambda kinds, text: _as_app(kinds, grant_type="authorization_code", code=text, code_verifier=VERIFIER),
        frozenset({"authorization code"}),
    ),
    "refresh token": (
        "/oauth2/token",
        lambda kinds, text: _as_app(kinds, grant_type="refresh_token", refresh_token=text),
        frozenset({"app's refresh token"}),
    ),
    "device code": (
        "/oauth2/token",
        lambda kinds, text: {"client_id": kinds.spa.client_id, "grant_type": DEVICE, "device_code": text},
        frozenset({"device code"}),
    ),
    "subject token": (
        "/oauth2/token",
        lambda kinds, text: _as_app(kinds, grant_type=EXCHANGE, subject_token=text, subject_token_type=ACCESS_TOKEN),
        frozenset({"app access token", "exchanged token", "token for another resource"}),
    ),
    "actor token": (
        "/oauth2/token",
        lambda kinds, text: _as_app(
            kinds,
            grant_type=EXCHANGE,
            subject_token=kinds.given["app access token"],
            subject_token_type=ACCESS_TOKEN,
            actor_token=text,
            actor_token_type=ACCESS_TOKEN,
        ),
        frozenset(
            {"app access token", "exchanged token", "token for another resource", "token that is bound to a key"}
        ),
    ),
    "client secret": (
        "/oauth2/introspect",
        lambda kinds, text: {"client_id": kinds.web.client_id, "client_secret": text, "token": "x"},
        frozenset({"client secret"}),
    ),
    "client assertion": (
        "/oauth2/introspect",
        lambda _, text: {"client_assertion_type": ASSERTION, "client_assertion": text, "token": "x"},
        frozenset({"client assertion"}),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("slot", SLOTS)
async def test_what_is_handed_over_in_a_form_counts_in_its_own_place(kinds: Kinds, slot: str) -> None:
    path, make, good = SLOTS[slot]
    for kind, text in {**kinds.given, **kinds.ended, **kinds.forged}.items():
        if kind in good:
            continue
        answer = await call_form(kinds, f"POST {path}", make(kinds, text), {})
        assert answer.status_code in (400, 401), (kind, answer.text)
        expected = {"client secret": {"invalid_client"}, "client assertion": {"invalid_client", "invalid_request"}}
        assert answer.json()["error"] in expected.get(slot, {"invalid_grant", "invalid_request"}), (kind, answer.text)


async def test_only_an_apps_own_tokens_are_active(kinds: Kinds) -> None:
    active = {
        kind
        for kind, text in {**kinds.given, **kinds.ended, **kinds.forged}.items()
        if (await call_form(kinds, "POST /oauth2/introspect", _as_app(kinds, token=text), {})).json() != INACTIVE
    }
    assert active == {"app access token", "exchanged token", "token for another resource", "app's refresh token"}


INACTIVE = {"active": False}


async def test_only_a_sessions_refresh_token_refreshes_a_session(kinds: Kinds) -> None:
    for kind, text in {**kinds.given, **kinds.ended, **kinds.forged}.items():
        for path in ("/api/auth/refresh/", "/api/auth/logout/"):
            if kind == "session's refresh token":
                continue
            answer = await kinds.stranger.post(path, json={"refresh": text})
            assert (answer.status_code, answer.json()["code"]) == (401, "token_not_valid"), (kind, path)


@pytest.mark.parametrize("name", ["ivg_session", "ivg_browser"])
async def test_no_other_credential_is_a_browsers_session(kinds: Kinds, name: str) -> None:
    for kind, text in {**kinds.given, **kinds.ended, **kinds.forged}.items():
        if (name, kind) == ("ivg_session", "browser session"):
            continue
        headers = {"Cookie": f"{name}={text}", "Origin": kinds.issuer, "Content-Type": "application/json"}
        answer = await kinds.stranger.post("/api/auth/session/", headers=headers)
        assert answer.status_code == 401, kind
        page = await kinds.stranger.get("/device", headers={**PAGE, "Cookie": f"{name}={text}"})
        assert page.status_code == 303, kind


async def test_only_an_id_token_is_a_hint(kinds: Kinds) -> None:
    for kind, text in {**kinds.given, **kinds.ended, **kinds.forged}.items():
        if kind == "ID token":
            continue
        answer = await kinds.stranger.get("/oauth2/logout", params={"id_token_hint": text}, headers=PAGE)
        assert answer.status_code == 400, kind
