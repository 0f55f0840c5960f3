"""The thirty questions of docs/agent-questions.md: no fact is lost, in a third of the characters at most."""

import json
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ivgraph_auth.sandbox.people import LIGHTHOUSE
from tests.agents.generated import plant
from tests.agents.kit import Model
from tests.agents.questions import GENERATED, SAMPLE, Question, fill
from tests.graph.sync_kit import lift_rate_limit, synchronize
from tests.support.service import Service

DOCS = Path(__file__).parents[2] / "docs" / "agent-questions.md"
_LARGEST_PAGE = 100
# Of figures in docs: cursors and times differ by some characters from run to run.
_TOLERANCE = 0.02


@pytest.fixture(scope="module")
async def generated(shared_service: Service) -> AsyncIterator[Model]:
    """Two databases of 500 rows beside the sample."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        lift_rate_limit(monkeypatch)
        plant(shared_service.sandbox.instance)
        session = await shared_service.sign_in("bruno")
        run = await synchronize(shared_service, session)
        assert run["status"] == "done", run
        yield await Model.of(shared_service, session)


async def ask(model: Model, question: Question) -> tuple[str, int]:
    """All that is answered, piece by piece, and how much a model reads of it: the text, or the structured form where
    that is longer, since clients show the one or the other.
    """
    said, size = "", 0
    for name, given in question.calls:
        arguments: dict[str, Any] = fill(given)
        while True:
            answer = await model.call(name, **arguments)
            structured = json.dumps(answer.structured, ensure_ascii=False, separators=(",", ":"))
            said += answer.structured.get("text", "") + "\n" + answer.text + "\n"
            size += max(len(answer.text), len(structured))
            cursor = answer.structured.get("next_cursor", "")
            wanted = arguments.get("limit", 0)
            if not cursor or (
                wanted and wanted <= len(answer.structured.get("results") or answer.structured.get("rows", ()))
            ):
                break
            arguments = {**arguments, "cursor": cursor}
    return said, size


async def ask_notion(model: Model, question: Question) -> int:
    """Characters of what Notion answers, as its own clients get it."""
    size = 0
    headers = {"Authorization": f"Bearer {model.token}", "X-Ivgraph-Workspace": LIGHTHOUSE.id}
    for method, path, given in question.raw:
        body = fill(given)
        cursor = ""
        while True:
            sent = (
                None
                if body is None
                else {"page_size": _LARGEST_PAGE, **body, **({"start_cursor": cursor} if cursor else {})}
            )
            answer = await model.owner.client.request(method, f"/notion/v1/{fill(path)}", json=sent, headers=headers)
            assert answer.status_code == 200, answer.text
            size += len(answer.text)
            cursor = answer.json().get("next_cursor") or ""
            if not cursor or (body or {}).get("page_size", _LARGEST_PAGE) < _LARGEST_PAGE:
                break
    return size


@pytest.mark.slow
@pytest.mark.parametrize("question", SAMPLE, ids=lambda question: question.asks)
async def test_question_on_the_sample(ada: Model, question: Question) -> None:
    said, _ = await ask(ada, question)
    assert [fact for fact in question.facts if fact not in said] == []


async def measure(model: Model, questions: Sequence[Question]) -> tuple[int, int]:
    ours = notions = 0
    for question in questions:
        said, size = await ask(model, question)
        assert [fact for fact in question.facts if fact not in said] == [], question.asks
        ours += size
        notions += await ask_notion(model, question)
    return ours, notions


def figures_of(row: str) -> tuple[int, int]:
    """Of the row of the table in docs that begins so: ours and Notion's."""
    found = re.search(rf"^\| {row} \| ([\d,]+) \| ([\d,]+) \|", DOCS.read_text("utf-8"), re.MULTILINE)
    assert found, row
    ours, notions = (int(figure.replace(",", "")) for figure in found.groups())
    return ours, notions


@pytest.mark.slow
async def test_the_sample_takes_a_third_at_most(ada: Model) -> None:
    ours, notions = await measure(ada, SAMPLE)
    print(f"sample: {ours} of {notions} characters")  # noqa: T201 -- the figure for docs
    assert ours * 3 <= notions
    assert (ours, notions) == pytest.approx(figures_of("sample workspace"), rel=_TOLERANCE)


@pytest.mark.slow
async def test_the_generated_workspace_takes_a_third_at_most(generated: Model) -> None:
    ours, notions = await measure(generated, GENERATED)
    print(f"generated: {ours} of {notions} characters")  # noqa: T201 -- the figure for docs
    assert ours * 3 <= notions
    assert (ours, notions) == pytest.approx(figures_of("500-row databases"), rel=_TOLERANCE)


def test_docs_have_every_question() -> None:
    assert len(SAMPLE) + len(GENERATED) == 30
    text = DOCS.read_text("utf-8")
    for question in (*SAMPLE, *GENERATED):
        assert f"| {question.asks} |" in text
        for name, given in question.calls:
            assert f"`{name} {json.dumps(given, ensure_ascii=False)}`" in text
