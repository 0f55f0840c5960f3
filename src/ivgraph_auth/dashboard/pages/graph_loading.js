// Gets what the picture shows: the surroundings of one node, or a whole workspace, which the worker reads.

import { Problem, urlOf } from "../http.js";
import { accessToken, call } from "../session.js";

/** @import { GraphEdge, GraphNode, GraphNodeDetails, GraphOrder, GraphPaths, GraphReport } from "../types" */

export const DIRECT_NEIGHBORS = 100;
// How many of the neighbours are asked for theirs.
const ASKED_NEIGHBORS = 8;
const THEIR_NEIGHBORS = 15;
// Among so many the page that was edited last is looked for, to begin with.
const LOOKED_THROUGH = 2000;

export class GraphLoader {
  #worker = new Worker(new URL("../graph/worker.js", import.meta.url), { type: "module" });
  #turn = 0;
  /** @type {(report: GraphReport) => void} */
  #report = () => {};

  /** @param {AbortSignal} signal ends it */
  constructor(signal) {
    signal.addEventListener("abort", () => this.#worker.terminate());
    this.#worker.addEventListener("message", (/** @type {MessageEvent<GraphReport>} */ { data }) => data.turn === this.#turn && this.#report(data));
    this.#worker.addEventListener("error", () => this.#report({ turn: this.#turn, problem: "The picture could not be laid out. Reload the page." }));
  }

  /**
   * The worker's last word on it. What was begun later takes the place of what was begun before, which then never resolves.
   * @param {GraphOrder} order
   * @param {(nodes: number) => void} onRead
   * @returns {Promise<GraphReport>}
   */
  #ask(order, onRead = () => {}) {
    return new Promise((resolve, reject) => {
      if (order.turn !== this.#turn) return;
      this.#report = (report) => {
        if (report.read !== undefined) onRead(report.read);
        else if (report.problem !== undefined) reject(new Problem(report.problem));
        else resolve(report);
      };
      this.#worker.postMessage(order);
    });
  }

  /**
   * @param {string} workspaceId
   * @param {{ most?: number, onRead?: (nodes: number) => void }} options
   */
  async readWhole(workspaceId, { most = 0, onRead } = {}) {
    const turn = (this.#turn += 1);
    const url = urlOf(`/api/notion-graph/?workspace_id=${workspaceId}`);
    let access = await accessToken();
    let report = await this.#ask({ turn, fetch: { url, access, most } }, onRead);
    if (report.status === 401) {
      access = await accessToken(access);
      report = await this.#ask({ turn, fetch: { url, access, most } }, onRead);
    }
    if (report.status) throw new Problem(`The whole graph could not be read: the service answered ${report.status}.`, { status: report.status });
    return report;
  }

  /**
   * The id of a page that was edited lately; nothing where there is none.
   * @param {string} workspaceId
   */
  async recentPage(workspaceId) {
    return (await this.readWhole(workspaceId, { most: LOOKED_THROUGH })).recent || null;
  }

  /**
   * A node with its neighbours, and some of theirs; and the paths that are to be seen with it.
   * @param {GraphNodeDetails} node
   * @param {GraphPaths["paths"]} paths
   */
  async surroundings(node, paths) {
    const turn = (this.#turn += 1);
    const direct = await neighborsOf(node.id, DIRECT_NEIGHBORS);
    const others = direct.slice(0, ASKED_NEIGHBORS).map(({ node: { id } }) => neighborsOf(id, THEIR_NEIGHBORS).catch(() => []));
    const found = [direct, ...(await Promise.all(others))].flat();
    /** @type {GraphNode[]} */
    const nodes = [node, ...found.map((item) => item.node), ...paths.flatMap((path) => path.nodes)];
    /** @type {Map<string, GraphEdge>} */
    const edges = new Map();
    for (const edge of [...found.map((item) => item.edge), ...paths.flatMap((path) => path.edges)]) {
      edges.set([edge.kind, edge.from, edge.to, edge.property].join(" "), edge);
    }
    const short = nodes.map(({ id, title, type }) => ({ id, title, type }));
    return this.#ask({ turn, nodes: short, edges: [...edges.values()], centre: node.id });
  }
}

/**
 * @param {string} id
 * @param {number} limit
 */
async function neighborsOf(id, limit) {
  return (await call("GET", "/api/v1/graph/nodes/{node_id}/neighbors", { params: { node_id: id }, query: { limit } })).results;
}
