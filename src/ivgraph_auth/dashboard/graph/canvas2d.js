// Draws without WebGL2, where a browser has none. What is drawn later is seen below what is there, as in webgl.js.

import { KINDS, TYPES } from "./data.js";
import { at } from "./layout.js";
import { edgeOpacity } from "./webgl.js";

/** @import { GraphPart, GraphRenderer } from "../types" */
/** @import { Camera } from "./camera.js" */

/** @type {(canvas: HTMLCanvasElement) => GraphRenderer} */
export function createCanvasRenderer(canvas) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  /** @type {(GraphPart | undefined)[]} */
  let [whole, marked] = [undefined, undefined];
  /** @type {(part: GraphPart, node: number, camera: Camera) => [x: number, y: number, radius: number]} */
  const circle = ({ graph: { positions, sizes } }, node, camera) =>
    [...camera.toView(at(positions, 2 * node), at(positions, 2 * node + 1)), Math.min(Math.max(at(sizes, node) * camera.scale, 1.2), 22)];
  /** @type {(names: string[], theme: Record<string, string>, style: "fill" | "stroke", opacity: number, add: (path: (place: number) => Path2D) => void) => void} */
  const paint = (names, theme, style, opacity, add) => {
    const paths = names.map(() => new Path2D());
    add((place) => /** @type {Path2D} */ (paths[place]));
    context.globalAlpha = opacity;
    paths.forEach((path, place) => ((context[`${style}Style`] = theme[names[place] ?? ""] ?? ""), context[style](path)));
  };
  /** @type {(part: GraphPart | undefined, camera: Camera, theme: Record<string, string>, grow: number, opacity: number) => void} */
  const drawNodes = (part, camera, theme, grow, opacity) => part && paint([...TYPES, "ink"], theme, "fill", opacity, (path) => {
    for (const node of [...part.nodes, ...(part.ring === undefined ? [] : [-1])]) {
      const [x, y, size] = circle(part, node < 0 ? (part.ring ?? 0) : node, camera);
      const [type, radius] = node < 0 ? [3, size + grow + 4] : [at(part.graph.types, node), size + grow];
      if (x < -radius || y < -radius || x > camera.width + radius || y > camera.height + radius) continue;
      if (type % 3 > 0 || radius < 2.5) path(type).rect(x - radius * 0.9, y - radius * 0.9, radius * 1.8, radius * 1.8);
      else path(type).ellipse(x, y, radius, radius, 0, 0, 2 * Math.PI);
      path(type).closePath();
    }
  });
  /** @type {(part: GraphPart | undefined, camera: Camera, theme: Record<string, string>, width: number, opacity: number, slice: [number, number]) => void} */
  const drawEdges = (part, camera, theme, width, opacity, slice) => part && paint(KINDS, theme, "stroke", opacity, (path) => {
    context.lineWidth = width;
    for (const edge of part.edges.subarray(...slice)) {
      const line = path(at(part.graph.kinds, edge));
      line.moveTo(...(/** @type {[number, number]} */ (circle(part, at(part.graph.from, edge), camera).slice(0, 2))));
      line.lineTo(...(/** @type {[number, number]} */ (circle(part, at(part.graph.to, edge), camera).slice(0, 2))));
    }
  });
  return {
    load: (part) => void (whole = part),
    mark: (part) => void (marked = part),
    draw(camera, theme, ratio, { start, end }) {
      const faint = marked?.nodes.length ? 0.35 : 1;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.globalCompositeOperation = "destination-over";
      if (start === 0) {
        context.clearRect(0, 0, camera.width, camera.height);
        drawNodes(marked, camera, theme, 2, 1);
        drawEdges(marked, camera, theme, 2, 1, [0, Infinity]);
        drawNodes(whole, camera, theme, 0, faint);
      }
      drawEdges(whole, camera, theme, 1, faint * edgeOpacity(whole?.edges.length ?? 0), [start, end]);
    },
    pick(camera, x, y, reach) {
      let [found, least] = [-1, reach];
      for (const node of whole?.nodes ?? []) {
        const [nodeX, nodeY, radius] = circle(/** @type {GraphPart} */ (whole), node, camera);
        const distance = Math.hypot(nodeX - x, nodeY - y) - radius;
        if (distance <= least) [found, least] = [node, distance];
      }
      return found;
    },
  };
}
