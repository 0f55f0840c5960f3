"""What `/notion/v1` refuses, in words that stand in Notion's error body."""

from functools import partial

from ivgraph_auth.sandbox.content.lighthouse import GUIDE
from ivgraph_auth.sandbox.people import LIGHTHOUSE, NOTEBOOK
from tests.connect.kit import connected
from tests.gateway.kit import let_pass, new_page
from tests.gateway.test_uploads import MEBIBYTE, TEXT, begin, send
from tests.next_steps.kit import DROP_IN, Kinds, World, follow, open_link, refuse, succeed
from tests.next_steps.tool_kinds import KEY, reauthorize

drop_in = Kinds(DROP_IN)
PAGE = new_page(str(GUIDE))
ME = ("GET", "users/me")
MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}


@drop_in("unauthorized: no credential")
async def _(world: World) -> None:
    refused = await refuse(world.drop_in(*ME, credential=None), 401, "unauthorized")
    await follow(refused)
    await succeed(refused.attempt.changed(credential=await world.token("notion:read")))


@drop_in("unauthorized: a bad one")
async def _(world: World) -> None:
    refused = await refuse(world.drop_in(*ME, credential="ivg_" + "x" * 32), 401, "unauthorized")
    await open_link(world.ada.client, refused.link_to("#/tokens"))
    await succeed(refused.attempt.changed(credential=await world.token("notion:read")))


@drop_in("unauthorized: consent is needed")
async def _(world: World) -> None:
    world.service.sandbox.instance.state.revoke_authorization()
    refused = await refuse(world.drop_in(*ME), 401, "unauthorized")
    url = refused.answer.json()["message"].rpartition(" ")[2]
    await reauthorize(world, url)
    await succeed(refused.attempt)


@drop_in("restricted_resource: scope")
async def _(world: World) -> None:
    narrow = await world.token("graph:read")
    refused = await refuse(world.drop_in(*ME, credential=narrow), 403, "restricted_resource")
    await follow(refused)
    scopes = refused.link_to("tokens?scopes=").partition("scopes=")[2].split(",")
    await succeed(refused.attempt.changed(credential=await world.token(*scopes)))


@drop_in("restricted_resource: workspace")
async def _(world: World) -> None:
    await connected(world.service, world.ada, "notes", workspace="notebook")
    narrow = await world.token("notion:read", workspace_ids=[LIGHTHOUSE.id])
    attempt = world.drop_in(*ME, credential=narrow, headers={"X-Ivgraph-Workspace": NOTEBOOK.id})
    refused = await refuse(attempt, 403, "restricted_resource")
    assert NOTEBOOK.id not in refused.words
    wide = await world.token("notion:read", workspace_ids=[LIGHTHOUSE.id, NOTEBOOK.id])
    await succeed(refused.attempt.changed(credential=wide))
    plain = refused.attempt.changed(headers={})
    for step in refused.steps:
        if "headers" in step:
            await succeed(plain.with_headers(step["headers"]))


@drop_in("restricted_resource: capability")
async def _(world: World) -> None:
    await world.service.execute("UPDATE grants SET capabilities = ARRAY['read_content']")
    refused = await refuse(world.drop_in("POST", "pages", json=PAGE), 403, "restricted_resource")
    await follow(refused)
    await succeed(refused.attempt)


@drop_in("invalid_request_url")
async def _(world: World) -> None:
    refused = await refuse(world.drop_in("GET", "nothing/like/this"), 400, "invalid_request_url")
    await follow(refused)
    listed = (await world.ada.client.get("/openapi.json")).json()["paths"]
    assert "/notion/v1/users/me" in listed
    await succeed(world.drop_in(*ME))


@drop_in("validation_error: several workspaces")
async def _(world: World) -> None:
    await connected(world.service, world.ada, "notes", workspace="notebook")
    both = await world.token("notion:read", workspace_ids=[LIGHTHOUSE.id, NOTEBOOK.id])
    refused = await refuse(world.drop_in(*ME, credential=both), 400, "validation_error")
    named = [step["headers"]["X-Ivgraph-Tenant"] for step in refused.steps if "headers" in step]
    assert sorted(named) == sorted([LIGHTHOUSE.id, "notes"])
    await follow(refused)


@drop_in("validation_error: several connections")
async def _(world: World) -> None:
    for name in ("one", "two"):
        await connected(world.service, world.ada, name, workspace="notebook")
    token = await world.token("notion:read", workspace_ids=[NOTEBOOK.id])
    refused = await refuse(world.drop_in(*ME, credential=token), 400, "validation_error")
    named = [step["headers"]["X-Ivgraph-Tenant"] for step in refused.steps if "headers" in step]
    assert named == ["one", "two"]
    await follow(refused)


