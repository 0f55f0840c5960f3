"""A caller of `/mcp` who speaks plain HTTP, so that a test sees statuses and headers."""

from typing import Any

import httpx

from tests.support.service import Json, Service

LEGACY = ("2025-06-18", "2025-11-25")
MODERN = "2026-07-28"
_ACCEPT = "application/json, text/event-stream"


def message_of(version: str, method: str, **params: Any) -> tuple[Json, dict[str, str]]:
    """A request of this revision, and the headers that go with it."""
    headers = {"MCP-Protocol-Version": version}
    if version == MODERN:
        headers["Mcp-Method"] = method
        if "name" in params:
            headers["Mcp-Name"] = params["name"]
        meta = {"protocolVersion": version, "clientInfo": {"name": "test", "version": "1"}, "clientCapabilities": {}}
        params = {**params, "_meta": {f"io.modelcontextprotocol/{name}": value for name, value in meta.items()}}
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, headers


class Caller:
    def __init__(
        self, client: httpx.AsyncClient, token: str | None, version: str = MODERN, address: str = "/mcp"
    ) -> None:
        self.client = client
        self.token = token
        self.version = version
        self.address = address

    async def ask(self, method: str, headers: dict[str, str] | None = None, **params: Any) -> httpx.Response:
        own = {"Accept": _ACCEPT, "Content-Type": "application/json"}
        if self.token is not None:
            own["Authorization"] = f"Bearer {self.token}"
        message, needed = self.message(method, **params)
        return await self.client.post(self.address, json=message, headers={**own, **needed, **(headers or {})})

    async def send(self, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        """This body as it is, with the headers that every request has."""
        own = {"Accept": _ACCEPT, "Content-Type": "application/json", "MCP-Protocol-Version": self.version}
        return await self.client.post(
            self.address, content=body, headers={**own, "Authorization": f"Bearer {self.token}", **(headers or {})}
        )

    def message(self, method: str, **params: Any) -> tuple[Json, dict[str, str]]:
        return message_of(self.version, method, **params)

    async def call(self, tool: str, **arguments: Any) -> Json:
        answer = await self.ask("tools/call", name=tool, arguments=arguments)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]


_minted: dict[tuple[str, tuple[str, ...]], str] = {}


async def caller(service: Service, *scopes: str, version: str = MODERN, address: str = "/mcp") -> Caller:
    """With one service token for each set of scopes: an account may have ten."""
    ada = await service.guest()
    known = service.database_url, scopes
    if known not in _minted:
        _minted[known] = (await ada.mint(*scopes))["token"]
    return Caller(ada.client, _minted[known], version, address)
