"""The tools for agents, in the order in which they are listed."""

from ivgraph_auth.agents.models import AgentTool
from ivgraph_auth.agents.tools.append import APPEND
from ivgraph_auth.agents.tools.changes import CHANGES
from ivgraph_auth.agents.tools.comment import COMMENT
from ivgraph_auth.agents.tools.comments import COMMENTS
from ivgraph_auth.agents.tools.create_page import CREATE_PAGE
from ivgraph_auth.agents.tools.explain import EXPLAIN
from ivgraph_auth.agents.tools.fetch import FETCH
from ivgraph_auth.agents.tools.neighbors import NEIGHBORS
from ivgraph_auth.agents.tools.paths import PATHS
from ivgraph_auth.agents.tools.query import QUERY
from ivgraph_auth.agents.tools.search import SEARCH
from ivgraph_auth.agents.tools.update_page import UPDATE_PAGE
from ivgraph_auth.agents.tools.upload import UPLOAD
from ivgraph_auth.agents.tools.whoami import WHOAMI

_READING = (SEARCH, FETCH, QUERY, NEIGHBORS, PATHS, CHANGES, COMMENTS, WHOAMI, EXPLAIN)
_WRITING = (CREATE_PAGE, UPDATE_PAGE, APPEND, COMMENT, UPLOAD)
AGENT_TOOLS: dict[str, AgentTool] = {tool.name: tool for tool in (*_READING, *_WRITING)}
