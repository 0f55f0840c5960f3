"""What `POST /api/v1/tools/invoke` refuses."""

import asyncio
from functools import partial

from ivgraph_auth.sandbox.content.lighthouse import GUIDE
from ivgraph_auth.sandbox.people import LIGHTHOUSE, NOTEBOOK
from tests.connect.kit import PAGE, connected, form_of
from tests.gateway.kit import NOBODYS, let_pass, new_page
from tests.next_steps.kit import TOOL, Kinds, World, follow, open_link, refuse, succeed

tool = Kinds(TOOL)
MAKE = ("notion.createPage", new_page(str(GUIDE)))
KEY = {"Idempotency-Key": "the first"}


@tool("not_authenticated")
async def _(world: World) -> None:
    refused = await refuse(world.tool(credential=None), 401, "not_authenticated")
    await follow(refused)
    await succeed(refused.attempt.changed(credential=await world.token("notion:read")))


@tool("token_not_valid")
async def _(world: World) -> None:
    refused = await refuse(world.tool(credential="ivg_" + "x" * 32), 401, "token_not_valid")
    for step in refused.steps:
        if "url" in step:
            await open_link(world.ada.client, step["url"])
    # The call that it names needs no credential.
    assert (await world.ada.client.get(refused.steps[0]["call"]["path"])).status_code == 200
    await succeed(refused.attempt.changed(credential=await world.token("notion:read")))


@tool("insufficient_scope")
async def _(world: World) -> None:
    narrow = await world.token("graph:read")
    refused = await refuse(world.tool(*MAKE, credential=narrow), 403, "insufficient_scope")
    await follow(refused)
    scopes = refused.link_to("tokens?scopes=").partition("scopes=")[2].split(",")
    assert scopes == ["graph:read", "notion:write"]
    await succeed(refused.attempt.changed(credential=await world.token(*scopes)))


@tool("unknown_tool")
async def _(world: World) -> None:
    refused = await refuse(world.tool("notion.nothing"), 404, "unknown_tool")
    await follow(refused)
    listed = (await refused.attempt.make(refused.steps[0]["call"])).json()["results"]
    name = next(each["id"] for each in listed if "elf" in each["id"])
    await succeed(world.tool(name))


@tool("unknown_tenant")
async def _(world: World) -> None:
    await connected(world.service, world.ada, "team")
    refused = await refuse(world.tool(tenant="nobodys"), 404, "unknown_tenant")
    assert [step["call"]["body"]["tenantId"] for step in refused.steps[:2]] == [world.agent.tenant, "team"]
    await follow(refused)


@tool("unclear_tenant")
async def _(world: World) -> None:
    await connected(world.service, world.ada, "notes", workspace="notebook")
    both = await world.token("notion:read", workspace_ids=[LIGHTHOUSE.id, NOTEBOOK.id])
    attempt = world.tool(credential=both)
    refused = await refuse(attempt.changed(json={"toolId": "notion_get_self"}), 400, "unclear_tenant")
    assert [step["call"]["body"]["tenantId"] for step in refused.steps] == [LIGHTHOUSE.id, "notes"]
    await follow(refused)


@tool("workspace_not_allowed")
async def _(world: World) -> None:
    await connected(world.service, world.ada, "notes", workspace="notebook")
    narrow = await world.token("notion:read", workspace_ids=[LIGHTHOUSE.id])
    refused = await refuse(world.tool(tenant="notes", credential=narrow), 403, "workspace_not_allowed")
    assert "notes" not in refused.words
    await follow(refused)
    wide = await world.token("notion:read", workspace_ids=[LIGHTHOUSE.id, NOTEBOOK.id])
    await succeed(refused.attempt.changed(credential=wide))


@tool("invalid_parameters")
async def _(world: World) -> None:
    refused = await refuse(world.tool("notion.getPage", {"page_id": 5}), 422, "invalid_parameters")
    await follow(refused)
    await succeed(world.tool("notion.getPage", {"page_id": str(GUIDE)}))


@tool("missing_capability")
async def _(world: World) -> None:
    await world.service.execute("UPDATE grants SET capabilities = ARRAY['read_content']")
    refused = await refuse(world.tool(*MAKE), 403, "missing_capability")
    assert "insert_content" in refused.words
    await follow(refused)
    await succeed(refused.attempt)


@tool("oauth_expired")
async def _(world: World) -> None:
    world.service.sandbox.instance.state.revoke_authorization()
    refused = await refuse(world.tool(), 409, "oauth_expired")
    await reauthorize(world, refused.link_to("/oauth/connect/"))
    await succeed(refused.attempt)


async def reauthorize(world: World, url: str) -> None:
    """What the person does with the link."""
    client = world.ada.client
    page = await client.get(url, headers=PAGE)
    begun = await client.post(url, data=form_of(page), headers=PAGE)
    assert begun.status_code == 303, begun.text
    back = await world.service.consent(begun.headers["location"], person="ada")
    arrived = await client.get(back, headers=PAGE)
    if "Successful" not in arrived.text:
        form = form_of(arrived)
        arrived = await client.post(arrived.request.url.path, data={**form, "decision": "connect"}, headers=PAGE)
    assert "Successful" in arrived.text, arrived.text


@tool("rate_limited")
async def _(world: World) -> None:
    world.agent.fault("/v1/users/me", "status", status=429, code="rate_limited", retry_after=20)
    refused = await refuse(world.tool(), 429, "rate_limited")
    seconds = int(refused.answer.headers["retry-after"])
    assert f"Wait {seconds} seconds" in refused.words
    assert "30 calls at once" in refused.words
    await follow(refused, first=partial(let_pass, world.service, seconds))