@drop_in("validation_error: unknown tenant")
async def _(world: World) -> None:
    attempt = world.drop_in(*ME, headers={"X-Ivgraph-Tenant": "nobodys"})
    await follow(await refuse(attempt, 400, "validation_error"))


@drop_in("validation_error: too large")
async def _(world: World) -> None:
    attempt = world.drop_in("POST", "search", json={"query": "x" * 1024 * 1024})
    refused = await refuse(attempt, 400, "validation_error")
    assert f"({1024 * 1024} bytes)" in refused.words
    await succeed(refused.attempt.changed(json={"query": "x"}))


@drop_in("validation_error: a file too large")
async def _(world: World) -> None:
    upload = await begin(world.agent)
    attempt = world.drop_in("POST", f"file_uploads/{upload}/send", content=TEXT, headers=MULTIPART)
    refused = await refuse(attempt.with_headers({"Content-Length": str(21 * MEBIBYTE)}), 400, "validation_error")
    assert "in parts (mode multi_part)" in refused.words
    parts = await begin(world.agent, mode="multi_part", number_of_parts=2)
    assert (await send(world.agent, parts, b"b", part_number=2)).status_code == 200


@drop_in("rate_limited: access was renewed")
async def _(world: World) -> None:
    upload = await begin(world.agent)
    world.service.sandbox.instance.state.expire_access_tokens()
    answer = await send(world.agent, upload)
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert "Wait 1 second, then send the same file again" in answer.json()["message"]
    assert (await send(world.agent, upload)).status_code == 200


@drop_in("validation_error: a header")
async def _(world: World) -> None:
    refused = await refuse(world.drop_in(*ME, headers={"X-Ivgraph-Timeout": "56"}), 400, "validation_error")
    await follow(refused)
    await succeed(refused.attempt.with_headers({"X-Ivgraph-Timeout": "55"}))


@drop_in("rate_limited")
async def _(world: World) -> None:
    world.agent.fault("/v1/users/me", "status", status=429, code="rate_limited", retry_after=20)
    assert (await world.drop_in(*ME).send()).status_code == 429
    refused = await refuse(world.drop_in(*ME), 429, "rate_limited")
    seconds = int(refused.answer.headers["retry-after"])
    assert f"Wait {seconds} seconds" in refused.words
    await follow(refused, first=partial(let_pass, world.service, seconds))
    await succeed(refused.attempt)


@drop_in("conflict_error: key reused")
async def _(world: World) -> None:
    await succeed(world.drop_in("POST", "pages", json=PAGE, headers=KEY))
    other = world.drop_in("POST", "pages", json=new_page(str(GUIDE), "Another"), headers=KEY)
    refused = await refuse(other, 409, "conflict_error")
    key = refused.words.partition("such as ")[2].partition(".")[0]
    await succeed(refused.attempt.with_headers({"Idempotency-Key": key}))


@drop_in("conflict_error: outcome unknown")
async def _(world: World) -> None:
    world.agent.fault("/v1/pages", "drop")
    attempt = world.drop_in("POST", "pages", json=PAGE, headers=KEY)
    assert (await attempt.send()).status_code == 503
    refused = await refuse(attempt, 409, "conflict_error")
    await follow(refused)
    await succeed(refused.attempt.with_headers({"Idempotency-Key": "after looking"}))


@drop_in("service_unavailable: Notion")
async def _(world: World) -> None:
    world.agent.fault("/v1/users/me", "garbage", garbage="text")
    refused = await refuse(world.drop_in(*ME), 503, "service_unavailable")
    await follow(refused)
    await succeed(refused.attempt)


@drop_in("service_unavailable: credential")
async def _(world: World) -> None:
    await world.service.execute("UPDATE grants SET bot_id = bot_id || 'x'")
    refused = await refuse(world.drop_in(*ME), 503, "service_unavailable")
    assert "doctor" in refused.words
    await world.service.execute("UPDATE grants SET bot_id = left(bot_id, -1)")
    await succeed(refused.attempt)


@drop_in("gateway_timeout", slow=True)
async def _(world: World) -> None:
    world.agent.fault("/v1/users/me", "hang")
    attempt = world.drop_in(*ME, headers={"X-Ivgraph-Timeout": "1"})
    refused = await refuse(attempt, 504, "gateway_timeout")
    await follow(refused)
    await succeed(refused.attempt)
