"""A program and the test that runs it: a line of JSON each way, as tests/node/oauth/conversation.mjs has it."""

import json
import sys
from typing import Any


def hear() -> Any:
    return json.loads(sys.stdin.readline())


def say(told: Any) -> None:
    sys.stdout.write(f"{json.dumps(told)}\n")
    sys.stdout.flush()


def open_link(link: str) -> str:
    """The person opens it. Answers where they have arrived."""
    say({"open": link})
    arrived: str = hear()
    return arrived


def report(revision: str, tools: list[str], results: dict[str, Any]) -> dict[str, Any]:
    """`results` are the package's own, by name of the tool."""
    return {"revision": revision, "tools": tools, "results": {name: _describe(each) for name, each in results.items()}}


def _describe(result: Any) -> dict[str, Any]:
    texts = [part.text for part in result.content if part.type == "text"]
    failed = getattr(result, "isError", None)
    structured = getattr(result, "structuredContent", None)
    return {
        "isError": bool(getattr(result, "is_error", False) if failed is None else failed),
        "text": "\n".join(texts),
        "structured": getattr(result, "structured_content", None) if structured is None else structured,
    }
