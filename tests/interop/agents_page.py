"""docs/agents.md, taken apart: what tests run of it, and what its tables say."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples" / "agents"
PAGE = (ROOT / "docs" / "agents.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def block(language: str, mark: str) -> str:
    """The one of that language that holds the mark."""
    [found] = [text for text in blocks(language) if mark in text]
    return found


def rows(heading: str) -> list[list[str]]:
    """Of the table below a heading, without its head."""
    section = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def codes(cell: str) -> list[tuple[int, str]]:
    return [(int(status), code) for status, code in re.findall(r"(\d{3}) `(\w+)`", cell)]
