// A picture of a graph that can be moved, searched and pressed; and what of it is marked.

import { el } from "../elements.js";
import { Camera } from "./camera.js";
import { createCanvasRenderer } from "./canvas2d.js";
import { KINDS, TYPES } from "./data.js";
import { listenToGestures } from "./gestures.js";
import { drawLabels } from "./labels.js";
import { at } from "./layout.js";
import { createWebglRenderer } from "./webgl.js";

/** @import { GraphData } from "../types" */

const STANDS_AFTER_MS = 150;
const TRAVEL_MS = 350;
const CLOSE = 1.8;
// A frame that takes longer has fewer edges after it, a quicker one more.
const [SLOW_MS, QUICK_MS] = [30, 20];

export class Picture {
  #canvas = el("canvas", { class: "graph-canvas", tabindex: 0, role: "application", "aria-label": "Picture of the graph", "aria-describedby": "graph-help" });
  #labels = el("canvas", { class: "graph-labels", "aria-hidden": "true" });
  #tip = el("div", { class: "graph-tip", "aria-hidden": "true", hidden: true });
  #camera = new Camera();
  #renderer = createWebglRenderer(this.#canvas) ?? createCanvasRenderer(this.#canvas);
  /** @type {GraphData | null} */
  #graph = null;
  /** @type {Set<string>} */
  #hidden = new Set();
  /** @type {{ nodes: number[], edges: number[], named: number[] }} */
  #marked = { nodes: [], edges: [], named: [] };
  /** @type {Record<string, string>} */
  #theme = {};
  #frame = 0;
  #moving = 0; // the timer that ends it
  #fitted = false;
  // How many edges a frame has, how many there are, which is the next, and when the last frame was.
  #slice = 20000;
  #edges = 0;
  #next = 0;
  #drawnAt = 0;
  node = el("div", { class: "graph-picture" }, this.#canvas, this.#labels, this.#tip);

  /** @param {{ select: (node: number) => void, signal: AbortSignal }} options `signal` ends it */
  constructor({ select, signal }) {
    listenToGestures(this.#canvas, this.#camera, {
      moved: () => this.#move(),
      tap: (x, y, reach) => this.#pick(x, y, reach, select),
      hover: (x, y) => this.#hover(x, y),
      fit: () => this.fit(),
    });
    const observer = new ResizeObserver(() => this.#resize());
    observer.observe(this.node);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#resize(), { signal });
    this.#canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    this.#canvas.addEventListener("webglcontextrestored", () => {
      this.#renderer = createWebglRenderer(this.#canvas) ?? this.#renderer;
      this.#load();
    });
    signal.addEventListener("abort", () => {
      observer.disconnect();
      cancelAnimationFrame(this.#frame);
      // A browser keeps a few contexts only, and would take them from pictures that are still there.
      this.#canvas.getContext("webgl2")?.getExtension("WEBGL_lose_context")?.loseContext();
    });
  }

