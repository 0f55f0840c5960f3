// The picture with what stands around it. What is chosen stands in the address, so that a reload shows the same.

import { KINDS } from "../graph/data.js";
import { Picture } from "../graph/picture.js";
import { button, el, emptyState, notify } from "../elements.js";
import { Problem, messageOf } from "../http.js";
import { SignedOut, call } from "../session.js";
import { nodeDetails } from "./graph_details.js";
import { graphFilters } from "./graph_filters.js";
import { DIRECT_NEIGHBORS, GraphLoader } from "./graph_loading.js";
import { pathSection } from "./graph_paths.js";
import { searchBox } from "./graph_search.js";

/** @import { GraphData, GraphNodeDetails, GraphPaths, PageContext, Workspace } from "../types" */

const HELP = "Drag to move, scroll or pinch to zoom, press a node to choose it. With the keyboard: arrows move, + and - zoom, 0 shows everything. All that is in the picture can be reached by the search and the lists beside it.";

// Neighbours that have their titles beside them, as far as there is room.
const NAMED = 12;

export class Explorer {
  #me;
  #workspace;
  #signal;
  #loader;
  #picture;
  /** @type {GraphData | null} */
  #graph = null;
  /** @type {Map<string, number>} */
  #places = new Map();
  /** @type {GraphNodeDetails | null} */
  #node = null;
  /** @type {{ id: string, title: string } | null} */
  #from = null;
  /** @type {GraphPaths | null} */
  #paths = null;
  #whole = false;
  /** @type {Set<string>} */
  #hidden;
  #turn = 0;
  #counts = el("p", { class: "quiet small", role: "status" });
  #details = el("div", { class: "graph-details stack-tight" });
  #path = el("div");
  #views;
  #frame;
  node;

