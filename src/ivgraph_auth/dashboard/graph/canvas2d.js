// Draws without WebGL2, where a browser has none.

import { KINDS, TYPES } from "./data.js";
import { at } from "./layout.js";
import { edgeOpacity } from "./webgl.js";

/** @import { GraphPart, GraphRenderer } from "../types" */
/** @import { Camera } from "./camera.js" */

const EDGES_WHILE_MOVING = 5000;

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
    draw(camera, theme, ratio, moving) {
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, camera.width, camera.height);
      const faint = marked?.nodes.length ? 0.3 : 1;
      for (const [part, opacity, thickness] of /** @type {[GraphPart | null, number, number][]} */ ([[whole, faint, 1], [marked, 1, 2]])) {
        if (!part) continue;
        context.globalAlpha = thickness > 1 ? 1 : opacity * edgeOpacity(part.edges.length);
        context.lineWidth = thickness;
        drawEdges(context, camera, theme, part, moving ? EDGES_WHILE_MOVING : Infinity);
        context.globalAlpha = opacity;
        drawNodes(context, camera, theme, part, thickness);
      }
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

/** @type {(context: CanvasRenderingContext2D, camera: Camera, theme: Record<string, string>, part: GraphPart, most: number) => void} */
function drawEdges(context, camera, theme, { graph, edges }, most) {
  const { positions, from, to, kinds } = graph;
  const paths = KINDS.map(() => new Path2D());
  for (const edge of edges.subarray(0, Math.min(most, edges.length))) {
    const [a, b] = [2 * at(from, edge), 2 * at(to, edge)];
    const path = paths[at(kinds, edge)];
    path?.moveTo(...camera.toView(at(positions, a), at(positions, a + 1)));
    path?.lineTo(...camera.toView(at(positions, b), at(positions, b + 1)));
  }
  paths.forEach((path, kind) => {
    context.strokeStyle = theme[KINDS[kind] ?? ""] ?? "#808080";
    context.stroke(path);
  });
}

/** @type {(context: CanvasRenderingContext2D, camera: Camera, theme: Record<string, string>, part: GraphPart, grow: number) => void} */
function drawNodes(context, camera, theme, part, grow) {
  const paths = TYPES.map(() => new Path2D());
  for (const node of part.nodes) {
    const [x, y, size] = circle(camera, part, node);
    const radius = size + grow;
    if (x < -radius || y < -radius || x > camera.width + radius || y > camera.height + radius) continue;
    const type = at(part.graph.types, node);
    if (type > 0 || radius < 2.5) paths[type]?.rect(x - radius * 0.9, y - radius * 0.9, radius * 1.8, radius * 1.8);
    else paths[type]?.ellipse(x, y, radius, radius, 0, 0, 2 * Math.PI);
    paths[type]?.closePath();
  }
  paths.forEach((path, type) => {
    context.fillStyle = theme[TYPES[type] ?? ""] ?? "#808080";
    context.fill(path);
  });
}
