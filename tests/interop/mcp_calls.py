"""One call of each tool of `/mcp`, and what every client must report of them."""

import base64
from dataclasses import dataclass
from typing import Any

from ivgraph_auth.agents.table import AGENT_TOOLS
from ivgraph_auth.sandbox.content import lighthouse
from tests.support.service import Json

# Label and name of the call that is refused.
REFUSED = "refused"
NOBODY = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Row:
    """`answers`: a text that the answer holds."""

    arguments: dict[str, Json]
    answers: str


# A tool that has no row fails the tests that list tools.
CALLS = {
    "search": Row({"query": "Roadmap"}, "Roadmap"),
    "fetch": Row({"id": lighthouse.ROADMAP}, "Roadmap"),
    "query": Row({"data_source": lighthouse.TASKS_SOURCE, "limit": 3}, "Grind the lens"),
    "neighbors": Row({"id": lighthouse.ROADMAP}, "Handbook"),
    "paths": Row({"source": lighthouse.ROADMAP, "target": lighthouse.WINTER}, "Winter"),
    "changes": Row({"since": "2020-01-01"}, "Edited since 2020-01-01"),
    "comments": Row({"id": lighthouse.ROADMAP}, "lamp"),
    "whoami": Row({}, "Lighthouse Studio"),
    "explain": Row({"tool": "create_page"}, "Allowed"),
    "create_page": Row({"title": "Tides", "parent": lighthouse.HANDBOOK}, "Tides"),
    "update_page": Row({"id": lighthouse.AUTUMN, "icon": "⛵"}, lighthouse.AUTUMN),
    "append": Row({"id": lighthouse.AUTUMN, "content": "And one more thing."}, lighthouse.AUTUMN),
    "comment": Row({"id": lighthouse.AUTUMN, "text": "As we said."}, ""),
    "upload": Row(
        {"filename": "tides.txt", "data": base64.b64encode(b"low, high").decode(), "attach_to": lighthouse.AUTUMN},
        "tides.txt",
    ),
}


def asked_calls() -> dict[str, Json]:
    """What a client is to call, by label: each tool by its name, and one call that is refused."""
    calls = {name: {"name": name, "arguments": row.arguments} for name, row in CALLS.items()}
    return {**calls, REFUSED: {"name": "fetch", "arguments": {"id": NOBODY}}}


def check_report(report: Any) -> None:
    """`report` is `{"tools": [name], "results": {label: {"isError", "text", "structured"}}}`."""
    assert report["tools"] == list(AGENT_TOOLS)
    results = dict(report["results"])
    refused = results.pop(REFUSED)
    assert sorted(results) == sorted(report["tools"]), "each tool needs a row in tests/interop/mcp_calls.py"
    for name, result in results.items():
        assert not result["isError"], (name, result)
        assert CALLS[name].answers in result["text"], (name, result["text"])
        assert result["structured"], name
    # The model reads why, and what it can do.
    assert refused["isError"]
    assert "within reach" in refused["text"]
    assert refused["structured"]["next"]
