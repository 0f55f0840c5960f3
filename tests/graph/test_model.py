"""Random writing and reading, compared with a model in plain Python."""

import uuid
from collections import Counter

import pytest

from ivgraph_auth.database.connection import Connection
from ivgraph_auth.graph import removal_repository
from ivgraph_auth.graph.change_repository import changes
from ivgraph_auth.graph.export_repository import START, EdgePosition, read_edges, read_nodes
from ivgraph_auth.graph.gap_repository import graphs_and_totals, listing
from ivgraph_auth.graph.models import Edge, GapReason
from ivgraph_auth.graph.neighbor_repository import neighbors
from ivgraph_auth.graph.query_repository import counts, node
from ivgraph_auth.graph.removal_repository import hide, hide_below, remove_gone
from ivgraph_auth.graph.repository import save, touch
from ivgraph_auth.graph.rows import Neighbor
from ivgraph_auth.graph.search_repository import paths
from tests.graph.kit import Transaction, add_graph, edited_at_of
from tests.graph.model import Generator, Model, shortest, union


async def write(connection: Connection, generator: Generator, graph_id: int, model: Model, run: int) -> None:
    own = generator.random
    step = own.choice(["save", "save", "save", "trash", "hide", "touch", "unseen"])
    some = own.sample(generator.ids, own.randint(1, 4))
    if step == "save":
        readings = [generator.reading(node_id, in_trash=own.random() < 0.1) for node_id in some]
        await save(connection, graph_id, readings, run)
        model.save(readings, run)
    elif step == "trash":
        readings = [generator.reading(some[0], in_trash=True)]
        await save(connection, graph_id, readings, run)
        model.save(readings, run)
    elif step == "hide":
        await hide(connection, graph_id, some[:1])
        model.hide(some[:1])
    elif step == "touch":
        await touch(connection, graph_id, some, run)
        model.touch(some, run)
    else:
        while not await remove_gone(connection, graph_id, run - 6, some):
            while await hide_below(connection, graph_id):
                pass
        model.remove_gone(some, run - 6)


async def finish_hiding(transaction: Transaction, graph_id: int) -> None:
    left = 1
    while left:
        async with transaction() as connection:
            left = await hide_below(connection, graph_id)


async def all_neighbors(connection: Connection, grants: list[int], node_id: uuid.UUID, limit: int) -> list[Neighbor]:
    found: list[Neighbor] = []
    after = None
    while True:
        page = await neighbors(connection, grants, node_id, limit=limit, after=after)
        assert len(page.neighbors) == limit or page.next is None
        found += page.neighbors
        if page.next is None:
            return found
        after = page.next


async def check_node(connection: Connection, grants: list[int], models: list[Model], node_id: uuid.UUID) -> None:
    nodes, edges, missing = union(models)
    found = await node(connection, grants, node_id)
    around = await all_neighbors(connection, grants, node_id, limit=3)
    if node_id not in nodes:
        assert found is None
        assert around == []
        return
    assert found is not None
    shown, expected = found.summary, nodes[node_id]
    assert (shown.id, shown.type, shown.title, shown.parent, shown.edited_at) == (
        expected.id,
        expected.type,
        expected.title,
        expected.parent,
        expected.edited_at,
    )
    into = [edge for edge in edges if edge.target == node_id]
    out = [edge for edge in edges if edge.source == node_id]
    assert found.counts_in == Counter(edge.kind for edge in into)
    assert found.counts_out == Counter(edge.kind for edge in out)
    lost = sum(edge.source == node_id for edge in missing)
    assert [gap.count for gap in found.gaps] == ([lost] if lost else [])
    assert [(item.direction, item.edge) for item in around] == [
        *(("in", edge) for edge in sorted(into, key=lambda edge: (edge.kind, edge.source, edge.property))),
        *(("out", edge) for edge in sorted(out, key=lambda edge: (edge.kind, edge.target, edge.property))),
    ]
    for item in around:
        other = item.edge.source if item.direction == "in" else item.edge.target
        assert (item.node.id, item.node.title, item.node.edited_at) == (
            other,
            nodes[other].title,
            nodes[other].edited_at,
        )


async def check_paths(
    connection: Connection, grants: list[int], models: list[Model], source: uuid.UUID, target: uuid.UUID, depth: int
) -> None:
    nodes, edges, _ = union(models)
    found = await paths(connection, grants, source, target, max_depth=depth, most=3)
    assert not found.cut_neighbors
    assert not found.cut_visited
    expected = shortest(edges, source, target) if source in nodes and target in nodes else None
    if expected is None or expected[0] > depth:
        assert found.paths == ()
        return
    assert len(found.paths) == len({path.nodes for path in found.paths}) == min(3, expected[1])
    for path in found.paths:
        assert len(path.edges) == len(path.nodes) - 1 == expected[0]
        assert (path.nodes[0], path.nodes[-1]) == (source, target)
        for edge, *pair in zip(path.edges, path.nodes, path.nodes[1:], strict=False):
            assert edge in edges
            assert {edge.source, edge.target} == set(pair)


