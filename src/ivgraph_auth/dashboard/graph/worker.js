// Beside the page: reads a graph from the service and lays it out, so that the page never stands still for it.

import { ElementReader } from "../json_elements.js";
import { GraphBuilder } from "./data.js";

/** @import { GraphOrder, GraphReport } from "../types" */

const TELL_EVERY = 2000;
let abort = new AbortController();

/** @type {(report: GraphReport, transfer?: ArrayBuffer[]) => void} */
const tell = (report, transfer = []) => self.postMessage(report, { transfer });

/** @param {MessageEvent<GraphOrder>} message what comes later takes the place of what came before */
self.onmessage = async ({ data: order }) => {
  abort.abort();
  abort = new AbortController();
  try {
    await work(order, abort);
  } catch (problem) {
    tell({ turn: order.turn, problem: problem instanceof Error ? problem.message : String(problem) });
  }
};

/** @type {(order: GraphOrder, abort: AbortController) => Promise<void>} */
async function work({ turn, nodes = [], edges = [], centre = null, fetch: given }, abort) {
  const builder = new GraphBuilder();
  /** @type {Record<string, unknown>} */
  const about = {};
  let [recent, edited] = ["", ""];
  const reader = new ElementReader((key, value) => {
    if (key === "edges") return builder.addEdge(value);
    if (key !== "nodes") return void (about[key] = value);
    builder.addNode(value);
    if (value.type === "page" && value.last_edited_at > edited) [recent, edited] = [value.id, value.last_edited_at];
    if (builder.size % TELL_EVERY === 0) tell({ turn, read: builder.size });
  });
  if (given) {
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
  tell({ turn, graph, about, recent }, Object.values(graph).flatMap((array) => ("buffer" in array ? [array.buffer] : [])));
}
