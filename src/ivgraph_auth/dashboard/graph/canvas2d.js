// Draws without WebGL2, where a browser has none.

import { KINDS, TYPES } from "./data.js";
import { at } from "./layout.js";
import { edgeOpacity } from "./webgl.js";

/** @import { GraphPart, GraphRenderer } from "../types" */
/** @import { Camera } from "./camera.js" */

/**
 * @param {HTMLCanvasElement} canvas
 * @returns {GraphRenderer}
 */
export function createCanvasRenderer(canvas) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  /** @type {GraphPart | null} */
  let whole = null;
  /** @type {GraphPart | null} */
  let marked = null;
  return {
    load: (part) => void (whole = part),
    mark: (part) => void (marked = part),
    draw(camera, theme, ratio, { start, end }) {
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.globalCompositeOperation = "destination-over";
      const faint = marked?.nodes.length ? 0.35 : 1;
      if (start === 0) {
        context.clearRect(0, 0, camera.width, camera.height);
        if (marked) drawNodes(context, camera, theme, marked, 2, 1);
        if (marked) drawEdges(context, camera, theme, { ...marked, width: 2, opacity: 1 });
        if (whole) drawNodes(context, camera, theme, whole, 0, faint);
      }
      if (whole) drawEdges(context, camera, theme, { ...whole, edges: whole.edges.subarray(start, end), width: 1, opacity: faint * edgeOpacity(whole.edges.length) });
    },
    pick(camera, x, y, reach) {
      let [found, least] = [-1, Infinity];
      for (const node of whole?.nodes ?? []) {
        const [nodeX, nodeY, radius] = circle(camera, whole, node);
        const distance = Math.hypot(nodeX - x, nodeY - y) - radius;
        if (distance <= Math.min(reach, least)) [found, least] = [node, distance];
      }
      return found;
    },
  };
}

/** @type {(camera: Camera, part: GraphPart | null, node: number) => [x: number, y: number, radius: number]} */
function circle(camera, part, node) {
  if (!part) return [0, 0, 0];
  const { positions, sizes } = part.graph;
  const [x, y] = camera.toView(at(positions, 2 * node), at(positions, 2 * node + 1));
  return [x, y, Math.min(Math.max(at(sizes, node) * camera.scale, 1.2), 22)];
}

/** @type {(context: CanvasRenderingContext2D, camera: Camera, theme: Record<string, string>, part: GraphPart & { width: number, opacity: number }) => void} */
function drawEdges(context, camera, theme, { graph: { positions, from, to, kinds }, edges, width, opacity }) {
  const paths = KINDS.map(() => new Path2D());
  for (const edge of edges) {
    const [a, b] = [2 * at(from, edge), 2 * at(to, edge)];
    const path = paths[at(kinds, edge)];
    path?.moveTo(...camera.toView(at(positions, a), at(positions, a + 1)));
    path?.lineTo(...camera.toView(at(positions, b), at(positions, b + 1)));
  }
  [context.lineWidth, context.globalAlpha] = [width, opacity];
  paths.forEach((path, kind) => {
    context.strokeStyle = theme[KINDS[kind] ?? ""] ?? "";
    context.stroke(path);
  });
}

/** @type {(context: CanvasRenderingContext2D, camera: Camera, theme: Record<string, string>, part: GraphPart, grow: number, opacity: number) => void} */
function drawNodes(context, camera, theme, part, grow, opacity) {
  const paths = [...TYPES, "ink"].map(() => new Path2D());
  /** @type {(node: number, type: number, grow: number) => void} */
  const add = (node, type, grow) => {
    const [x, y, size] = circle(camera, part, node);
    const radius = size + grow;
    if (x < -radius || y < -radius || x > camera.width + radius || y > camera.height + radius) return;
    if (type % 3 > 0 || radius < 2.5) paths[type]?.rect(x - radius * 0.9, y - radius * 0.9, radius * 1.8, radius * 1.8);
    else paths[type]?.ellipse(x, y, radius, radius, 0, 0, 2 * Math.PI);
    paths[type]?.closePath();
  };
  for (const node of part.nodes) add(node, at(part.graph.types, node), grow);
  if (part.ring !== undefined) add(part.ring, 3, grow + 4);
  context.globalAlpha = opacity;
  paths.forEach((path, type) => {
    context.fillStyle = theme[TYPES[type] ?? "ink"] ?? "";
    context.fill(path);
  });
}
