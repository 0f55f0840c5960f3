"""What is written: replaced as a whole, resolved when targets appear, in any order and by several at once."""

import asyncio
import dataclasses
import random
import uuid

import pytest
from sqlalchemy import text

from ivgraph_auth.database.engine import Database
from ivgraph_auth.graph import removal_repository
from ivgraph_auth.graph.change_repository import changes
from ivgraph_auth.graph.gap_repository import graphs_and_totals
from ivgraph_auth.graph.models import Edge, EdgeKind, Gap, GapReason, NodeType, Parent
from ivgraph_auth.graph.neighbor_repository import neighbors
from ivgraph_auth.graph.query_repository import counts, node
from ivgraph_auth.graph.removal_repository import hide, hide_below, list_unfinished
from ivgraph_auth.graph.repository import ensure_graph, graphs_of, save, set_as_of
from ivgraph_auth.graph.rows import Change, NodeReading
from ivgraph_auth.graph.search_repository import paths
from tests.graph.kit import NOW, WORKSPACE, Transaction, add_graph, edited_at_of, new_id, reading


async def test_a_grant_has_one_graph(transaction: Transaction) -> None:
    async with transaction() as connection:
        grant_id, graph_id = await add_graph(connection)
        assert await ensure_graph(connection, grant_id, WORKSPACE, NOW) == graph_id
        (row,) = await graphs_of(connection, [grant_id])
        assert (row.id, row.grant_id, row.workspace_id, row.as_of) == (graph_id, grant_id, WORKSPACE, None)
        await set_as_of(connection, graph_id, NOW)
        assert [row.as_of for row in await graphs_of(connection, [grant_id])] == [NOW]


async def test_an_edge_waits_for_its_target_and_a_child_for_its_parent(transaction: Transaction) -> None:
    above, page, target = new_id(), new_id(), new_id()
    async with transaction() as connection:
        grant_id, graph_id = await add_graph(connection)
        await save(connection, graph_id, [reading(page, parent=above, links=(target,))], 1)
        found = await node(connection, [grant_id], page)
        assert found is not None
        assert (found.counts_in, found.counts_out) == ({}, {})
        assert [(gap.reason, gap.count) for gap in found.gaps] == [(GapReason.NOT_SHARED, 1)]
        await save(connection, graph_id, [reading(above), reading(target)], 1)
        found = await node(connection, [grant_id], page)
        assert found is not None
        assert (found.counts_in, found.counts_out) == ({EdgeKind.CHILD: 1}, {EdgeKind.LINK: 1})
        assert found.gaps == ()
        assert found.summary.parent == Parent("page_id", above)


async def test_the_kind_of_an_edge_from_above_follows_from_both_ends(transaction: Transaction) -> None:
    above = new_id()
    expected = {}
    async with transaction() as connection:
        grant_id, graph_id = await add_graph(connection)
        await save(connection, graph_id, [reading(above)], 1)
        for type_, parent_type, kind in (
            (NodeType.PAGE, "page_id", EdgeKind.CHILD),
            (NodeType.PAGE, "block_id", EdgeKind.CHILD),
            (NodeType.DATABASE, "page_id", EdgeKind.CHILD),
            (NodeType.DATABASE, "block_id", EdgeKind.CHILD),
            (NodeType.PAGE, "data_source_id", EdgeKind.ROW),
            (NodeType.PAGE, "database_id", EdgeKind.ROW),
            (NodeType.DATA_SOURCE, "database_id", EdgeKind.SOURCE),
        ):
            one = reading(new_id(), parent=above, type=type_)
            await save(
                connection,
                graph_id,
                [dataclasses.replace(one, node=dataclasses.replace(one.node, parent=Parent(parent_type, above)))],
                1,
            )
            expected[one.node.id] = kind
        found = (await neighbors(connection, [grant_id], above, limit=50)).neighbors
        assert {item.node.id: item.edge.kind for item in found} == expected


