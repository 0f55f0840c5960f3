"""It works alone in somebody's script: what it loads, and that the documented example is typed."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.integrations.kit import documented_example

WHOLE_PROGRAM = """\
import asyncio


async def main() -> None:
{example}

asyncio.run(main())
"""
HEAVY = ("fastapi", "starlette", "sqlalchemy", "asyncpg", "alembic", "uvicorn", "cryptography", "jinja2")


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603


def test_neither_the_framework_nor_the_database_is_loaded(tmp_path: Path) -> None:
    program = "import sys, json, ivgraph_auth.integrations; print(json.dumps(sorted(sys.modules)))"
    done = run("-W", "error", "-c", program, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & set(HEAVY)
    assert "httpx" in loaded


@pytest.mark.slow
def test_the_documented_example_is_typed(tmp_path: Path) -> None:
    """As written, with each answer's type asked for."""
    revealed = "reveal_type(step)\nreveal_type(token)\nreveal_type(integrations.notion.list_databases)\n"
    program = WHOLE_PROGRAM.format(example=textwrap.indent(documented_example() + revealed, "    "))
    (tmp_path / "program.py").write_text(program)
    done = run("-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "program.py", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"ivgraph_auth.integrations.oauth2.AuthorizationStep"' in done.stdout
    assert '"ivgraph_auth.integrations.credentials.NotionUserCredentials"' in done.stdout
    assert "list[dict[str, Any]]" in done.stdout.replace("builtins.", "").replace("typing.", "")
