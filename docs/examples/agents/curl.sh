#!/bin/sh
# Needs IVGRAPH_TOKEN: a service token with notion:read. IVGRAPH_URL: where the service is.
set -eu
url=${IVGRAPH_URL:-http://127.0.0.1:8000}

as_agent() {
  curl -sS --fail-with-body -H "Authorization: Bearer $IVGRAPH_TOKEN" -H "Content-Type: application/json" "$@"
  echo
}

echo "What the token is good for:"
about=$(as_agent "$url/api/auth/validate/")
echo "$about"
# Signing in made one connection for each workspace. Its tenant has the workspace's id for a name.
tenant=$(echo "$about" | grep -o '"workspace_ids":\["[^"]*' | cut -d '"' -f 4)

echo "Every tool, here without what it takes:"
as_agent "$url/api/v1/tools" | grep -o '"id":"notion[^"]*"'

echo "One of them, in an envelope:"
as_agent "$url/api/v1/tools/invoke" -d '{
  "toolId": "notion_search",
  "tenantId": "'"$tenant"'",
  "parameters": {"query": "Roadmap", "page_size": 1}
}'

echo "The same at the drop-in address, as Notion itself would be asked and would answer:"
as_agent "$url/notion/v1/search" -d '{"query": "Roadmap", "page_size": 1}'
