"""What the rest of the API refuses, in problem documents."""

from ivgraph_auth.core.principal import Role
from ivgraph_auth.sandbox.people import LIGHTHOUSE, NOTEBOOK
from tests.connect.kit import connected
from tests.next_steps.kit import REST, Attempt, Kinds, World, follow, open_link, refuse, succeed
from tests.provider.kit import get_tokens, make_admin, register
from tests.support.service import CALLBACK, START, Json, Session

rest = Kinds(REST)
SEARCH = "/api/v1/graph/search?q=Roadmap"
TOKENS = "/api/tokens/"
NOBODY = "00000000-0000-4000-8000-000000000000"


def as_session(world: World, method: str, path: str, session: Session | None = None, **more: Json) -> Attempt:
    return world.ask(method, path, credential=(session or world.ada).access, **more)


def new_token(world: World, **members: Json) -> Json:
    asked = {"name": "agent", "scopes": ["graph:read"], "workspace_ids": world.ada.workspace_ids}
    return {**asked, **members}


@rest("not_authenticated")
async def _(world: World) -> None:
    refused = await refuse(world.ask("GET", SEARCH, credential=None), 401, "not_authenticated")
    await follow(refused)
    await succeed(refused.attempt.changed(credential=await world.token("graph:search")))


@rest("token_not_valid")
async def _(world: World) -> None:
    refused = await refuse(world.ask("GET", SEARCH, credential="x"), 401, "token_not_valid")
    await open_link(world.ada.client, refused.link_to("#/tokens"))
    answer = await world.ada.client.post("/api/auth/refresh/", json={"refresh": world.ada.refresh})
    await succeed(refused.attempt.changed(credential=answer.json()["access"]))


@rest("insufficient_scope of a service token")
async def _(world: World) -> None:
    refused = await refuse(
        world.ask("GET", SEARCH, credential=await world.token("notion:read")), 403, "insufficient_scope"
    )
    await follow(refused)
    scopes = refused.link_to("tokens?scopes=").partition("scopes=")[2].split(",")
    assert scopes == ["notion:read", "graph:search"]
    await succeed(refused.attempt.changed(credential=await world.token(*scopes)))


@rest("insufficient_scope of a role")
async def _(world: World) -> None:
    accounts, account_id = world.service.app.composition.accounts, int(world.ada.me["id"])
    await accounts.set_role(account_id, Role.VIEWER)
    refused = await refuse(as_session(world, "GET", "/api/connections/"), 403, "insufficient_scope")
    await follow(refused)
    assert f"`ivgraph-auth users demote {account_id} --to member`" in refused.words
    # What the command does.
    await accounts.set_role(account_id, Role.MEMBER)
    await succeed(refused.attempt)


@rest("insufficient_scope of an app", slow=True)
async def _(world: World) -> None:
    admin = await make_admin(world.service)
    app = await register(admin)
    narrow = await get_tokens(admin, app, scope="openid graph:read")
    refused = await refuse(world.ask("GET", SEARCH, credential=narrow["access_token"]), 403, "insufficient_scope")
    await follow(refused)
    assert "graph:search" in refused.words
    wide = await get_tokens(admin, app, scope="openid graph:read graph:search", prompt="consent")
    await succeed(refused.attempt.changed(credential=wide["access_token"]))


@rest("wrong_credential_kind")
async def _(world: World) -> None:
    refused = await refuse(world.ask("GET", TOKENS), 403, "wrong_credential_kind")
    await follow(refused)
    assert refused.link_to("dashboard").endswith("#/tokens")
    await succeed(as_session(world, "GET", TOKENS))


@rest("insufficient_role")
async def _(world: World) -> None:
    refused = await refuse(as_session(world, "GET", "/api/oauth/apps/"), 403, "insufficient_role")
    await follow(refused)
    assert f"`ivgraph-auth users promote {world.ada.me['id']}`" in refused.words
    await world.service.app.composition.accounts.set_role(int(world.ada.me["id"]), Role.ADMIN)
    await succeed(refused.attempt)


