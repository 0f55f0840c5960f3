// Draws with WebGL2: an instance for each node and each edge. Which node is under a point is read from a second picture, in
// which each has its number for a colour.

import { KINDS, TYPES } from "./data.js";
import { at } from "./layout.js";

/** @import { GraphRenderer } from "../types" */
/** @import { Camera } from "./camera.js" */

// While the picture moves; all again when it stands. The edges of the tree come first.
const EDGES_WHILE_MOVING = 20000;
const HEAD = `#version 300 es
  precision highp float; uniform vec2 centre, view; uniform float scale, ratio, opacity; uniform vec3 colours[6];
  vec4 toClip(vec2 p) { return vec4(p / view * vec2(2, -2), 0, 1); }`;
const NODES = [`${HEAD}
  layout(location = 0) in vec4 node; layout(location = 1) in float number; uniform float grow;
  out vec2 corner; flat out float radius, type, id;
  void main() {
    radius = (clamp(node.z * scale, 1.2, 22.0) + grow) * ratio; type = node.w; id = number;
    corner = (vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0) * (radius * 1.2 + 1.0);
    gl_Position = toClip((node.xy - centre) * scale * ratio + corner);
  }`, `${HEAD}
  in vec2 corner; flat in float radius, type, id; uniform bool picking; out vec4 pixel;
  void main() {
    vec2 p = abs(corner);
    float distance = type < 0.5 ? length(p) : type < 1.5 ? max(p.x, p.y) * 1.12 : (p.x + p.y) * 0.85;
    float cover = clamp(radius - distance + 0.5, 0.0, 1.0);
    uint n = uint(id) + 1u;
    if (picking ? cover < 0.1 : cover <= 0.0) discard;
    pixel = picking ? vec4(n & 255u, n >> 8 & 255u, n >> 16, 255) / 255.0 : vec4(colours[int(type)], 1) * cover * opacity;
  }`];
const EDGES = [`${HEAD}
  layout(location = 0) in vec4 ends; layout(location = 1) in float kind; uniform float thickness;
  out float across; flat out float type;
  void main() {
    vec2 a = (ends.xy - centre) * scale * ratio, b = (ends.zw - centre) * scale * ratio, along = b - a;
    across = (float(gl_VertexID & 1) * 2.0 - 1.0) * (thickness * ratio * 0.5 + 0.5); type = kind;
    vec2 side = vec2(-along.y, along.x) / max(length(along), 0.001) * across;
    gl_Position = toClip((gl_VertexID >> 1 == 0 ? a : b) + side);
  }`, `${HEAD}
  in float across; flat in float type; uniform float thickness; out vec4 pixel;
  void main() { pixel = vec4(colours[int(type)], 1) * clamp(thickness * ratio * 0.5 + 0.5 - abs(across), 0.0, 1.0) * opacity; }`];

/**
 * Null where the browser has no WebGL2.
 * @param {HTMLCanvasElement} canvas
 * @returns {GraphRenderer | null}
 */
export function createWebglRenderer(canvas) {
  const gl = canvas.getContext("webgl2", { antialias: false, alpha: true });
  if (!gl) return null;
  const programs = { nodes: compile(gl, NODES), edges: compile(gl, EDGES) };
  const [nodes, edges, markedNodes, markedEdges] = [batch(gl), batch(gl), batch(gl), batch(gl)];
  const [target, texture] = [gl.createFramebuffer(), gl.createTexture()];
  let pickedAs = "";
  /** @type {(program: ReturnType<typeof compile>, camera: Camera, ratio: number, values: Record<string, number>, colours?: number[]) => void} */
  const use = ({ program, place }, camera, ratio, values, colours = []) => {
    gl.useProgram(program);
    gl.uniform2f(place("centre"), camera.x, camera.y);
    gl.uniform2f(place("view"), camera.width * ratio, camera.height * ratio);
    for (const [name, value] of Object.entries({ ratio, scale: camera.scale, ...values })) gl.uniform1f(place(name), value);
    gl.uniform1i(place("picking"), colours.length > 0 ? 0 : 1);
    if (colours.length > 0) gl.uniform3fv(place("colours"), colours);
  };
  return {
    load({ graph, nodes: shown, edges: lines }) {
      nodes.fill(nodeInstances(graph, shown));
      edges.fill(edgeInstances(graph, lines));
      pickedAs = "";
    },
    mark({ graph, nodes: shown, edges: lines }) {
      markedNodes.fill(nodeInstances(graph, shown));
      markedEdges.fill(edgeInstances(graph, lines));
    },
    draw(camera, theme, ratio, moving) {
      const [byType, byKind] = [TYPES, KINDS].map((names) => names.flatMap((name) => toRgb(theme[name] ?? "#808080")));
      const faint = markedNodes.count > 0 ? 0.3 : 1;
      gl.bindFramebuffer(gl.FRAMEBUFFER, null);
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.enable(gl.BLEND);
      gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
      use(programs.edges, camera, ratio, { thickness: 1, opacity: faint * edgeOpacity(edges.count) }, byKind);
      edges.draw(moving ? EDGES_WHILE_MOVING : Infinity);
      use(programs.edges, camera, ratio, { thickness: 2, opacity: 1 }, byKind);
      markedEdges.draw();
      use(programs.nodes, camera, ratio, { grow: 0, opacity: faint }, byType);
      nodes.draw();
      use(programs.nodes, camera, ratio, { grow: 2, opacity: 1 }, byType);
      markedNodes.draw();
    },
    pick(camera, x, y, reach) {
      const now = [camera.x, camera.y, camera.scale, camera.width, camera.height].join(" ");
      gl.bindFramebuffer(gl.FRAMEBUFFER, target);
      if (now !== pickedAs) {
        gl.bindTexture(gl.TEXTURE_2D, texture);
        gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, camera.width, camera.height, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
        gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
        gl.viewport(0, 0, camera.width, camera.height);
        gl.disable(gl.BLEND);
        gl.clearColor(0, 0, 0, 0);
        gl.clear(gl.COLOR_BUFFER_BIT);
        use(programs.nodes, camera, 1, { grow: 1, opacity: 1 });
        nodes.draw();
        pickedAs = now;
      }
      const side = 2 * reach + 1;
      const pixels = new Uint8Array(4 * side * side);
      gl.readPixels(Math.round(x) - reach, Math.round(camera.height - y) - reach, side, side, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
      return nearest(pixels, side);
    },
  };
}

/** @param {number} count many are drawn fainter */
export const edgeOpacity = (count) => Math.min(Math.max(4000 / count, 0.15), 0.6);

/** @param {string} colour as #rrggbb */
const toRgb = (colour) => [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16) / 255);

