// Makes calls with the official JavaScript client: one JSON object a line in, one a line out.
// In: {"client": Client's options, "call": "pages.create", "args": {...}, "helper"?: one of the client's own helpers}
// Out: {"answer": ...}, or {"refused": what the client's typed error tells}
import { createInterface } from "node:readline";
import * as sdk from "@notionhq/client";

const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
const method = (notion, name) => name.split(".").reduce((found, part) => found[camel(part)], notion);

async function iterated(list, args) {
  const found = [];
  for await (const item of sdk.iteratePaginatedAPI(list, args)) found.push(item);
  return found;
}

const helpers = {
  collectPaginatedAPI: (notion, call, args) => sdk.collectPaginatedAPI(method(notion, call), args),
  iteratePaginatedAPI: (notion, call, args) => iterated(method(notion, call), args),
  collectAllDataSourceRows: (notion, call, args) => sdk.collectAllDataSourceRows(notion, args),
};

function made({ client, call, args, helper }) {
  const notion = new sdk.Client({ ...client, logger: () => {} });
  if (helper) return helpers[helper](notion, call, args);
  return call === "request" ? notion.request(args) : method(notion, call)(args);
}

function refused(error) {
  if (!sdk.isNotionClientError(error)) throw error;
  const { name, code, message, status, request_id } = error;
  const known = sdk.APIResponseError.isAPIResponseError(error) && Object.values(sdk.APIErrorCode).includes(code);
  return { known, kind: name, code, message, status, request_id, retry_after: error.headers?.get("retry-after") };
}

for await (const line of createInterface({ input: process.stdin })) {
  const told = await made(JSON.parse(line)).then((answer) => ({ answer }), (error) => ({ refused: refused(error) }));
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
