"""Nothing of a graph shows to a principal without its grant."""

import uuid

from sqlalchemy import text

from ivgraph_auth.database.engine import Database
from ivgraph_auth.graph.change_repository import changes
from ivgraph_auth.graph.export_repository import START, read_edges, read_nodes
from ivgraph_auth.graph.gap_repository import graphs_and_totals, listing
from ivgraph_auth.graph.models import Edge, EdgeKind, Gap, GapReason
from ivgraph_auth.graph.neighbor_repository import neighbors
from ivgraph_auth.graph.prune_repository import prune_orphans
from ivgraph_auth.graph.query_repository import counts, node, summaries
from ivgraph_auth.graph.repository import graphs_of, save
from ivgraph_auth.graph.rows import Change, GapPage
from ivgraph_auth.graph.search_repository import paths, search
from tests.graph.kit import Transaction, add_graph, new_id, reading

GAP = Gap(None, GapReason.TRUNCATED, "a table")


async def two_graphs(transaction: Transaction) -> tuple[int, int, int, int, uuid.UUID, uuid.UUID]:
    """A's page and B's page link to each other's; each is seen by its own grant alone."""
    page_a, page_b = new_id(), new_id()
    async with transaction() as connection:
        grant_a, graph_a = await add_graph(connection)
        grant_b, graph_b = await add_graph(connection)
        await save(connection, graph_a, [reading(page_a, "Plan A", links=(page_b,))], 1)
        await save(connection, graph_b, [reading(page_b, "Plan B", links=(page_a, new_id()), gaps=(GAP,))], 1)
    return grant_a, grant_b, graph_a, graph_b, page_a, page_b


async def test_two_graphs_that_link_to_each_other_know_nothing_of_each_other(transaction: Transaction) -> None:
    grant_a, _, graph_a, _, page_a, page_b = await two_graphs(transaction)
    own = [grant_a]
    async with transaction() as connection:
        assert [hit.id for hit in (await search(connection, own, "plan", limit=1)).hits] == [page_a]
        assert (await search(connection, own, "plan", limit=1)).next is None
        found = await node(connection, own, page_a)
        assert found is not None
        assert (found.counts_in, found.counts_out) == ({}, {})
        assert [(gap.reason, gap.count) for gap in found.gaps] == [(GapReason.NOT_SHARED, 1)]
        assert await node(connection, own, page_b) is None
        assert await summaries(connection, own, [page_a, page_b, new_id()]) == {page_a: found.summary}
        for one in (page_a, page_b):
            assert (await neighbors(connection, own, one, limit=1)).neighbors == ()
        for ends in ((page_a, page_b), (page_b, page_a), (page_b, page_b)):
            assert (await paths(connection, own, *ends, max_depth=6)).paths == ()
        assert [(gap.reason, gap.count) for gap in (await graphs_and_totals(connection, own))[1]] == [
            (GapReason.NOT_SHARED, 1)
        ]
        listed = await listing(connection, own, reason=None, node_id=None, limit=9, after=None)
        assert [(gap.node, gap.count) for gap in listed.gaps] == [(page_a, 1)]
        assert await listing(connection, own, reason=None, node_id=page_b, limit=9, after=None) == GapPage((), None)
        page = await changes(connection, own, {}, 10)
        assert [(change.node, change.what) for change in page.changes] == [(page_a, Change.APPEARED)]
        assert page.positions.keys() == {graph_a}
        batch = await read_nodes(connection, own, None, start=START.source, most=10)
        assert [item.id for item in batch.nodes] == [page_a]
        assert (await read_edges(connection, own, None, start=START, nodes=10, most=10)).edges == ()
        assert [row.id for row in await graphs_of(connection, own)] == [graph_a]


async def test_with_both_grants_it_is_still_not_one_graph(transaction: Transaction) -> None:
    """An edge connects what one grant sees."""
    grant_a, grant_b, *_, page_a, page_b = await two_graphs(transaction)
    both = [grant_a, grant_b]
    async with transaction() as connection:
        assert {hit.id for hit in (await search(connection, both, "plan", limit=5)).hits} == {page_a, page_b}
        assert (await paths(connection, both, page_a, page_b, max_depth=6)).paths == ()
        found_totals = {gap.reason: gap.count for gap in (await graphs_and_totals(connection, both))[1]}
        assert found_totals == {GapReason.NOT_SHARED: 3, GapReason.TRUNCATED: 1}