async def check_whole(connection: Connection, grants: list[int], models: list[Model]) -> None:
    nodes, edges, missing = union(models)
    streamed: list[uuid.UUID] = []
    edges_found: list[Edge] = []
    start: uuid.UUID | None = START.source
    while start is not None:
        batch = await read_nodes(connection, grants, None, start=start, most=3)
        streamed += [item.id for item in batch.nodes]
        assert all(item.edited_at == nodes[item.id].edited_at for item in batch.nodes)
        start = batch.next
    place: EdgePosition | None = START
    while place is not None:
        found = await read_edges(connection, grants, None, start=place, nodes=2, most=3)
        edges_found += found.edges
        place = found.next
    assert streamed == sorted(nodes)
    assert len(edges_found) == len(edges)
    assert set(edges_found) == edges
    found_totals = {gap.reason: gap.count for gap in (await graphs_and_totals(connection, grants))[1]}
    assert found_totals == ({GapReason.NOT_SHARED: len(missing)} if missing else {})
    assert await all_gaps(connection, grants) == Counter(edge.source for edge in missing)


async def all_gaps(connection: Connection, grants: list[int]) -> Counter[uuid.UUID]:
    """By node, from pages and each node's own list alike."""
    found: Counter[uuid.UUID] = Counter()
    after = None
    while True:
        page = await listing(connection, grants, reason=None, node_id=None, limit=2, after=after)
        for gap in page.gaps:
            found[gap.node] += gap.count
        after = page.next
        if after is None:
            break
    for node_id, count in found.items():
        own = await listing(connection, grants, reason=GapReason.NOT_SHARED, node_id=node_id, limit=9, after=None)
        assert [sum(gap.count for gap in own.gaps), {gap.node for gap in own.gaps}] == [count, {node_id}]
    return found


async def check_changes(connection: Connection, grant_id: int, model: Model) -> None:
    found = []
    positions: dict[int, int] = {}
    while True:
        page = await changes(connection, [grant_id], positions, limit=7)
        found += [(change.node, change.what) for change in page.changes]
        positions = dict(page.positions)
        assert not page.lost
        if not page.more:
            break
    assert Counter(found) == Counter(model.changes)
    for node_id in {node_id for node_id, _ in found}:
        assert [what for one, what in found if one == node_id] == [
            what for one, what in model.changes if one == node_id
        ]


async def check_views(
    connection: Connection, generator: Generator, graphs: list[tuple[int, int]], models: list[Model]
) -> None:
    for chosen in ([0], [1], [0, 1]):
        grants, seen = [graphs[index][0] for index in chosen], [models[index] for index in chosen]
        for node_id in generator.ids:
            await check_node(connection, grants, seen, node_id)
        for _ in range(12):
            source, target = generator.random.choices(generator.ids, k=2)
            await check_paths(connection, grants, seen, source, target, generator.random.randint(0, 6))
        await check_whole(connection, grants, seen)


async def check_rows(connection: Connection, graph_id: int, model: Model) -> None:
    known = await edited_at_of(connection, graph_id)
    assert known == {key: item.edited_at for key, item in model.nodes.items()}
    stored = await counts(connection, graph_id)
    assert (stored.nodes, stored.hidden) == (len(model.nodes), len(model.hidden))
    assert (stored.edges, stored.unresolved) == (len(model.edges), len(model.unresolved))


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 6))])
async def test_random_graphs_are_as_the_model_has_them(
    transaction: Transaction, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Two grants that see the same objects, each in its own state, alone and together; a third one is nobody's. Once
    with what is hidden in many transactions.
    """
    in_pieces = seed == 1
    if in_pieces:
        monkeypatch.setattr(removal_repository, "_MOST_HIDDEN", 1)
        monkeypatch.setattr(removal_repository, "_MOST_LOOSENED", 1)
    generator = Generator.seeded(seed, 12)
    async with transaction() as connection:
        graphs = [await add_graph(connection) for _ in range(3)]
    models = [Model() for _ in graphs]
    for run in range(1, 40):
        async with transaction() as connection:
            for (_, graph_id), model in zip(graphs, models, strict=True):
                await write(connection, generator, graph_id, model, run)
        for _, graph_id in graphs if in_pieces else ():
            await finish_hiding(transaction, graph_id)
        if run % 8:
            continue
        async with transaction() as connection:
            await check_views(connection, generator, graphs, models)
            for (grant_id, graph_id), model in zip(graphs, models, strict=True):
                await check_rows(connection, graph_id, model)
                # What is read again before its turn to be hidden never went.
                if not in_pieces:
                    await check_changes(connection, grant_id, model)
