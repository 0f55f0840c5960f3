"""Which credential opens which door, and what every other one is told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from ivgraph_auth.api.docs import describe
from tests.conftest import MakeService
from tests.support.credentials import (
    Claims,
    authorization,
    claims_of,
    header_of,
    last_character_twin,
    sign,
    signed_with,
)
from tests.support.service import PUBLIC_URL, Service, Session

Json = Any
Header = tuple[str, str]

TAKING_ANY = ("GET /api/auth/validate/", "GET /api/auth/me/", "GET /api/v1/tools", "POST /api/authz/explain")
TAKING_SESSIONS = (
    "GET /api/auth/sessions/",
    "DELETE /api/auth/sessions/{session_id}/",
    "POST /api/auth/logout-all/",
    "POST /api/tokens/",
    "GET /api/tokens/",
    "PATCH /api/tokens/{token_id}/",
    "DELETE /api/tokens/{token_id}/",
    "DELETE /api/connections/{tenant_id}/",
    "GET /api/audit/",
    "GET /api/integrations/auth/notion/status",
    "GET /api/notion-graph/",
    "GET /api/notion-graph/sync/",
    "POST /api/notion-graph/sync/",
    "GET /api/notion-graph/sync/{run_id}",
    "DELETE /api/notion-graph/sync/{run_id}",
    "POST /api/webhooks/notion/subscription/",
    "GET /api/webhooks/notion/subscription/",
    "POST /api/webhooks/notion/subscription/reveal/",
    "DELETE /api/webhooks/notion/subscription/",
    "GET /api/oauth/apps/",
    "POST /api/oauth/apps/",
    "GET /api/oauth/apps/{app_id}/",
    "PATCH /api/oauth/apps/{app_id}/",
    "DELETE /api/oauth/apps/{app_id}/",
    "POST /api/oauth/apps/{app_id}/redirect-uris/",
    "DELETE /api/oauth/apps/{app_id}/redirect-uris/{uri_id}/",
    "POST /api/oauth/apps/{app_id}/secret/",
    "GET /api/auth/grants/",
    "DELETE /api/auth/grants/{grant_id}/",
    "DELETE /api/auth/me/",
)
TAKING_A_SCOPE = (
    "GET /oauth/authorize/notion",
    "GET /api/connections/",
    "GET /api/connections/{tenant_id}/",
    "POST /api/connections/{tenant_id}/verify/",
)
# Each takes a scope of its own: tests/graph/test_api.py.
OF_THE_GRAPH = (
    "GET /api/v1/graph/search",
    "GET /api/v1/graph/nodes/{node_id}",
    "GET /api/v1/graph/nodes/{node_id}/content",
    "GET /api/v1/graph/nodes/{node_id}/neighbors",
    "GET /api/v1/graph/paths",
    "GET /api/v1/graph/changes",
    "GET /api/v1/graph/gaps",
)
ROUTES = (*TAKING_ANY, *TAKING_SESSIONS, *TAKING_A_SCOPE, *OF_THE_GRAPH)
# One for each way in which a route takes a credential, those that change nothing first.
SOME_ROUTES = (
    "GET /api/auth/validate/",
    "GET /api/auth/me/",
    "GET /api/v1/graph/search",
    "GET /api/connections/",
    "GET /api/tokens/",
    "GET /api/oauth/apps/",
    "DELETE /api/auth/me/",
)
# It refuses in its envelope: tests/gateway.
IN_AN_ENVELOPE = "POST /api/v1/tools/invoke"
CLAIMS = ("token_type", "exp", "iat", "jti", "user_id", "sub", "iss", "sid")
VIEWER_SCOPES = ["graph:search", "graph:read", "graph:neighbors"]
MEMBER_SCOPES = [*VIEWER_SCOPES, "notion:read", "notion:write", "notion:comment", "notion:connect"]
REQUEST_ID = "the-same-for-all"
# What stands in a path that nothing is at.
PLACES: Json = {"tenant_id": "nobody", "node_id": "0" * 32, "run_id": 1, "app_id": 1, "uri_id": 1, "grant_id": 1}
KEY_OF_ANOTHER = "another service's key, just as long as ours"


@dataclass
class Kit:
    """People, and what they once held."""

    service: Service
    client: httpx.AsyncClient
    good: Session
    someone_else: Session
    token: Json
    expired_session: Session
    ended_session: Session
    disabled_session: Session
    expired_token: str
    revoked_token: str
    disabled_token: str
    references: dict[str, httpx.Response] = field(default_factory=dict)

    @property
    def key(self) -> str:
        assert self.service.settings.secret_key
        return self.service.settings.secret_key.get_secret_value()

    def claims(self, **changed: Json) -> Claims:
        """Those of a token that is good, but for the changes."""
        return {**claims_of(self.good.access), **changed}

    async def call(
        self, route: str, headers: list[Header], *, session_id: str = "0" * 32, token_id: int = 1
    ) -> httpx.Response:
        method, _, path = route.partition(" ")
        bodies = {
            "POST /api/tokens/": {
                "name": "agent",
                "scopes": ["graph:read"],
                "workspace_ids": self.good.workspace_ids,
            },
            "PATCH /api/tokens/{token_id}/": {"name": "renamed"},
            "POST /api/authz/explain": {"tool": "notion.search"},
            "POST /api/notion-graph/sync/": {"workspace_id": "0" * 32},
            "POST /api/oauth/apps/": {"name": "An app", "app_type": "spa"},
            "PATCH /api/oauth/apps/{app_id}/": {"name": "renamed"},
            "POST /api/oauth/apps/{app_id}/redirect-uris/": {"uri": "https://app.example.com", "uri_type": "origin"},
            "POST /api/oauth/apps/{app_id}/secret/": {},
        }
        return await self.client.request(
            method,
            path.format(**{**PLACES, "session_id": session_id, "token_id": token_id}),
            headers=[("X-Request-ID", REQUEST_ID), *headers],
            json=bodies.get(route),
        )


@pytest.fixture(scope="module")
async def kit(shared_service: Service) -> Kit:
    service = shared_service
    expired_session = await service.sign_in("ada")
    expired_token = await expired_session.mint(expires_in_days=1)
    service.clock.advance(days=1, seconds=1)

    ended_session = await service.sign_in("ada")
    revoked_token = await ended_session.mint()
    await ended_session.client.delete(f"/api/tokens/{revoked_token['id']}/", headers=ended_session.bearer)
    left = await ended_session.client.post("/api/auth/logout/", json={"refresh": ended_session.refresh})
    assert left.status_code == 200

    disabled_session = await service.sign_in("chiara")
    disabled_token = await disabled_session.mint()
    await service.execute(
        "UPDATE accounts SET disabled_at = last_login_at WHERE id = :id", id=int(disabled_session.me["id"])
    )

    good = await service.sign_in("ada")
    return Kit(
        service=service,
        client=await service.browser(),
        good=good,
        someone_else=await service.sign_in("bruno"),
        token=await good.mint(),
        expired_session=expired_session,
        ended_session=ended_session,
        disabled_session=disabled_session,
        expired_token=expired_token["token"],
        revoked_token=revoked_token["token"],
        disabled_token=disabled_token["token"],
    )


def _with_header(**members: Json) -> Callable[[Kit], str]:
    """Signed with our own key, so that nothing but the header is wrong."""
    return lambda kit: sign(kit.claims(), kit.key, header={"alg": "HS256", "typ": "JWT", **members})


def _pointing(**members: Json) -> Callable[[Kit], str]:
    """Signed with the attacker's key, which the header names as the one to check with."""
    return lambda kit: sign(kit.claims(), KEY_OF_ANOTHER, header={"alg": "HS256", "typ": "JWT", **members})


