// Titles beside nodes: of the largest ones that are seen and large enough, as many as fit without touching.

import { at } from "./layout.js";

/** @import { GraphData } from "../types" */
/** @import { Camera } from "./camera.js" */

const LEAST_RADIUS = 6;
const MOST = 60;
const MOST_LETTERS = 32;

/**
 * `named` have theirs first, whatever their size.
 * @type {(context: CanvasRenderingContext2D, camera: Camera, theme: Record<string, string>, graph: GraphData, named: number[], isShown: (node: number) => boolean) => void}
 */
export function drawLabels(context, camera, theme, graph, named, isShown) {
  context.clearRect(0, 0, camera.width, camera.height);
  Object.assign(context, { font: `12px ${theme.font}`, textBaseline: "middle", lineJoin: "round", lineWidth: 3, strokeStyle: theme.card, fillStyle: theme.ink });
  /** @type {[left: number, y: number, right: number][]} */
  const taken = [];
  /** @param {number} node */
  const draw = (node) => {
    const [x, y] = camera.toView(at(graph.positions, 2 * node), at(graph.positions, 2 * node + 1));
    if (!isShown(node) || x < 0 || y < 0 || x > camera.width || y > camera.height) return;
    const title = graph.titles[node] || "Untitled";
    const text = title.length > MOST_LETTERS ? `${title.slice(0, MOST_LETTERS - 1)}…` : title;
    const [width, gap] = [context.measureText(text).width, Math.min(at(graph.sizes, node) * camera.scale, 22) + 6];
    const left = x + gap + width > camera.width ? x - gap - width : x + gap;
    if (taken.some(([l, t, r]) => left < r + 6 && left + width > l - 6 && Math.abs(y - t) < 15)) return;
    taken.push([left, y, left + width]);
    context.strokeText(text, left, y);
    context.fillText(text, left, y);
  };
  named.forEach(draw);
  for (const node of graph.order) {
    if (at(graph.sizes, node) * camera.scale < LEAST_RADIUS || taken.length >= MOST) break;
    draw(node);
  }
}
