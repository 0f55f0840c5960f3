// Kinds of edge, types of node and gaps, as people read them. The names are the API's: the type check fails when one is missing.

import { lookUp } from "../api_names.js";
import { el } from "../elements.js";

/** @import { GraphEdge, GraphGap, GraphNode } from "../types" */
/** @typedef {GraphNode["type"]} NodeType */
/** @typedef {GraphEdge["kind"]} EdgeKind */

/** @type {Record<NodeType, { one: string, many: string }>} */
export const NODE_TYPES = {
  page: { one: "Page", many: "Pages" },
  database: { one: "Database", many: "Databases" },
  data_source: { one: "Data source", many: "Data sources" },
};

/**
 * `out` and `in`: what is at the other end of an edge that leads away from a node, or to it.
 * @type {Record<EdgeKind, { name: string, out: string, in: string }>}
 */
export const EDGE_KINDS = {
  child: { name: "Inside a page", out: "Inside it", in: "Stands in" },
  source: { name: "Data source of a database", out: "Its data sources", in: "Of the database" },
  row: { name: "Row of a data source", out: "Its rows", in: "A row of" },
  link: { name: "Link", out: "Links to", in: "Linked from" },
  mention: { name: "Mention", out: "Mentions", in: "Mentioned in" },
  relation: { name: "Relation", out: "Related to", in: "Related from" },
};

/**
 * One of them, and several.
 * @type {Record<GraphGap["reason"], [string, string]>}
 */
const GAPS = {
  unsupported_block: ["block that Notion’s API does not show", "blocks that Notion’s API does not show"],
  unknown_type: ["object of a type that is unknown here", "objects of types that are unknown here"],
  malformed: ["object that could not be understood", "objects that could not be understood"],
  not_shared: ["link to a page that the connection does not see", "links to pages that the connection does not see"],
  truncated: ["list or text that is longer than what was read", "lists or texts that are longer than what was read"],
  row_limit: ["data source with more rows than Notion gives", "data sources with more rows than Notion gives"],
  failed: ["object that Notion refused or did not answer for", "objects that Notion refused or did not answer for"],
};

/** @param {{ title: string }} node */
export const titleOf = ({ title }) => title || "Untitled";

/** @param {string} type */
export const typeName = (type) => lookUp(NODE_TYPES, type)?.one ?? type;

/**
 * What could not be read, a line for each reason, so that nobody takes it for what does not exist. Null when there is nothing.
 * @param {GraphGap[]} gaps
 */
export function gapList(gaps) {
  if (gaps.length === 0) return null;
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { reason, count } of gaps) counts.set(reason, (counts.get(reason) ?? 0) + count);
  return el("details", { class: "gaps" },
    el("summary", {}, "Not everything could be read"),
    el("ul", {}, [...counts].map(([reason, count]) => el("li", {}, `${count.toLocaleString("en")} ${lookUp(GAPS, reason)?.[count === 1 ? 0 : 1] ?? reason.replaceAll("_", " ")}`))),
  );
}

/**
 * A property's value as a line of text.
 * @param {unknown} value
 * @returns {string}
 */
export function valueText(value) {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (Array.isArray(value)) return value.map(valueText).join(", ") || "–";
  if (typeof value !== "object") return String(value);
  const { start, end } = /** @type {{ start?: unknown, end?: unknown }} */ (value);
  if (typeof start === "string") return typeof end === "string" ? `${start} – ${end}` : start;
  return Object.entries(value).map(([name, inner]) => `${name}: ${valueText(inner)}`).join(", ");
}
