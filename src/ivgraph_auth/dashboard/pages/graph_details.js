// What is known of one node: its properties, its neighbours by kind, and on request what it says.

import { badge, button, el, emptyState } from "../elements.js";
import { call } from "../session.js";
import { EDGE_KINDS, gapList, titleOf, typeName, valueText } from "./graph_words.js";
import { timeElement, workspaceName } from "./shared.js";

/** @import { GraphNodeDetails, Me, Neighbor } from "../types" */
/** @import { EdgeKind } from "./graph_words.js" */
/** @typedef {"in" | "out"} Direction */
/** @typedef {(id: string) => unknown} Choose */

const NEIGHBORS = 20;
const OPEN_AT_ONCE = 40;
const CONTENT_CHARS = 6000;

/**
 * @param {GraphNodeDetails} node
 * @param {{ me: Me, choose: Choose, actions: Element[] }} options
 */
export function nodeDetails(node, { me, choose, actions }) {
  const workspace = me.workspaces.find(({ id }) => id === node.workspace_id);
  // The title is one of its properties.
  const properties = Object.entries(node.properties).filter(([, value]) => value !== node.title);
  return [
    el("h2", { tabindex: "-1", id: "graph-node" }, isEmoji(node.icon) && el("span", { "aria-hidden": "true" }, `${node.icon} `), titleOf(node)),
    el("p", { class: "quiet small" },
      badge(typeName(node.type)), " ", workspace ? workspaceName(workspace) : "", " · ",
      node.last_edited_at ? timeElement(node.last_edited_at, "edited ") : "no time of editing is known", " · ", timeElement(node.read_at, "read ")),
    el("div", { class: "actions" },
      // Only what leads to a web page: an address comes from Notion and may be anything.
      node.url?.startsWith("https://") && el("a", { class: "button plain", href: node.url, target: "_blank", rel: "noopener noreferrer" }, "Open in Notion"),
      ...actions),
    gapList(node.node_gaps),
    properties.length > 0 && el("details", { open: properties.length <= 6 },
      el("summary", {}, "Properties"),
      el("dl", { class: "graph-properties" }, properties.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, valueText(value))]))),
    ...neighborSections(node, choose),
    node.type === "page" && contentSection(node.id),
  ].filter((part) => part instanceof Element);
}

/**
 * An icon may be an address too, which is never fetched.
 * @param {string | null} icon
 */
const isEmoji = (icon) => icon !== null && icon.length <= 8 && !/^[\x20-\x7e]*$/.test(icon);

/**
 * @param {GraphNodeDetails} node
 * @param {Choose} choose
 */
function neighborSections(node, choose) {
  let shown = 0;
  const sections = /** @type {Direction[]} */ (["out", "in"]).flatMap((direction) =>
    Object.keys(EDGE_KINDS).flatMap((name) => {
      const kind = /** @type {EdgeKind} */ (name);
      const count = node.counts[direction]?.[kind] ?? 0;
      if (count === 0) return [];
      const open = shown < OPEN_AT_ONCE;
      shown += Math.min(count, NEIGHBORS);
      return [neighborSection({ id: node.id, direction, kind, count, open }, choose)];
    }),
  );
  return sections.length > 0 ? sections : [el("p", { class: "quiet" }, "Nothing is connected with it.")];
}

/**
 * @param {{ id: string, direction: Direction, kind: EdgeKind, count: number, open: boolean }} what
 * @param {Choose} choose
 */
function neighborSection({ id, direction, kind, count, open }, choose) {
  const list = el("ul", { class: "graph-neighbors" });
  /** @type {string | null} */
  let cursor = null;
  let asked = false;
  const fetchMore = async () => {
    asked = true;
    const page = await call("GET", "/api/v1/graph/nodes/{node_id}/neighbors", { params: { node_id: id }, query: { direction, kind: [kind], limit: NEIGHBORS, ...(cursor ? { cursor } : {}) } });
    list.append(...page.results.map((item) => el("li", {}, neighborButton(item, choose))));
    cursor = page.next_cursor;
    more.hidden = cursor === null;
    more.textContent = "More";
  };
  const more = button("Show", fetchMore, { class: "plain small" });
  const node = el("details", {}, el("summary", {}, EDGE_KINDS[kind][direction], " ", el("span", { class: "quiet" }, count.toLocaleString("en"))), list, more);
  node.addEventListener("toggle", () => node.open && !asked && more.click());
  node.open = open;
  return node;
}

/**
 * @param {Neighbor} neighbor
 * @param {Choose} choose
 */
function neighborButton({ node, edge }, choose) {
  return el("button", { type: "button", class: "graph-link", onclick: () => choose(node.id) },
    el("span", { class: `swatch ${node.type}`, "aria-hidden": "true" }), el("span", {}, titleOf(node)),
    edge.property && el("span", { class: "quiet small" }, edge.property));
}

/** @param {string} id */
function contentSection(id) {
  const text = el("pre", { class: "graph-content", tabindex: "0", "aria-label": "What the page says" });
  const told = el("div");
  /** @type {string | null} */
  let cursor = null;
  const fetchMore = async () => {
    const part = await call("GET", "/api/v1/graph/nodes/{node_id}/content", { params: { node_id: id }, query: { max_chars: CONTENT_CHARS, ...(cursor ? { cursor } : {}) } });
    text.append(part.markdown ?? "");
    text.hidden = false;
    if (text.textContent === "") told.replaceChildren(emptyState("Nothing stands on it", "The page has a title and nothing below it."));
    const gaps = gapList(part.gaps);
    if (gaps) told.append(gaps);
    cursor = part.next_cursor;
    more.hidden = cursor === null;
    more.textContent = "Show more of it";
    if (text.textContent === "") text.hidden = true;
  };
  text.hidden = true;
  const more = button("Show what it says", fetchMore, { class: "plain" });
  return el("div", { class: "stack-tight" }, text, told, more);
}
