"""An agent with a service token, as the tests of the gateway meet it."""

import asyncio
from dataclasses import dataclass

import httpx

from ivgraph_auth.core.urls import parse_notion_id
from ivgraph_auth.sandbox.faults import Fault
from tests.support.service import Json, Service, Session

INVOKE = "/api/v1/tools/invoke"
AUDIT = "/api/audit/"
NOBODYS = "0" * 31 + "1"
ME: tuple[str, Json] = ("notion_get_self", {})


@dataclass
class Agent:
    service: Service
    owner: Session
    token: Json
    tenant: str

    @classmethod
    async def of(cls, service: Service, owner: Session, *scopes: str, **more: Json) -> "Agent":
        token = await owner.mint(*(scopes or ("notion:read", "notion:write", "notion:comment")), **more)
        return cls(service, owner, token, owner.workspace_ids[0])

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token['token']}"}

    async def invoke(
        self, tool: str, parameters: Json, *, tenant: str | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        body = {"toolId": tool, "tenantId": tenant or self.tenant, "parameters": parameters}
        return await self.owner.client.post(INVOKE, json=body, headers={**self.headers, **(headers or {})})

    async def notion(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **how: Json
    ) -> httpx.Response:
        return await self.owner.client.request(
            method, f"/notion/v1/{path}", headers={**self.headers, **(headers or {})}, **how
        )

    async def trail(self) -> list[Json]:
        """What the audit says of calls to Notion, the oldest first."""
        await self.service.app.composition.completions.wait_until_written()
        answer = await self.owner.client.get(AUDIT, params={"event": "agent:notion:called"}, headers=self.owner.bearer)
        assert answer.status_code == 200, answer.text
        return list(reversed(answer.json()["results"]))

    def asked(self) -> list[str]:
        """What Notion was asked with a token, sign-in aside."""
        calls = self.service.sandbox.instance.calls
        return [f"{call.method} {call.path}" for call in calls if not call.path.startswith("/v1/oauth/")]

    async def is_asked(self) -> None:
        """Returns when Notion has been asked something."""
        while not self.asked():  # noqa: ASYNC110 -- the sandbox has no event for it
            await asyncio.sleep(0)

    def forget(self) -> None:
        self.service.sandbox.instance.calls.clear()

    def fault(self, path: str, kind: str, **how: Json) -> None:
        self.service.sandbox.instance.faults.add(Fault(path=path, kind=kind, **how))  # type: ignore[arg-type]


async def let_pass(service: Service, seconds: float) -> None:
    """As if nobody had called for so long. Buckets go by the database's clock, which nobody can move: their rows are
    put back.
    """
    service.clock.advance(seconds=seconds)
    await service.execute(
        "UPDATE grant_budgets SET full_at = full_at - make_interval(secs => :seconds), "
        "stopped_until = stopped_until - make_interval(secs => :seconds)",
        seconds=seconds,
    )


def error_of(answer: httpx.Response) -> Json:
    """Of the envelope, which must be whole."""
    told = answer.json()
    assert told["success"] is False
    assert set(told) == {"success", "error", "metadata"}
    assert {"latency", "attempts", "requestId", "notionRequestId"} == set(told["metadata"])
    return told["error"]


def refusal_of(answer: httpx.Response) -> tuple[int, str]:
    """Of Notion's error body, which must be whole."""
    told = answer.json()
    assert told["object"] == "error"
    assert told["status"] == answer.status_code
    assert told["message"]
    assert told["request_id"]
    return answer.status_code, told["code"]


def dashed(text: str) -> str:
    found = parse_notion_id(text)
    assert found
    return str(found)


def new_page(parent: str, title: str = "Made by an agent") -> Json:
    return {"parent": {"page_id": parent}, "properties": {"title": [{"text": {"content": title}}]}}
