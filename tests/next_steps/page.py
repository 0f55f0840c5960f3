"""The table of docs/errors.md, made of the code: `python -m tests.next_steps.page` puts it there."""

import re
from pathlib import Path

from ivgraph_auth.app.factory import create_app  # noqa: F401 -- with it every error is known
from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.gateway.errors import NotionSaidNo
from ivgraph_auth.web.errors.next_steps.advice import next_steps
from ivgraph_auth.web.errors.next_steps.models import NextStep
from ivgraph_auth.web.errors.next_steps.table import STEPS
from tests.next_steps.samples import context_of, sample

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
_BEGIN, _END = "<!-- The table is made: python -m tests.next_steps.page -->\n", "<!-- Until here. -->\n"
_HEAD = "| code | status | what it says | next |\n|---|---|---|---|\n"


def describe_errors() -> str:
    """A row for each class, in the order of their codes."""
    rows = sorted((_describe(kind) for kind in STEPS), key=lambda row: (row[0].strip("`"), row[1], row[2]))
    return _BEGIN + _HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows) + _END


def _describe(kind: type[ServiceError]) -> tuple[str, str, str, str]:
    error = sample(kind)
    steps = " ".join(_step(step) for step in next_steps(context_of(), error))
    shown = re.sub(r"key-[0-9a-f]{24}", "key-…", steps)
    code, status = (
        ("Notion's own, such as `object_not_found`", "Notion's")
        if kind is NotionSaidNo
        else (f"`{error.code}`", str(error.status))
    )
    return code, status, _cell(error.detail), _cell(shown)


def _step(step: NextStep) -> str:
    call = f" `{step.call.method} {step.call.path}`" if step.call else ""
    link = f" <{step.url}>" if step.url else ""
    return f"*{step.who.capitalize()}*: {step.do}{call}{link}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<token>", "…").replace("<account>", "…")


def main() -> None:
    before, _, rest = PAGE.read_text().partition(_BEGIN)
    PAGE.write_text(before + describe_errors() + rest.partition(_END)[2])


if __name__ == "__main__":
    main()
