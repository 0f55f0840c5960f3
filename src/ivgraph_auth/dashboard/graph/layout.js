// Where nodes stand: the tree of pages around the centre, each branch in a sector of its size; the same graph always the same.

/** @import { Placeless } from "../types" */

const SPACING = 15;
const RING_GAP = 45;
const FORCES_UP_TO = 400;
const FORCE_STEPS = 150;
const EDGE_LENGTH = 60;
const TREE_KINDS = 3; // child, source and row

/** @type {(array: ArrayLike<number>, index: number) => number} an element that is there */
export const at = (array, index) => /** @type {number} */ (array[index]);

/** @type {(graph: Placeless, centre: number) => Float32Array<ArrayBuffer>} x and y of each node; `centre` is -1 for the tree of pages */
export function arrange(graph, centre) {
  const positions = placeAround(parentsOf(graph, centre));
  if (graph.ids.length <= FORCES_UP_TO) applyForces(graph, positions, centre);
  return positions;
}

/**
 * The place of each node's parent, -1 for roots: in the tree of pages, or in that of the shortest ways from the centre.
 * @type {(graph: Placeless, centre: number) => Int32Array}
 */
function parentsOf({ ids, from, to, kinds, offsets, incident }, centre) {
  /** @type {(edge: number) => boolean} */
  const isOfTree = (edge) => centre < 0 && at(kinds, edge) < TREE_KINDS;
  const below = new Set(to.filter((_, edge) => isOfTree(edge)));
  const starts = centre < 0 ? [...ids.keys()].filter((node) => !below.has(node)) : [centre];
  const parents = new Int32Array(ids.length).fill(-2);
  for (const start of [...starts, ...ids.keys()]) {
    if (at(parents, start) > -2) continue;
    parents[start] = -1; // also where pages stand inside each other in a ring
    const reached = [start];
    for (const node of reached) {
      for (const edge of incident.subarray(offsets[node], offsets[node + 1])) {
        const other = at(from, edge) === node ? at(to, edge) : at(from, edge);
        if (at(parents, other) > -2 || (centre < 0 && !(isOfTree(edge) && other === at(to, edge)))) continue;
        parents[other] = node;
        reached.push(other);
      }
    }
  }
  return parents;
}

/**
 * Ring by ring. A ring is as wide as its fullest sector needs, in lines of which each holds what fits.
 * @type {(parents: Int32Array) => Float32Array<ArrayBuffer>}
 */
function placeAround(parents) {
  /** @type {number[][]} of each node, and before them the roots: what comes next has its place plus one everywhere here */
  const children = Array.from({ length: parents.length + 1 }, () => []);
  parents.forEach((parent, node) => children[parent + 1]?.push(node));
  const order = [-1];
  for (const node of order) for (const child of children[node + 1] ?? []) order.push(child);
  const weights = new Uint32Array(parents.length + 1).fill(1);
  for (const node of order.slice(1).reverse()) weights[at(parents, node) + 1] = at(weights, at(parents, node) + 1) + at(weights, node + 1);
  const [starts, spans] = [new Float64Array(parents.length + 1), new Float64Array(parents.length + 1).fill(2 * Math.PI)];
  const positions = new Float32Array(2 * parents.length);
  let radius = children[0]?.length === 1 ? 0 : RING_GAP + Math.sqrt(parents.length);
  for (let inner = [-1]; inner.length > 0; ) {
    const branches = [];
    let [outer, turn] = [radius, 0];
    /** @type {(node: number, angle: number, line: number) => void} */
    const place = (node, angle, line) => {
      const distance = radius + line * SPACING;
      positions.set([distance * Math.cos(angle), distance * Math.sin(angle)], 2 * node);
      outer = Math.max(outer, distance);
    };
    for (const parent of inner) {
      let angle = at(starts, parent + 1);
      const end = angle + at(spans, parent + 1);
      const leaves = [];
      for (const node of children[parent + 1] ?? []) {
        const span = (at(spans, parent + 1) * at(weights, node + 1)) / (at(weights, parent + 1) - 1);
        if (at(weights, node + 1) === 1) leaves.push(node);
        else {
          [starts[node + 1], spans[node + 1]] = [angle, span];
          place(node, angle + span / 2, turn++ % linesFor(span * radius));
          angle += span;
          branches.push(node);
        }
      }
      // Sectors that are narrower than a node take turns, so that neighbours do not stand upon each other.
      const step = linesFor((end - angle) * radius);
      for (let [line, next] = [turn++ % step, 0]; next < leaves.length; line += step) {
        const some = leaves.slice(next, (next += Math.max(Math.floor(((end - angle) * (radius + line * SPACING)) / SPACING), 1)));
        some.forEach((node, index) => place(node, angle + ((end - angle) * (index + 0.5)) / some.length, line));
      }
    }
    [inner, radius] = [branches, outer + RING_GAP];
  }
  return positions;
}

/** @type {(width: number) => number} by the width of a sector along its ring */
const linesFor = (width) => Math.min(Math.max(Math.ceil(SPACING / Math.max(width, 0.01)), 1), 60);

/**
 * All nodes push each other off, and edges draw their ends together (Fruchterman and Reingold 1991).
 * @type {(graph: Placeless, positions: Float32Array, centre: number) => void}
 */
function applyForces({ ids, from, to }, positions, centre) {
  const moves = new Float32Array(positions.length);
  /** @type {(one: number, other: number, force: (distance: number) => number) => void} */
  const push = (one, other, force) => {
    const difference = [0, 1].map((axis) => at(positions, 2 * one + axis) - at(positions, 2 * other + axis));
    const factor = force(Math.max(Math.hypot(...difference), 1));
    difference.forEach((value, axis) => {
      moves[2 * one + axis] = at(moves, 2 * one + axis) + value * factor;
      moves[2 * other + axis] = at(moves, 2 * other + axis) - value * factor;
    });
  };
  for (let step = 0; step < FORCE_STEPS; step += 1) {
    moves.forEach((_, index) => (moves[index] = -0.1 * at(positions, index)));
    for (let one = 0; one < ids.length; one += 1) {
      for (let other = 0; other < one; other += 1) push(one, other, (distance) => (EDGE_LENGTH / distance) ** 2);
    }
    from.forEach((source, edge) => push(source, at(to, edge), (distance) => -distance / EDGE_LENGTH));
    const most = EDGE_LENGTH * (1 - step / FORCE_STEPS);
    for (let node = 0; node < ids.length; node += 1) {
      const move = moves.subarray(2 * node, 2 * node + 2);
      const factor = node === centre ? 0 : Math.min(most / Math.max(Math.hypot(...move), 0.001), 1);
      move.forEach((value, axis) => (positions[2 * node + axis] = at(positions, 2 * node + axis) + value * factor));
    }
  }
}
