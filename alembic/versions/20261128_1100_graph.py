"""The graph of what each grant has seen, and the two searches in it that the database makes by itself."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261128_1100"
down_revision = "20261128_1000"
branch_labels = None
depends_on = None

# Titles that begin with `key`, then others in which all of `query` stands; `most` of each in a graph, one more when
# there are more. `query` is a tsquery in which `@` stands for the id of the graph. Of rows with one Notion id the one
# that was edited last counts. Where an eighth of the nodes has hits enough, the others are not looked at. Without
# sequential scans, since a plan is made before it is known how rare a lexeme is.
SEARCH = """
CREATE FUNCTION graph_search(
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
                FROM (SELECT f.*, count(*) OVER () > most AS cut FROM (
                    SELECT t.id, t.notion_id, t.edited_at FROM graph_nodes AS t
                    WHERE t.words @@ replace(query, '@', part)::tsquery AND t.graph_id = one AND NOT t.hidden
                        AND (t.title_key < key OR t.title_key >= past)
                    LIMIT most + 1
                ) AS f) AS n
                WHERE (n.cut OR part = one::text)
                    AND (cardinality(searched) = 1 OR graph_is_latest(searched, one, n.notion_id, n.edited_at));
            EXIT WHEN FOUND;
        END LOOP;
    END LOOP;
END
$$
"""

# Whether none of the graphs has a row of this Notion id that was edited later than the graph's own.
IS_LATEST = """
CREATE FUNCTION graph_is_latest(graph_ids bigint[], own bigint, notion uuid, edited timestamptz) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT NOT EXISTS (
        SELECT FROM graph_nodes AS o
        WHERE o.graph_id = ANY (graph_ids) AND o.notion_id = notion AND NOT o.hidden
            AND (coalesce(o.edited_at, '-infinity'), o.graph_id) > (coalesce(edited, '-infinity'), own)
    )
$$
"""

# Rows with one Notion id are one node, whose id is the lowest of theirs.
ONE_OF_EACH = """
CREATE FUNCTION graph_one_of_each(graph_ids bigint[], nodes bigint[]) RETURNS bigint[]
LANGUAGE sql STABLE
AS $$
    SELECT coalesce(array_agg(one), '{}') FROM (
        SELECT min(t.id) AS one
        FROM unnest(nodes) AS given (id) JOIN graph_nodes AS n ON n.id = given.id
            JOIN graph_nodes AS t ON t.graph_id = ANY (graph_ids) AND t.notion_id = n.notion_id AND NOT t.hidden
        GROUP BY t.notion_id
    ) AS found
$$
"""

# What is one step from `nodes`, either way. Of a node at most `most_each` edges each way, of all `most` edges are
# looked at; `cut_each` and `cut` tell when there were more.
REACH = """
CREATE FUNCTION graph_reach(
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
    SELECT coalesce(array_agg(looked_at.id), '{}'), coalesce(bool_or(looked_at.more), false), count(*) >= most
    INTO reached, cut_each, cut
    FROM (
        SELECT other.id, cardinality(edges.others) > most_each AS more
        FROM unnest(nodes) AS given (id)
        CROSS JOIN LATERAL (
            SELECT ARRAY(
                SELECT e.target FROM graph_edges AS e WHERE e.source = given.id AND e.target IS NOT NULL
                LIMIT most_each + 1
            ) AS others
            UNION ALL
            SELECT ARRAY(
                SELECT e.source FROM graph_edges AS e WHERE e.target = given.id AND e.source IS NOT NULL
                LIMIT most_each + 1
            )
        ) AS edges
        CROSS JOIN LATERAL unnest(edges.others[1:most_each]) AS other (id)
        LIMIT most
    ) AS looked_at;
    IF cardinality(graph_ids) > 1 THEN
        reached := graph_one_of_each(graph_ids, reached);
    END IF;
END
$$
"""

# Shortest paths by breadth-first search from both ends, always on from the side with the smaller frontier. What a side
# has visited lies in one array in the order of its distance, which lies in another. The paths are then put together
# from where the sides met: back to each end, one step nearer at a time, and never more than `most` of them, since each
# can be completed.
PATHS = """
CREATE FUNCTION graph_paths(
    grants bigint[], source uuid, target uuid, max_depth integer, most integer,
    most_neighbors integer, most_visited integer
)
RETURNS TABLE (
    path integer, step integer, node uuid, kind text, edge_source uuid, edge_target uuid, property text,
    cut_neighbors boolean, cut_visited boolean
)
LANGUAGE plpgsql STABLE SET jit = off
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
    near_depths integer[] := '{0}';
    far_depths integer[] := '{0}';
    near_frontier bigint[] := near;
    far_frontier bigint[] := far;
    near_depth integer := 0;
    far_depth integer := 0;
    met integer;
    found bigint[] := '{}';
    longer bigint[];
    one bigint[];
    next_node bigint;
    reach record;
BEGIN
    path := 0;
    cut_neighbors := false;
    cut_visited := false;
    IF cardinality(near) = 1 AND near = far THEN
        met := 0;
        found := ARRAY[near];
    END IF;
    WHILE met IS NULL AND NOT cut_visited AND near_depth + far_depth < max_depth
        AND cardinality(near_frontier) > 0 AND cardinality(far_frontier) > 0
    LOOP
        IF cardinality(near_frontier) <= cardinality(far_frontier) THEN
            reach := graph_reach(graph_ids, near_frontier, most_neighbors, most_visited);
            near_frontier := ARRAY(SELECT unnest(reach.reached) EXCEPT SELECT unnest(near));
            near_depth := near_depth + 1;
            near := near || near_frontier;
            near_depths := near_depths || array_fill(near_depth, ARRAY[cardinality(near_frontier)]);
            met := (
                SELECT min(v.depth) FROM unnest(far, far_depths) AS v (id, depth)
                JOIN unnest(near_frontier) AS f (id) ON f.id = v.id
            );
            IF met IS NOT NULL THEN
                far_depth := met;
                found := ARRAY(
                    SELECT ARRAY[v.id] FROM unnest(far, far_depths) AS v (id, depth)
                    JOIN unnest(near_frontier) AS f (id) ON f.id = v.id WHERE v.depth = met ORDER BY v.id LIMIT most
                );
            END IF;
        ELSE
            reach := graph_reach(graph_ids, far_frontier, most_neighbors, most_visited);
            far_frontier := ARRAY(SELECT unnest(reach.reached) EXCEPT SELECT unnest(far));
            far_depth := far_depth + 1;
            far := far || far_frontier;
            far_depths := far_depths || array_fill(far_depth, ARRAY[cardinality(far_frontier)]);
            met := (
                SELECT min(v.depth) FROM unnest(near, near_depths) AS v (id, depth)
                JOIN unnest(far_frontier) AS f (id) ON f.id = v.id
            );
            IF met IS NOT NULL THEN
                near_depth := met;
                found := ARRAY(
                    SELECT ARRAY[v.id] FROM unnest(near, near_depths) AS v (id, depth)
                    JOIN unnest(far_frontier) AS f (id) ON f.id = v.id WHERE v.depth = met ORDER BY v.id LIMIT most
                );
            END IF;
        END IF;
        cut_neighbors := cut_neighbors OR reach.cut_each;
        cut_visited := reach.cut OR cardinality(near) + cardinality(far) >= most_visited;
    END LOOP;
    FOR nearer IN REVERSE near_depth - 1 .. 0 LOOP
        EXIT WHEN cardinality(found) = 0;
        longer := '{}';
        FOREACH one SLICE 1 IN ARRAY found LOOP
            reach := graph_reach(graph_ids, one[1:1], most_visited, most_visited);
            FOR next_node IN
                SELECT v.id FROM unnest(near, near_depths) AS v (id, depth) WHERE v.depth = nearer
                INTERSECT SELECT unnest(reach.reached) ORDER BY id LIMIT most
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
        FOREACH one SLICE 1 IN ARRAY found LOOP
            reach := graph_reach(graph_ids, one[cardinality(one):], most_visited, most_visited);
            FOR next_node IN
                SELECT v.id FROM unnest(far, far_depths) AS v (id, depth) WHERE v.depth = nearer
                INTERSECT SELECT unnest(reach.reached) ORDER BY id LIMIT most
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
    FOREACH one SLICE 1 IN ARRAY found LOOP
        path := path + 1;
        EXIT WHEN path > most;
        RETURN QUERY
            SELECT path, s.step::integer, n.notion_id, e.kind, e.source_notion_id, e.target_notion_id, e.property,
                cut_neighbors, cut_visited
            FROM unnest(one) WITH ORDINALITY AS s (id, step) JOIN graph_nodes AS n ON n.id = s.id
            LEFT JOIN graph_nodes AS after ON after.id = one[s.step + 1]
            LEFT JOIN LATERAL (
                SELECT edge.* FROM (VALUES (n.notion_id, after.notion_id), (after.notion_id, n.notion_id)) AS way (a, b)
                JOIN graph_nodes AS begin ON begin.graph_id = ANY (graph_ids) AND begin.notion_id = way.a
                JOIN graph_edges AS edge ON edge.source = begin.id AND edge.target_notion_id = way.b
                    AND edge.kind = ANY ('{child,row,source,link,mention,relation}') AND edge.target IS NOT NULL
                ORDER BY edge.kind, edge.property, edge.source_notion_id LIMIT 1
            ) AS e ON true
            ORDER BY s.step;
    END LOOP;
END
$$
"""
FUNCTIONS = {
    "graph_is_latest(bigint[], bigint, uuid, timestamptz)": IS_LATEST,
    "graph_search(bigint[], uuid, text, text, text, integer)": SEARCH,
    "graph_one_of_each(bigint[], bigint[])": ONE_OF_EACH,
    "graph_reach(bigint[], bigint[], integer, integer)": REACH,
    "graph_paths(bigint[], uuid, uuid, integer, integer, integer, integer)": PATHS,
}
TABLES = ("graph_changes", "graph_gaps", "graph_edges", "graph_nodes", "graphs")


def upgrade() -> None:
    create_graphs()
    create_nodes()
    create_edges()
    create_notes()
    for function in FUNCTIONS.values():
        op.execute(sa.text(function.replace(":", r"\:")))


def create_graphs() -> None:
    op.create_table(
        "graphs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("grant_id", sa.BigInteger(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name="fk_graphs_grant_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_graphs"),
        sa.UniqueConstraint("grant_id", name="uq_graphs_grant_id"),
    )


def create_nodes() -> None:
    op.create_table(
        "graph_nodes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("graph_id", sa.BigInteger(), nullable=False),
        sa.Column("notion_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_key", sa.Text(collation="C"), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("icon", sa.Text()),
        sa.Column("parent_type", sa.Text()),
        sa.Column("parent_id", sa.Uuid()),
        sa.Column("properties", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True)),
        sa.Column("edited_at", sa.DateTime(timezone=True)),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_run", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_graph_nodes"),
        sa.UniqueConstraint("graph_id", "notion_id", name="uq_graph_nodes_graph_id_notion_id"),
    )
    op.create_index(
        "ix_graph_nodes_title",
        "graph_nodes",
        ["graph_id", "title_key", "type"],
        postgresql_where=sa.text("NOT hidden"),
    )
    op.create_index(
        "ix_graph_nodes_words",
        "graph_nodes",
        ["words"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )


def create_edges() -> None:
    op.create_table(
        "graph_edges",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("graph_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.BigInteger()),
        sa.Column("target", sa.BigInteger()),
        sa.Column("source_notion_id", sa.Uuid(), nullable=False),
        sa.Column("target_notion_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("property", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_graph_edges"),
    )
    for end, other in (("source", "target"), ("target", "source")):
        op.create_index(
            f"ix_graph_edges_{end}",
            "graph_edges",
            [end, "kind", f"{other}_notion_id"],
            postgresql_include=[other],
            postgresql_where=sa.text(f"{end} IS NOT NULL"),
        )
        op.create_index(
            f"ix_graph_edges_missing_{end}",
            "graph_edges",
            ["graph_id", f"{end}_notion_id"],
            postgresql_where=sa.text(f"{end} IS NULL"),
        )


def create_notes() -> None:
    op.create_table(
        "graph_gaps",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("graph_id", sa.BigInteger(), nullable=False),
        sa.Column("node", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_graph_gaps"),
    )
    op.create_index("ix_graph_gaps_node", "graph_gaps", ["node"])
    op.create_index("ix_graph_gaps_graph_id", "graph_gaps", ["graph_id"])
    op.create_table(
        "graph_changes",
        sa.Column("graph_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("notion_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("graph_id", "seq", name="pk_graph_changes"),
    )


def downgrade() -> None:
    for signature in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {signature}")
    for table in TABLES:
        op.drop_table(table)
