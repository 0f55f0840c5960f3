// Where nodes stand: the tree of pages around the centre, each branch in a sector of its size; the same graph always the same.

/** @import { Placeless } from "../types" */

const SPACING = 15;
const RING_GAP = 45;
const FORCES_UP_TO = 400;
const FORCE_STEPS = 150;
const EDGE_LENGTH = 60;
const TREE_KINDS = 3; // child, source and row

/**
 * @param {ArrayLike<number>} array
 * @param {number} index of an element that is there
 */
export const at = (array, index) => /** @type {number} */ (array[index]);

/**
 * x and y of each node.
 * @param {Placeless} graph
 * @param {number} centre the node in the middle, or -1 for the tree of pages
 */
export function arrange(graph, centre) {
  const positions = placeAround(centre < 0 ? parentsOf(graph) : walkFrom(graph, centre));
  if (graph.ids.length <= FORCES_UP_TO) applyForces(graph, positions, centre);
  return positions;
}

/**
 * Each node's place in the tree of pages; -1 for roots. A ring of pages is opened at one of them.
 * @param {Placeless} graph
 */
function parentsOf({ ids, from, to, kinds }) {
  const parents = new Int32Array(ids.length).fill(-1);
  for (let edge = 0; edge < from.length; edge += 1) {
    if (at(kinds, edge) < TREE_KINDS && at(parents, at(to, edge)) < 0) parents[at(to, edge)] = at(from, edge);
  }
  const walks = new Int32Array(ids.length);
  for (let start = 0; start < ids.length; start += 1) {
    let node = start;
    for (; node >= 0 && at(walks, node) === 0; node = at(parents, node)) walks[node] = start + 1;
    if (node >= 0 && at(walks, node) === start + 1) parents[node] = -1;
  }
  return parents;
}

/**
 * The tree of the shortest ways from one node, whatever the edges are.
 * @param {Placeless} graph
 * @param {number} centre
 */
function walkFrom({ ids, from, to, offsets, incident }, centre) {
  const parents = new Int32Array(ids.length).fill(-1);
  const reached = [centre];
  for (const node of reached) {
    for (const edge of incident.subarray(offsets[node], offsets[node + 1])) {
      const other = at(from, edge) === node ? at(to, edge) : at(from, edge);
      if (other === centre || at(parents, other) >= 0) continue;
      parents[other] = node;
      reached.push(other);
    }
  }
  return parents;
}

/**
 * Ring by ring. A ring is as wide as its fullest sector needs, in lines of which each holds what fits.
 * @param {Int32Array} parents
 */
function placeAround(parents) {
  const [offsets, children, weights] = descend(parents);
  const positions = new Float32Array(2 * parents.length);
  // Of each node's sector; all sectors are the first, which is of none.
  const [starts, spans] = [new Float64Array(parents.length + 1), new Float64Array(parents.length + 1).fill(2 * Math.PI)];
  let radius = at(offsets, 1) === 1 ? 0 : RING_GAP + Math.sqrt(parents.length);
  /** @type {number[]} */
  let inner = [-1];
  while (inner.length > 0) {
    const branches = [];
    let [outer, turn] = [radius, 0];
    /** @type {(node: number, angle: number, line: number) => void} */
    const place = (node, angle, line) => {
      const distance = radius + line * SPACING;
      positions.set([distance * Math.cos(angle), distance * Math.sin(angle)], 2 * node);
      outer = Math.max(outer, distance);
    };
    for (const parent of inner) {
      const group = children.subarray(offsets[parent + 1], offsets[parent + 2]);
      const share = at(spans, parent + 1) / group.reduce((sum, node) => sum + at(weights, node), 0);
      const end = at(starts, parent + 1) + at(spans, parent + 1);
      let angle = at(starts, parent + 1);
      const leaves = [];
      for (const node of group) {
        if (at(weights, node) === 1) {
          leaves.push(node);
          continue;
        }
        const span = share * at(weights, node);
        [starts[node + 1], spans[node + 1]] = [angle, span];
        place(node, angle + span / 2, turn++ % linesFor(span * radius));
        angle += span;
        branches.push(node);
      }
      // Sectors that are narrower than a node take turns, so that neighbours do not stand upon each other.
      const step = linesFor((end - angle) * radius);
      for (let [line, next] = [turn++ % step, 0]; next < leaves.length; line += step) {
        const fits = Math.max(Math.floor(((end - angle) * (radius + line * SPACING)) / SPACING), 1);
        const some = leaves.slice(next, (next += fits));
        some.forEach((node, index) => place(node, angle + ((end - angle) * (index + 0.5)) / some.length, line));
      }
    }
    inner = branches;
    radius = outer + RING_GAP;
  }
  return positions;
}

