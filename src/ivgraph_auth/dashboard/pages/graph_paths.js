// A path between two nodes, as a list that can be followed.

import { button, el } from "../elements.js";
import { EDGE_KINDS, titleOf } from "./graph_words.js";

/** @import { GraphEdge, GraphNode, GraphPaths } from "../types" */
/** @typedef {{ id: string, title: string }} End */

/**
 * @param {{ from: End, to: End, paths: GraphPaths | null, choose: (id: string) => unknown, end: () => unknown }} options
 */
export function pathSection({ from, to, paths, choose, end }) {
  return [
    el("section", { class: "graph-path stack-tight", "aria-labelledby": "graph-path" },
      el("div", { class: "row" }, el("h2", { id: "graph-path" }, `Path from ${titleOf(from)}`), button("End", end, { class: "plain", "aria-label": "End the path" })),
      el("div", { role: "status" }, told(from, to, paths)),
      paths?.paths.slice(0, 1).map(({ nodes, edges }) =>
        el("ol", { class: "graph-steps" }, nodes.map((node, index) =>
          el("li", {}, index > 0 && el("span", { class: "quiet small" }, `${stepText(edges[index - 1], node)} `),
            el("button", { type: "button", class: "graph-link", onclick: () => choose(node.id) }, titleOf(node)))))) ?? []),
  ];
}

/**
 * @param {End} from
 * @param {End} to
 * @param {GraphPaths | null} paths
 */
function told(from, to, paths) {
  if (from.id === to.id) return "Choose the other end: in the picture, in a list, or by the search.";
  const count = paths?.paths.length ?? 0;
  const more = paths?.truncated ? " Not everything was looked through: there may be others, or shorter ones." : "";
  if (count === 0) return `No path of up to six steps leads to ${titleOf(to)}.${more}`;
  const steps = paths?.paths[0]?.edges.length ?? 0;
  const ways = count === 1 ? "One path" : `${count} paths`;
  return `${ways} of ${steps === 1 ? "one step" : `${steps} steps`} to ${titleOf(to)}${count === 1 ? "." : ", of which this is one."}${more}`;
}

/**
 * How one came to a node by an edge.
 * @param {GraphEdge | undefined} edge
 * @param {GraphNode} node
 */
function stepText(edge, node) {
  return edge ? EDGE_KINDS[edge.kind][edge.to === node.id ? "out" : "in"].toLowerCase() : "";
}
