"""What import contracts cannot say: whose tables a repository may name, and who may construct a service."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Table

import ivgraph_auth

SOURCE = Path(ivgraph_auth.__file__).parent
FEATURES = sorted({path.parent.name for path in SOURCE.glob("*/tables.py")})
COMPOSE = SOURCE / "app" / "compose"


def tables_of(feature: str) -> set[str]:
    modules = [path.relative_to(SOURCE).with_suffix("").parts for path in (SOURCE / feature).rglob("tables.py")]
    found = [vars(importlib.import_module(".".join(("ivgraph_auth", *parts)))).values() for parts in modules]
    return {item.name for values in found for item in values if isinstance(item, Table)}


def files_of(feature: str) -> Iterator[Path]:
    yield from (SOURCE / feature).rglob("*.py")


def foreign_tables(source: str, feature: str) -> set[str]:
    """Tables of other features that are imported, or named where SQL names a table."""
    others = {name: other for other in FEATURES if other != feature for name in tables_of(other)}
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.endswith(".tables"):
            found |= {node.module} if not node.module.startswith(f"ivgraph_auth.{feature}.") else set()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            named = re.findall(r"\b(?:FROM|INTO|UPDATE|JOIN|TABLE)\s+(\w+)", node.value)
            found |= {name for name in named if name in others}
    return found


def services() -> set[str]:
    """Classes that are given a base, or a database."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        if path.relative_to(SOURCE).parts[0] in {"app", "cli", "database", "sandbox", "embedded", "integrations"}:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and takes_base_or_database(node):
                found.add(node.name)
    return found


def takes_base_or_database(node: ast.ClassDef) -> bool:
    names: set[str] = set()
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            names |= {argument.arg for argument in [*item.args.args, *item.args.kwonlyargs]}
        # Of a dataclass.
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            names.add(item.target.id)
    return bool(names & {"base", "database"})


def constructed_in(source: str, known: set[str]) -> set[str]:
    calls = (node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return {call.id for call in calls if isinstance(call, ast.Name) and call.id in known}


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_names_its_own_tables_alone(feature: str) -> None:
    assert {
        path.name: found for path in files_of(feature) if (found := foreign_tables(path.read_text(), feature))
    } == {}


@pytest.mark.parametrize(
    "planted",
    ["from ivgraph_auth.audit.tables import audit_events", 'text("INSERT INTO audit_events (id) VALUES (1)")'],
)
def test_a_foreign_table_is_found(planted: str) -> None:
    assert foreign_tables(planted, "vault")


def test_services_are_constructed_by_app_compose_alone() -> None:
    known = services()
    assert {"SessionService", "ConnectionService", "RateLimiter", "KeyVerifier"} <= known
    elsewhere = {
        str(path.relative_to(SOURCE)): found
        for path in SOURCE.rglob("*.py")
        if COMPOSE not in path.parents and (found := constructed_in(path.read_text(), known))
    }
    assert elsewhere == EXCEPTIONS


# A verifier as if the keys were others; and `doctor`, which looks at a database that nothing can be composed on.
EXCEPTIONS = {"keys/verification.py": {"KeyVerifier"}, "cli/doctor.py": {"Liveness", "ProcessRegistry"}}


def test_a_service_that_is_constructed_elsewhere_is_found() -> None:
    assert constructed_in("tokens = TokenService(base)", services()) == {"TokenService"}


# Why a file may be longer: one field a setting; one page of prose as data.
LONG_FILES = {"core/config.py", "sandbox/content/lighthouse.py"}
LONG_FUNCTIONS = {("sandbox/control.py", "control_routes")}
MOST_LINES, MOST_FUNCTION_LINES, MOST_FILES_IN_API = 250, 40, 16


def test_files_and_functions_are_short() -> None:
    # Installed from the wheel, the migrations stand there too.
    files = (path for path in SOURCE.rglob("*.py") if "_alembic" not in path.parts)
    sources = {str(path.relative_to(SOURCE)): path.read_text() for path in files}
    assert {name for name, text in sources.items() if len(text.splitlines()) > MOST_LINES} <= LONG_FILES
    long = {
        (name, node.name)
        for name, text in sources.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (node.end_lineno or 0) - node.lineno >= MOST_FUNCTION_LINES
    }
    assert long <= LONG_FUNCTIONS
    assert len(list((SOURCE / "api").glob("*.py"))) <= MOST_FILES_IN_API


def test_what_a_request_is_is_read_in_one_file() -> None:
    """Typed once: a misspelt service or argument elsewhere is an error of mypy."""
    reads = re.compile(r"\bapp\.state\b|\bscope\[|\brequest\.state\.")
    assert [path.name for path in SOURCE.rglob("*.py") if reads.search(path.read_text())] == ["context.py"]