def _with_claims(**changed: Json) -> Callable[[Kit], str]:
    return lambda kit: sign(kit.claims(**changed), kit.key)


def _without(claim: str) -> Callable[[Kit], str]:
    def make(kit: Kit) -> str:
        claims = kit.claims()
        del claims[claim]
        return sign(claims, kit.key)

    return make


def _with_payload(payload: bytes) -> Callable[[Kit], str]:
    return lambda kit: sign(payload, kit.key)


def _unsigned(algorithm: str) -> Callable[[Kit], str]:
    return lambda kit: sign(kit.claims(), "", header={"alg": algorithm, "typ": "JWT"}).rpartition(".")[0] + "."


def _spliced(kit: Kit) -> str:
    """Another payload under a signature that was good."""
    head, _, signature = kit.good.access.split(".")
    return f"{head}.{kit.someone_else.access.split('.')[1]}.{signature}"


JWK_OF_ANOTHER = {"kty": "oct", "alg": "HS256", "k": "YW5vdGhlciBzZXJ2aWNlJ3Mga2V5LCBqdXN0IGFzIGxvbmcgYXMgb3Vycw"}

NOT_VALID: dict[str, Callable[[Kit], str]] = {
    "garbage": lambda _: "garbage",
    "dots": lambda _: "..",
    "beyond ASCII": lambda _: "\u00fcmlaut.\u00e9.\u00ff",
    "session expired": lambda kit: kit.expired_session.access,
    "session ended": lambda kit: kit.ended_session.access,
    "session of a disabled account": lambda kit: kit.disabled_session.access,
    "refresh token as access": lambda kit: kit.good.refresh,
    "twin of an ended session: last character": lambda kit: last_character_twin(kit.ended_session.access),
    "twin of an ended session: padding": lambda kit: kit.ended_session.access + "=",
    "twin of an ended session: other jti": lambda kit: sign(
        {**claims_of(kit.ended_session.access), "jti": "0" * 32}, kit.key
    ),
    "service token revoked": lambda kit: kit.revoked_token,
    "service token expired": lambda kit: kit.expired_token,
    "service token of a disabled account": lambda kit: kit.disabled_token,
    "service token unknown": lambda _: "ivg_" + "a1B2" * 8,
    "service token too short": lambda kit: kit.token["token"][:-1],
    "service token too long": lambda kit: kit.token["token"] + "a",
    "service token with a stranger": lambda kit: kit.token["token"][:-1] + "-",
    "service token's prefix": lambda kit: kit.token["prefix"],
    "service token's first four": lambda _: "ivg_",
    "service token in capitals": lambda kit: kit.token["token"].upper(),
    "alg none": _unsigned("none"),
    "alg None": _unsigned("None"),
    "alg empty": _unsigned(""),
    "alg HS512, our key": lambda kit: sign(
        kit.claims(), kit.key, header={"alg": "HS512", "typ": "JWT"}, digest="sha512"
    ),
    "alg HS256, another key": lambda kit: sign(kit.claims(), KEY_OF_ANOTHER),
    "alg HS256, empty key": lambda kit: sign(kit.claims(), ""),
    "alg RS256 over HMAC": _with_header(alg="RS256"),
    "alg a list": _with_header(alg=["HS256"]),
    "alg null": _with_header(alg=None),
    "kid pointing elsewhere": _pointing(kid="../../../../dev/null"),
    "jku pointing elsewhere": _pointing(jku="https://attacker.example/jwks.json"),
    "jwk brought along": _pointing(jwk=JWK_OF_ANOTHER),
    "x5u pointing elsewhere": _pointing(x5u="https://attacker.example/chain.pem"),
    "crit unknown": _with_header(crit=["exp2"], exp2=True),
    "typ of an app's token": _with_header(typ="at+jwt"),
    "typ of an app's token, in full": _with_header(typ="application/at+jwt"),
    "header not JSON": lambda kit: sign(kit.claims(), kit.key, header=b"{alg"),
    "header a list": lambda kit: sign(kit.claims(), kit.key, header=b'["HS256"]'),
    "header too deep": lambda kit: sign(kit.claims(), kit.key, header=b"[" * 50_000),
    **{f"without {claim}": _without(claim) for claim in CLAIMS},
    "iss of another": _with_claims(iss="https://elsewhere.example"),
    "iss a list": lambda kit: sign(kit.claims(iss=[kit.service.settings.public_url]), kit.key),
    "aud of another": _with_claims(aud="https://elsewhere.example"),
    "token_type unknown": _with_claims(token_type="sliding"),
    "token_type a number": _with_claims(token_type=1),
    "sid of another's session": lambda kit: sign(kit.claims(sid=claims_of(kit.someone_else.access)["sid"]), kit.key),
    "sid of no session": _with_claims(sid="0" * 32),
    "sid not hexadecimal": _with_claims(sid="z" * 32),
    "sid a number": _with_claims(sid=7),
    "sid null": _with_claims(sid=None),
    "user_id of another": lambda kit: sign(
        kit.claims(user_id=kit.someone_else.me["id"], sub=kit.someone_else.me["id"]), kit.key
    ),
    "user_id not a number": _with_claims(user_id="ada"),
    "user_id endless": _with_claims(user_id="9" * 5000),
    "user_id beyond bigint": _with_claims(user_id="9" * 30),
    "user_id a list": _with_claims(user_id=[1]),
    "exp as text": _with_claims(exp="4102444800"),
    "exp past every calendar": _with_claims(exp=10**30),
    "exp negative": _with_claims(exp=-1),
    "exp before every calendar": _with_claims(exp=-(10**30)),
    "exp a past fraction": _with_claims(exp=1.5),
    "exp infinite": _with_claims(exp=float("inf")),
    "exp not a number": _with_claims(exp=float("nan")),
    "exp a list": _with_claims(exp=[4102444800]),
    "payload not JSON": _with_payload(b"not JSON"),
    "payload not UTF-8": _with_payload(b"\xff\xfe"),
    "payload a list": _with_payload(b"[]"),
    "payload null": _with_payload(b"null"),
    "payload too deep": _with_payload(b"[" * 50_000),
    "payload of another": _spliced,
}

