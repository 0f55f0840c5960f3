"""`ivgraph-auth demo`, and somebody who follows docs/agents.md beside it."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.cli.conftest import PREFIX, remove
from tests.cli.visitor import valid
from tests.interop.agents_page import ROOT, block
from tests.support.postgres import new_directory
from tests.support.processes import PATIENCE, Starter, open_commands

NODE_MODULES = ROOT / "tests" / "node" / "node_modules"


@dataclass(frozen=True)
class Stage:
    """A demo that runs, with a token of Ada's, in an empty folder."""

    url: str
    token: str = field(repr=False)
    folder: Path

    def run(self, *command: str, **more: str) -> list[str]:
        """What it prints. The token is not among it."""
        environment = {"PATH": os.environ["PATH"], "IVGRAPH_URL": self.url, "IVGRAPH_TOKEN": self.token, **more}
        done = subprocess.run(  # noqa: S603 -- the examples are ours
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
        assert done.returncode == 0, done.stderr
        assert self.token not in done.stdout + done.stderr
        return done.stdout.splitlines()

    def run_text(self, name: str, text: str, *command: str, **more: str) -> list[str]:
        (self.folder / name).write_text(text)
        return self.run(*command, name, **more)


@pytest.fixture(scope="module")
def demo_url(starter: Starter) -> Iterator[str]:
    directory = new_directory(PREFIX)
    with open_commands(starter) as commands:
        demo = commands.start("demo", "--port", "0", IVGRAPH_DATA_DIR=str(directory), IVGRAPH_MCP="true")
        yield demo.line(r"API reference +(http://\S+)/docs").group(1)
        demo.end()
    remove(directory)


@pytest.fixture(scope="module")
def stage(demo_url: str, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The token comes about as the page says for those without a browser."""
    folder = tmp_path_factory.mktemp("agent")
    script = block("sh", "person=ada").replace("http://127.0.0.1:8000", demo_url)
    done = subprocess.run(  # noqa: S603 -- the page is ours
        ["/bin/sh", "-euc", f'{script}\nprintf %s "$IVGRAPH_TOKEN"'],
        cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert valid(demo_url, done.stdout), done.stderr
    assert list(folder.iterdir()) == []
    if not (NODE_MODULES / "@notionhq/client").exists():
        pytest.fail("@notionhq/client is missing: npm install --prefix tests/node.")
    (folder / "node_modules").symlink_to(NODE_MODULES)
    return Stage(demo_url, done.stdout, folder)
