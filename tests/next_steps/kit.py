"""A refusal as whoever met it reads it, and whatever it says to do, done."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.gateway.kit import INVOKE, Agent
from tests.support.service import PUBLIC_URL, Json, Service, Session

REST, TOOL, DROP_IN = "rest", "tool", "drop-in"
HTML = {"Accept": "text/html"}
# In which a step for a person may end.
_REDIRECTS = {302, 303}


@dataclass
class World:
    """`agent` has a service token for everything that agents do; the person who owns it is `ada`."""

    service: Service
    ada: Session
    agent: Agent

    def tool(self, tool: str = "notion.getSelf", parameters: Json = None, **more: Any) -> "Attempt":
        tenant = more.pop("tenant", self.agent.tenant)
        body = {"toolId": tool, "tenantId": tenant, "parameters": parameters or {}}
        return self.ask("POST", INVOKE, json=body, **more)

    def drop_in(self, method: str, path: str, **more: Any) -> "Attempt":
        return self.ask(method, f"/notion/v1/{path}", **more)

    def ask(self, method: str, path: str, **more: Any) -> "Attempt":
        credential = more.pop("credential", self.agent.token["token"])
        return Attempt(self.ada.client, credential, method, path, **more)

    async def token(self, *scopes: str, **more: Json) -> str:
        return str((await self.ada.mint(*scopes, **more))["token"])


@dataclass(frozen=True)
class Attempt:
    """One call, which can be made again, or made as a step says."""

    client: httpx.AsyncClient
    credential: str | None
    method: str
    path: str
    json: Json = None
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)

    async def send(self) -> httpx.Response:
        authorization = {"Authorization": f"Bearer {self.credential}"} if self.credential else {}
        body: dict[str, Any] = {} if self.json is None else {"json": self.json}
        if self.content is not None:
            body = {"content": self.content}
        return await self.client.request(self.method, self.path, headers={**authorization, **self.headers}, **body)

    def changed(self, **members: Any) -> "Attempt":
        return replace(self, **members)

    def with_headers(self, headers: dict[str, str]) -> "Attempt":
        return replace(self, headers={**self.headers, **headers})

    async def make(self, call: Json) -> httpx.Response:
        """Where method and path are this call's own, it is this call with what the step adds."""
        headers, body = call.get("headers", {}), call.get("body", {})
        if (call["method"], call["path"].rstrip("/")) == (self.method, urlsplit(self.path).path.rstrip("/")):
            again = self.with_headers(headers)
            return await (again.changed(json={**self.json, **body}) if body else again).send()
        other = replace(self, method=call["method"], path=call["path"], content=None, json=body or None)
        return await replace(other, headers=headers).send()


@dataclass(frozen=True)
class Refused:
    """What the refusal says: `steps` as they are in JSON; of the drop-in's words those that were found in them."""

    attempt: Attempt
    answer: httpx.Response
    code: str
    steps: list[Json]

    @property
    def words(self) -> str:
        return " ".join(step["do"] for step in self.steps)

    def links(self) -> list[str]:
        return [step["url"] for step in self.steps if "url" in step]

    def link_to(self, part: str) -> str:
        (found,) = [url for url in self.links() if part in url]
        return found


async def refuse(attempt: Attempt, status: int, code: str) -> Refused:
    """Makes the call, which must be refused so."""
    answer = await attempt.send()
    assert answer.status_code == status, answer.text
    told = answer.json()
    if "object" in told:
        assert told["code"] == code, answer.text
        return Refused(attempt, answer, code, _read_words(told["message"]))
    told = told.get("error", told)
    assert told["code"] == code, answer.text
    assert told.get("detail") or told.get("message")
    steps = told["next"]
    assert steps, answer.text
    for step in steps:
        _check(step)
    assert [step["who"] for step in steps] == sorted(step["who"] for step in steps)
    return Refused(attempt, answer, code, steps)


def _check(step: Json) -> None:
    assert set(step) <= {"who", "do", "call", "url"}
    assert step["who"] in ("agent", "person")
    assert "call" not in step or step["who"] == "agent"
    assert "url" not in step or step["who"] == "person"
    if "call" in step:
        assert {"method", "path"} <= set(step["call"]) <= {"method", "path", "headers", "body"}


def _read_words(message: str) -> list[Json]:
    """No JSON, and one sentence after the other."""
    assert "{" not in message, message
    calls = [
        {"who": "agent", "do": message, "call": {"method": method, "path": url.removeprefix(PUBLIC_URL)}}
        for method, url in re.findall(r"\((GET|POST) (http[^\s)]+)\)", message)
    ]
    headers = [
        {"who": "agent", "do": message, "headers": {name: value}}
        for name, value in re.findall(r"Send (X-Ivgraph-Tenant): (\S+) for", message)
    ]
    links = [
        {"who": "person", "do": message, "url": url}
        for url in re.findall(r"(?<!GET )(?<!POST )(http\S+)(?: |$)", message)
    ]
    return [*calls, *headers, *links] or [{"who": "agent", "do": message}]


async def follow(refused: Refused, *, first: Callable[[], Awaitable[object]] | None = None) -> None:
    """Every call is made with the same credential, and every link opened. `first` is what the words ask for before."""
    if first:
        await first()
    for step in refused.steps:
        if "call" in step:
            answer = await refused.attempt.make(step["call"])
            assert answer.is_success, (step, answer.text)
        if "headers" in step:
            answer = await refused.attempt.with_headers(step["headers"]).send()
            assert answer.is_success, (step, answer.text)
        if "url" in step:
            await open_link(refused.attempt.client, step["url"])


async def open_link(client: httpx.AsyncClient, url: str) -> httpx.Response:
    assert url.startswith(f"{PUBLIC_URL}/"), url
    answer = await client.get(url, headers=HTML)
    assert answer.status_code == 200 or answer.status_code in _REDIRECTS, (url, answer.status_code)
    return answer


async def succeed(attempt: Attempt) -> None:
    answer = await attempt.send()
    assert answer.is_success, answer.text


Kind = Callable[[World], Awaitable[None]]


@dataclass
class Kinds:
    """Those of one door: each provokes one refusal, follows what it says, and succeeds."""

    door: str
    all: dict[str, Kind] = field(default_factory=dict)
    slow: set[str] = field(default_factory=set)

    def __call__(self, code: str, *, slow: bool = False) -> Callable[[Kind], Kind]:
        name = f"{self.door} {code}"
        assert name not in self.all

        def declare(kind: Kind) -> Kind:
            self.all[name] = kind
            if slow:
                self.slow.add(name)
            return kind

        return declare