  /** @param {GraphData} graph */
  show(graph) {
    [this.#graph, this.#fitted, this.#marked] = [graph, false, { nodes: [], edges: [], named: [] }];
    this.#load();
    this.#resize();
  }

  /** @param {Set<string>} hidden types of node and kinds of edge */
  filter(hidden) {
    this.#hidden = hidden;
    this.#load();
  }

  /** @param {{ nodes: number[], edges: number[], named: number[] }} marked are not faint; `named` have titles, the first a ring */
  mark(marked) {
    this.#marked = marked;
    if (!this.#graph) return;
    const nodes = Uint32Array.from(marked.nodes.filter(this.#isShown));
    this.#renderer.mark({ graph: this.#graph, nodes, edges: this.#shownEdges(marked.edges), ring: marked.named.filter(this.#isShown)[0] });
    this.#request();
  }

  /** @param {number[]} nodes to be seen all at once; none: all */
  fit(nodes = []) {
    const positions = this.#graph?.positions ?? new Float32Array(2);
    this.#camera.fit(nodes.length > 0 ? nodes.flatMap((node) => [...positions.subarray(2 * node, 2 * node + 2)]) : positions);
    this.#move();
  }

  /** @param {number} factor */
  zoom(factor) {
    this.#camera.zoom(factor);
    this.#move();
  }

  /** @param {number} node to be in the middle */
  travelTo(node) {
    const { x, y, scale } = this.#camera;
    const [toX, toY] = this.#graph?.positions.subarray(2 * node, 2 * node + 2) ?? [];
    const [started, duration] = [performance.now(), matchMedia("(prefers-reduced-motion: reduce)").matches ? 1 : TRAVEL_MS];
    const step = (/** @type {number} */ now) => {
      const part = Math.min(Math.max((now - started) / duration, 0), 1);
      const way = part * part * (3 - 2 * part);
      Object.assign(this.#camera, { x: x + ((toX ?? x) - x) * way, y: y + ((toY ?? y) - y) * way, scale: scale * Math.max(CLOSE / scale, 1) ** way });
      this.#move();
      if (part < 1) requestAnimationFrame(step);
    };
    step(duration === 1 ? Infinity : started);
  }

  #load() {
    if (!this.#graph) return;
    const edges = this.#shownEdges(this.#graph.from.keys());
    this.#edges = edges.length;
    this.#renderer.load({ graph: this.#graph, nodes: this.#graph.order.filter(this.#isShown), edges });
    this.mark(this.#marked);
  }

  #isShown = (/** @type {number} */ node) => !this.#hidden.has(TYPES[at(this.#graph?.types ?? [], node)] ?? "");

  /** @type {(edges: Iterable<number>) => Uint32Array<ArrayBuffer>} in their order, which is by kind */
  #shownEdges(edges) {
    const { from = [], to = [], kinds = [] } = this.#graph ?? {};
    const isKindShown = KINDS.map((kind) => !this.#hidden.has(kind));
    return Uint32Array.from(edges).filter((edge) => isKindShown[at(kinds, edge)] && this.#isShown(at(from, edge)) && this.#isShown(at(to, edge))).sort();
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.node;
    if (width === 0 || height === 0) return;
    Object.assign(this.#camera, { width, height });
    for (const canvas of [this.#canvas, this.#labels]) Object.assign(canvas, { width: width * devicePixelRatio, height: height * devicePixelRatio });
    const style = getComputedStyle(this.node);
    this.#theme = Object.fromEntries([...TYPES, ...KINDS, "card", "ink"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    this.#theme.font = style.fontFamily;
    if (this.#graph && !this.#fitted) this.#camera.fit(this.#graph.positions);
    this.#fitted ||= this.#graph !== null;
    this.#request();
  }

  #move() {
    clearTimeout(this.#moving);
    this.#moving = setTimeout(() => ((this.#moving = 0), this.#request()), STANDS_AFTER_MS);
    this.#hover(-1, -1);
    this.#request();
  }

  #request() {
    this.#next = 0;
    this.#frame ||= requestAnimationFrame(this.#draw);
  }

  #draw = (/** @type {number} */ now) => {
    this.#frame = 0;
    const context = this.#labels.getContext("2d");
    if (!this.#graph || !context) return;
    const taken = now - this.#drawnAt;
    if (taken < 500) this.#slice = Math.min(Math.max(this.#slice * (taken > SLOW_MS ? 0.7 : taken < QUICK_MS ? 1.3 : 1), 500), 1e6);
    const [start, end] = [this.#next, this.#next + Math.ceil(this.#slice)];
    [this.#drawnAt, this.#next] = [now, end];
    this.#renderer.draw(this.#camera, this.#theme, devicePixelRatio, { start, end, quick: this.#moving > 0 });
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    if (start === 0) drawLabels(context, this.#camera, this.#theme, this.#graph, this.#marked.named, this.#isShown);
    if (this.#moving === 0 && end < this.#edges) this.#frame = requestAnimationFrame(this.#draw);
  };

  /** @type {(x: number, y: number, reach: number, found: (node: number) => void) => void} */
  #pick(x, y, reach, found) {
    const node = this.#graph && x >= 0 ? this.#renderer.pick(this.#camera, x, y, reach) : -1;
    if (node >= 0) found(node);
  }

  /** @type {(x: number, y: number) => void} */
  #hover(x, y) {
    this.#tip.hidden = true;
    this.#canvas.classList.remove("over");
    this.#pick(x, y, 4, (node) => {
      this.#tip.textContent = this.#graph?.titles[node] || "Untitled";
      this.#tip.hidden = false;
      this.#tip.style.translate = `${Math.min(x + 12, this.#camera.width - this.#tip.offsetWidth - 4)}px ${y + 16}px`;
      this.#canvas.classList.add("over");
    });
  }
}