async def test_only_what_is_answered_makes_a_change(transaction: Transaction) -> None:
    page, other = new_id(), new_id()
    gap = Gap(None, GapReason.TRUNCATED, "a table")
    steps: list[tuple[NodeReading, list[Change]]] = [
        (reading(page, "one"), [Change.APPEARED]),
        (reading(page, "one"), []),
        (reading(page, "one", gaps=(gap,)), []),
        (reading(page, "two", gaps=(gap,)), [Change.CHANGED]),
        (reading(page, "two", links=(other,)), [Change.CHANGED]),
        (reading(page, "two", links=(other, other)), []),
        (reading(page, "two", links=(other,), parent=other), [Change.CHANGED]),
        (reading(page, "two", in_trash=True), [Change.WENT]),
        (reading(page, "two", in_trash=True), []),
        (reading(page, "two"), [Change.APPEARED]),
    ]
    async with transaction() as connection:
        grant_id, graph_id = await add_graph(connection)
        positions: dict[int, int] = {}
        for step, expected in steps:
            await save(connection, graph_id, [step], 1)
            found = await changes(connection, [grant_id], positions, 10)
            positions = dict(found.positions)
            assert [change.what for change in found.changes] == expected


async def test_gaps_are_replaced(transaction: Transaction) -> None:
    page = new_id()
    first, second = Gap(None, GapReason.TRUNCATED, "a"), Gap(None, GapReason.UNSUPPORTED_BLOCK, "b\0")
    async with transaction() as connection:
        grant_id, graph_id = await add_graph(connection)
        await save(connection, graph_id, [reading(page, gaps=(first, first))], 1)
        assert [(gap.reason, gap.count) for gap in (await graphs_and_totals(connection, [grant_id]))[1]] == [
            (GapReason.TRUNCATED, 1)
        ]
        await save(connection, graph_id, [reading(page, gaps=(second,))], 1)
        found = await node(connection, [grant_id], page)
        assert found is not None
        assert [(gap.reason, gap.detail) for gap in found.gaps] == [(GapReason.UNSUPPORTED_BLOCK, "b")]
        await hide(connection, graph_id, [page])
        assert (await graphs_and_totals(connection, [grant_id]))[1] == []


async def test_what_postgresql_cannot_store_is_left_out(transaction: Transaction) -> None:
    page = new_id()
    one = reading(page, "a\0b\ud800")
    odd = {"nul\0": ["\0", "\ud83d", float("nan"), 10**40, {"deep": None}], "\\u0000": "\\u0000"}
    one = dataclasses.replace(one, node=dataclasses.replace(one.node, properties=odd, icon="\0", url="\udfff"))
    async with transaction() as connection:
        grant_id, graph_id = await add_graph(connection)
        await save(connection, graph_id, [one], 1)
        found = await node(connection, [grant_id], page)
        assert found is not None
        assert (found.summary.title, found.summary.icon, found.summary.url) == ("ab?", "", "?")
        assert found.properties == {"nul": ["", "?", None, 10**40, {"deep": None}], "\\u0000": "\\u0000"}


async def test_hiding_takes_what_is_below_along_also_in_a_circle(transaction: Transaction) -> None:
    top, below, lowest, beside = (new_id() for _ in range(4))
    async with transaction() as connection:
        grant_id, graph_id = await add_graph(connection)
        await save(
            connection,
            graph_id,
            [
                reading(top, parent=lowest, links=(beside,)),
                reading(below, parent=top),
                reading(lowest, parent=below),
                reading(beside, links=(lowest,)),
            ],
            1,
        )
        assert await hide(connection, graph_id, [top, new_id()]) == 3
        assert await edited_at_of(connection, graph_id) == {beside: NOW}
        assert await hide(connection, graph_id, [top]) == 0
        await save(connection, graph_id, [reading(lowest, parent=below)], 2)
        around = (await neighbors(connection, [grant_id], lowest, limit=5)).neighbors
        assert [item.node.id for item in around] == [beside]


