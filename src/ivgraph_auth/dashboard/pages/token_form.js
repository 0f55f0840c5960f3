// What a new service token may do, where, and for how long.

import { textOf } from "../dialogs.js";
import { el } from "../elements.js";
import { SCOPES, isScope } from "../format.js";
import { Problem } from "../http.js";
import { workspaceName } from "./shared.js";

/** @import { Attributes, Child, Scope, TokenCreate, Workspace } from "../types" */

const EVERY_WORKSPACE = "*";
const CONNECT = "notion:connect"; // lets a token have every workspace
// All that only reads: such a token is of use at once.
const CHECKED = ["graph:search", "graph:read", "graph:neighbors", "notion:read"];
/** @type {[value: string, text: string][]} */
const LIFETIMES = [
  ["7", "7 days"],
  ["30", "30 days"],
  ["90", "90 days"],
  ["365", "1 year"],
  ["never", "It does not expire"],
  ["other", "Another number of days"],
];
const MOST_DAYS = 3650;

/**
 * @param {{ scopes: string[], workspaces: Workspace[], wanted?: string[] }} options `scopes`: those that the owner's role
 *   has; `wanted`: those that are ticked beforehand
 * @returns {Child[]}
 */
export function fields({ scopes, workspaces, wanted = CHECKED }) {
  const onlyOne = workspaces.length === 1;
  const every = checkbox({ name: "workspace_ids", value: EVERY_WORKSPACE }, "Every workspace", "Those connected later too. Needs “Manage connections”.");
  const connect = scopeCheckbox(CONNECT, wanted);
  const update = () => {
    every.input.disabled = !connect.input.checked;
    if (every.input.disabled) every.input.checked = false;
  };
  connect.input.addEventListener("change", update);
  update();
  return [
    el("label", {}, "Name", el("input", { name: "name", required: true, maxlength: 100, placeholder: "My research agent", autocomplete: "off" })),
    group("What it may do", scopes.filter(isScope).map((scope) => (scope === CONNECT ? connect : scopeCheckbox(scope, wanted)).label)),
    group("Where", [
      ...workspaces.map((item) => checkbox({ name: "workspace_ids", value: item.id, checked: onlyOne }, workspaceName(item)).label),
      scopes.includes(CONNECT) && every.label,
      el("span", { class: "quiet small block" }, "A workspace covers every connection that you have in it."),
    ]),
    ...lifetime(),
  ];
}

/**
 * The body for `POST /api/tokens/`. Raises Problem, saying what is missing.
 * @param {FormData} data
 * @returns {TokenCreate}
 */
export function readForm(data) {
  const scopes = data.getAll("scopes").map(String).filter(isScope);
  const workspaces = data.getAll("workspace_ids").map(String);
  const name = textOf(data, "name");
  if (!name) throw new Problem("Give the token a name, so that you know it again.");
  if (scopes.length === 0) throw new Problem("Tick at least one thing that the token may do.");
  if (workspaces.length === 0) throw new Problem("Tick at least one workspace.");
  return {
    name,
    scopes,
    workspace_ids: workspaces.includes(EVERY_WORKSPACE) ? [EVERY_WORKSPACE] : workspaces,
    expires_in_days: days(data),
  };
}

/** @param {FormData} data */
function days(data) {
  const chosen = textOf(data, "lifetime");
  if (chosen === "never") return null;
  const count = Number(chosen === "other" ? textOf(data, "days") : chosen);
  if (!Number.isInteger(count) || count < 1 || count > MOST_DAYS) {
    throw new Problem(`Say after how many days it expires: a whole number from 1 to ${MOST_DAYS}.`);
  }
  return count;
}

function lifetime() {
  const choice = el("select", { name: "lifetime" }, LIFETIMES.map(([value, text]) => el("option", { value, selected: value === "90" }, text)));
  const other = el("label", { hidden: true }, "Days", el("input", { name: "days", type: "number", min: 1, max: MOST_DAYS, inputmode: "numeric" }));
  choice.addEventListener("change", () => (other.hidden = choice.value !== "other"));
  return [el("label", {}, "Expires after", choice), other];
}

/**
 * @param {string} title
 * @param {Child[]} labels
 */
function group(title, labels) {
  return el("fieldset", {}, el("legend", {}, title), labels);
}

/**
 * @param {Scope} scope
 * @param {string[]} wanted
 */
function scopeCheckbox(scope, wanted) {
  const [title, text] = SCOPES[scope];
  return checkbox({ name: "scopes", value: scope, checked: wanted.includes(scope) }, title, text, scope);
}

/**
 * @param {Attributes} attributes
 * @param {string} title
 * @param {string} text
 * @param {string | null} code
 */
function checkbox(attributes, title, text = "", code = null) {
  const input = el("input", { type: "checkbox", ...attributes });
  const caption = el("span", {},
    el("span", { class: "strong" }, title),
    code && el("code", { class: "quiet small" }, ` ${code}`),
    text && el("span", { class: "quiet small block" }, text),
  );
  return { input, label: el("label", { class: "checkbox" }, input, caption) };
}
