from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from ivgraph_auth.database.metadata import metadata

# What one grant has seen. Every query starts here, from the principal's grants: when a grant goes, this row goes with
# it, and nothing of the graph shows any more. The rows below have no foreign key to it, since a million of them cannot
# go in one transaction; they are pruned in batches.
graphs = Table(
    "graphs",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("grant_id", BigInteger, ForeignKey("grants.id", ondelete="CASCADE"), nullable=False),
    Column("workspace_id", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("as_of", DateTime(timezone=True)),
    # Since when runs have found nothing that webhooks had not told of. Null while webhooks are not relied on.
    Column("trusted_since", DateTime(timezone=True)),
    # Of changes, those up to this one have been removed.
    Column("pruned_seq", BigInteger, nullable=False, server_default=text("0")),
    UniqueConstraint("grant_id", name="uq_graphs_grant_id"),
)

# `title_key` is the normalised title, `words` its lexemes, each of which begins with the graph's id: a search reads no
# other graph's entries in the index. `digest` is of all that is answered about the node, and empty while it is hidden.
# `seen_run` has no index, so that a run can note millions of nodes as seen without a new entry in any.
graph_nodes = Table(
    "graph_nodes",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("graph_id", BigInteger, nullable=False),
    Column("notion_id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("title_key", Text(collation="C"), nullable=False),
    Column("words", TSVECTOR, nullable=False),
    Column("url", Text),
    Column("icon", Text),
    Column("parent_type", Text),
    Column("parent_id", Uuid),
    Column("properties", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True)),
    Column("edited_at", DateTime(timezone=True)),
    Column("hidden", Boolean, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("read_at", DateTime(timezone=True), nullable=False),
    Column("seen_run", BigInteger, nullable=False),
    UniqueConstraint("graph_id", "notion_id", name="uq_graph_nodes_graph_id_notion_id"),
)
Index(
    "ix_graph_nodes_title",
    graph_nodes.c.graph_id,
    graph_nodes.c.title_key,
    graph_nodes.c.type,
    postgresql_include=["id", "notion_id", "edited_at"],
    postgresql_where=~graph_nodes.c.hidden,
)
# Without `fastupdate`: every search would read the list of what is not in the index yet.
Index("ix_graph_nodes_words", graph_nodes.c.words, postgresql_using="gin", postgresql_with={"fastupdate": "off"})

# `source` and `target` are ids of nodes. One that is null is not there, or hidden: an edge with both connects two nodes
# that show. The Notion ids are kept beside them to find what appears later, and for an order that outlives rewriting.
graph_edges = Table(
    "graph_edges",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("graph_id", BigInteger, nullable=False),
    Column("source", BigInteger),
    Column("target", BigInteger),
    Column("source_notion_id", Uuid, nullable=False),
    Column("target_notion_id", Uuid, nullable=False),
    Column("kind", Text(collation="C"), nullable=False),
    Column("property", Text(collation="C"), nullable=False),
)
Index(
    "ix_graph_edges_source",
    graph_edges.c.source,
    graph_edges.c.kind,
    graph_edges.c.target_notion_id,
    postgresql_include=["target"],
    postgresql_where=graph_edges.c.source.is_not(None),
)
Index(
    "ix_graph_edges_target",
    graph_edges.c.target,
    graph_edges.c.kind,
    graph_edges.c.source_notion_id,
    postgresql_include=["source"],
    postgresql_where=graph_edges.c.target.is_not(None),
)
Index(
    "ix_graph_edges_missing_source",
    graph_edges.c.graph_id,
    graph_edges.c.source_notion_id,
    postgresql_where=graph_edges.c.source.is_(None),
)
Index(
    "ix_graph_edges_missing_target",
    graph_edges.c.graph_id,
    graph_edges.c.target_notion_id,
    postgresql_where=graph_edges.c.target.is_(None),
)
# What is waited for by nodes that show.
Index(
    "ix_graph_edges_unresolved",
    graph_edges.c.graph_id,
    graph_edges.c.source,
    postgresql_where=text("target IS NULL AND source IS NOT NULL"),
)

# What of a node could not be read.
graph_gaps = Table(
    "graph_gaps",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("graph_id", BigInteger, nullable=False),
    Column("node", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_graph_gaps_node", "node"),
    Index("ix_graph_gaps_graph_id", "graph_id", "node"),
)

# How many gaps a graph has, and under `unresolved` how many edges that lead to what is not seen. Triggers keep it, in
# the transactions that write these: to count a hundred thousand at each answer takes longer than the answer.
graph_gap_counts = Table(
    "graph_gap_counts",
    metadata,
    Column("graph_id", BigInteger, ForeignKey("graphs.id", ondelete="CASCADE"), primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
)

# Nodes that were hidden with too much around them for one transaction: what is below them and was not read since is
# still to be hidden, and edges that end at them wait to lose that end.
graph_hiding = Table(
    "graph_hiding",
    metadata,
    Column("graph_id", BigInteger, ForeignKey("graphs.id", ondelete="CASCADE"), primary_key=True),
    Column("node", BigInteger, primary_key=True),
    Column("hidden_at", DateTime(timezone=True), nullable=False),
)

# In the order in which a graph's changes were committed, since whoever writes to a graph holds its row in `graphs`.
graph_changes = Table(
    "graph_changes",
    metadata,
    Column("graph_id", BigInteger, primary_key=True),
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("notion_id", Uuid, nullable=False),
    Column("what", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

# One synchronization of a graph. Whoever works on it holds it; what is not held any more is gone on with by another
# process. `started_by` is an account; null where nobody asked for it.
graph_runs = Table(
    "graph_runs",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("graph_id", BigInteger, ForeignKey("graphs.id", ondelete="CASCADE"), nullable=False),
    Column("status", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("cursor", Text),
    Column("seen", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("stop_asked", Boolean, nullable=False),
    Column("held_by", Uuid),
    Column("held_until", DateTime(timezone=True), nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    Column("error", Text),
    Column("started_by", BigInteger),
    Index("ix_graph_runs_graph_id", "graph_id", "id"),
    Index("uq_graph_runs_running", "graph_id", unique=True, postgresql_where=text("status = 'running'")),
)

# What a run has met in blocks and databases, and not read yet.
graph_found = Table(
    "graph_found",
    metadata,
    Column("graph_id", BigInteger, ForeignKey("graphs.id", ondelete="CASCADE"), primary_key=True),
    Column("notion_id", Uuid, primary_key=True),
    Column("type", Text, nullable=False),
)

# What is to be read at Notion again, since a webhook told of it, or since it was met in what was read so. Whoever works
# on a mark holds it; `marks` counts how often it was made, so that one that is made again meanwhile is not taken for
# done. `told`: by a webhook. `deleted`: it is to be hidden before anybody is asked. `after_run`: not while that run
# goes on, which may still store what it read before.
graph_due = Table(
    "graph_due",
    metadata,
    Column("graph_id", BigInteger, ForeignKey("graphs.id", ondelete="CASCADE"), primary_key=True),
    Column("notion_id", Uuid, primary_key=True),
    Column("type", Text, nullable=False),
    Column("told", Boolean, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("due_since", DateTime(timezone=True), nullable=False),
    Column("marks", BigInteger, nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    Column("held_by", Uuid),
    Column("held_until", DateTime(timezone=True), nullable=False),
    Column("after_run", BigInteger),
    Index("ix_graph_due_held_until", "held_until"),
)
# In the order in which a graph's marks are worked off.
Index("ix_graph_due_order", graph_due.c.graph_id, graph_due.c.told.desc(), graph_due.c.due_since, graph_due.c.notion_id)
Index("ix_graph_due_deleted", graph_due.c.graph_id, postgresql_where=graph_due.c.deleted)
