"""One call of each tool of `/mcp`, and what every client must report of them."""

from dataclasses import dataclass
from typing import Any

from ivgraph_auth.agents.table import AGENT_TOOLS
from ivgraph_auth.sandbox.content import lighthouse
from tests.support.service import Json


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
    "update_page": Row({"id": lighthouse.AUTUMN, "icon": "⛵"}, ""),
    "append": Row({"id": lighthouse.AUTUMN, "content": "And one more thing."}, ""),
    "comment": Row({"id": lighthouse.AUTUMN, "text": "As we said."}, ""),
    "upload": Row({"filename": "tides.txt", "data": "aGlnaCBhbmQgbG93", "attach_to": lighthouse.AUTUMN}, "tides.txt"),
}
ARGUMENTS = {name: row.arguments for name, row in CALLS.items()}


def check_report(report: Any) -> None:
    """`report` is `{"tools": [name], "results": {name: {"isError", "text", "structured"}}}`. `structured` is None from
    clients that do not show it.
    """
    assert report["tools"] == list(AGENT_TOOLS)
    assert sorted(report["results"]) == sorted(report["tools"]), "each tool needs a row in tests/interop/mcp_calls.py"
    for name, result in report["results"].items():
        assert not result["isError"], (name, result)
        assert CALLS[name].answers in result["text"], (name, result["text"])
        assert result["structured"], name
