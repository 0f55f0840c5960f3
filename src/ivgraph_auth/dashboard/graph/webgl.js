// Draws with WebGL2. Which node is under a point is read from a second picture, in which each has its number for a colour.
//
// Each vertex reads its node or edge from a texture by its own number: where there is no graphics card, instances are drawn
// one by one, which took fifteen times as long. What is drawn later is seen below what is there, so that edges can be added
// slice by slice.

import { KINDS, TYPES } from "./data.js";
import { at } from "./layout.js";

/** @import { GraphPart, GraphRenderer } from "../types" */
/** @import { Camera } from "./camera.js" */

const WIDTH = 2048; // of the textures, as in the shaders
const RING = 3; // the type of the ring around the chosen node
const HEAD = `#version 300 es
  precision highp float; uniform sampler2D items; uniform vec2 centre, view; uniform float scale, ratio, opacity, grow;
  uniform vec3 colours[6]; uniform int mode;
  vec4 item(int n) { return texelFetch(items, ivec2(n & 2047, n >> 11), 0); }
  vec4 toClip(vec2 p) { return vec4(p / view * vec2(2, -2), 0, 1); }`;
const NODES = [`${HEAD}
  out vec2 corner; flat out float radius; flat out int type, id;
  void main() {
    vec4 node = item(gl_VertexID / 6);
    id = int(node.w) / 4 + 1; type = int(node.w) % 4;
    radius = (clamp(node.z * scale, 1.2, 22.0) + grow + (type == ${RING} ? 4.0 : 0.0)) * ratio;
    int place = gl_VertexID % 6 > 2 ? gl_VertexID % 6 - 2 : gl_VertexID % 6;
    corner = (vec2(place & 1, place >> 1) * 2.0 - 1.0) * (radius * 1.2 + 1.0);
    gl_Position = toClip((node.xy - centre) * scale * ratio + corner);
  }`, `${HEAD}
  in vec2 corner; flat in float radius; flat in int type, id; out vec4 pixel;
  void main() {
    vec2 p = abs(corner);
    float distance = type == 1 ? max(p.x, p.y) * 1.12 : type == 2 ? (p.x + p.y) * 0.85 : length(p);
    float cover = clamp(radius - distance + 0.5, 0.0, 1.0);
    if (cover <= 0.0) discard;
    pixel = mode == 1 ? vec4(id & 255, id >> 8 & 255, id >> 16, 255) / 255.0 : vec4(colours[type], 1) * cover * opacity;
  }`];
const EDGES = [`${HEAD}
  out float across;
  void main() {
    int corners = mode == 1 ? 2 : 6;
    vec4 edge = item(gl_VertexID / corners);
    vec2 a = (edge.xy - centre) * scale * ratio, b = (edge.zw - centre) * scale * ratio, along = b - a;
    int place = gl_VertexID % corners > 2 ? gl_VertexID % corners - 2 : gl_VertexID % corners;
    across = mode == 1 ? 0.0 : (float(place >> 1) * 2.0 - 1.0) * (grow * ratio * 0.5 + 0.5);
    gl_Position = toClip(((place & 1) == 0 ? a : b) + vec2(-along.y, along.x) / max(length(along), 0.001) * across);
  }`, `${HEAD}
  in float across; out vec4 pixel;
  void main() { pixel = vec4(colours[0], 1) * clamp(grow * ratio * 0.5 + 0.5 - abs(across), 0.0, 1.0) * opacity; }`];

/**
 * Null where the browser has no WebGL2.
 * @param {HTMLCanvasElement} canvas
 * @returns {GraphRenderer | null}
 */
