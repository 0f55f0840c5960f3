"""docs/clauses.md names the tests that there are, and all of those that are of a standard."""

import re
from collections import Counter
from pathlib import Path

import pytest

TESTS = Path(__file__).parent / "provider"
TABLE = Path(__file__).parents[1] / "docs/clauses.md"
ROW = re.compile(r"^\| (.+?) §([0-9.]+)(.*) \| `(test_\w+)\.(test_\w+)` \|$", re.MULTILINE)
# Each of these modules is of one standard, and of all that it asks for.
NAMED = {
    "test_openid_core": "OpenID Connect Core",
    "test_openid_discovery": "OpenID Connect Discovery",
    "test_rp_logout": "RP-Initiated Logout",
}
STANDARDS = {
    path.stem: NAMED.get(path.stem) or f"RFC {path.stem.removeprefix('test_rfc')}"
    for form in ("test_rfc*.py", "test_openid*.py", "test_rp_logout.py")
    for path in TESTS.glob(form)
}
RFCS = (6749, 6750, 7009, 7523, 7591, 7636, 7662, 8252, 8414, 8628, 8693, 8707, 9068, 9207, 9449, 9700, 9728)


def rows() -> list[tuple[str, str, str, str]]:
    """Standard, section, module and test."""
    return [(found[0], found[1], found[3], found[4]) for found in ROW.findall(TABLE.read_text())]


def names_in(module: str) -> list[str]:
    return re.findall(r"^(?:async )?def (test_\w+)", (TESTS / f"{module}.py").read_text(), re.MULTILINE)


def test_every_row_is_read_and_stands_once() -> None:
    lines = [line for line in TABLE.read_text().splitlines() if line.startswith("| ") and "`" in line]
    assert len(rows()) == len(lines) > 250
    assert [row for row, times in Counter(rows()).items() if times > 1] == []


def test_every_standard_has_rows() -> None:
    asked = {*(f"RFC {number}" for number in RFCS), *NAMED.values(), "Client ID Metadata Document"}
    assert asked - {standard for standard, *_ in rows()} == set()


def test_every_named_test_is_there() -> None:
    assert [(module, name) for _, _, module, name in rows() if name not in names_in(module)] == []


@pytest.mark.parametrize("module", sorted(STANDARDS))
def test_the_tests_of_a_standard_are_all_in_the_table(module: str) -> None:
    """And each begins with the clause that it is of."""
    own = [(section, name) for standard, section, of, name in rows() if (standard, of) == (STANDARDS[module], module)]
    assert sorted(name for _, name in own) == sorted(names_in(module))
    assert [row for row in own if not row[1].startswith(f"test_{row[0].replace('.', '_')}_")] == []
