// What several pages show alike.

import { el } from "../elements.js";
import { dateAndTime, relativeTime } from "../format.js";

/** @import { Child } from "../types" */

/**
 * @param {string} title
 * @param {string} text
 * @param {Child[]} actions
 */
export function heading(title, text, ...actions) {
  return el("div", { class: "heading" },
    el("div", {}, el("h1", {}, title), text && el("p", { class: "quiet" }, text)),
    actions.length > 0 && el("div", { class: "actions" }, actions),
  );
}

/**
 * "5 minutes ago"; the exact time is its title.
 * @param {string} moment
 * @param {string} prefix
 */
export function timeElement(moment, prefix = "") {
  return el("time", { datetime: moment, title: dateAndTime(moment) }, prefix, relativeTime(moment));
}

/**
 * A workspace's icon may be an emoji, or an address that is never fetched.
 * @param {{ icon: string | null, name: string | null }} workspace
 */
export function workspaceIcon({ icon, name }) {
  const picture = icon && icon.length <= 8 && !/^[\x20-\x7e]*$/.test(icon) ? icon : (name ?? "?").trim().charAt(0).toUpperCase();
  return el("span", { class: "workspace-icon", "aria-hidden": "true" }, picture || "?");
}

/** @param {{ name: string | null, id: string }} workspace */
export const workspaceName = ({ name, id }) => name || `Workspace ${id.slice(0, 8)}`;

/**
 * Label and value, one under the other on a phone.
 * @param {[label: string, value: Child][]} rows
 */
export function facts(rows) {
  return el("dl", { class: "facts" }, rows.flatMap(([label, value]) => [el("dt", {}, label), el("dd", {}, value)]));
}