@tool("upstream_error")
async def _(world: World) -> None:
    world.agent.fault("/v1/users/me", "garbage", garbage="text")
    await follow(await refuse(world.tool(), 502, "upstream_error"))


@tool("upstream_error of a write")
async def _(world: World) -> None:
    world.agent.fault("/v1/pages", "html", status=503)
    refused = await refuse(world.tool(*MAKE), 502, "upstream_error")
    await follow(refused)
    # The search says that it was not carried out.
    await succeed(refused.attempt.with_headers({"Idempotency-Key": "another"}))


@tool("upstream_timeout", slow=True)
async def _(world: World) -> None:
    world.agent.fault("/v1/pages", "hang")
    attempt = world.tool(*MAKE, headers={"X-Ivgraph-Timeout": "1"})
    refused = await refuse(attempt, 504, "upstream_timeout")
    await follow(refused)
    await succeed(refused.attempt)


@tool("idempotency_key_reused")
async def _(world: World) -> None:
    await succeed(world.tool(*MAKE, headers=KEY))
    other = world.tool("notion.createPage", new_page(str(GUIDE), "Another"), headers=KEY)
    await follow(await refuse(other, 409, "idempotency_key_reused"))


@tool("idempotency_in_progress", slow=True)
async def _(world: World) -> None:
    world.agent.forget()
    world.agent.fault("/v1/pages", "hang")
    running = asyncio.create_task(world.tool(*MAKE, headers={**KEY, "X-Ivgraph-Timeout": "1"}).send())
    await world.agent.is_asked()
    refused = await refuse(world.tool(*MAKE, headers=KEY), 409, "idempotency_in_progress")
    assert (await running).status_code == 504
    # It ended in a way that cannot be known, and that says what to do in turn.
    await follow(await refuse(refused.attempt, 409, "outcome_unknown"))


@tool("outcome_unknown")
async def _(world: World) -> None:
    world.agent.fault("/v1/pages", "garbage", garbage="text")
    refused = await refuse(world.tool(*MAKE, headers=KEY), 409, "outcome_unknown")
    await follow(refused)
    await succeed(refused.attempt.with_headers({"Idempotency-Key": "after looking"}))


@tool("object_not_found of Notion")
async def _(world: World) -> None:
    refused = await refuse(world.tool("notion.getPage", {"page_id": NOBODYS}), 404, "object_not_found")
    await follow(refused)
    found = (await refused.attempt.make(refused.steps[0]["call"])).json()["result"]["results"]
    page = next(each["id"] for each in found if each["object"] == "page")
    await succeed(world.tool("notion.getPage", {"page_id": page}))


@tool("validation_error of Notion")
async def _(world: World) -> None:
    world.agent.fault("/v1/users/me", "status", status=400, code="validation_error", message="Bad.")
    refused = await refuse(world.tool(), 400, "validation_error")
    await follow(refused)
    await succeed(refused.attempt)


@tool("conflict_error of Notion")
async def _(world: World) -> None:
    world.agent.fault("/v1/pages", "status", status=409, code="conflict_error", message="Busy.")
    await follow(await refuse(world.tool(*MAKE), 409, "conflict_error"))


@tool("restricted_resource of Notion")
async def _(world: World) -> None:
    world.agent.fault("/v1/users", "status", status=403, code="restricted_resource", message="No.")
    await follow(await refuse(world.tool("notion.listUsers"), 403, "restricted_resource"))


@tool("credential_unavailable")
async def _(world: World) -> None:
    await world.service.execute("UPDATE grants SET bot_id = bot_id || 'x'")
    refused = await refuse(world.tool(), 503, "credential_unavailable")
    assert "doctor" in refused.words
    # Whoever runs the service has put it right.
    mend = "UPDATE grants SET bot_id = left(bot_id, -1)"
    await follow(refused, first=partial(world.service.execute, mend))


@tool("invalid_request")
async def _(world: World) -> None:
    refused = await refuse(world.tool(headers={"X-Ivgraph-Timeout": "121"}), 400, "invalid_request")
    await follow(refused)
    await succeed(refused.attempt.with_headers({"X-Ivgraph-Timeout": "120"}))


@tool("invalid_json")
async def _(world: World) -> None:
    good = world.tool()
    broken = good.changed(json=None, content=b"{", headers={"Content-Type": "application/json"})
    refused = await refuse(broken, 400, "invalid_json")
    assert (await refused.attempt.make(refused.steps[1]["call"])).status_code == 200
    answer = await good.make(refused.steps[0]["call"])
    assert answer.status_code == 200


@tool("unsupported_media_type")
async def _(world: World) -> None:
    body = f'{{"toolId": "notion.getSelf", "tenantId": "{world.agent.tenant}"}}'.encode()
    attempt = world.tool().changed(json=None, content=body, headers={"Content-Type": "text/plain"})
    await follow(await refuse(attempt, 415, "unsupported_media_type"))


@tool("validation_error")
async def _(world: World) -> None:
    refused = await refuse(world.tool().changed(json={"toolId": 1}), 422, "validation_error")
    await follow(refused)
    await succeed(world.tool())


@tool("content_too_large")
async def _(world: World) -> None:
    large = world.tool("notion.search", {"query": "x" * 1024 * 1024})
    refused = await refuse(large, 413, "content_too_large")
    most = 1024 * 1024
    assert f"({most} bytes)" in refused.words
    await succeed(world.tool("notion.search", {"query": "x"}))


@tool("method_not_allowed")
async def _(world: World) -> None:
    refused = await refuse(world.tool().changed(method="PUT"), 405, "method_not_allowed")
    assert "POST" in refused.words
    await follow(refused)
    await succeed(refused.attempt.changed(method="POST"))