async def test_the_top_of_a_large_tree_goes_at_once_and_the_rest_by_and_by(
    transaction: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for what is read meanwhile. Whoever goes on, in whichever process, needs to know nothing but the graph."""
    monkeypatch.setattr(removal_repository, "_MOST_HIDDEN", 3)
    monkeypatch.setattr(removal_repository, "_MOST_LOOSENED", 3)
    top, other, *below = (new_id() for _ in range(22))
    async with transaction() as connection:
        grant_id, graph_id = await add_graph(connection)
        tree = [reading(one, parent=top if number < 10 else below[number - 10]) for number, one in enumerate(below)]
        await save(connection, graph_id, [reading(top), *tree, reading(other, links=(top, *below))], 1)
    async with transaction() as connection:
        assert await hide(connection, graph_id, [top]) == 3
        assert await node(connection, [grant_id], top) is None
        assert await list_unfinished(connection) == [graph_id]
    async with transaction() as connection:
        await save(connection, graph_id, [reading(below[9], "again", parent=top)], 2)
        assert await hide_below(connection, graph_id) > 0
    transactions = 1
    while await list_unfinished_in(transaction):
        async with transaction() as connection:
            await hide_below(connection, graph_id)
        transactions += 1
    assert transactions > 6
    async with transaction() as connection:
        assert (await edited_at_of(connection, graph_id)).keys() == {other, below[9], below[19]}
        found = await counts(connection, graph_id)
        # The links to the one that stays and what is below it, and that one's edge.
        assert (found.nodes, found.edges) == (3, 3)
        assert {gap.reason.value: gap.count for gap in (await graphs_and_totals(connection, [grant_id]))[1]} == {
            "not_shared": 19
        }
        went = [
            change.node for change in (await changes(connection, [grant_id], {}, 100)).changes if change.what == "went"
        ]
        # One of them may have gone with the first, before it was read again.
        assert {*went} - {below[9], below[19]} == {top, *below} - {below[9], below[19]}


async def list_unfinished_in(transaction: Transaction) -> list[int]:
    async with transaction() as connection:
        return await list_unfinished(connection)


async def test_nothing_is_saved_for_a_graph_that_is_gone(transaction: Transaction) -> None:
    async with transaction() as connection:
        await save(connection, 10**12, [reading(new_id())], 1)
        assert (await counts(connection, 10**12)).nodes == 0


async def test_hundred_readings_with_many_edges_are_saved_at_once(transaction: Transaction) -> None:
    ids = [new_id() for _ in range(100)]
    async with transaction() as connection:
        _, graph_id = await add_graph(connection)
        for run in range(2):
            await save(connection, graph_id, [reading(one, str(run), links=tuple(ids)) for one in ids], run)
        assert (await counts(connection, graph_id)).edges == 10_000


async def test_several_that_write_to_one_graph_do_not_block_each_other_for_good(
    database: Database, transaction: Transaction
) -> None:
    ids = [new_id() for _ in range(10)]
    async with transaction() as connection:
        grant_id, graph_id = await add_graph(connection)

    async def write(seed: int) -> None:
        own = random.Random(seed)  # noqa: S311 -- made to be repeated
        for run in range(15):
            async with transaction() as inner:
                some = own.sample(ids, 5)
                if own.random() < 0.2:
                    await hide(inner, graph_id, some[:2])
                else:
                    await save(
                        inner, graph_id, [reading(one, str(own.random()), links=tuple(ids)) for one in some], run
                    )

    seen: list[int] = []

    async def follow() -> None:
        positions: dict[int, int] = {}
        while len(seen) < 20:
            async with database.direct() as inner:
                page = await changes(inner, [grant_id], positions, 5)
            positions = dict(page.positions)
            seen.extend(change.seq for change in page.changes)
            await asyncio.sleep(0)

    await asyncio.gather(*(write(seed) for seed in range(4)), follow())
    async with transaction() as connection:
        everything = [change.seq for change in (await changes(connection, [grant_id], {}, 10_000)).changes]
    assert seen == everything[: len(seen)]


async def hub(transaction: Transaction, size: int) -> tuple[int, uuid.UUID, list[uuid.UUID]]:
    center, around = new_id(), sorted(new_id() for _ in range(size))
    async with transaction() as connection:
        grant_id, graph_id = await add_graph(connection)
        await save(connection, graph_id, [reading(center)], 1)
        await save(connection, graph_id, [reading(one, links=(center,)) for one in around], 1)
    return grant_id, center, around


async def test_the_neighbours_of_a_hub_come_in_pages_that_an_edit_does_not_disturb(transaction: Transaction) -> None:
    grant_id, center, around = await hub(transaction, 60)
    found: list[uuid.UUID] = []
    after = None
    async with transaction() as connection:
        (row,) = await graphs_of(connection, [grant_id])
        while True:
            page = await neighbors(connection, [grant_id], center, direction="in", limit=25, after=after)
            found += [item.node.id for item in page.neighbors]
            after = page.next
            if after is None:
                break
            await save(connection, row.id, [reading(one, "edited", links=(center,)) for one in around], 2)
        assert found == around
        none = await neighbors(connection, [grant_id], center, direction="out", limit=25)
        assert none.neighbors == ()
        links = await neighbors(connection, [grant_id], center, kinds=[EdgeKind.LINK], limit=60)
        assert (len(links.neighbors), links.next) == (60, None)
        assert (await neighbors(connection, [grant_id], center, kinds=[EdgeKind.CHILD], limit=5)).neighbors == ()


@pytest.mark.parametrize(
    ("bounds", "found", "cut"),
    [
        ({}, 1, (False, False)),
        ({"max_depth": 1}, 0, (False, False)),
        ({"most_neighbors": 60}, 1, (False, False)),
        ({"most_neighbors": 1}, 0, (True, False)),
        ({"most_visited": 20}, 0, (False, True)),
    ],
)
async def test_bounds_that_cut_a_search_for_paths_are_told(
    transaction: Transaction, bounds: dict[str, int], found: int, cut: tuple[bool, bool]
) -> None:
    """From one side of a hub to something beside its other side: four steps, the hub's neighbours between."""
    grant_id, _, around = await hub(transaction, 60)
    end = new_id()
    async with transaction() as connection:
        (row,) = await graphs_of(connection, [grant_id])
        await save(connection, row.id, [reading(end, links=(around[-1],))], 1)
        result = await paths(connection, [grant_id], around[0], end, **{"max_depth": 6, **bounds})
    assert len(result.paths) == found
    assert (result.cut_neighbors, result.cut_visited) == cut


async def test_of_very_many_shortest_paths_ten_are_answered(transaction: Transaction) -> None:
    layers = [[new_id()], *([new_id() for _ in range(12)] for _ in range(4)), [new_id()]]
    async with transaction() as connection:
        grant_id, graph_id = await add_graph(connection)
        for layer, following in zip(layers, [*layers[1:], []], strict=True):
            await save(connection, graph_id, [reading(one, links=tuple(following)) for one in layer], 1)
        found = await paths(connection, [grant_id], layers[0][0], layers[-1][0], max_depth=6)
        assert len({path.nodes for path in found.paths}) == 10
        assert {len(path.edges) for path in found.paths} == {5}


async def test_the_edges_of_a_path_are_told_as_they_are(transaction: Transaction) -> None:
    first, second = new_id(), new_id()
    relation = Edge(EdgeKind.RELATION, second, first, "Author")
    async with transaction() as connection:
        grant_id, graph_id = await add_graph(connection)
        await save(connection, graph_id, [reading(first), dataclasses.replace(reading(second), edges=(relation,))], 1)
        (path,) = (await paths(connection, [grant_id], first, second, max_depth=1)).paths
        assert (path.nodes, path.edges) == ((first, second), (relation,))


async def test_the_function_for_paths_knows_every_kind_of_edge(transaction: Transaction) -> None:
    async with transaction() as connection:
        source = (
            await connection.execute(text("SELECT prosrc FROM pg_proc WHERE proname = 'graph_paths'"))
        ).scalar_one()
    assert f"'{{{','.join(kind.value for kind in EdgeKind)}}}'" in source
