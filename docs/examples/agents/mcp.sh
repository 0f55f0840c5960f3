#!/bin/sh
# Needs IVGRAPH_TOKEN: a service token with graph:search and graph:read. IVGRAPH_URL: where the service is.
set -eu
url=${IVGRAPH_URL:-http://127.0.0.1:8000}

# Without sessions a call is one request: MCP's older revisions need no more than this.
call() {
  curl -sS --fail-with-body "$url/mcp" -H "Authorization: Bearer $IVGRAPH_TOKEN" -H "Content-Type: application/json" \
    -H "Accept: application/json, text/event-stream" -H "MCP-Protocol-Version: 2025-11-25" \
    -d '{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "'"$1"'", "arguments": '"$2"'}}'
  echo
}

found=$(call search '{"query": "Roadmap"}')
echo "$found"
page=$(echo "$found" | grep -o '"results":\[{"id":"[^"]*' | cut -d '"' -f 6)
[ -n "$page" ] || { echo "Not there yet: a new workspace is read within some seconds. Ask again." >&2; exit 1; }
call fetch '{"id": "'"$page"'"}'