@rest("workspace_not_allowed")
async def _(world: World) -> None:
    await connected(world.service, world.ada, "notes", workspace="notebook")
    narrow = await world.token("notion:connect", workspace_ids=[LIGHTHOUSE.id])
    attempt = world.ask("GET", "/oauth/authorize/notion?tenant_id=notes", credential=narrow)
    refused = await refuse(attempt, 403, "workspace_not_allowed")
    assert NOTEBOOK.id not in refused.words
    await follow(refused)
    wide = await world.token("notion:connect", workspace_ids=[LIGHTHOUSE.id, NOTEBOOK.id])
    await succeed(refused.attempt.changed(credential=wide))


@rest("invalid_json")
async def _(world: World) -> None:
    attempt = as_session(world, "POST", TOKENS, content=b"{", headers={"Content-Type": "application/json"})
    refused = await refuse(attempt, 400, "invalid_json")
    good = attempt.changed(content=None, json=new_token(world))
    assert (await good.make(refused.steps[0]["call"])).status_code == 201


@rest("unsupported_media_type", slow=True)
async def _(world: World) -> None:
    good = await world.ada.client.post(TOKENS, json=new_token(world), headers=world.ada.bearer)
    attempt = as_session(world, "POST", TOKENS, content=good.request.content, headers={"Content-Type": "text/plain"})
    await follow(await refuse(attempt, 415, "unsupported_media_type"))


@rest("content_too_large", slow=True)
async def _(world: World) -> None:
    attempt = as_session(world, "POST", TOKENS, json=new_token(world, name="x" * 65_536))
    refused = await refuse(attempt, 413, "content_too_large")
    assert "(65536 bytes)" in refused.words
    await succeed(attempt.changed(json=new_token(world)))


@rest("method_not_allowed")
async def _(world: World) -> None:
    refused = await refuse(as_session(world, "PUT", TOKENS), 405, "method_not_allowed")
    assert "GET, POST" in refused.words
    await follow(refused)
    await succeed(refused.attempt.changed(method="GET"))


@rest("not_found: no such path")
async def _(world: World) -> None:
    refused = await refuse(world.ask("GET", "/api/v1/graphs/search?q=x"), 404, "not_found")
    await follow(refused)
    assert "/api/v1/graph/search" in (await refused.attempt.make(refused.steps[0]["call"])).json()["paths"]
    await succeed(world.ask("GET", SEARCH))


@rest("validation_error")
async def _(world: World) -> None:
    refused = await refuse(as_session(world, "POST", TOKENS, json={}), 422, "validation_error")
    assert {error["loc"][-1] for error in refused.answer.json()["errors"]} >= {"name", "scopes"}
    await follow(refused)
    await succeed(refused.attempt.changed(json=new_token(world)))


@rest("validation_error of an agent's query", slow=True)
async def _(world: World) -> None:
    refused = await refuse(world.ask("GET", "/api/v1/graph/search?q=x&limit=0"), 422, "validation_error")
    await follow(refused)
    await succeed(world.ask("GET", "/api/v1/graph/search?q=x&limit=1"))


@rest("invalid_cursor")
async def _(world: World) -> None:
    refused = await refuse(world.ask("GET", "/api/connections/?cursor=x"), 400, "invalid_cursor")
    await follow(refused)
    await succeed(refused.attempt.changed(path="/api/connections/"))


@rest("not_found: a page of the graph")
async def _(world: World) -> None:
    await follow(await refuse(world.ask("GET", f"/api/v1/graph/nodes/{NOBODY}"), 404, "not_found"))


@rest("not_found: a page to walk from", slow=True)
async def _(world: World) -> None:
    narrow = await world.token("graph:neighbors")
    attempt = world.ask("GET", f"/api/v1/graph/nodes/{NOBODY}/neighbors", credential=narrow)
    await follow(await refuse(attempt, 404, "not_found"))


