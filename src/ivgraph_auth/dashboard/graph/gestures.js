// Fingers, mouse, wheel and keys to what the camera does.

/** @import { Camera } from "./camera.js" */

const STILL = 5; // pixels that a finger may slip in a tap
const STEP = 60;
/** @type {Record<string, (camera: Camera) => void>} */
const KEYS = {
  ArrowLeft: (camera) => camera.pan(STEP, 0),
  ArrowRight: (camera) => camera.pan(-STEP, 0),
  ArrowUp: (camera) => camera.pan(0, STEP),
  ArrowDown: (camera) => camera.pan(0, -STEP),
  "+": (camera) => camera.zoom(1.3),
  "=": (camera) => camera.zoom(1.3),
  "-": (camera) => camera.zoom(1 / 1.3),
};

/**
 * @param {HTMLElement} node
 * @param {Camera} camera
 * @param {{ moved: () => void, tap: (x: number, y: number, reach: number) => void, hover: (x: number, y: number) => void, leave: () => void, fit: () => void }} handlers
 */
export function listenToGestures(node, camera, { moved, tap, hover, leave, fit }) {
  /** @type {Map<number, { x: number, y: number }>} */
  const fingers = new Map();
  let slipped = 0;
  /** @type {(name: string, handle: (event: PointerEvent) => void) => void} */
  const on = (name, handle) => node.addEventListener(name, (event) => event instanceof PointerEvent && handle(event));
  const spread = () => {
    const [one = { x: 0, y: 0 }, other = one] = fingers.values();
    return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2, size: Math.hypot(one.x - other.x, one.y - other.y) || 1 };
  };
  on("pointerdown", (event) => {
    if (event.button !== 0) return;
    node.setPointerCapture(event.pointerId);
    if (fingers.size === 0) slipped = 0;
    fingers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  });
  on("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return hover(event.offsetX, event.offsetY);
    const before = spread();
    fingers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    const now = spread();
    slipped += Math.hypot(now.x - before.x, now.y - before.y) + Math.abs(now.size - before.size);
    if (slipped < STILL) return;
    leave();
    camera.pan(now.x - before.x, now.y - before.y);
    if (fingers.size > 1) camera.zoom(now.size / before.size, now.x, now.y);
    moved();
  });
  on("pointerup", (event) => {
    if (fingers.delete(event.pointerId) && fingers.size === 0 && slipped < STILL) tap(event.offsetX, event.offsetY, event.pointerType === "touch" ? 14 : 4);
  });
  on("pointercancel", (event) => void fingers.delete(event.pointerId));
  on("pointerleave", leave);
  node.addEventListener("wheel", (event) => {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1);
    camera.zoom(Math.exp(-pixels / (event.ctrlKey ? 100 : 400)), event.offsetX, event.offsetY);
    moved();
  }, { passive: false });
  node.addEventListener("keydown", (event) => {
    const move = KEYS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || (!move && event.key !== "0")) return;
    event.preventDefault();
    if (!move) return fit();
    move(camera);
    moved();
  });
}
