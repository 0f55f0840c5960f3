// What several rooms show alike.

import { el } from "../elements.js";
import { exact, relative } from "../words.js";

export function heading(title, text, ...actions) {
  return el("div", { class: "heading" },
    el("div", {}, el("h1", {}, title), text && el("p", { class: "quiet" }, text)),
    actions.length > 0 && el("div", { class: "actions" }, actions),
  );
}

export function when(moment, words = "") {
  return el("time", { datetime: moment, title: exact(moment) }, words, relative(moment));
}

/** A workspace's icon may be an emoji, or an address that is never fetched. */
export function workspaceMark({ icon, name }) {
  const picture = icon && icon.length <= 8 && !/^[\x20-\x7e]*$/.test(icon) ? icon : (name ?? "?").trim().charAt(0).toUpperCase();
  return el("span", { class: "mark", "aria-hidden": "true" }, picture || "?");
}

export const named = ({ name, id }) => name || `Workspace ${id.slice(0, 8)}`;

/** Label and value, one under the other on a phone. */
export function facts(rows) {
  return el("dl", { class: "facts" }, rows.flatMap(([label, value]) => [el("dt", {}, label), el("dd", {}, value)]));
}