@rest("not_found: a connection")
async def _(world: World) -> None:
    refused = await refuse(world.ask("GET", "/api/connections/nobodys/"), 404, "not_found")
    await follow(refused)
    (known,) = (await refused.attempt.make(refused.steps[0]["call"])).json()["results"]
    await succeed(world.ask("GET", f"/api/connections/{known['tenant_id']}/"))


@rest("not_found: a service token", slow=True)
async def _(world: World) -> None:
    refused = await refuse(as_session(world, "DELETE", "/api/tokens/999999/"), 404, "not_found")
    await follow(refused)
    known = (await refused.attempt.make(refused.steps[0]["call"])).json()[0]
    await succeed(refused.attempt.changed(path=f"/api/tokens/{known['id']}/"))


@rest("not_found: a session", slow=True)
async def _(world: World) -> None:
    refused = await refuse(as_session(world, "DELETE", f"/api/auth/sessions/{'0' * 32}/"), 404, "not_found")
    await follow(refused)
    known = (await refused.attempt.make(refused.steps[0]["call"])).json()["results"][0]
    await succeed(refused.attempt.changed(path=f"/api/auth/sessions/{known['id']}/"))


@rest("not_found: an app that was let in", slow=True)
async def _(world: World) -> None:
    await follow(await refuse(as_session(world, "DELETE", "/api/auth/grants/999999/"), 404, "not_found"))


@rest("not_found: a run", slow=True)
async def _(world: World) -> None:
    refused = await refuse(as_session(world, "GET", "/api/notion-graph/sync/999999"), 404, "not_found")
    await follow(refused)


@rest("not_found: a workspace")
async def _(world: World) -> None:
    attempt = as_session(world, "POST", "/api/notion-graph/sync/", json={"workspace_id": NOBODY})
    refused = await refuse(attempt, 404, "not_found")
    assert LIGHTHOUSE.id in refused.words
    await follow(refused)
    await succeed(attempt.changed(json={"workspace_id": LIGHTHOUSE.id}))


@rest("sync_running")
async def _(world: World) -> None:
    attempt = as_session(world, "POST", "/api/notion-graph/sync/", json={"workspace_id": LIGHTHOUSE.id})
    await succeed(attempt)
    refused = await refuse(attempt, 409, "sync_running")
    await follow(refused)
    (run,) = (await attempt.make(refused.steps[0]["call"])).json()["results"]
    await succeed(as_session(world, "GET", f"/api/notion-graph/sync/{run['id']}"))


@rest("not_found: an app", slow=True)
async def _(world: World) -> None:
    admin = await make_admin(world.service)
    await register(admin)
    refused = await refuse(as_session(world, "GET", "/api/oauth/apps/999999/", admin), 404, "not_found")
    await follow(refused)
    known = (await refused.attempt.make(refused.steps[0]["call"])).json()["results"][0]
    await succeed(refused.attempt.changed(path=f"/api/oauth/apps/{known['id']}/"))


@rest("invalid_redirect_uri", slow=True)
async def _(world: World) -> None:
    admin = await make_admin(world.service)
    app = await register(admin)
    path = f"/api/oauth/apps/{app.id}/redirect-uris/"
    body = {"uri": "http://app.example.com/", "uri_type": "callback"}
    refused = await refuse(as_session(world, "POST", path, admin, json=body), 422, "invalid_redirect_uri")
    await follow(refused)
    await succeed(refused.attempt.changed(json={**body, "uri": "https://app.example.com/other"}))


@rest("scope_not_allowed")
async def _(world: World) -> None:
    attempt = as_session(world, "POST", TOKENS, json=new_token(world, scopes=["notion:nothing"]))
    refused = await refuse(attempt, 422, "scope_not_allowed")
    scopes = (await attempt.make(refused.steps[0]["call"])).json()["scopes"]
    await succeed(attempt.changed(json=new_token(world, scopes=scopes)))


