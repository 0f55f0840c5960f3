"""How many pages of a workspace a person's grants see."""

from ivgraph_auth.graph.models import NodeType
from ivgraph_auth.graph.query_repository import sizes
from ivgraph_auth.graph.removal_repository import hide
from ivgraph_auth.graph.repository import save, set_as_of
from tests.graph.kit import NOW, WORKSPACE, Transaction, add_graph, new_id, reading


async def test_what_two_grants_see_counts_once(transaction: Transaction) -> None:
    shared, hidden, elsewhere = new_id(), new_id(), new_id()
    async with transaction() as connection:
        first, first_graph = await add_graph(connection)
        second, second_graph = await add_graph(connection)
        third, third_graph = await add_graph(connection, elsewhere)
        assert await sizes(connection, [first, second, third]) == {}
        await save(connection, first_graph, [reading(shared), reading(hidden), reading(new_id())], 1)
        await save(connection, second_graph, [reading(shared), reading(new_id(), type=NodeType.DATABASE)], 1)
        await hide(connection, first_graph, [hidden])
        assert await sizes(connection, [first, second, third]) == {WORKSPACE: 3}
        assert await sizes(connection, [second]) == {WORKSPACE: 2}
        assert await sizes(connection, []) == {}
        # Read to its end, and empty.
        await set_as_of(connection, third_graph, NOW)
        assert await sizes(connection, [third]) == {elsewhere: 0}