/**
 * The number that stands nearest to the middle of a square of pixels, or -1.
 * @param {Uint8Array} pixels
 * @param {number} side
 */
function nearest(pixels, side) {
  let [found, least] = [-1, Infinity];
  for (let pixel = 0; pixel < side * side; pixel += 1) {
    const number = at(pixels, 4 * pixel) + at(pixels, 4 * pixel + 1) * 256 + at(pixels, 4 * pixel + 2) * 65536 - 1;
    const distance = Math.hypot((pixel % side) - (side - 1) / 2, Math.floor(pixel / side) - (side - 1) / 2);
    if (number >= 0 && distance < least) [found, least] = [number, distance];
  }
  return found;
}

/** @type {(graph: import("../types").GraphData, shown: ArrayLike<number>) => Float32Array<ArrayBuffer>} */
function nodeInstances({ positions, sizes, types }, shown) {
  const data = new Float32Array(5 * shown.length);
  for (let index = 0; index < shown.length; index += 1) {
    const node = at(shown, index);
    data.set([at(positions, 2 * node), at(positions, 2 * node + 1), at(sizes, node), at(types, node), node], 5 * index);
  }
  return data;
}

/** @type {(graph: import("../types").GraphData, shown: ArrayLike<number>) => Float32Array<ArrayBuffer>} */
function edgeInstances({ positions, from, to, kinds }, shown) {
  const data = new Float32Array(5 * shown.length);
  for (let index = 0; index < shown.length; index += 1) {
    const edge = at(shown, index);
    const [a, b] = [2 * at(from, edge), 2 * at(to, edge)];
    data.set([at(positions, a), at(positions, a + 1), at(positions, b), at(positions, b + 1), at(kinds, edge)], 5 * index);
  }
  return data;
}

/**
 * Instances of four numbers and one.
 * @param {WebGL2RenderingContext} gl
 */
function batch(gl) {
  const [array, buffer] = [gl.createVertexArray(), gl.createBuffer()];
  gl.bindVertexArray(array);
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  for (const [place, size, offset] of /** @type {[number, number, number][]} */ ([[0, 4, 0], [1, 1, 16]])) {
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, size, gl.FLOAT, false, 20, offset);
    gl.vertexAttribDivisor(place, 1);
  }
  return {
    count: 0,
    /** @param {Float32Array<ArrayBuffer>} data */
    fill(data) {
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
      this.count = data.length / 5;
    },
    draw(most = Infinity) {
      gl.bindVertexArray(array);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, Math.min(this.count, most));
    },
  };
}

/**
 * @param {WebGL2RenderingContext} gl
 * @param {string[]} sources
 */
function compile(gl, [vertex = "", fragment = ""]) {
  const program = gl.createProgram();
  for (const [type, source] of /** @type {[number, string][]} */ ([[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]])) {
    const shader = gl.createShader(type);
    if (!shader) throw new Error("WebGL2 was lost.");
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(`The shaders do not work here: ${gl.getProgramInfoLog(program)}`);
  /** @type {Map<string, WebGLUniformLocation | null>} */
  const places = new Map();
  /** @param {string} name */
  const place = (name) => {
    const known = places.get(name);
    if (known !== undefined) return known;
    const found = gl.getUniformLocation(program, name);
    places.set(name, found);
    return found;
  };
  return { program, place };
}