MALFORMED: dict[str, tuple[Callable[[Kit], list[Header]], str]] = {
    "no header": (lambda _: [], "not_authenticated"),
    "an empty header": (lambda _: [("Authorization", "")], "not_authenticated"),
    "Basic": (lambda _: [("Authorization", "Basic YWRhOnNlY3JldA==")], "not_authenticated"),
    "Bearer alone": (lambda _: [("Authorization", "Bearer")], "not_authenticated"),
    "Bearer and a blank": (lambda _: [("Authorization", "Bearer ")], "not_authenticated"),
    "two headers": (
        lambda kit: [("Authorization", f"Bearer {token}") for token in (kit.good.access, kit.token["token"])],
        "token_not_valid",
    ),
    "two equal headers": (
        lambda kit: [("Authorization", f"Bearer {kit.good.access}")] * 2,
        "token_not_valid",
    ),
    "two tokens in one header": (
        lambda kit: [("Authorization", f"Bearer {kit.good.access}, Bearer {kit.good.access}")],
        "token_not_valid",
    ),
}


def _bearer(credential: str) -> list[Header]:
    return [("Authorization", f"Bearer {credential}")]


async def _send(kit: Kit, route: str, credential: str) -> httpx.Response:
    """Header bytes as they are: httpx would not let all of them through."""
    return await kit.call(route, [("Authorization", f"Bearer {credential}".encode("latin-1"))])  # type: ignore[list-item]


