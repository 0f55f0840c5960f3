"""A graph of any size, put straight into the database as what somebody's connection has seen."""

from tests.support.service import Json, Service

_GRAPH = """
    INSERT INTO graphs (grant_id, workspace_id, created_at, as_of)
    SELECT id, workspace_id, now(), now() FROM grants WHERE workspace_id = :workspace AND status = 'active'
    ON CONFLICT (grant_id) DO UPDATE SET as_of = now()
"""
_EMPTY = "DELETE FROM {table} WHERE graph_id IN (SELECT id FROM graphs WHERE workspace_id = :workspace)"
# In every 250 one database with its data source, of which most of the 250 are rows; the others are pages of a tree.
_NODES = """
    INSERT INTO graph_nodes (
        graph_id, notion_id, type, title, title_key, words, url, parent_type, properties, created_at, edited_at, hidden,
        digest, read_at, seen_run
    )
    SELECT g.id, CAST(md5('node ' || n) AS uuid), type, title, lower(title), words, 'https://www.notion.so/' || n,
        'page_id', CAST('{"Status": "Done", "Tags": ["a", "b"]}' AS jsonb), now(), now() - n * interval '1 minute',
        false, '', now(), 1
    FROM graphs AS g CROSS JOIN generate_series(1, CAST(:size AS bigint)) AS n
    CROSS JOIN LATERAL (
        SELECT CASE n % 250 WHEN 24 THEN 'database' WHEN 25 THEN 'data_source' ELSE 'page' END AS type,
            (CAST(:words AS text[]))[1 + n * 7 % cardinality(:words)] || ' '
                || (CAST(:words AS text[]))[1 + n * n % cardinality(:words)] || ' ' || n AS title
    ) AS made
    CROSS JOIN LATERAL (
        SELECT array_to_tsvector(array_agg(DISTINCT lexeme)) AS words
        FROM unnest(string_to_array(lower(title), ' ')) AS word CROSS JOIN LATERAL (
            SELECT g.id || '.' || left(word, length) FROM generate_series(1, length(word)) AS length
            UNION ALL VALUES (g.id || '#' || type)
        ) AS lexemes (lexeme)
    ) AS indexed
    WHERE g.workspace_id = :workspace
"""
_EDGES = """
    WITH numbered AS (
        SELECT id, notion_id, row_number() OVER (ORDER BY id) AS n, graph_id FROM graph_nodes
        WHERE graph_id IN (SELECT id FROM graphs WHERE workspace_id = :workspace)
    ), drawn (source, target, kind) AS (
        SELECT CASE n % 250 WHEN 25 THEN n - 1 ELSE 1 + n / 20 END, n,
            CASE n % 250 WHEN 25 THEN 'source' ELSE 'child' END
        FROM numbered WHERE n > 12 AND (n % 5 < 2 OR n % 250 = 25)
        UNION ALL SELECT n - n % 250 + 25, n, 'row' FROM numbered WHERE n % 5 > 1 AND n % 250 > 25
        UNION ALL
        SELECT n, 1 + (n * 7919 + n / 3 * 31) % :size, (ARRAY['link', 'mention', 'relation'])[1 + n % 3]
        FROM numbered
        UNION ALL SELECT n, 1 + (n * n) % 97, 'link' FROM numbered WHERE n % 4 = 0
    )
    INSERT INTO graph_edges (graph_id, source, target, source_notion_id, target_notion_id, kind, property)
    SELECT a.graph_id, a.id, b.id, a.notion_id, b.notion_id, kind, CASE kind WHEN 'relation' THEN 'Next' ELSE '' END
    FROM drawn JOIN numbered AS a ON a.n = drawn.source JOIN numbered AS b ON b.n = drawn.target
    WHERE a.id <> b.id
"""
_WORDS = ["Harbour", "Lantern", "Archive", "Meeting", "Budget", "Tide", "Keeper", "Winter", "Plan", "Letters", "Map"]


async def generate(site: Service, workspace_id: str, size: int) -> None:
    """In place of what was there. The first node is "Lantern Lantern 1"; the twelve first are roots."""
    await empty(site, workspace_id)
    await site.execute(_GRAPH, _NODES, _EDGES, workspace=workspace_id, size=size, words=_WORDS)
    await site.execute("ANALYZE graph_nodes", "ANALYZE graph_edges")


async def empty(site: Service, workspace_id: str) -> None:
    """As before the first synchronization."""
    for table in ("graph_edges", "graph_nodes"):
        await site.execute(_EMPTY.format(table=table), workspace=workspace_id)
    await site.execute("DELETE FROM graphs WHERE workspace_id = :workspace", workspace=workspace_id)


async def rename(site: Service, number: int, title: str) -> Json:
    """Of a generated node; answers its id."""
    rows = await site.rows("SELECT CAST(md5('node ' || CAST(:number AS bigint)) AS uuid) AS id", number=number)
    await site.execute("UPDATE graph_nodes SET title = :title WHERE notion_id = :id", title=title, id=rows[0]["id"])
    return str(rows[0]["id"])
