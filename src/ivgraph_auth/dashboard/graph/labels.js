// Titles beside nodes: of the largest ones that are seen and large enough, as many as fit without touching.

import { at } from "./layout.js";

/** @import { GraphData } from "../types" */
/** @import { Camera } from "./camera.js" */

const LEAST_RADIUS = 6;
const MOST = 60;

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{ graph: GraphData, camera: Camera, theme: Record<string, string>, ratio: number, isShown: (node: number) => boolean, always: number[] }} what
 */
export function drawLabels(context, { graph, camera, theme, ratio, isShown, always }) {
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, camera.width, camera.height);
  context.font = `12px ${theme.font}`;
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3;
  context.strokeStyle = theme.card ?? "";
  context.fillStyle = theme.ink ?? "";
  /** @type {[left: number, top: number, right: number][]} */
  const taken = [];
  /** @param {number} node */
  const draw = (node) => {
    const radius = Math.min(at(graph.sizes, node) * camera.scale, 22);
    const [x, y] = camera.toView(at(graph.positions, 2 * node), at(graph.positions, 2 * node + 1));
    if (x < 0 || y < 0 || x > camera.width || y > camera.height) return;
    const title = graph.titles[node] || "Untitled";
    const text = title.length > 32 ? `${title.slice(0, 31)}…` : title;
    const left = x + radius + 4;
    const right = left + context.measureText(text).width;
    if (taken.some(([l, t, r]) => left < r + 6 && right > l - 6 && Math.abs(y - t) < 15)) return;
    taken.push([left, y, right]);
    context.strokeText(text, left, y);
    context.fillText(text, left, y);
  };
  always.forEach(draw);
  for (const node of graph.order) {
    if (at(graph.sizes, node) * camera.scale < LEAST_RADIUS || taken.length >= MOST) break;
    if (isShown(node)) draw(node);
  }
}
