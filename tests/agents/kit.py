"""A model that calls tools, as the tests meet it: by the service that the door calls, with a service token."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

import jsonschema

from ivgraph_auth.agents.models import ToolAnswer, ToolCaller
from ivgraph_auth.core.principal import ClientInfo, CredentialKind, Principal
from ivgraph_auth.gateway.models import Progress
from ivgraph_auth.sandbox.content.node import Node
from ivgraph_auth.sandbox.faults import Fault
from tests.support.service import Json, Service, Session

SCOPES = ("graph:search", "graph:read", "graph:neighbors", "notion:read", "notion:write", "notion:comment")
_SECONDS = 30.0


async def principal_of(service: Service, token: str) -> Principal:
    found = await service.app.composition.services.tokens.authenticate(token)
    return Principal(
        kind=CredentialKind.SERVICE_TOKEN,
        credential_id=str(found.token.id),
        snapshot=found.snapshot,
        scopes=found.scopes,
        workspaces=found.workspaces,
        expires_at=found.token.expires_at,
    )


@dataclass
class Model:
    """Every answer is held against the tool's own schema."""

    service: Service
    owner: Session
    token: str
    heard: list[int] = field(default_factory=list)

    @classmethod
    async def of(cls, service: Service, owner: Session, *scopes: str, **more: Json) -> "Model":
        return cls(service, owner, (await owner.mint(*(scopes or SCOPES), **more))["token"])

    async def caller(self) -> ToolCaller:
        return ToolCaller(await principal_of(self.service, self.token), ClientInfo("a-request"), Progress(), _SECONDS)

    async def call(self, name: str, **arguments: Json) -> ToolAnswer:
        tools = self.service.app.composition.services.agent_tools
        caller = await self.caller()
        tool = tools.find(caller.principal, name)
        answer = await tools.call(caller, tool, arguments)
        jsonschema.validate(answer.structured, tool.output_schema)
        return answer

    async def trail(self) -> list[tuple[str, str]]:
        """What the audit says of calls to Notion, the oldest first: operation and outcome."""
        await self.service.app.composition.completions.wait_until_written()
        rows = await self.service.rows(
            "SELECT operation, outcome FROM audit_events WHERE event = 'agent:notion:called' ORDER BY id"
        )
        return [(row["operation"], row["outcome"]) for row in rows]

    def asked(self) -> list[str]:
        calls = self.service.sandbox.instance.calls
        return [f"{call.method} {call.path}" for call in calls if not call.path.startswith("/v1/oauth/")]

    def forget(self) -> None:
        self.service.sandbox.instance.calls.clear()

    def fault(self, path: str, kind: str, **how: Json) -> None:
        self.service.sandbox.instance.faults.add(Fault(path=path, kind=kind, **how))  # type: ignore[arg-type]


def node_called(service: Service, title: str, kind: str = "page") -> Node:
    """The first of that title."""
    content = service.sandbox.instance.state.content
    nodes = (node for workspace in ("lighthouse", "notebook", "harbour") for node in content.nodes(workspace))
    return next(node for node in nodes if node.kind == kind and title_of(node) == title)


def title_of(node: Node) -> str:
    if node.kind == "page":
        pieces: Sequence[Json] = next(
            each["value"] for each in node.data["properties"].values() if each["type"] == "title"
        )
    else:
        pieces = node.data["title"]
    return "".join(piece["plain_text"] for piece in pieces)


def bare(node_id: str) -> str:
    return uuid.UUID(node_id).hex
