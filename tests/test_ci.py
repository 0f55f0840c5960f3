"""`.ci/pytest-marked`: what fails once and passes by itself is told, and everything else stays red."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
MARKED = Path(__file__).parents[1] / ".ci" / "pytest-marked"
UNSTEADY = """
import pathlib
def test_first_time_only():
    count = pathlib.Path(__file__).with_name("count")
    times = int(count.read_text()) + 1 if count.exists() else 1
    count.write_text(str(times))
    assert times > 1
def test_steady():
    times = pathlib.Path(__file__).with_name("steady")
    assert not times.exists()
    times.write_text("")
"""
CASES = {
    "passes": ("def test_a(): pass", 0),
    "unsteady": (UNSTEADY, 0),
    "fails twice": ("def test_a(): assert False", 1),
    "unsteady beside one that fails twice": (UNSTEADY + "def test_never(): assert False", 1),
    "not to be imported": ("import nothing_of_the_kind", 2),
    "no tests": ("", 5),
    "dies": ("import os\ndef test_a(): os._exit(1)", 1),
}


def run(directory: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    (directory / "test_scratch.py").write_text(text)
    (directory / "pytest.ini").write_text("[pytest]\n")
    command = [str(MARKED), str(Path(sys.executable).with_name("pytest")), *options]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)  # noqa: S603 -- our own


@pytest.mark.parametrize("options", [("-n", "0"), ("-n", "2")], ids=["one process", "two"])
@pytest.mark.parametrize("name", CASES)
def test_only_what_passes_by_itself_is_forgiven(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    text, code = CASES[name]
    done = run(tmp_path, text, *options)
    assert (done.returncode == 0) == (code == 0), done.stdout + done.stderr
    told = [line for line in done.stdout.splitlines() if line.startswith("unsteady: ")]
    expected = ["unsteady: test_scratch.py::test_first_time_only"] if "unsteady" in name else []
    assert told == expected, done.stdout
    assert ("once more, by itself: test_scratch.py::test_a" in done.stdout) == (name == "fails twice")
