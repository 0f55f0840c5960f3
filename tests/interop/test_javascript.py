"""`.ci/check-javascript`: what it finds when something of the pages' JavaScript does not fit the API."""

import asyncio
import shutil
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest

pytestmark = pytest.mark.interop

ROOT = Path(__file__).parents[2]
PAGES, SCRIPTS, NODE = "src/ivgraph_auth/dashboard", "src/ivgraph_auth/web/static", "tests/node"
EXAMPLE = "docs/examples/oauth/spa"
PLANTS = {
    "an event without words": (
        [(f"{PAGES}/sentences.js", '"account:token:renamed": {', '"account:token:relabelled": {')],
        ["sentences.js", "account:token:relabelled"],
    ),
    "an outcome and a path that are not the API's, a misspelt member": (
        [
            (f"{PAGES}/outcomes.js", "  not_paused: {", "  never_paused: {"),
            (f"{PAGES}/pages/sessions.js", '"/api/auth/logout-all/"', '"/api/auth/logout-everywhere/"'),
            (f"{PAGES}/pages/tokens.js", "token.prefix}", "token.prefixx}"),
        ],
        ["never_paused", "/api/auth/logout-everywhere/", "prefixx"],
    ),
    "markup, a name that nothing uses, an ignored error": (
        [
            (f"{PAGES}/main.js", "let turn = 0;", 'let turn = 0;\nconst unused = 1;\napp.innerHTML = "";'),
            (f"{SCRIPTS}/docs.js", "const dark", "// @ts-ignore\nconst dark"),
        ],
        ["no-unused-vars", "no-restricted-properties", "no-warning-comments"],
    ),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in (PAGES, SCRIPTS, EXAMPLE, NODE):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("node_modules", "openapi.d.ts"))
    (tmp_path / "tests/__init__.py").touch()
    (tmp_path / NODE / "node_modules").symlink_to(ROOT / NODE / "node_modules")
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/check-javascript", tmp_path / ".ci")
    return tmp_path


async def check(root: Path) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        root / ".ci/check-javascript", sys.executable, stdout=PIPE, stderr=STDOUT
    )
    told, _ = await process.communicate()
    return process.returncode, told.decode()


async def test_the_pages_fit_the_api(copy: Path) -> None:
    assert await check(copy) == (0, "")


@pytest.mark.parametrize("name", PLANTS)
async def test_a_fault_is_found(copy: Path, name: str) -> None:
    edits, expected = PLANTS[name]
    for path, old, new in edits:
        text = (copy / path).read_text()
        assert old in text
        (copy / path).write_text(text.replace(old, new, 1))
    code, told = await check(copy)
    assert code
    assert all(part in told for part in expected), told