def _expect_refusal(answer: httpx.Response, route: str, code: str) -> None:
    assert answer.status_code == 401, (route, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer ")
    problem = answer.json()
    assert problem["status"] == 401
    assert problem["code"] == code
    assert problem["request_id"] == REQUEST_ID
    assert problem.get("valid") is (False if "validate" in route else None)


def test_the_matrix_holds_every_route_that_takes_a_credential(shared_service: Service) -> None:
    documented = {
        f"{method.upper()} {path}"
        for path, operations in describe(shared_service.app)["paths"].items()
        for method, operation in operations.items()
        if path.startswith(("/api/", "/oauth/")) and operation["security"] and {} not in operation["security"]
    }
    assert documented == {*ROUTES, IN_AN_ENVELOPE}


@pytest.mark.parametrize("kind", NOT_VALID)
async def test_whatever_is_wrong_with_a_credential_the_answer_is_one_and_the_same(kit: Kit, kind: str) -> None:
    await _expect_one_answer(kit, kind, SOME_ROUTES)


@pytest.mark.slow
@pytest.mark.parametrize("kind", NOT_VALID)
async def test_whatever_is_wrong_with_a_credential_no_route_says_more(kit: Kit, kind: str) -> None:
    await _expect_one_answer(kit, kind, ROUTES)


async def _expect_one_answer(kit: Kit, kind: str, routes: tuple[str, ...]) -> None:
    """The routes in order, those that change nothing first: where one fails, nothing is lost that others need."""
    credential = NOT_VALID[kind](kit)
    for route in routes:
        reference = kit.references.get(route) or await _send(kit, route, "another garbage")
        kit.references[route] = reference
        answer = await _send(kit, route, credential)
        _expect_refusal(answer, route, "token_not_valid")
        assert answer.content == reference.content
        assert answer.headers == reference.headers


@pytest.mark.parametrize("kind", MALFORMED)
async def test_a_header_that_names_no_credential_or_two_is_refused(kit: Kit, kind: str) -> None:
    headers, code = MALFORMED[kind]
    for route in ROUTES:
        _expect_refusal(await kit.call(route, headers(kit)), route, code)


@pytest.mark.parametrize("credential", [[], _bearer("garbage")], ids=["none", "garbage"])
async def test_all_routes_refuse_in_the_same_words(kit: Kit, credential: list[Header]) -> None:
    problems = [(await kit.call(route, credential)).json() for route in ROUTES]
    for problem in problems:
        problem.pop("valid", None)
    assert problems == [problems[0]] * len(ROUTES)


async def test_a_jwt_of_100_kb_is_refused(kit: Kit) -> None:
    huge = sign(kit.claims(more="x" * 100_000), KEY_OF_ANOTHER)
    answer = await kit.call("GET /api/auth/me/", _bearer(huge))
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize("route", TAKING_SESSIONS)
async def test_a_service_token_is_the_wrong_kind_where_a_session_is_needed(kit: Kit, route: str) -> None:
    answer = await kit.call(route, _bearer(kit.token["token"]), token_id=kit.token["id"])
    assert answer.status_code == 403
    assert answer.json()["code"] == "wrong_credential_kind"


@pytest.mark.parametrize("route", TAKING_A_SCOPE)
async def test_a_token_without_the_scope_is_told_which(kit: Kit, route: str) -> None:
    answer = await kit.call(route, _bearer(kit.token["token"]))
    if answer.status_code == 422:  # what is missing in the query is told first
        assert route == "GET /oauth/authorize/notion"
        return
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    assert 'scope="notion:connect"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("route", TAKING_ANY)
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_both_kinds_open_what_takes_any(kit: Kit, route: str, scheme: str) -> None:
    for credential in (kit.good.access, kit.token["token"]):
        answer = await kit.call(route, [("Authorization", f"{scheme} {credential}")])
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("route", "status"),
    [
        ("DELETE /api/auth/me/", 204),
        ("GET /api/auth/sessions/", 200),
        ("DELETE /api/auth/sessions/{session_id}/", 204),
        ("POST /api/auth/logout-all/", 200),
        ("POST /api/tokens/", 201),
        ("GET /api/tokens/", 200),
        ("PATCH /api/tokens/{token_id}/", 200),
        ("DELETE /api/tokens/{token_id}/", 204),
        ("GET /api/integrations/auth/notion/status", 200),
    ],
)
async def test_a_session_opens_every_door_of_its_owner(kit: Kit, route: str, status: int) -> None:
    farah = await kit.service.sign_in("farah")
    token = await farah.mint()
    session_id = (await farah.client.get("/api/auth/sessions/", headers=farah.bearer)).json()["results"][0]["id"]
    answer = await kit.call(route, _bearer(farah.access), session_id=session_id, token_id=token["id"])
    assert answer.status_code == status, answer.text


