// Notion's JavaScript client (`npm install @notionhq/client`), unmodified, with a service token instead of Notion's.
import { Client, isNotionClientError, iteratePaginatedAPI } from "@notionhq/client";

const url = process.env.IVGRAPH_URL ?? "http://127.0.0.1:8000";
const notion = new Client({ auth: process.env.IVGRAPH_TOKEN, baseUrl: `${url}/notion`, notionVersion: "2026-03-11" });

console.log("Workspace:", (await notion.users.me({})).bot.workspace_name);

const { results } = await notion.search({ query: "Roadmap", filter: { property: "object", value: "page" } });
for (const page of results.slice(0, 1)) {
  for await (const block of iteratePaginatedAPI(notion.blocks.children.list, { block_id: page.id })) {
    console.log("Block:", block.type);
  }
}

const tables = { filter: { property: "object", value: "data_source" } };
for await (const source of iteratePaginatedAPI(notion.search, tables)) {
  const rows = await notion.dataSources.query({ data_source_id: source.id, page_size: 100 });
  const title = source.title.map((part) => part.plain_text).join("");
  console.log("Table:", title, "with", rows.results.length, "rows on the first page");
}

try {
  await notion.pages.retrieve({ page_id: "00000000-0000-4000-8000-000000000000" });
} catch (error) {
  if (!isNotionClientError(error)) throw error;
  console.log("Refused:", error.code);
}
