// The legend of the picture, which is its filter too: what has no tick is not drawn.

import { el } from "../elements.js";
import { EDGE_KINDS, NODE_TYPES } from "./graph_words.js";

/**
 * `change(hidden)` is told the types of node and kinds of edge that are not to be drawn.
 * @param {Set<string>} hidden
 * @param {(hidden: Set<string>) => void} change
 */
export function graphFilters(hidden, change) {
  /** @param {string} name @param {string} label @param {string} look */
  const box = (name, label, look) =>
    el("label", {}, el("input", { type: "checkbox", name, checked: !hidden.has(name) }), el("span", { class: `${look} ${name}`, "aria-hidden": "true" }), label);
  const form = el("form", { class: "graph-legend" },
    el("fieldset", {}, el("legend", {}, "Show"), Object.entries(NODE_TYPES).map(([name, { many }]) => box(name, many, "swatch"))),
    el("fieldset", {}, el("legend", {}, "Connected by"), Object.entries(EDGE_KINDS).map(([name, kind]) => box(name, kind.name, "stroke"))),
  );
  form.addEventListener("change", () => {
    const boxes = [...form.elements].filter((field) => field instanceof HTMLInputElement);
    change(new Set(boxes.filter(({ checked }) => !checked).map(({ name }) => name)));
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  return form;
}