async def test_the_browser_session_cookie_is_no_credential_elsewhere(kit: Kit) -> None:
    assert "ivg_session" in kit.good.client.cookies
    answer = await kit.good.client.get("/api/auth/me/", headers={"Origin": kit.service.settings.public_url})
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"


async def _valid(session: Session, credential: str) -> Json:
    answer = await session.client.get("/api/auth/validate/", headers=authorization(credential))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _ada_with_both_workspaces(service: Service) -> Session:
    await service.sign_in("ada", workspace="lighthouse")
    ada = await service.sign_in("ada", workspace="notebook")
    assert len(ada.workspace_ids) == 2
    return ada


async def test_a_service_token_sees_no_address_and_its_own_workspaces_alone(service: Service) -> None:
    ada = await _ada_with_both_workspaces(service)
    own = ada.workspace_ids[:1]
    token = (await ada.mint(workspace_ids=own))["token"]
    seen = (await ada.client.get("/api/auth/me/", headers=authorization(token))).json()
    assert ada.me["email"] == "ada.winter@lighthouse.example"
    assert seen["email"] is None
    assert [workspace["id"] for workspace in seen["workspaces"]] == own
    for member in ("id", "notion_user_id", "name", "avatar_url", "role", "created_at", "last_login_at"):
        assert seen[member] == ada.me[member]
    assert (await _valid(ada, token))["workspace_ids"] == own


