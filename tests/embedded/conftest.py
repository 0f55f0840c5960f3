import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ivgraph_auth.embedded.owner import Owner
from ivgraph_auth.embedded.server import EmbeddedPostgres
from tests.support.postgres import end_leftovers, new_directory

SCRIPT = Path(__file__).with_name("run.py")
PREFIX = "ivgraph-embedded-"  # out of the reach of other runs that tidy up


@dataclass
class Run:
    """Another process that runs the embedded PostgreSQL."""

    process: subprocess.Popen[str]

    def started(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.complaint()
        report: dict[str, Any] = json.loads(line)
        return report

    def complaint(self) -> str:
        """What it said when it ended by itself."""
        return self.process.communicate()[1]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """Ends as a service does."""
        if self.process.poll() is None:
            self.process.communicate()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None and not pipe.closed:
                pipe.close()


StartRun = Callable[..., Run]


@dataclass(frozen=True)
class Made:
    """A cluster that is made and at rest, to be copied: making one takes longest of all."""

    directory: Path
    programs: str
    """Where every user can run PostgreSQL's programs."""


@pytest.fixture(scope="session")
def made() -> Iterator[Made]:
    directory = new_directory(PREFIX)
    with EmbeddedPostgres(directory, durable=False) as server:
        server.ensure_database()
        programs = str(server.binaries.directory)
    yield Made(directory=directory, programs=programs)
    shutil.rmtree(directory)


@pytest.fixture
def empty() -> Iterator[Path]:
    directory = new_directory(PREFIX)
    yield directory
    end_leftovers(directory.name)
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def directory(made: Made, empty: Path) -> Path:
    """A directory of the test's own with a cluster at rest."""
    copy = ["/bin/cp", "-a", str(made.directory / "postgres"), str(empty / "postgres")]
    subprocess.run(copy, check=True)  # noqa: S603  # unlike shutil, keeps owners
    return empty


@pytest.fixture(scope="module")
def shared(made: Made) -> Iterator[EmbeddedPostgres]:
    """A running server for tests that leave it as it is."""
    with EmbeddedPostgres(made.directory, durable=False) as server:
        yield server


@pytest.fixture
def start_run(made: Made) -> Iterator[StartRun]:
    def start(directory: Path, *, owner: Owner | None = None, programs: str = made.programs) -> Run:
        """`owner` other than ourselves: the run gives root up and goes on as an ordinary user."""
        user = owner or Owner.ourselves()
        command = [sys.executable, str(SCRIPT), str(directory), programs, str(user.uid), str(user.gid)]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)  # noqa: S603
        run = Run(process)
        runs.callback(run.close)
        return run

    with ExitStack() as runs:
        yield start


@pytest.fixture
def ordinary() -> Owner:
    """An ordinary user: ourselves, or the one that root becomes."""
    return Owner.for_server()
