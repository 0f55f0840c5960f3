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
  #isShown = new Uint8Array();
  /** @type {number[]} */
  #named = [];
  /** @type {Record<string, string>} */
  #theme = {};
  #frame = 0;
  #moving = false;
  #stands = 0;
  // The edges that are drawn in a frame, by how long frames take; and the next one to be drawn, when it stands.
  #slice = 20000;
  #edges = 0;
  #next = 0;
  #drawnAt = 0;
  #fitted = false;
  #select;
  node = el("div", { class: "graph-picture" }, this.#canvas, this.#labels, this.#tip);

  /**
   * @param {{ select: (node: number) => void, signal: AbortSignal }} options `signal` ends it
   */
  constructor({ select, signal }) {
    this.#select = select;
    listenToGestures(this.#canvas, this.#camera, {
      moved: () => this.#move(),
      tap: (x, y, reach) => this.#pick(x, y, reach, this.#select),
      hover: (x, y) => this.#hover(x, y),
      leave: () => this.#hover(-99, -99),
      fit: () => this.fit(),
    });
    const observer = new ResizeObserver(() => this.#resize());
    observer.observe(this.node);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#readTheme(), { signal });
    this.#canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    this.#canvas.addEventListener("webglcontextrestored", () => {
      this.#renderer = createWebglRenderer(this.#canvas) ?? this.#renderer;
      this.#load();
    });
    signal.addEventListener("abort", () => {
      observer.disconnect();
      cancelAnimationFrame(this.#frame);
    });
  }

  /** @param {GraphData} graph */
  show(graph) {
    this.#graph = graph;
    this.#named = [];
    this.#fitted = false;
    this.#renderer.mark({ graph, nodes: new Uint32Array(), edges: new Uint32Array() });
    this.#load();
    this.#resize();
  }

  /** @param {Set<string>} hidden types of node and kinds of edge */
  filter(hidden) {
    this.#hidden = hidden;
    this.#load();
  }

  /**
   * Draws these as they are, and everything else faintly; `named` have their titles beside them, and the first a ring.
   * @param {{ nodes: number[], edges: number[], named: number[] }} what
   */
  mark({ nodes, edges, named }) {
    if (!this.#graph) return;
    this.#named = named;
    const { from, to } = this.#graph;
    const shown = edges.filter((edge) => this.#shows(edge, at(from, edge), at(to, edge)));
    const isShown = (/** @type {number} */ node) => Boolean(this.#isShown[node]);
    shown.sort((one, other) => at(this.#graph?.kinds ?? [], one) - at(this.#graph?.kinds ?? [], other));
    this.#renderer.mark({ graph: this.#graph, nodes: Uint32Array.from(nodes.filter(isShown)), edges: Uint32Array.from(shown), ring: named.filter(isShown)[0] });
    this.#request();
  }

  fit() {
    if (this.#graph) this.#camera.fit(this.#graph);
    this.#move();
  }

  /** @param {number} factor */
  zoom(factor) {
    this.#camera.zoom(factor);
    this.#move();
  }

  /** @param {number} node to be in the middle */
  travelTo(node) {
    if (!this.#graph) return;
    const { positions } = this.#graph;
    const { x, y, scale } = this.#camera;
    const target = { x: at(positions, 2 * node), y: at(positions, 2 * node + 1), scale: Math.max(scale, CLOSE) };
    const started = performance.now();
    const whole = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : TRAVEL_MS;
    const step = () => {
      const part = whole === 0 ? 1 : Math.min((performance.now() - started) / whole, 1);
      const way = part * part * (3 - 2 * part);
      Object.assign(this.#camera, { x: x + (target.x - x) * way, y: y + (target.y - y) * way, scale: scale * (target.scale / scale) ** way });
      this.#move();
      if (part < 1) requestAnimationFrame(step);
    };
    step();
  }

  #load() {
    if (!this.#graph) return;
    const { ids, types, from, to, order } = this.#graph;
    this.#isShown = Uint8Array.from(ids, (_, node) => (this.#hidden.has(TYPES[at(types, node)] ?? "") ? 0 : 1));
    const edges = Uint32Array.from(from.keys()).filter((edge) => this.#shows(edge, at(from, edge), at(to, edge)));
    edges.sort((one, other) => at(this.#graph?.kinds ?? [], one) - at(this.#graph?.kinds ?? [], other) || one - other);
    this.#renderer.load({ graph: this.#graph, nodes: order.filter((node) => this.#isShown[node]), edges });
    this.#edges = edges.length;
    this.#request();
  }

  /** @type {(edge: number, from: number, to: number) => boolean} */
  #shows(edge, from, to) {
    return !this.#hidden.has(KINDS[at(this.#graph?.kinds ?? [], edge)] ?? "") && Boolean(this.#isShown[from] && this.#isShown[to]);
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.node;
    if (width === 0 || height === 0) return;
    Object.assign(this.#camera, { width, height });
    for (const canvas of [this.#canvas, this.#labels]) [canvas.width, canvas.height] = [width * devicePixelRatio, height * devicePixelRatio];
    this.#readTheme();
    if (this.#graph && !this.#fitted) this.#camera.fit(this.#graph);
    this.#fitted ||= this.#graph !== null;
  }

  #readTheme() {
    const style = getComputedStyle(this.node);
    for (const name of [...TYPES, ...KINDS, "card", "ink"]) this.#theme[name] = style.getPropertyValue(`--${name}`).trim();
    this.#theme.font = style.fontFamily;
    this.#request();
  }

  #move() {
    this.#moving = true;
    clearTimeout(this.#stands);
    this.#stands = setTimeout(() => ((this.#moving = false), this.#request()), STANDS_AFTER_MS);
    this.#request();
  }

  #request() {
    this.#next = 0;
    this.#frame ||= requestAnimationFrame((now) => this.#draw(now));
  }

  /** @param {number} now */
  #draw(now) {
    this.#frame = 0;
    const context = this.#labels.getContext("2d");
    if (!this.#graph || !context) return;
    const taken = now - this.#drawnAt;
    this.#drawnAt = now;
    if (taken < 500) this.#slice = Math.min(Math.max(this.#slice * (taken > 30 ? 0.7 : taken < 20 ? 1.3 : 1), 500), 1e6);
    const [start, end] = [this.#next, this.#next + Math.ceil(this.#slice)];
    this.#renderer.draw(this.#camera, this.#theme, devicePixelRatio, { start, end, quick: this.#moving });
    if (start === 0) {
      const what = { graph: this.#graph, camera: this.#camera, theme: this.#theme, ratio: devicePixelRatio, always: this.#named };
      drawLabels(context, { ...what, isShown: (node) => Boolean(this.#isShown[node]) });
    }
    if (this.#moving || end >= this.#edges) return;
    this.#next = end;
    this.#frame = requestAnimationFrame((later) => this.#draw(later));
  }

  /** @type {(x: number, y: number, reach: number, found: (node: number) => void) => void} */
  #pick(x, y, reach, found) {
    const node = this.#graph ? this.#renderer.pick(this.#camera, x, y, reach) : -1;
    if (node >= 0) found(node);
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  #hover(x, y) {
    this.#tip.hidden = true;
    this.#canvas.classList.remove("over");
    if (x < 0) return;
    this.#pick(x, y, 4, (node) => {
      this.#tip.textContent = this.#graph?.titles[node] || "Untitled";
      this.#tip.hidden = false;
      this.#tip.style.translate = `${Math.min(x + 12, this.#camera.width - this.#tip.offsetWidth - 4)}px ${y + 16}px`;
      this.#canvas.classList.add("over");
    });
  }
}