async def test_scopes_are_capped_by_the_role_the_owner_has_now(service: Service) -> None:
    ada = await service.sign_in("ada")
    wide = (await ada.mint("notion:read", "graph:read"))["token"]
    narrow = (await ada.mint("notion:write"))["token"]
    assert (await _valid(ada, ada.access))["scopes"] == MEMBER_SCOPES
    await service.execute("UPDATE accounts SET role = 'viewer'")
    assert (await _valid(ada, ada.access))["scopes"] == VIEWER_SCOPES
    assert (await _valid(ada, wide))["scopes"] == ["graph:read"]
    assert (await _valid(ada, narrow))["scopes"] == []
    await service.execute("UPDATE accounts SET role = 'member'")
    assert sorted((await _valid(ada, wide))["scopes"]) == ["graph:read", "notion:read"]


async def test_workspaces_are_capped_by_those_the_owner_has_now(service: Service) -> None:
    ada = await _ada_with_both_workspaces(service)
    gone, left = ada.workspace_ids
    named = (await ada.mint())["token"]
    every = (await ada.mint("notion:connect", workspace_ids=["*"]))["token"]
    credentials = (ada.access, named, every)
    for credential in credentials:
        assert (await _valid(ada, credential))["workspace_ids"] == [gone, left]
    await service.execute("DELETE FROM account_workspaces WHERE workspace_id = :id", id=gone)
    for credential in credentials:
        assert (await _valid(ada, credential))["workspace_ids"] == [left]
    await service.execute("DELETE FROM account_workspaces")
    for credential in credentials:
        assert (await _valid(ada, credential))["workspace_ids"] == []


