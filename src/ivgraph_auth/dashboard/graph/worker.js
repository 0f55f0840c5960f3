// Beside the page: reads a graph from the service and lays it out, so that the page never stands still for it.

import { GraphBuilder } from "./data.js";
import { ElementReader } from "../json_elements.js";

/** @import { GraphData, GraphOrder, GraphReport } from "../types" */

const TELL_EVERY = 2000;
let abort = new AbortController();

/**
 * @param {GraphReport} report
 * @param {ArrayBuffer[]} transfer
 */
const tell = (report, transfer = []) => self.postMessage(report, { transfer });

/** @param {MessageEvent<GraphOrder>} message */
self.onmessage = async ({ data: order }) => {
  abort.abort();
  abort = new AbortController();
  try {
    await work(order, abort);
  } catch (problem) {
    tell({ turn: order.turn, problem: problem instanceof Error ? problem.message : String(problem) });
  }
};

/**
 * @param {GraphOrder} order
 * @param {AbortController} abort
 */
async function work({ turn, nodes = [], edges = [], centre = null, fetch: given }, abort) {
  const builder = new GraphBuilder();
  let [recent, edited] = ["", ""];
  /** @type {GraphReport["about"]} */
  const about = {};
  if (given) {
    const reader = new ElementReader((key, value) => {
      if (key === "edges") builder.addEdge(value);
      else if (key !== "nodes") about[key] = value;
      else {
        builder.addNode(value);
        if (value.type === "page" && value.last_edited_at > edited) [recent, edited] = [value.id, value.last_edited_at];
        if (builder.size % TELL_EVERY === 0) tell({ turn, read: builder.size });
      }
    });
    const headers = { Authorization: `Bearer ${given.access}` };
    const response = await fetch(given.url, { headers, credentials: "omit", cache: "no-store", signal: abort.signal });
    if (!response.ok || !response.body) return tell({ turn, status: response.status });
    const chunks = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let chunk = await chunks.read(); !chunk.done; chunk = await chunks.read()) {
      reader.feed(chunk.value);
      if (given.most && builder.size >= given.most) return void abort.abort(tell({ turn, recent }));
    }
    if (!reader.complete) throw new Error("The answer was cut off. Try again.");
  }
  nodes.forEach((node) => builder.addNode(node));
  edges.forEach((edge) => builder.addEdge(edge));
  const graph = builder.finish(centre);
  const { types, from, to, kinds, offsets, incident, sizes, order, positions } = graph;
  tell({ turn, graph, about, recent }, [types, from, to, kinds, offsets, incident, sizes, order, positions].map(({ buffer }) => buffer));
}