  /**
   * @param {PageContext} context
   * @param {Workspace} workspace
   */
  constructor({ me, query, signal }, workspace) {
    this.#me = me;
    this.#workspace = workspace;
    this.#signal = signal;
    this.#loader = new GraphLoader(signal);
    this.#hidden = new Set(query.get("hide")?.split(",").filter(Boolean));
    this.#whole = query.get("view") === "whole";
    this.#picture = new Picture({ select: (place) => this.#choose(this.#graph?.ids[place] ?? ""), signal });
    this.#views = [
      button("Surroundings", () => this.#show(false), { class: "plain" }),
      button("Whole graph", () => this.#show(true), { class: "plain" }),
    ];
    this.#picture.filter(this.#hidden);
    this.#frame = el("div", { class: "graph-frame" },
      this.#picture.node,
      el("div", { class: "graph-zoom" },
        button("+", () => this.#picture.zoom(1.4), { class: "plain", "aria-label": "Zoom in" }),
        button("−", () => this.#picture.zoom(1 / 1.4), { class: "plain", "aria-label": "Zoom out" }),
        button("Fit", () => this.#picture.fit(), { class: "plain", "aria-label": "Fit everything" })));
    this.node = el("div", { class: "graph-explorer" },
      el("div", { class: "graph-tools" },
        searchBox({ workspaceId: workspace.id, choose: ({ id }) => this.#choose(id, { focus: true, scroll: false }) }),
        el("div", { class: "actions", role: "group", "aria-label": "View" }, this.#views)),
      el("div", { class: "graph-columns" },
        el("div", { class: "stack-tight" },
          this.#frame,
          this.#counts,
          graphFilters(this.#hidden, (hidden) => this.#filter(hidden)),
          el("p", { class: "quiet small", id: "graph-help" }, HELP)),
        el("section", { class: "graph-side", "aria-label": "The chosen page" }, this.#path, this.#details)));
  }

  /**
   * Begins with what the address names, or with a page that was edited lately.
   * @param {URLSearchParams} query
   */
  async open(query) {
    const [from, turn] = [query.get("from"), this.#turn];
    this.#markView();
    try {
      if (from) this.#from = (await getNode(from)).node;
      const id = query.get("node") ?? (await this.#loader.recentPage(this.#workspace.id));
      // Something may have been chosen meanwhile.
      if (turn !== this.#turn || this.#signal.aborted) return;
      if (id) await this.#choose(id);
      else this.#tellNothing();
    } catch (problem) {
      this.#tellProblem(problem, () => this.open(query));
    }
  }

  /**
   * @param {unknown} problem
   * @param {() => unknown} again
   */
  #tellProblem(problem, again) {
    if (problem instanceof SignedOut || this.#signal.aborted) return;
    const gone = problem instanceof Problem && problem.status === 404;
    if (this.#node || gone) notify(gone ? "That page is not in the graph any more." : messageOf(problem), "error");
    if (!this.#node && gone) this.#tellNothing();
    else if (!this.#node) this.#details.replaceChildren(emptyState("This could not be loaded.", messageOf(problem), button("Try again", again)));
  }

  #tellNothing() {
    this.#frame.hidden = true;
    this.#details.replaceChildren(emptyState("Nothing to show yet", "Once a synchronization has read pages, one of them is shown here with what surrounds it."));
  }

  /**
   * `scroll`: to the heading that gets the focus; what was chosen beside the picture stays in view.
   * @param {string} id
   * @param {{ focus?: boolean, scroll?: boolean }} options
   */
  async #choose(id, { focus = false, scroll = true } = {}) {
    const turn = (this.#turn += 1);
    try {
      const { node } = await getNode(id);
      if (turn !== this.#turn || this.#signal.aborted) return;
      this.#node = node;
      await this.#findPaths(turn);
      if (turn !== this.#turn || this.#signal.aborted) return;
      this.#frame.hidden = false;
      this.#writeAddress();
      this.#describe();
      if (focus) this.#details.querySelector("h2")?.focus({ preventScroll: !scroll });
      await this.#draw(turn);
    } catch (problem) {
      if (turn === this.#turn) this.#tellProblem(problem, () => this.#choose(id));
    }
  }

  /** @param {number} turn */
  async #findPaths(turn) {
    const [from, to] = [this.#from?.id, this.#node?.id];
    this.#paths = null;
    if (!from || !to || from === to) return;
    const paths = await call("GET", "/api/v1/graph/paths", { query: { from, to } });
    if (turn === this.#turn) this.#paths = paths;
  }

  #describe() {
    const node = this.#node;
    if (!node) return;
    const choose = (/** @type {string} */ id) => this.#choose(id, { focus: true });
    const pathFrom = button("Path from here", () => this.#startPath(node), { class: "plain" });
    this.#details.replaceChildren(...nodeDetails(node, { me: this.#me, choose, actions: [pathFrom] }));
    this.#path.replaceChildren(...(this.#from ? pathSection({ from: this.#from, to: node, paths: this.#paths, choose, end: () => this.#startPath(null) }) : []));
  }

  /** @param {{ id: string, title: string } | null} from */
  async #startPath(from) {
    this.#from = from;
    if (this.#node) await this.#choose(this.#node.id);
  }

  /** @param {boolean} whole */
  async #show(whole) {
    this.#whole = whole;
    this.#graph = null;
    this.#markView();
    this.#writeAddress();
    await this.#draw((this.#turn += 1));
  }

  #markView() {
    this.#views.forEach((view, index) => view.setAttribute("aria-pressed", String(this.#whole === (index === 1))));
  }

  /** @param {number} turn */
  async #draw(turn) {
    const id = this.#node?.id ?? "";
    if (!this.#whole || !this.#places.has(id) || !this.#graph) {
      this.#frame.setAttribute("aria-busy", "true");
      const graph = await this.#load().finally(() => turn === this.#turn && this.#frame.removeAttribute("aria-busy"));
      if (turn !== this.#turn || this.#signal.aborted) return;
      this.#graph = graph;
      this.#places = new Map(graph.ids.map((one, place) => [one, place]));
      this.#picture.show(graph);
      this.#count(graph);
      this.#mark();
    } else {
      const onPaths = this.#mark();
      if (onPaths.length > 0) this.#picture.fit(onPaths);
      else this.#picture.travelTo(this.#places.get(id) ?? 0);
    }
  }

  async #load() {
    const onRead = (/** @type {number} */ nodes) => void (this.#counts.textContent = `${nodes.toLocaleString("en")} read so far…`);
    if (!this.#whole && this.#node) this.#counts.textContent = "Loading…";
    const report = this.#whole || !this.#node
      ? await this.#loader.readWhole(this.#workspace.id, { onRead })
      : await this.#loader.surroundings(this.#node, this.#paths?.paths ?? []);
    if (!report.graph) throw new Problem("The graph could not be read. Try again.");
    return report.graph;
  }

  /** @param {GraphData} graph */
  #count({ ids, from }) {
    const what = this.#whole ? "The whole graph" : "What surrounds the chosen page";
    const next = this.#node ? Object.values(this.#node.counts).flatMap((kinds) => Object.values(kinds)).reduce((sum, count) => sum + count, 0) : 0;
    const cut = !this.#whole && next > DIRECT_NEIGHBORS ? ` Of its ${next.toLocaleString("en")} connections ${DIRECT_NEIGHBORS} are drawn; the lists have all.` : "";
    this.#counts.textContent = `${what}: ${ids.length.toLocaleString("en")} pages, databases and data sources, ${from.length.toLocaleString("en")} connections.${cut}`;
  }

  /** Marks the paths, or else the chosen node with what is next to it. Answers the nodes on paths. */
  #mark() {
    const [graph, chosen] = [this.#graph, this.#places.get(this.#node?.id ?? "")];
    if (!graph || chosen === undefined) return [];
    const paths = this.#paths?.paths ?? [];
    const onPaths = paths.flatMap((path) => path.nodes.flatMap(({ id }) => this.#places.get(id) ?? []));
    const edges = [...new Set(paths.length > 0 ? onPaths : [chosen])].flatMap((place) => [...graph.incident.subarray(graph.offsets[place], graph.offsets[place + 1])]);
    if (paths.length > 0) {
      const steps = new Set(paths.flatMap((path) => path.edges.map(({ kind, from, to }) => [kind, from, to].join(" "))));
      const ways = edges.filter((edge) => steps.has(nameOf(graph, edge)));
      this.#picture.mark({ nodes: onPaths, edges: ways, named: [chosen, ...onPaths] });
    } else {
      const around = edges.map((edge) => (graph.from[edge] === chosen ? graph.to[edge] : graph.from[edge]) ?? 0);
      this.#picture.mark({ nodes: [...around, chosen], edges, named: [chosen, ...around.slice(0, NAMED)] });
    }
    return onPaths;
  }

  /** @param {Set<string>} hidden */
  #filter(hidden) {
    this.#hidden = hidden;
    this.#picture.filter(hidden);
    this.#mark();
    this.#writeAddress();
  }

  #writeAddress() {
    const query = new URLSearchParams({ workspace: this.#workspace.id });
    if (this.#node) query.set("node", this.#node.id);
    if (this.#whole) query.set("view", "whole");
    if (this.#from) query.set("from", this.#from.id);
    if (this.#hidden.size > 0) query.set("hide", [...this.#hidden].join(","));
    history.replaceState(null, "", `#/graph?${query}`);
  }
}

/** @param {string} id */
const getNode = (id) => call("GET", "/api/v1/graph/nodes/{node_id}", { params: { node_id: id } });

/**
 * @param {GraphData} graph
 * @param {number} edge
 */
function nameOf({ ids, from, to, kinds }, edge) {
  return [KINDS[kinds[edge] ?? 0], ids[from[edge] ?? 0], ids[to[edge] ?? 0]].join(" ");
}
