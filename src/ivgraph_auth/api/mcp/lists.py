"""Lists of tools that the package has answered: clients ask for them again and again, and nothing in them changes."""

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response
from starlette.types import Message, Send

from ivgraph_auth.api.mcp.calls import McpCall

_METHOD = "tools/list"
_MOST = 64
# A client chooses what else stands in its message.
_LONGEST = 2000
_OK = 200
# Besides MCP's own, what the package looks at.
_HEADERS = (b"accept", b"content-type")
_OF_MCP = b"mcp-"


@dataclass(frozen=True, slots=True)
class ListRequest:
    """`key` is all that the answer depends on but `id_text`, the id of the message as JSON."""

    key: Hashable
    id_text: str


class ListMemo:
    """What was answered to the same request by the same rights, without the id, of those that were asked for last."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, bytes] = {}

    def find(self, asked: ListRequest) -> Response | None:
        ending = self._answers.pop(asked.key, None)
        if ending is None:
            return None
        self._answers[asked.key] = ending
        return Response(_beginning(asked) + ending, media_type="application/json")

    def listen(self, asked: ListRequest, send: Send) -> Send:
        """Sends on, and keeps an answer that came whole."""
        status = 0

        async def send_and_keep(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif status == _OK and not message.get("more_body"):
                self._keep(asked, bytes(message.get("body", b"")))
                status = 0
            await send(message)

        return send_and_keep

    def _keep(self, asked: ListRequest, body: bytes) -> None:
        beginning = _beginning(asked)
        if not body.startswith(beginning):
            return
        while len(self._answers) >= _MOST:
            del self._answers[next(iter(self._answers))]
        self._answers[asked.key] = body[len(beginning) :]


def read_list_request(call: McpCall, message: Mapping[str, Any]) -> ListRequest | None:
    """None for any other message, and for a notification."""
    if message.get("method") != _METHOD or "id" not in message:
        return None
    headers = tuple(
        (name, value) for name, value in call.context.headers if name in _HEADERS or name.startswith(_OF_MCP)
    )
    rest = {name: value for name, value in message.items() if name != "id"}
    # As it was read, in the order of its members: which is each client's own, and always the same.
    key = (frozenset(call.principal.scopes), call.tools, headers, repr(rest))
    return ListRequest(key, json.dumps(message["id"]))


def _beginning(asked: ListRequest) -> bytes:
    return f'{{"jsonrpc":"2.0","id":{asked.id_text},"result":'.encode()
