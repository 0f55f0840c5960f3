"""The pages of docs/ that are served as they are, in Markdown, for whoever reads `/llms.txt`."""

from functools import cache
from pathlib import Path
from types import MappingProxyType

_IN_WHEEL = Path(__file__).parents[2] / "_docs"
_IN_CHECKOUT = Path(__file__).parents[4] / "docs"
# By name, with what `/llms.txt` says of it. pyproject.toml puts the same ones into the wheel.
PAGES = MappingProxyType(
    {
        "agents": (
            "Agents",
            "connect a client or a program, scopes, tools, pace, retries, writing once, every refusal and what to do",
        ),
        "errors": ("Errors", "every refusal by its code, and what the agent and its person do about it"),
        "notion-api": ("Notion's API", "each of its calls: by which scope it is let through, or why it is not"),
        "graph": ("The workspace graph", "search, nodes, contents, neighbours, paths and changes over REST"),
        "connect": ("Connecting by OAuth", "Claude, ChatGPT, Cursor, VS Code and other clients, one by one"),
        "provider": ("The OAuth provider", "how apps are registered, what a token is good for, and for how long"),
    }
)


@cache
def read_page(name: str) -> str:
    """`name` is one of `PAGES`."""
    folder = _IN_WHEEL if _IN_WHEEL.is_dir() else _IN_CHECKOUT
    return (folder / f"{name}.md").read_text(encoding="utf-8")
