// A graph as arrays: nodes and edges are known by their place in them, which is what renderers and the worker need.

import { arrange, at } from "./layout.js";

/** @import { GraphData, GraphNode, GraphEdge } from "../types" */

// The place in these is the number that stands in the arrays. The first three kinds make the tree.
export const TYPES = ["page", "database", "data_source"];
export const KINDS = ["child", "source", "row", "link", "mention", "relation"];

export class GraphBuilder {
  /** @type {Map<string, Pick<GraphNode, "title" | "type"> & { place: number }>} by id, in the order of their places */
  #nodes = new Map();
  /** @type {{ from: number[], to: number[] }[]} by kind */
  #edges = KINDS.map(() => ({ from: [], to: [] }));

  get size() {
    return this.#nodes.size;
  }

  /** @param {Pick<GraphNode, "id" | "title" | "type">} node */
  addNode({ id, title, type }) {
    if (!this.#nodes.has(id)) this.#nodes.set(id, { title, type, place: this.size });
  }

  /** @param {GraphEdge} edge one whose ends are not there is left out */
  addEdge({ from, to, kind }) {
    const [source, target, edges] = [this.#nodes.get(from)?.place, this.#nodes.get(to)?.place, this.#edges[KINDS.indexOf(kind)]];
    if (source === undefined || target === undefined || source === target || !edges) return;
    edges.from.push(source);
    edges.to.push(target);
  }

  /** @type {(centre?: string | null) => GraphData} `centre`: the node in the middle, for a picture of its surroundings */
  finish(centre = null) {
    const [ids, nodes] = [[...this.#nodes.keys()], [...this.#nodes.values()]];
    const [from, to] = [Uint32Array.from(this.#edges.flatMap((edges) => edges.from)), Uint32Array.from(this.#edges.flatMap((edges) => edges.to))];
    const kinds = Uint8Array.from(this.#edges.flatMap((edges, kind) => edges.from.map(() => kind)));
    const [titles, types] = [nodes.map(({ title }) => title), Uint8Array.from(nodes, ({ type }) => Math.max(TYPES.indexOf(type), 0))];
    const [offsets, incident] = [new Uint32Array(this.size + 1), new Uint32Array(2 * from.length)];
    for (const node of [...from, ...to]) offsets[node + 1] = at(offsets, node + 1) + 1;
    const sizes = Float32Array.from(ids, (_, node) => 3 + 1.6 * Math.log2(1 + at(offsets, node + 1)));
    const order = Uint32Array.from(ids.keys()).sort((one, other) => at(sizes, other) - at(sizes, one) || one - other);
    for (let node = 0; node < this.size; node += 1) offsets[node + 1] = at(offsets, node + 1) + at(offsets, node);
    const next = offsets.slice();
    for (const ends of [from, to]) ends.forEach((node, edge) => void ((incident[at(next, node)] = edge), (next[node] = at(next, node) + 1)));
    const graph = { ids, titles, types, from, to, kinds, offsets, incident, sizes, order };
    return { ...graph, positions: arrange(graph, this.#nodes.get(centre ?? "")?.place ?? -1) };
  }
}
