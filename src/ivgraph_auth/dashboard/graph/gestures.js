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

/** @type {(node: HTMLElement, camera: Camera, handlers: { moved: () => void, tap: (x: number, y: number, reach: number) => void, hover: (x: number, y: number) => void, fit: () => void }) => void} */
export function listenToGestures(node, camera, { moved, tap, hover, fit }) {
  /** @type {Map<number, { x: number, y: number }>} */
  const fingers = new Map();
  let slipped = 0;
  const spread = () => {
    const [one = { x: 0, y: 0 }, other = one] = fingers.values();
    return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2, size: Math.hypot(one.x - other.x, one.y - other.y) || 1 };
  };
  node.addEventListener("pointerdown", ({ button, pointerId, offsetX: x, offsetY: y }) => {
    if (button !== 0) return;
    node.setPointerCapture(pointerId);
    if (fingers.size === 0) slipped = 0;
    fingers.set(pointerId, { x, y });
  });
  node.addEventListener("pointermove", ({ pointerId, offsetX: x, offsetY: y }) => {
    if (!fingers.has(pointerId)) return hover(x, y);
    const before = spread();
    fingers.set(pointerId, { x, y });
    const now = spread();
    slipped += Math.hypot(now.x - before.x, now.y - before.y) + Math.abs(now.size - before.size);
    if (slipped < STILL) return;
    camera.pan(now.x - before.x, now.y - before.y);
    if (fingers.size > 1) camera.zoom(now.size / before.size, now.x, now.y);
    moved();
  });
  node.addEventListener("pointerup", ({ pointerId, pointerType, offsetX: x, offsetY: y }) => {
    if (fingers.delete(pointerId) && fingers.size === 0 && slipped < STILL) tap(x, y, pointerType === "touch" ? 14 : 4);
  });
  node.addEventListener("pointercancel", ({ pointerId }) => void fingers.delete(pointerId));
  node.addEventListener("pointerleave", () => hover(-1, -1));
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
