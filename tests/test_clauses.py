"""docs/clauses.md names the tests that there are, and all of them."""

import re
from pathlib import Path

TESTS = Path(__file__).parent / "provider"
TABLE = Path(__file__).parents[1] / "docs/clauses.md"


def test_the_table_of_clauses_is_whole() -> None:
    named = re.findall(r"^\| .+ §[0-9.]+.* \| `(test_\w+)\.(test_\w+)` \|$", TABLE.read_text(), re.MULTILINE)
    found = [
        (module, name)
        for module in {module for module, _ in named}
        for name in re.findall(r"^async def (test_\w+)", (TESTS / f"{module}.py").read_text(), re.MULTILINE)
    ]
    assert len(named) == len(set(named)) > 100
    assert sorted(named) == sorted(found)
