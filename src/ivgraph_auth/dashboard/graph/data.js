// A graph as arrays: nodes and edges are known by their place in them, which is what renderers and the worker need.

import { arrange } from "./layout.js";

/** @import { GraphData, GraphNode, GraphEdge } from "../types" */

// The place in these is the number that stands in the arrays. The first three kinds make the tree.
export const TYPES = ["page", "database", "data_source"];
export const KINDS = ["child", "source", "row", "link", "mention", "relation"];

export class GraphBuilder {
  /** @type {string[]} */
  #ids = [];
  /** @type {string[]} */
  #titles = [];
  /** @type {number[]} */
  #types = [];
  /** @type {[from: number[], to: number[], kinds: number[]]} */
  #edges = [[], [], []];
  /** @type {Map<string, number>} */
  #places = new Map();

  get size() {
    return this.#ids.length;
  }

  /** @param {Pick<GraphNode, "id" | "title" | "type">} node */
  addNode({ id, title, type }) {
    if (this.#places.has(id)) return;
    this.#places.set(id, this.#ids.length);
    this.#ids.push(id);
    this.#titles.push(title);
    this.#types.push(Math.max(TYPES.indexOf(type), 0));
  }

  /**
   * One whose ends are not there is left out.
   * @param {GraphEdge} edge
   */
  addEdge({ from, to, kind }) {
    const [source, target, number] = [this.#places.get(from), this.#places.get(to), KINDS.indexOf(kind)];
    if (source === undefined || target === undefined || source === target || number < 0) return;
    [source, target, number].forEach((value, index) => this.#edges[index]?.push(value));
  }

  /**
   * @param {string | null} centre id of the node that stands in the middle, for a picture of its surroundings
   * @returns {GraphData}
   */
  finish(centre = null) {
    const [from, to, kinds] = [new Uint32Array(this.#edges[0]), new Uint32Array(this.#edges[1]), new Uint8Array(this.#edges[2])];
    const [offsets, incident] = incidence(this.size, from, to);
    const sizes = Float32Array.from({ length: this.size }, (_, node) => 3 + 1.6 * Math.log2(1 + (offsets[node + 1] ?? 0) - (offsets[node] ?? 0)));
    const order = Uint32Array.from(sizes.keys()).sort((one, other) => (sizes[other] ?? 0) - (sizes[one] ?? 0) || one - other);
    const graph = { ids: this.#ids, titles: this.#titles, types: new Uint8Array(this.#types), from, to, kinds, offsets, incident, sizes, order };
    return { ...graph, positions: arrange(graph, this.#places.get(centre ?? "") ?? -1) };
  }
}

/**
 * The edges at each node: those of node n are `incident[offsets[n]]` to `incident[offsets[n + 1] - 1]`.
 * @param {number} size
 * @param {Uint32Array} from
 * @param {Uint32Array} to
 * @returns {[offsets: Uint32Array<ArrayBuffer>, incident: Uint32Array<ArrayBuffer>]}
 */
function incidence(size, from, to) {
  const [offsets, incident] = [new Uint32Array(size + 1), new Uint32Array(2 * from.length)];
  for (const ends of [from, to]) for (const node of ends) offsets[node + 1] = (offsets[node + 1] ?? 0) + 1;
  for (let node = 0; node < size; node += 1) offsets[node + 1] = (offsets[node + 1] ?? 0) + (offsets[node] ?? 0);
  const next = offsets.slice();
  for (const ends of [from, to]) {
    ends.forEach((node, edge) => {
      incident[next[node] ?? 0] = edge;
      next[node] = (next[node] ?? 0) + 1;
    });
  }
  return [offsets, incident];
}
