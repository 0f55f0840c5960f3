"""Searches for beginnings of words look at half as many titles, and searches for paths at each level of a side once."""

import sqlalchemy as sa
from alembic import op

revision = "20261128_1500"
down_revision = "20261128_1400"
branch_labels = None
depends_on = None

# As of revision 20261128_1100, but that all hits of a graph are at most `most`, one more when there are more: where
# many titles begin with `key`, so many fewer are read for the words.
SEARCH = """
CREATE OR REPLACE FUNCTION graph_search(
    grants bigint[], workspace uuid, wanted_type text, key text, query text, most integer
)
RETURNS TABLE (node bigint, notion uuid, grade integer, edited bigint, truncated boolean)
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET jit = off
AS $$
DECLARE
    searched bigint[] := ARRAY(
        SELECT g.id FROM graphs AS g
        WHERE g.grant_id = ANY (grants) AND (workspace IS NULL OR g.workspace_id = workspace)
    );
    past text := key || chr(1114111);
    one bigint;
    part text;
    titles bigint;
BEGIN
    FOREACH one IN ARRAY searched LOOP
        RETURN QUERY
            SELECT n.id, n.notion_id, CASE WHEN n.title_key = key THEN 0 ELSE 1 END,
                coalesce((extract(epoch FROM n.edited_at) * 1000000)::bigint, -9223372036854775807), n.cut
            FROM (SELECT f.*, count(*) OVER () > most AS cut FROM (
                SELECT t.id, t.notion_id, t.title_key, t.edited_at FROM graph_nodes AS t
                WHERE t.graph_id = one AND NOT t.hidden AND t.title_key >= key AND t.title_key < past
                    AND (wanted_type IS NULL OR t.type = wanted_type)
                ORDER BY t.graph_id, t.title_key LIMIT most + 1
            ) AS f) AS n
            WHERE cardinality(searched) = 1 OR graph_is_latest(searched, one, n.notion_id, n.edited_at);
        GET DIAGNOSTICS titles = ROW_COUNT;
        CONTINUE WHEN titles > most;
        FOREACH part IN ARRAY ARRAY[one || 's', one::text] LOOP
            RETURN QUERY
                SELECT n.id, n.notion_id, 2,
                    coalesce((extract(epoch FROM n.edited_at) * 1000000)::bigint, -9223372036854775807), n.cut
                FROM (SELECT f.*, count(*) OVER () > most - titles AS cut FROM (
                    SELECT t.id, t.notion_id, t.edited_at FROM graph_nodes AS t
                    WHERE t.words @@ replace(query, '@', part)::tsquery AND t.graph_id = one AND NOT t.hidden
                        AND (t.title_key < key OR t.title_key >= past)
                    LIMIT most - titles + 1
                ) AS f) AS n
                WHERE (n.cut OR part = one::text)
                    AND (cardinality(searched) = 1 OR graph_is_latest(searched, one, n.notion_id, n.edited_at));
            EXIT WHEN FOUND;
        END LOOP;
    END LOOP;
END
$$
"""

# As of revision 20261128_1100, but that no array is made of each node's edges, which took more than half of the time.
REACH = """
CREATE OR REPLACE FUNCTION graph_reach(
    graph_ids bigint[], nodes bigint[], most_each integer, most integer,
    OUT reached bigint[], OUT cut_each boolean, OUT cut boolean
)
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    IF cardinality(graph_ids) > 1 THEN
        nodes := ARRAY(
            SELECT t.id FROM unnest(nodes) AS given (id) JOIN graph_nodes AS n ON n.id = given.id
                JOIN graph_nodes AS t ON t.graph_id = ANY (graph_ids) AND t.notion_id = n.notion_id AND NOT t.hidden
        );
    END IF;
    SELECT coalesce(array_agg(looked_at.id) FILTER (WHERE looked_at.number <= most_each), '{}'),
        coalesce(bool_or(looked_at.number > most_each), false),
        count(*) FILTER (WHERE looked_at.number <= most_each) >= most
    INTO reached, cut_each, cut
    FROM (
        SELECT edges.id, edges.number FROM unnest(nodes) AS given (id)
        CROSS JOIN LATERAL (
            SELECT o.id, row_number() OVER () AS number FROM (
                SELECT e.target AS id FROM graph_edges AS e WHERE e.source = given.id AND e.target IS NOT NULL
                LIMIT most_each + 1
            ) AS o
            UNION ALL
            SELECT i.id, row_number() OVER () FROM (
                SELECT e.source AS id FROM graph_edges AS e WHERE e.target = given.id AND e.source IS NOT NULL
                LIMIT most_each + 1
            ) AS i
        ) AS edges
        LIMIT most
    ) AS looked_at;
    IF cardinality(graph_ids) > 1 THEN
        reached := graph_one_of_each(graph_ids, reached);
    END IF;
END
$$
"""

