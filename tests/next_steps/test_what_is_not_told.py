"""No refusal tells a secret, what was sent, or that something of somebody else's is there."""

from typing import Any

import httpx

from ivgraph_auth.sandbox.people import HARBOUR, NOTEBOOK
from tests.connect.kit import connected
from tests.gateway.kit import Agent
from tests.next_steps.kit import Attempt, World
from tests.support.service import Json

SENT = "Xq7sent"


def gist(answer: httpx.Response) -> tuple[int, Any]:
    """Without what is another at each request."""
    told = answer.json()
    return answer.status_code, {name: value for name, value in told.items() if name not in ("request_id", "metadata")}


async def test_what_is_unknown_and_what_is_another_persons_are_told_alike(world: World) -> None:
    chiara = await world.service.sign_in("chiara")
    await connected(world.service, chiara, "his")
    his = await Agent.of(world.service, chiara, "notion:read")
    session = (await chiara.client.get("/api/auth/sessions/", headers=chiara.bearer)).json()["results"][0]["id"]
    ada = world.ada.access
    pairs = [
        (world.tool(tenant="his"), world.tool(tenant="nobodys")),
        *(
            (
                world.drop_in("GET", "users/me", headers={"X-Ivgraph-Tenant": "his"}),
                world.drop_in("GET", "users/me", headers={"X-Ivgraph-Tenant": "nobodys"}),
            ),
            (
                world.drop_in("GET", "users/me", headers={"X-Ivgraph-Workspace": HARBOUR.id}),
                world.drop_in("GET", "users/me", headers={"X-Ivgraph-Workspace": "1" * 32}),
            ),
        ),
        (world.ask("GET", "/api/connections/his/"), world.ask("GET", "/api/connections/nobodys/")),
        *(
            (world.ask("DELETE", path, credential=ada), world.ask("DELETE", other, credential=ada))
            for path, other in (
                (f"/api/tokens/{his.token['id']}/", "/api/tokens/999999/"),
                (f"/api/auth/sessions/{session}/", f"/api/auth/sessions/{'1' * 32}/"),
            )
        ),
        (
            world.ask("POST", "/api/notion-graph/sync/", credential=ada, json={"workspace_id": HARBOUR.id}),
            world.ask("POST", "/api/notion-graph/sync/", credential=ada, json={"workspace_id": NOTEBOOK.id}),
        ),
    ]
    for foreign, unknown in pairs:
        told, same = gist(await foreign.send()), gist(await unknown.send())
        assert told[0] >= 400
        assert told == same, (foreign.method, foreign.path)
        assert HARBOUR.id not in str(told)


def sentinels(world: World) -> list[Attempt]:
    def body(**members: Json) -> Json:
        return {"toolId": "notion.getPage", "tenantId": world.agent.tenant, "parameters": {"page_id": "x"}, **members}

    return [
        world.tool().changed(json=body(toolId=SENT)),
        world.tool().changed(json=body(tenantId=SENT)),
        world.tool().changed(json=body(parameters={"page_id": SENT})),
        # Places are named in the caller's own words, values are not.
        world.tool().changed(json=body(parameters={"page_id": "x", "other": SENT})),
        world.tool(headers={"Idempotency-Key": SENT * 50}),
        world.tool(headers={"X-Ivgraph-Timeout": SENT}),
        world.tool().changed(credential=f"ivg_{SENT}"),
        world.tool().changed(json=None, content=SENT.encode(), headers={"Content-Type": "application/json"}),
        world.drop_in("GET", SENT),
        world.drop_in("GET", "users/me", headers={"X-Ivgraph-Tenant": SENT}),
        world.drop_in("GET", "users/me", headers={"X-Ivgraph-Workspace": SENT}),
        world.drop_in("GET", f"users/{SENT}?page_size={SENT}"),
        world.ask("GET", f"/api/{SENT}/"),
        world.ask("GET", f"/api/v1/graph/nodes/{SENT}"),
        world.ask("GET", f"/api/v1/graph/search?q=x&cursor={SENT}"),
        world.ask("GET", f"/api/connections/{SENT}/"),
        world.ask("DELETE", f"/api/tokens/{SENT}/", credential=world.ada.access),
        world.ask("POST", "/api/tokens/", credential=world.ada.access, json={"name": SENT, "scopes": [SENT]}),
        world.ask("GET", f"/oauth/connect/{SENT}"),
    ]


async def test_nothing_that_was_sent_comes_back(world: World) -> None:
    for attempt in sentinels(world):
        answer = await attempt.send()
        assert answer.status_code >= 400, attempt.path
        body = {"method": attempt.method, "path": attempt.path, "body": attempt.json}
        question = await world.ask("POST", "/api/authz/explain", json=body).send()
        assert question.status_code in (200, 422), attempt.path
        for told in (answer, question):
            assert SENT not in told.text, attempt.path
            assert world.agent.token["token"] not in told.text
            assert world.ada.access not in told.text
