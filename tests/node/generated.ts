// Calls the service with a client generated from its own description: types.ts beside this file, made by openapi-typescript.
import createClient from "openapi-fetch";
import type { paths } from "./types";

const [baseUrl, token, tenantId] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });

const self = await client.GET("/notion/v1/users/me");
const tool = await client.POST("/api/v1/tools/invoke", {
  body: { toolId: "notion_get_self", tenantId, parameters: {}, integration: "notion" },
});
console.log(JSON.stringify({ self: self.data, tool: tool.data?.result, statuses: [self.response.status, tool.response.status] }));
