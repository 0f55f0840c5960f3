"""Notion's Python client (`pip install notion-client`), unmodified, with a service token instead of Notion's."""

import os

from notion_client import APIResponseError, Client
from notion_client.helpers import iterate_paginated_api

url = os.environ.get("IVGRAPH_URL", "http://127.0.0.1:8000")
notion = Client(auth=os.environ["IVGRAPH_TOKEN"], base_url=f"{url}/notion", notion_version="2026-03-11")

print("Workspace:", notion.users.me()["bot"]["workspace_name"])

pages = notion.search(query="Roadmap", filter={"property": "object", "value": "page"})["results"]
for page in pages[:1]:
    for block in iterate_paginated_api(notion.blocks.children.list, block_id=page["id"]):
        print("Block:", block["type"])

for source in iterate_paginated_api(notion.search, filter={"property": "object", "value": "data_source"}):
    rows = notion.data_sources.query(data_source_id=source["id"], page_size=100)["results"]
    title = "".join(part["plain_text"] for part in source["title"])
    print("Table:", title, "with", len(rows), "rows on the first page")


try:
    notion.pages.retrieve(page_id="00000000-0000-4000-8000-000000000000")
except APIResponseError as error:
    print("Refused:", error.code.value)