async def test_a_path_crosses_where_two_grants_see_the_same_page(transaction: Transaction) -> None:
    start, shared, end = new_id(), new_id(), new_id()
    async with transaction() as connection:
        grant_a, graph_a = await add_graph(connection)
        grant_b, graph_b = await add_graph(connection)
        await save(connection, graph_a, [reading(start, links=(shared,)), reading(shared)], 1)
        await save(connection, graph_b, [reading(end, links=(shared,)), reading(shared)], 1)
        (path,) = (await paths(connection, [grant_a, grant_b], start, end, max_depth=2)).paths
        assert path.nodes == (start, shared, end)
        assert path.edges == (Edge(EdgeKind.LINK, start, shared), Edge(EdgeKind.LINK, end, shared))
        for own in ([grant_a], [grant_b], []):
            assert (await paths(connection, own, start, end, max_depth=6)).paths == ()


async def test_a_page_of_two_grants_shows_once_and_does_not_go_while_one_sees_it(transaction: Transaction) -> None:
    page, other = new_id(), new_id()
    async with transaction() as connection:
        (grant_a, graph_a), (grant_b, graph_b) = [await add_graph(connection) for _ in range(2)]
        for graph_id in (graph_a, graph_b):
            await save(connection, graph_id, [reading(page, "Plan", links=(other,)), reading(other)], 1)
        both = [grant_a, grant_b]
        assert len((await search(connection, both, "plan", limit=5)).hits) == 1
        found = await node(connection, both, page)
        assert found is not None
        assert found.counts_out == {EdgeKind.LINK: 1}
        assert len((await neighbors(connection, both, page, limit=5)).neighbors) == 1
        before = (await changes(connection, both, {}, 10)).positions
        await save(connection, graph_a, [reading(page, in_trash=True)], 2)
        page_of_changes = await changes(connection, both, before, 10)
        assert [(change.node, change.what) for change in page_of_changes.changes] == [(page, Change.CHANGED)]
        assert [change.what for change in (await changes(connection, [grant_a], before, 10)).changes] == [Change.WENT]
        assert await node(connection, both, page) is not None
        assert await node(connection, [grant_a], page) is None


async def test_without_grants_there_is_nothing(transaction: Transaction) -> None:
    *_, page_a, page_b = await two_graphs(transaction)
    async with transaction() as connection:
        assert (await search(connection, [], "plan", limit=5)).hits == ()
        assert await node(connection, [], page_a) is None
        assert (await paths(connection, [], page_a, page_b, max_depth=6)).paths == ()
        assert (await changes(connection, [], {}, 10)).changes == ()
        assert (await graphs_and_totals(connection, []))[1] == []
        assert (await read_nodes(connection, [], None, start=START.source, most=10)).nodes == ()


async def test_when_a_grant_goes_all_of_its_graph_is_invisible_and_then_pruned(
    database: Database, transaction: Transaction
) -> None:
    grant_a, grant_b, graph_a, graph_b, page_a, page_b = await two_graphs(transaction)
    async with transaction() as connection:
        positions = (await changes(connection, [grant_a, grant_b], {}, 10)).positions
    async with database.transaction() as connection:
        await connection.execute(text("DELETE FROM grants WHERE id = :id"), {"id": grant_b})
        for ids in ([grant_b], [grant_a, grant_b]):
            assert await node(connection, ids, page_b) is None
            assert page_b not in {hit.id for hit in (await search(connection, ids, "plan", limit=5)).hits}
            assert (await paths(connection, ids, page_b, page_b, max_depth=6)).paths == ()
        assert await graphs_of(connection, [grant_b]) == []
        lost = await changes(connection, [grant_a, grant_b], positions, 10)
        assert lost.lost
        assert set(lost.positions) == {graph_a}
        await save(connection, graph_b, [reading(new_id(), "late")], 9)
    async with transaction() as connection:
        assert (await counts(connection, graph_b)).nodes == 1
        while await prune_orphans(connection, most=1):
            pass
        empty = await counts(connection, graph_b)
        assert (empty.nodes, empty.hidden, empty.edges, empty.unresolved, empty.gaps) == (0, 0, 0, 0, 0)
        assert await node(connection, [grant_a], page_a) is not None
        assert (await changes(connection, [grant_a], {}, 10)).changes != ()
