"""The known outcomes are those that the source writes, and none that it writes itself is missing."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import ivgraph_auth.gateway.errors  # for its classes
from ivgraph_auth.audit.models import Outcome
from ivgraph_auth.core.errors import ServiceError

SOURCE = Path(__file__).parents[2] / "src/ivgraph_auth"
DECLARED = SOURCE / "audit/models.py"
NOTIONS = {"object_not_found", "validation_error", "conflict_error", "restricted_resource", "invalid_client"}
assert ivgraph_auth.gateway.errors


def trees() -> Iterator[ast.Module]:
    for path in SOURCE.rglob("*.py"):
        if path != DECLARED and "sandbox" not in path.parts:
            yield ast.parse(path.read_text())


def texts(node: ast.AST) -> set[str]:
    return {item.value for item in ast.walk(node) if isinstance(item, ast.Constant) and isinstance(item.value, str)}


def written() -> Iterator[str]:
    """What stands as an outcome, or as the reason of a refusal, where it is written."""
    for node in (node for tree in trees() for node in ast.walk(tree)):
        if isinstance(node, ast.keyword) and node.arg == "outcome":
            yield from texts(node.value)
        if isinstance(node, ast.Assign) and any(ast.unparse(target).endswith("outcome") for target in node.targets):
            yield from texts(node.value)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "AuthorizationRefused":
            yield from (text for item in node.args[1:2] if isinstance(item, ast.Constant) for text in texts(item))


def classes(family: type[ServiceError]) -> Iterator[type[ServiceError]]:
    for member in family.__subclasses__():
        yield member
        yield from classes(member)


def test_every_known_outcome_stands_in_the_source() -> None:
    everywhere = set().union(*(texts(tree) for tree in trees()))
    by_name = {Outcome[name] for tree in trees() for name in re.findall(r"\bOutcome\.([A-Z_]+)", ast.unparse(tree))}
    assert set(Outcome) - everywhere - by_name <= NOTIONS


def test_every_outcome_that_is_written_is_known() -> None:
    found = set(written())
    assert {"no_code", "needs_reauth", "session_ended"} <= found
    assert found - set(Outcome) == set()


@pytest.mark.parametrize("package", ["gateway", "keys"])
def test_every_refusal_of_a_call_is_known(package: str) -> None:
    codes = {kind.code for kind in classes(ServiceError) if kind.__module__.startswith(f"ivgraph_auth.{package}.")}
    assert codes
    assert codes - set(Outcome) - {"rewrap_refused", "rotation_stopped"} == set()