@rest("workspace_not_connected", slow=True)
async def _(world: World) -> None:
    attempt = as_session(world, "POST", TOKENS, json=new_token(world, workspace_ids=[NOBODY]))
    refused = await refuse(attempt, 422, "workspace_not_connected")
    assert NOBODY not in refused.words
    known = (await attempt.make(refused.steps[0]["call"])).json()["workspaces"]
    await follow(refused)
    await succeed(attempt.changed(json=new_token(world, workspace_ids=[each["id"] for each in known])))


@rest("token_limit_reached", slow=True)
async def _(world: World) -> None:
    attempt = as_session(world, "POST", TOKENS, json=new_token(world))
    for _ in range(9):
        await succeed(attempt)
    refused = await refuse(attempt, 409, "token_limit_reached")
    await follow(refused)
    known = (await attempt.make(refused.steps[0]["call"])).json()[0]
    await succeed(as_session(world, "DELETE", f"/api/tokens/{known['id']}/"))
    await succeed(attempt)


@rest("invalid_state")
async def _(world: World) -> None:
    attempt = world.ask("GET", f"{CALLBACK}?code=x&state=y", credential=None)
    refused = await refuse(attempt, 403, "invalid_state")
    begun = await open_link(world.ada.client, refused.link_to(START))
    back = await world.service.consent(begun.headers["location"], person="ada")
    assert (await world.ada.client.get(back)).status_code == 302


@rest("invalid_link")
async def _(world: World) -> None:
    await follow(await refuse(world.ask("GET", "/oauth/connect/nothing", credential=None), 403, "invalid_link"))


@rest("invalid_code", slow=True)
async def _(world: World) -> None:
    body = {"code": "x" * 43, "code_verifier": "x" * 43}
    await follow(
        await refuse(world.ask("POST", "/api/auth/exchange/", credential=None, json=body), 400, "invalid_code")
    )


@rest("fresh_sign_in_needed", slow=True)
async def _(world: World) -> None:
    world.service.clock.advance(minutes=11)
    refused = await refuse(as_session(world, "DELETE", "/api/auth/me/"), 403, "fresh_sign_in_needed")
    await follow(refused)
    again = await world.service.sign_in("ada")
    await succeed(refused.attempt.changed(credential=again.access))


@rest("not_your_token")
async def _(world: World) -> None:
    attempt = world.ask("POST", "/api/auth/logout/", json={"refresh": world.ada.refresh})
    refused = await refuse(attempt, 403, "not_your_token")
    assert "without the header Authorization" in refused.words
    await succeed(attempt.changed(credential=None))


@rest("upstream_error of a check", slow=True)
async def _(world: World) -> None:
    world.agent.fault("/v1/oauth/introspect", "status", status=503)
    world.agent.fault("/v1/users/me", "status", status=503)
    attempt = world.ask("POST", f"/api/connections/{world.agent.tenant}/verify/")
    refused = await refuse(attempt, 502, "upstream_error")
    world.service.sandbox.instance.faults.clear()
    await follow(refused)
    await succeed(attempt)


@rest("signature_not_valid", slow=True)
async def _(world: World) -> None:
    await follow(await refuse(world.ask("POST", "/api/webhooks/notion", json={}), 401, "signature_not_valid"))


@rest("no_verification_token", slow=True)
async def _(world: World) -> None:
    admin = await make_admin(world.service)
    attempt = as_session(world, "POST", "/api/webhooks/notion/subscription/reveal/", admin)
    await follow(await refuse(attempt, 404, "no_verification_token"))


@rest("too_many_requests")
async def _(world: World) -> None:
    limiter = world.service.app.composition.services.limiter
    # The figure of the settings, used up.
    for _ in range(world.service.settings.rate_limit):
        limiter.count("start", "127.0.0.1")
    refused = await refuse(as_session(world, "GET", "/oauth/authorize/notion?tenant_id=x"), 429, "too_many_requests")
    assert f"{world.service.settings.rate_limit} times a minute" in refused.words
    seconds = int(refused.answer.headers["retry-after"])
    assert f"Wait {seconds} second" in refused.words

    async def wait() -> None:
        world.service.clock.advance(seconds=seconds)

    await follow(refused, first=wait)
    await succeed(refused.attempt)
