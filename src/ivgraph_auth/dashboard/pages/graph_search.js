// The search box of the graph: titles as they are typed, and what is chosen of them.

import { el } from "../elements.js";
import { messageOf } from "../http.js";
import { SignedOut, call } from "../session.js";
import { titleOf, typeName } from "./graph_words.js";

/** @import { GraphNode } from "../types" */

const WAIT_MS = 200;
const MOST = 12;

/**
 * @param {{ workspaceId: string, choose: (node: GraphNode) => void }} options
 */
export function searchBox({ workspaceId, choose }) {
  const input = el("input", { type: "search", placeholder: "Search titles", "aria-label": "Search titles", autocomplete: "off", spellcheck: "false", maxlength: 200 });
  const results = el("ul", { class: "graph-results", "aria-label": "Search results", hidden: true });
  const status = el("p", { class: "visually-hidden", role: "status" });
  const form = el("form", { role: "search", class: "graph-search" }, input, results, status);
  let [turn, timer] = [0, 0];

  const close = () => {
    turn += 1;
    clearTimeout(timer);
    results.hidden = true;
    results.replaceChildren();
  };

  const search = async () => {
    const words = input.value.trim();
    if (!words) return close();
    const mine = (turn += 1);
    try {
      const answer = await call("GET", "/api/v1/graph/search", { query: { q: words, workspace_id: workspaceId, limit: MOST } });
      if (mine !== turn) return;
      const more = answer.next_cursor !== null && "More is found than is shown here. Add a word.";
      results.replaceChildren(
        ...answer.results.map((node) => el("li", {}, resultButton(node, () => (close(), (input.value = ""), choose(node))))),
        ...(answer.results.length === 0 ? [el("li", { class: "quiet small" }, "No title has these words.")] : []),
        ...(more ? [el("li", { class: "quiet small" }, more)] : []),
      );
      status.textContent = answer.results.length === 0 ? "No title has these words." : `${answer.results.length} found.`;
    } catch (problem) {
      if (mine !== turn || problem instanceof SignedOut) return;
      results.replaceChildren(el("li", { class: "error small" }, messageOf(problem)));
    }
    results.hidden = false;
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, WAIT_MS);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    search();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    close();
    input.focus();
  });
  form.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !form.contains(relatedTarget)) close();
  });
  return form;
}

/**
 * @param {GraphNode} node
 * @param {() => void} choose
 */
function resultButton(node, choose) {
  return el("button", { type: "button", onclick: choose }, el("span", { class: `swatch ${node.type}`, "aria-hidden": "true" }), el("span", { class: "grow" }, titleOf(node)), el("span", { class: "quiet small" }, typeName(node.type)));
}
