"""What the documents name is there: settings, commands, log lines, audit events, metrics, paths."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from starlette.applications import Starlette
from starlette.routing import Route

from ivgraph_auth.audit.models import Event
from ivgraph_auth.cli.main import app
from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.environment import names_of
from tests.conftest import MakeService
from tests.support.service import Service

ROOT = Path(__file__).parents[1]
DOCS = {
    path.name: path.read_text() for path in (ROOT / "README.md", ROOT / "SECURITY.md", *(ROOT / "docs").glob("*.md"))
}
EVERYTHING = "\n".join(DOCS.values())
OPERATIONS = DOCS["operations.md"]
# For tests, for the examples of agents, and for Notion from one's own Python alone.
NOT_OF_THE_SERVICE = {
    "IVGRAPH_TEST_DATABASE_URL",
    "IVGRAPH_TOKEN",
    "IVGRAPH_URL",
    "NOTION_TOKEN",
    "NOTION_INTEGRATION_TOKEN",
}
WORTH_A_ROW = {"warning", "error", "exception"}


def section(text: str, title: str) -> str:
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def written_events() -> Iterator[tuple[str, str]]:
    """The level and name of every line that the service may log, but for those of its sandbox."""
    for path in (ROOT / "src" / "ivgraph_auth").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                owner, name = node.func.value, node.args[0]
                if isinstance(owner, ast.Name) and owner.id == "_log" and isinstance(name, ast.Constant):
                    yield node.func.attr, str(name.value)


def commands(group: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *path, name)
        else:
            yield (*path, name), command


COMMANDS = dict(commands(typer.main.get_command(app)))


def test_every_warning_and_error_of_the_log_has_its_row_and_every_row_its_line() -> None:
    rows = set(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", section(OPERATIONS, "What the log says"), re.MULTILINE))
    events = set(written_events())
    assert rows - {name for _, name in events} == set()
    assert {name for level, name in events if level in WORTH_A_ROW} - rows == set()


def test_settings_that_are_named_exist_and_each_stands_in_the_readme() -> None:
    known = {name for field in Settings.model_fields.values() for name in names_of(field)}
    named = set(re.findall(r"\b(?:IVGRAPH|NOTION)_[A-Z][A-Z_]*[A-Z]\b", EVERYTHING)) - NOT_OF_THE_SERVICE
    assert {name for name in named if name.removesuffix("_FILE") not in known} == set()
    assert {name for name in known if f"`{name}`" not in DOCS["README.md"]} - NOT_OF_THE_SERVICE == set()


def test_commands_and_options_that_are_named_exist() -> None:
    for line in re.findall(r"(?:^ *|`|bin/)ivgraph-auth ([a-z][^`\n#|&>]*)", EVERYTHING, re.MULTILINE):
        words = line.split()
        command = COMMANDS.get((words[0],)) or COMMANDS.get(tuple(words[:2]))
        assert command, line
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, line


def test_every_command_and_its_options_are_in_the_readme() -> None:
    table = section(DOCS["README.md"], "From demo to production")
    for path in COMMANDS:
        named = f"`{path[-1]}`" in table or f"`{' '.join(path)}`" in table
        assert named, path
    for path in (("serve",), ("audit", "export")):
        options = {option for parameter in COMMANDS[path].params for option in parameter.opts}
        assert {option for option in options if f"`{option}`" not in table} == set(), path


def test_audit_events_that_are_named_exist() -> None:
    named = set(re.findall(r"`([a-z]+:[a-z]+:[a-z]+)`", EVERYTHING))
    assert named
    assert named <= {event.value for event in Event}


async def test_metrics_that_are_named_exist(make_service: MakeService) -> None:
    service = await make_service(metrics=True)
    shown = (await (await service.browser()).get("/metrics")).text
    named = set(re.findall(r"`(ivgraph_[a-z_]+)`", OPERATIONS))
    assert named
    assert {name for name in named if f"# TYPE {name} " not in shown} == set()


def test_paths_that_are_named_answer_to_their_method(shared_service: Service) -> None:
    named = set(re.findall(r"\b(GET|POST|PATCH|DELETE) (/[^\s`|?,]*)", EVERYTHING))
    assert ("GET", "/health/ready") in named
    of_sandbox = {each for each in named if each[1].startswith("/sandbox/")}
    sandbox = shared_service.sandbox.instance.app
    assert isinstance(sandbox, Starlette)
    routes = [route for route in sandbox.routes if isinstance(route, Route)]
    assert of_sandbox <= {(method, route.path) for route in routes for method in route.methods or ()}
    for method, path in named - of_sandbox - {("GET", "/metrics")}:
        concrete = re.sub(r"<[^>]+>", "1", path)
        assert method in shared_service.app.table.find("", concrete, concrete.encode()).methods, (method, path)
