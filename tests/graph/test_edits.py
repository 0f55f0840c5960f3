"""Random edits keep the store consistent, do what they say, and are the same for one seed."""

from collections import Counter

import pytest

from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.sandbox.app import Sandbox, SandboxConfig, create_sandbox
from ivgraph_auth.sandbox.content import lighthouse
from ivgraph_auth.sandbox.content.node import stamp
from ivgraph_auth.sandbox.content.store import Content
from ivgraph_auth.sandbox.webhooks.events import events_of
from tests.graph.description import describe
from tests.graph.edits import random_edits
from tests.graph.test_description import connect
from tests.sandbox.kit import CLIENT_ID, CLIENT_SECRET
from tests.support.clock import ManualClock

WORKSPACES = ("lighthouse", "notebook", "harbour")
ABOVE = {
    "page": {"page", "block", "data_source", "workspace"},
    "block": {"page", "block"},
    "database": {"page", "block", "workspace"},
    "data_source": {"database"},
}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def instance(clock: ManualClock) -> Sandbox:
    return create_sandbox(SandboxConfig(CLIENT_ID, Secret(CLIENT_SECRET)), clock=clock)


def check(content: Content) -> None:
    """Every thing stands once, where its parent says, and leads to the top of its own workspace."""
    for workspace in WORKSPACES:
        nodes = list(content.nodes(workspace))
        held = Counter(child for node in nodes for child in node.children)
        for node in nodes:
            assert held[node.id] == (node.parent is not None)
            assert node.parent is None or node.id in content[node.parent].children
            parent = content.get(node.parent)
            assert ("workspace" if parent is None else parent.kind) in ABOVE[node.kind]
            assert all(step.workspace == workspace for step in content.ancestry(node))
            if node.kind == "page" and parent is not None and parent.kind == "data_source":
                columns = {name: each["type"] for name, each in parent.data["schema"].items()}
                assert {name: each["type"] for name, each in node.data["properties"].items()} == columns


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
async def test_two_hundred_edits(instance: Sandbox, clock: ManualClock, seed: int) -> None:
    await connect(instance)
    await connect(instance, person="bruno")
    content = instance.state.content
    before = {node.id: node.dump() for node in content.nodes("lighthouse")}
    first = describe(instance, "ada")
    clock.advance(days=1)
    done = random_edits(instance, seed, 200)
    assert len(done) == 200
    check(content)
    after = describe(instance, "ada")
    assert len(after.edges - first.edges) > 40
    assert len(first.edges - after.edges) > 20
    assert {kind for kind in ("child", "row", "source", "link", "mention", "relation") if after.of_kind(kind)}
    now = stamp(clock.now())
    changed = [node for node in content.nodes("lighthouse") if node.dump() != before.get(node.id)]
    assert len(changed) > 100
    for node in changed:
        was = before.get(node.id)
        # A thing whose list of children alone is another is not a younger one; nor is what it holds in the trash.
        if was is None or any(was[name] != node.dump()[name] for name in ("data", "parent")):
            assert content.page_of(node).edited == now


@pytest.mark.slow
async def test_the_same_seed_does_the_same() -> None:
    titles = []
    for _ in range(2):
        instance = create_sandbox(SandboxConfig(CLIENT_ID, Secret(CLIENT_SECRET)), clock=ManualClock())
        await connect(instance)
        random_edits(instance, 7, 60)
        found = describe(instance, "ada")
        titles.append(
            (
                sorted((fact.type, fact.title, fact.in_trash) for fact in found.nodes.values()),
                sorted(
                    (each.kind, found.nodes[each.source].title, found.nodes[each.target].title, each.property)
                    for each in found.edges
                ),
            )
        )
    assert titles[0] == titles[1]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
async def test_webhooks_name_every_thing_that_an_edit_changed(instance: Sandbox, seed: int) -> None:
    """Edges that came or went while both their ends were there, and titles."""
    await connect(instance)
    (grant,) = instance.state.grants
    for page in (lighthouse.PRIVATE, lighthouse.DRAFTS):
        instance.state.share(grant, page)
    named: set[str] = set()
    instance.state.content.noticed = lambda changes: named.update(
        event.entity["id"] for event in events_of(instance, changes)
    )
    before = describe(instance, grant)
    done = random_edits(instance, seed, 150, sharing=False)
    after = describe(instance, grant)
    stayed = set(before.living) & set(after.living)
    changed = {node for node in stayed if before.living[node].title != after.living[node].title}
    for edge in before.edges ^ after.edges:
        if edge.source in stayed and edge.target in stayed:
            changed.add(edge.target if edge.kind in {"child", "row", "source"} else edge.source)
    assert len(changed) > 25
    assert {str(node) for node in changed} <= named, done
    new = set(after.nodes) - set(before.nodes)
    assert {str(node) for node in new} <= named


async def test_a_workspace_without_databases(instance: Sandbox) -> None:
    await connect(instance, workspace="notebook")
    random_edits(instance, 3, 40, "notebook")
    check(instance.state.content)
