"""From an error to its steps: no class is forgotten, and no step says more than it should."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from ivgraph_auth.app.factory import create_app  # noqa: F401 -- with it every error is known
from ivgraph_auth.core.errors import Forbidden, InsufficientScope, ServiceError
from ivgraph_auth.core.principal import CredentialKind, Role, Scope, Workspace
from ivgraph_auth.gateway.errors import OAuthExpired, UnknownTenant, UnknownTool
from ivgraph_auth.web.errors.next_steps.advice import in_words, next_steps
from ivgraph_auth.web.errors.next_steps.situation import AskedCall
from ivgraph_auth.web.errors.next_steps.table import STEPS, WITHOUT_STEPS
from ivgraph_auth.web.policy import ErrorForm
from tests.next_steps.page import describe_errors
from tests.next_steps.samples import AGENT, CHOICES, INVOKE, context_of, every_error, sample

PAGE = (Path(__file__).parents[2] / "docs" / "errors.md").read_text()
DOORS = [ErrorForm.PROBLEM, ErrorForm.TOOL, ErrorForm.NOTION]


def test_every_error_has_its_steps_or_a_reason_why_not() -> None:
    known = set(every_error())
    assert known - STEPS.keys() - WITHOUT_STEPS.keys() == set()
    assert STEPS.keys() & WITHOUT_STEPS.keys() == set()
    assert (STEPS.keys() | WITHOUT_STEPS.keys()) - known == set()
    assert all(reason.endswith(".") for reason in WITHOUT_STEPS.values())


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", STEPS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_steps_are_whole_sentences_for_somebody(kind: type[ServiceError], door: ErrorForm, *, known: bool) -> None:
    asked = AskedCall(door, "POST", INVOKE, repeatable=True, tenant_id="team" if known else None)
    steps = next_steps(context_of(AGENT if known else None), sample(kind), asked)
    assert steps or not known, kind
    for step in steps:
        assert step.do.endswith("."), step
        assert step.do[0].isupper()
        assert step.call is None or (step.who == "agent" and step.call.path.startswith("/"))
        assert step.url is None or (step.who == "person" and step.url.startswith("https://auth.example.com/"))
        json.dumps(step.as_json())
    words = in_words(steps, "https://auth.example.com")
    assert not re.search(r"[{}\n]|\bNone\b", words)


def test_an_error_that_the_table_does_not_know_has_the_steps_of_its_family() -> None:
    class Odd(Forbidden):
        code = "odd"

    assert next_steps(context_of(), Odd()) == next_steps(context_of(), Forbidden())


def test_every_scope_that_is_missing_is_named_and_asked_for() -> None:
    steps = next_steps(context_of(), InsufficientScope("notion:write notion:connect"))
    (link,) = [step for step in steps if step.url]
    assert "notion:write and notion:connect" in link.do
    assert link.url is not None
    assert link.url.endswith("#/tokens?scopes=graph:read,notion:read,notion:write,notion:connect")


@pytest.mark.parametrize("kind", CredentialKind)
def test_a_role_that_is_too_small_is_told_as_such(kind: CredentialKind) -> None:
    viewer = replace(AGENT, kind=kind, snapshot=replace(AGENT.snapshot, role=Role.VIEWER), scopes=(Scope.GRAPH_READ,))
    words = [step.do for step in next_steps(context_of(viewer), InsufficientScope("notion:read"))]
    assert any("`ivgraph-auth users demote 7 --to member`" in each for each in words)


def test_many_choices_are_cut_and_no_name_breaks_the_sentence() -> None:
    choices = [
        replace(CHOICES[0], tenant_id=f"t{number}", workspace_name="a\nb\x07" + "c" * 500) for number in range(30)
    ]
    steps = next_steps(context_of(), UnknownTenant(choices=choices))
    assert sum("tenantId" in step.do for step in steps) == 10
    assert steps[10].do.startswith("There are 20 more.")
    assert max(len(step.do) for step in steps) < 200
    assert all(step.do.isprintable() for step in steps)


def test_a_workspace_without_a_name_is_told_so() -> None:
    workspaces = (Workspace(AGENT.workspaces[0].id, None, None, "active"),)
    steps = next_steps(context_of(replace(AGENT, workspaces=workspaces)), UnknownTenant())
    assert "the workspace without a name" in steps[0].do


@pytest.mark.parametrize(("resource", "works"), [("", True), ("/api/v1", True), ("/notion", False), ("/mcp", False)])
def test_no_call_is_named_that_an_apps_token_is_not_for(resource: str, *, works: bool) -> None:
    """RFC 8707: a token for one door opens no other."""
    app = replace(AGENT, kind=CredentialKind.APP, audience=(f"https://auth.example.com{resource}",))
    (step,) = next_steps(context_of(app), UnknownTool())
    assert (step.call is not None) is works


def test_words_end_with_the_link_where_there_is_one() -> None:
    url = "https://auth.example.com/oauth/connect/x"
    asked = AskedCall(ErrorForm.NOTION, "GET", "/notion/v1/users/me", repeatable=False)
    assert in_words(next_steps(context_of(), OAuthExpired(url), asked), "").endswith(
        f"connect the workspace again: {url}"
    )


def test_the_page_has_every_code_with_its_steps() -> None:
    assert describe_errors() in PAGE, "python -m tests.next_steps.page writes it"