# Shortest paths by breadth-first search from both ends, always on from the side with the smaller frontier. What a side
# has visited lies in one array in the order of its distance; `near_ends[d + 2]` is where the distance `d` ends in it.
# The paths are then put together from where the sides met: back to each end, one step nearer at a time, and never more
# than `most` of them, since each can be completed.
PATHS = """
CREATE OR REPLACE FUNCTION graph_paths(
    grants bigint[], source uuid, target uuid, max_depth integer, most integer,
    most_neighbors integer, most_visited integer
)
RETURNS TABLE (
    path integer, step integer, node uuid, kind text, edge_source uuid, edge_target uuid, property text,
    cut_neighbors boolean, cut_visited boolean
)
LANGUAGE plpgsql STABLE SET jit = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    graph_ids bigint[] := ARRAY(SELECT g.id FROM graphs AS g WHERE g.grant_id = ANY (grants));
    near bigint[] := ARRAY(
        SELECT min(n.id) FROM graph_nodes AS n
        WHERE n.graph_id = ANY (graph_ids) AND n.notion_id = source AND NOT n.hidden HAVING count(*) > 0
    );
    far bigint[] := ARRAY(
        SELECT min(n.id) FROM graph_nodes AS n
        WHERE n.graph_id = ANY (graph_ids) AND n.notion_id = target AND NOT n.hidden HAVING count(*) > 0
    );
    near_ends integer[] := '{0,1}';
    far_ends integer[] := '{0,1}';
    near_frontier bigint[] := near;
    far_frontier bigint[] := far;
    near_depth integer := 0;
    far_depth integer := 0;
    met integer;
    met_at bigint[];
    found bigint[] := '{}';
    longer bigint[];
    before bigint[];
    one bigint[];
    next_node bigint;
    reach record;
BEGIN
    path := 0;
    cut_neighbors := false;
    cut_visited := false;
    IF cardinality(near) = 1 AND near = far THEN
        met := 0;
        met_at := near;
    END IF;
    WHILE met IS NULL AND NOT cut_visited AND near_depth + far_depth < max_depth
        AND cardinality(near_frontier) > 0 AND cardinality(far_frontier) > 0
    LOOP
        IF cardinality(near_frontier) <= cardinality(far_frontier) THEN
            reach := graph_reach(graph_ids, near_frontier, most_neighbors, most_visited);
            near_frontier := ARRAY(SELECT unnest(reach.reached) EXCEPT SELECT unnest(near));
            near_depth := near_depth + 1;
            near := near || near_frontier;
            near_ends := near_ends || cardinality(near);
            met_at := ARRAY(SELECT unnest(far) INTERSECT SELECT unnest(near_frontier));
            IF cardinality(met_at) > 0 THEN
                FOR depth IN 0 .. far_depth LOOP
                    before := far[far_ends[depth + 1] + 1:far_ends[depth + 2]];
                    before := ARRAY(SELECT unnest(before) INTERSECT SELECT unnest(met_at));
                    met := depth;
                    EXIT WHEN cardinality(before) > 0;
                END LOOP;
                met_at := before;
                far_depth := met;
            END IF;
        ELSE
            reach := graph_reach(graph_ids, far_frontier, most_neighbors, most_visited);
            far_frontier := ARRAY(SELECT unnest(reach.reached) EXCEPT SELECT unnest(far));
            far_depth := far_depth + 1;
            far := far || far_frontier;
            far_ends := far_ends || cardinality(far);
            met_at := ARRAY(SELECT unnest(near) INTERSECT SELECT unnest(far_frontier));
            IF cardinality(met_at) > 0 THEN
                FOR depth IN 0 .. near_depth LOOP
                    before := near[near_ends[depth + 1] + 1:near_ends[depth + 2]];
                    before := ARRAY(SELECT unnest(before) INTERSECT SELECT unnest(met_at));
                    met := depth;
                    EXIT WHEN cardinality(before) > 0;
                END LOOP;
                met_at := before;
                near_depth := met;
            END IF;
        END IF;
        cut_neighbors := cut_neighbors OR reach.cut_each;
        cut_visited := reach.cut OR cardinality(near) + cardinality(far) >= most_visited;
    END LOOP;
    IF met IS NULL THEN
        RETURN NEXT;
        RETURN;
    END IF;
    found := ARRAY(SELECT ARRAY[m.id] FROM unnest(met_at) AS m (id) ORDER BY m.id LIMIT most);
    FOR nearer IN REVERSE near_depth - 1 .. 0 LOOP
        EXIT WHEN cardinality(found) = 0;
        longer := '{}';
        before := near[near_ends[nearer + 1] + 1:near_ends[nearer + 2]];
        FOREACH one SLICE 1 IN ARRAY found LOOP
            reach := graph_reach(graph_ids, one[1:1], most_visited, most_visited);
            FOR next_node IN
                SELECT unnest(before) AS id INTERSECT SELECT unnest(reach.reached) ORDER BY id LIMIT most
            LOOP
                longer := longer || ARRAY[next_node || one];
            END LOOP;
            EXIT WHEN array_length(longer, 1) >= most;
        END LOOP;
        found := longer;
    END LOOP;
    FOR nearer IN REVERSE far_depth - 1 .. 0 LOOP
        EXIT WHEN cardinality(found) = 0;
        longer := '{}';
        before := far[far_ends[nearer + 1] + 1:far_ends[nearer + 2]];
        FOREACH one SLICE 1 IN ARRAY found LOOP
            reach := graph_reach(graph_ids, one[cardinality(one):], most_visited, most_visited);
            FOR next_node IN
                SELECT unnest(before) AS id INTERSECT SELECT unnest(reach.reached) ORDER BY id LIMIT most
            LOOP
                longer := longer || ARRAY[one || next_node];
            END LOOP;
            EXIT WHEN array_length(longer, 1) >= most;
        END LOOP;
        found := longer;
    END LOOP;
    IF cardinality(found) = 0 THEN
        RETURN NEXT;
        RETURN;
    END IF;
    RETURN QUERY
        SELECT s.path, s.step, n.notion_id, e.kind, e.source_notion_id, e.target_notion_id, e.property,
            cut_neighbors, cut_visited
        FROM (
            SELECT u.id, ((u.at - 1) / array_length(found, 2) + 1)::integer AS path,
                ((u.at - 1) % array_length(found, 2) + 1)::integer AS step
            FROM unnest(found) WITH ORDINALITY AS u (id, at)
        ) AS s JOIN graph_nodes AS n ON n.id = s.id
        LEFT JOIN graph_nodes AS after ON after.id = found[s.path][s.step + 1]
        LEFT JOIN LATERAL (
            SELECT edge.* FROM (VALUES (n.notion_id, after.notion_id), (after.notion_id, n.notion_id)) AS way (a, b)
            JOIN graph_nodes AS begin ON begin.graph_id = ANY (graph_ids) AND begin.notion_id = way.a
            JOIN graph_edges AS edge ON edge.source = begin.id AND edge.target_notion_id = way.b
                AND edge.kind = ANY ('{child,row,source,link,mention,relation}') AND edge.target IS NOT NULL
            ORDER BY edge.kind, edge.property, edge.source_notion_id LIMIT 1
        ) AS e ON true
        WHERE s.path <= most ORDER BY s.path, s.step;
END
$$
"""


def upgrade() -> None:
    # Holds what a search compares and ranks titles by, so that it need not read their rows.
    create_title_index(["id", "notion_id", "edited_at"])
    for function in (SEARCH, REACH, PATHS):
        op.execute(sa.text(function.replace(":", r"\:")))


def create_title_index(beside: list[str]) -> None:
    op.drop_index("ix_graph_nodes_title", "graph_nodes")
    op.create_index(
        "ix_graph_nodes_title",
        "graph_nodes",
        ["graph_id", "title_key", "type"],
        postgresql_include=beside,
        postgresql_where=sa.text("NOT hidden"),
    )


def downgrade() -> None:
    script = op.get_context().environment_context.script
    for name in ("SEARCH", "REACH", "PATHS"):
        earlier = getattr(script.get_revision("20261128_1100").module, name)
        op.execute(sa.text(earlier.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").replace(":", r"\:")))
    create_title_index([])