async def test_every_workspace_means_those_connected_at_the_time_of_use(service: Service) -> None:
    ada = await service.sign_in("ada", workspace="lighthouse")
    named = (await ada.mint())["token"]
    every = (await ada.mint("notion:connect", workspace_ids=["*"]))["token"]
    later = await service.sign_in("ada", workspace="notebook")
    assert (await _valid(ada, every))["workspace_ids"] == later.workspace_ids
    assert (await _valid(ada, named))["workspace_ids"] == ada.workspace_ids
    await service.execute("UPDATE accounts SET role = 'viewer'")
    assert (await _valid(ada, every))["workspace_ids"] == []


@pytest.mark.parametrize("disabled_by_an_older_version", [False, True])
async def test_enabling_an_account_gives_back_no_credential(
    service: Service,
    disabled_by_an_older_version: bool,  # noqa: FBT001 -- a parameter of the test
) -> None:
    """OWASP ASVS 7.4.2."""
    ada = await service.sign_in("ada")
    token = await ada.mint()
    credentials = [ada.access, token["token"]]
    suspension = service.app.composition.suspension

    async def statuses() -> list[int]:
        calls = [await ada.client.get("/api/auth/me/", headers=authorization(item)) for item in credentials]
        calls.append(await ada.client.post("/api/auth/refresh/", json={"refresh": ada.refresh}))
        # The browser session, with the cookie that signing in has set.
        calls.append(await ada.client.post("/api/auth/session/", json={}, headers={"Origin": PUBLIC_URL}))
        return [call.status_code for call in calls]

    assert await statuses() == [200, 200, 200, 200]
    if disabled_by_an_older_version:
        await service.execute("UPDATE accounts SET disabled_at = now()")
    else:
        await suspension.disable(int(ada.me["id"]))
    assert await statuses() == [401, 401, 401, 401]
    await suspension.enable(int(ada.me["id"]))
    assert await statuses() == [401, 401, 401, 401]
    again = await service.sign_in("ada")
    assert again.me["id"] == ada.me["id"]
    listed = await again.client.get("/api/tokens/", headers=again.bearer)
    assert listed.json() == []
    events = [event for event, _ in await service.audit()]
    assert "operator:account:enabled" in events
    assert [event for event in events if event in ("account:token:revoked", "account:sessions:ended")] == [
        "account:sessions:ended",
        "account:token:revoked",
    ]


async def test_enabling_an_account_that_is_not_disabled_ends_nothing(service: Service) -> None:
    ada = await service.sign_in("ada")
    await service.app.composition.suspension.enable(int(ada.me["id"]))
    assert (await ada.client.get("/api/auth/me/", headers=ada.bearer)).status_code == 200


async def test_the_previous_key_verifies_and_never_signs(make_service: MakeService) -> None:
    first, second, third = (f"key number {number}, long enough for HS256" for number in (1, 2, 3))
    before = await make_service(secret_key=first)
    after = await make_service(secret_key=second, secret_key_previous=first)
    later = await make_service(secret_key=third, secret_key_previous=second)

    ada = await before.sign_in("ada")
    assert signed_with(ada.access, first)
    client = await after.browser()
    assert (await client.get("/api/auth/me/", headers=ada.bearer)).status_code == 200
    refreshed = await client.post("/api/auth/refresh/", json={"refresh": ada.refresh, "rotate": True})
    for token in refreshed.json().values():
        assert signed_with(token, second)
        assert header_of(token) == {"alg": "HS256", "typ": "JWT"}

    elsewhere = await later.browser()
    new = authorization(refreshed.json()["access"])
    assert (await elsewhere.get("/api/auth/me/", headers=new)).status_code == 200
    assert (await elsewhere.get("/api/auth/me/", headers=ada.bearer)).status_code == 401
    stranger = await before.browser()
    assert (await stranger.get("/api/auth/me/", headers=new)).status_code == 401
