// Small pieces of page. Text is always set as text, so nothing that somebody named can become markup.

import { linkOf, messageOf } from "./http.js";

/** @import { Attributes, Child, Children } from "./types" */

const SVG = "http://www.w3.org/2000/svg";
/** @type {Record<string, string>} */
const ICONS = {
  overview: "M4 4h7v7H4z M13 4h7v4h-7z M13 11h7v9h-7z M4 14h7v6H4z",
  graph: "M7 7l10 3 M7 7l3 10 M17 10l-7 7 M6 4a3 3 0 1 0 0 6 3 3 0 0 0 0-6z M18 8a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z M10 15a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
  token: "M14 4a6 6 0 1 1-5.2 9L4 17.8V20h3v-2h2v-2h1.6 M15.5 8.5h.01",
  link: "M10 14a4 4 0 0 1 0-5.6l2.8-2.8a4 4 0 0 1 5.6 5.6l-1.4 1.4 M14 10a4 4 0 0 1 0 5.6l-2.8 2.8a4 4 0 0 1-5.6-5.6L7 11.4",
  session: "M4 5h16v11H4z M9 20h6 M12 16v4",
  activity: "M4 6h3 M10 6h10 M4 12h3 M10 12h10 M4 18h3 M10 18h10",
  account: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z M4.5 20a7.5 7.5 0 0 1 15 0",
  apps: "M4 4h7v7H4z M13 4h7v7h-7z M4 13h7v7H4z M13 13h7v7h-7z",
  grants: "M13 4h6v16h-6 M4 12h10 M10 8l4 4-4 4",
  webhook: "M4 12h10 M10 7l5 5-5 5 M19 5v14",
  copy: "M9 9h11v11H9z M5 15H4V4h11v1",
  plus: "M12 5v14 M5 12h14",
  close: "M6 6l12 12 M18 6L6 18",
  book: "M5 4h11a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3z M5 17a3 3 0 0 1 3-3h11",
  leave: "M10 5H5v14h5 M14 8l4 4-4 4 M9 12h9",
};

/**
 * `el("p", { class: "quiet" }, "text", node)`. `on…` are listeners; null, false and undefined children are left out.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Attributes} attributes
 * @param {Children} children
 */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter(isShown));
  return node;
}

/** @type {(child: Child) => child is Node | string} */
const isShown = (child) => child !== null && child !== undefined && child !== false;

/** @param {string} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: "0 0 24 24", "aria-hidden": "true", class: "icon" };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name] ?? "");
  svg.append(path);
  return svg;
}

/**
 * A button that is busy while its work runs, and says what went wrong.
 * @param {string} label
 * @param {() => unknown} work
 * @param {Attributes & { icon?: string }} attributes
 */
export function button(label, work, attributes = {}) {
  const { icon: picture, ...rest } = attributes;
  const node = el("button", { type: "button", ...rest }, picture ? icon(picture) : null, label);
  node.addEventListener("click", () => runOnce(node, work));
  return node;
}

/**
 * @param {HTMLButtonElement} node
 * @param {() => unknown} work
 */
async function runOnce(node, work) {
  if (node.getAttribute("aria-disabled") === "true") return;
  node.setAttribute("aria-disabled", "true");
  try {
    await work();
  } catch (problem) {
    notify(wordsOf(problem), "error");
  } finally {
    node.removeAttribute("aria-disabled");
  }
}

/**
 * What went wrong, with the link to what helps, where there is one.
 * @param {unknown} problem
 * @returns {Child[]}
 */
export function wordsOf(problem) {
  const link = linkOf(problem);
  return link ? [messageOf(problem), " ", el("a", { href: link.url }, link.do)] : [messageOf(problem)];
}

/**
 * Says something in a corner, to screen readers too. An error stays until it is closed.
 * @param {string | Child[]} text
 * @param {"success" | "error"} kind
 */
export function notify(text, kind = "success") {
  const notices = byId("notices");
  const notice = el("div", { class: `notice ${kind}` }, el("p", {}, text));
  notice.append(el("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => notice.remove() }, icon("close")));
  for (const old of [...notices.children].slice(0, -1)) old.remove();
  notices.append(notice);
  if (kind === "success") setTimeout(() => notice.remove(), 6000);
}

export function clearNotices() {
  byId("notices").replaceChildren();
}

/**
 * An element that is there whenever it is asked for.
 * @param {string} id
 */
export function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`There is no element #${id}.`);
  return node;
}

/**
 * A text in a box of its own with a button that copies it.
 * @param {string} text
 * @param {{ label: string, copy?: string, rows?: number }} options
 */
export function copyable(text, { label, copy = "Copy", rows = 1 }) {
  const box = el("textarea", { class: "code", readonly: true, rows, spellcheck: "false", "aria-label": label });
  box.value = text;
  box.addEventListener("focus", () => box.select());
  const caption = el("span", {}, copy);
  const press = el("button", { type: "button", class: "plain" }, icon("copy"), caption);
  press.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      caption.textContent = "Copied";
      setTimeout(() => (caption.textContent = copy), 2500);
    } catch {
      box.select(); // no clipboard on plain http: then by keyboard
      caption.textContent = "Press Ctrl-C";
    }
  });
  return el("div", { class: "copyable" }, box, press);
}

/**
 * What stands where a list would be.
 * @param {string} title
 * @param {string} text
 * @param {Children} more
 */
export function emptyState(title, text, ...more) {
  return el("div", { class: "empty" }, el("p", { class: "strong" }, title), el("p", { class: "quiet" }, text), ...more);
}

/**
 * @param {string} text
 * @param {"" | "good" | "warn"} kind
 */
export function badge(text, kind = "") {
  return el("span", { class: `badge ${kind}` }, text);
}