export function createWebglRenderer(canvas) {
  const gl = canvas.getContext("webgl2", { antialias: false, preserveDrawingBuffer: true });
  if (!gl) return null;
  const [nodeProgram, edgeProgram] = [compile(gl, NODES), compile(gl, EDGES)];
  const [whole, marked] = [partOf(gl), partOf(gl)];
  const [target, picked] = [gl.createFramebuffer(), gl.createTexture()];
  let pickedAs = "";
  /** @type {(place: ReturnType<typeof compile>, camera: Camera, values: Record<string, number>, mode: number) => void} */
  const use = (place, camera, values, mode) => {
    gl.useProgram(place.program);
    gl.uniform2f(place("centre"), camera.x, camera.y);
    gl.uniform2f(place("view"), camera.width * (values.ratio ?? 1), camera.height * (values.ratio ?? 1));
    for (const [name, value] of Object.entries({ scale: camera.scale, ...values })) gl.uniform1f(place(name), value);
    gl.uniform1i(place("mode"), mode);
  };
  return {
    load: (part) => (whole.fill(part), void (pickedAs = "")),
    mark: (part) => marked.fill(part),
    draw(camera, theme, ratio, { start, end, quick }) {
      const faint = marked.nodes > 0 ? 0.35 : 1;
      const [types, kinds] = [[...TYPES, "ink"], KINDS].map((names) => names.map((name) => toRgb(theme[name] ?? "")));
      /** @type {(part: typeof whole, grow: number, opacity: number) => void} */
      const drawNodes = (part, grow, opacity) => {
        use(nodeProgram, camera, { ratio, grow, opacity }, 0);
        gl.uniform3fv(nodeProgram("colours"), types?.flat() ?? []);
        part.drawNodes();
      };
      /** @type {(part: typeof whole, grow: number, opacity: number, slice: [number, number], mode: number) => void} */
      const drawEdges = (part, grow, opacity, slice, mode) => {
        use(edgeProgram, camera, { ratio, grow, opacity }, mode);
        kinds?.forEach((colour, kind) => (gl.uniform3fv(edgeProgram("colours"), colour), part.drawEdges(kind, slice, mode)));
      };
      gl.bindFramebuffer(gl.FRAMEBUFFER, null);
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.enable(gl.BLEND);
      gl.blendFunc(gl.ONE_MINUS_DST_ALPHA, gl.ONE);
      if (start === 0) {
        gl.clear(gl.COLOR_BUFFER_BIT);
        drawNodes(marked, 2, 1);
        drawEdges(marked, 2, 1, [0, Infinity], 0);
        drawNodes(whole, 0, faint);
      }
      drawEdges(whole, 1, faint * edgeOpacity(whole.edges), [start, end], quick ? 1 : 0);
    },
    pick(camera, x, y, reach) {
      const now = [camera.x, camera.y, camera.scale, camera.width, camera.height].join(" ");
      gl.bindFramebuffer(gl.FRAMEBUFFER, target);
      if (now !== pickedAs) {
        gl.bindTexture(gl.TEXTURE_2D, picked);
        gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, camera.width, camera.height, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
        gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, picked, 0);
        gl.viewport(0, 0, camera.width, camera.height);
        gl.enable(gl.BLEND);
        gl.clear(gl.COLOR_BUFFER_BIT);
        use(nodeProgram, camera, { ratio: 1, grow: 1, opacity: 1 }, 1);
        whole.drawNodes();
        pickedAs = now;
      }
      const pixels = new Uint8Array(4 * (2 * reach + 1) ** 2);
      gl.readPixels(Math.round(x) - reach, Math.round(camera.height - y) - reach, 2 * reach + 1, 2 * reach + 1, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
      return nearest(pixels, reach);
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
 * @param {number} reach
 */
function nearest(pixels, reach) {
  let [found, least] = [-1, Infinity];
  for (let pixel = 0; 4 * pixel < pixels.length; pixel += 1) {
    const number = at(pixels, 4 * pixel) + at(pixels, 4 * pixel + 1) * 256 + at(pixels, 4 * pixel + 2) * 65536 - 1;
    const distance = Math.hypot((pixel % (2 * reach + 1)) - reach, Math.floor(pixel / (2 * reach + 1)) - reach);
    if (number >= 0 && distance < least) [found, least] = [number, distance];
  }
  return found;
}

/**
 * Nodes and edges in textures, four numbers for each.
 * @param {WebGL2RenderingContext} gl
 */
function partOf(gl) {
  const textures = [gl.createTexture(), gl.createTexture()];
  /** @type {(texture: number, numbers: number[]) => void} */
  const upload = (texture, numbers) => {
    const height = Math.ceil(numbers.length / 4 / WIDTH) || 1;
    const data = new Float32Array(4 * WIDTH * height);
    data.set(numbers);
    gl.bindTexture(gl.TEXTURE_2D, textures[texture] ?? null);
    for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, filter, gl.NEAREST);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA32F, WIDTH, height, 0, gl.RGBA, gl.FLOAT, data);
  };
  return {
    nodes: 0,
    edges: 0,
    /** @type {number[]} where each kind begins, and where the last one ends */
    starts: [],
    /** @param {GraphPart} part */
    fill({ graph: { positions, sizes, types, from, to, kinds }, nodes, edges, ring }) {
      /** @type {[number[], number[]]} */
      const [circles, lines] = [[], []];
      const add = (/** @type {number} */ node, type = at(types, node)) => circles.push(at(positions, 2 * node), at(positions, 2 * node + 1), at(sizes, node), 4 * node + type);
      for (const node of nodes) add(node);
      if (ring !== undefined) add(ring, RING);
      for (const edge of edges) {
        const [a, b] = [2 * at(from, edge), 2 * at(to, edge)];
        lines.push(at(positions, a), at(positions, a + 1), at(positions, b), at(positions, b + 1));
      }
      upload(0, circles);
      upload(1, lines);
      [this.nodes, this.edges] = [circles.length / 4, edges.length];
      this.starts = [...KINDS, ""].map((_, kind) => edges.findIndex((edge) => at(kinds, edge) >= kind)).map((start) => (start < 0 ? edges.length : start));
    },
    drawNodes() {
      gl.bindTexture(gl.TEXTURE_2D, textures[0] ?? null);
      gl.drawArrays(gl.TRIANGLES, 0, 6 * this.nodes);
    },
    /** @type {(kind: number, slice: [start: number, end: number], mode: number) => void} */
    drawEdges(kind, [start, end], mode) {
      const [first, last] = [Math.max(start, at(this.starts, kind)), Math.min(end, at(this.starts, kind + 1))];
      if (first >= last) return;
      gl.bindTexture(gl.TEXTURE_2D, textures[1] ?? null);
      if (mode === 1) gl.drawArrays(gl.LINES, 2 * first, 2 * (last - first));
      else gl.drawArrays(gl.TRIANGLES, 6 * first, 6 * (last - first));
    },
  };
}

/**
 * Answers where its uniforms are.
 * @param {WebGL2RenderingContext} gl
 * @param {string[]} sources
 */
function compile(gl, sources) {
  const program = gl.createProgram();
  sources.forEach((source, index) => {
    const shader = gl.createShader(index === 0 ? gl.VERTEX_SHADER : gl.FRAGMENT_SHADER);
    if (!shader) return;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  });
  gl.linkProgram(program);
  /** @type {Map<string, WebGLUniformLocation | null>} */
  const places = new Map();
  const place = (/** @type {string} */ name) => {
    if (!places.has(name)) places.set(name, gl.getUniformLocation(program, name));
    return places.get(name) ?? null;
  };
  return Object.assign(place, { program });
}