/** @param {number} width of a sector, along its ring */
const linesFor = (width) => Math.min(Math.max(Math.ceil(SPACING / Math.max(width, 0.01)), 1), 60);

/**
 * The children of node n, `children[offsets[n + 1]]` and on (roots are those of -1), and how many nodes each branch has.
 * @param {Int32Array} parents
 * @returns {[offsets: Uint32Array, children: Uint32Array, weights: Uint32Array]}
 */
function descend(parents) {
  const [offsets, children] = [new Uint32Array(parents.length + 2), new Uint32Array(parents.length)];
  for (const parent of parents) offsets[parent + 2] = at(offsets, parent + 2) + 1;
  for (let slot = 1; slot < offsets.length; slot += 1) offsets[slot] = at(offsets, slot) + at(offsets, slot - 1);
  const next = offsets.slice();
  parents.forEach((parent, node) => {
    children[at(next, parent + 1)] = node;
    next[parent + 1] = at(next, parent + 1) + 1;
  });
  const order = [...children.subarray(0, offsets[1])];
  for (const node of order) order.push(...children.subarray(offsets[node + 1], offsets[node + 2]));
  const weights = new Uint32Array(parents.length).fill(1);
  for (const node of order.reverse()) {
    const parent = at(parents, node);
    if (parent >= 0) weights[parent] = at(weights, parent) + at(weights, node);
  }
  return [offsets, children, weights];
}

/**
 * All nodes push each other off, and edges draw their ends together (Fruchterman and Reingold 1991).
 * @param {Placeless} graph
 * @param {Float32Array} positions
 * @param {number} centre
 */
function applyForces({ ids, from, to }, positions, centre) {
  const moves = new Float32Array(positions.length);
  /** @type {(one: number, other: number, force: (distance: number) => number) => void} */
  const push = (one, other, force) => {
    const [dx, dy] = [at(positions, 2 * one) - at(positions, 2 * other), at(positions, 2 * one + 1) - at(positions, 2 * other + 1)];
    const factor = force(Math.max(Math.hypot(dx, dy), 1));
    moves[2 * one] = at(moves, 2 * one) + dx * factor;
    moves[2 * one + 1] = at(moves, 2 * one + 1) + dy * factor;
    moves[2 * other] = at(moves, 2 * other) - dx * factor;
    moves[2 * other + 1] = at(moves, 2 * other + 1) - dy * factor;
  };
  for (let step = 0; step < FORCE_STEPS; step += 1) {
    moves.forEach((_, index) => (moves[index] = -0.1 * at(positions, index)));
    for (let one = 0; one < ids.length; one += 1) {
      for (let other = 0; other < one; other += 1) push(one, other, (distance) => (EDGE_LENGTH / distance) ** 2);
    }
    from.forEach((source, edge) => push(source, at(to, edge), (distance) => -distance / EDGE_LENGTH));
    const most = EDGE_LENGTH * (1 - step / FORCE_STEPS);
    for (let node = 0; node < ids.length; node += 1) {
      const [x, y] = [at(moves, 2 * node), at(moves, 2 * node + 1)];
      const factor = node === centre ? 0 : Math.min(most / Math.max(Math.hypot(x, y), 0.001), 1);
      positions[2 * node] = at(positions, 2 * node) + x * factor;
      positions[2 * node + 1] = at(positions, 2 * node + 1) + y * factor;
    }
  }
}
