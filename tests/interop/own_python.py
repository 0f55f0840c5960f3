"""A Python of its own for a package that does not get along with what the service needs."""

import subprocess
import sys
import venv
from pathlib import Path

_CACHE = Path.home() / ".cache" / "ivgraph-auth"
_ATTEMPTS = 3


def python_with(name: str, *requirements: str) -> Path:
    """In a virtual environment that is kept; installed only when the requirements have changed."""
    directory = _CACHE / f"interop-{name}-{sys.version_info.major}.{sys.version_info.minor}"
    python, installed = directory / "bin" / "python", directory / "installed.txt"
    wanted = "\n".join(requirements)
    if python.exists() and installed.exists() and installed.read_text() == wanted:
        return python
    venv.create(directory, with_pip=True, clear=True)
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
    for _ in range(_ATTEMPTS):
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- ours
        if done.returncode == 0:
            installed.write_text(wanted)
            return python
    raise AssertionError(done.stderr)
