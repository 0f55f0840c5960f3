// What a new service token may do, where, and for how long.

import { el } from "../elements.js";
import { Problem } from "../http.js";
import { SCOPES } from "../words.js";
import { named } from "./parts.js";

const EVERY = "*";
const CONNECT = "notion:connect"; // lets a token have every workspace
const TICKED = ["graph:search", "graph:read", "graph:neighbors"];
const LIFETIMES = [
  ["7", "7 days"],
  ["30", "30 days"],
  ["90", "90 days"],
  ["365", "1 year"],
  ["never", "It does not expire"],
  ["other", "Another number of days"],
];
const MOST_DAYS = 3650;

/** `scopes`: those that the owner's role has. */
export function fields({ scopes, workspaces }) {
  const only = workspaces.length === 1;
  const every = tick({ name: "workspace_ids", value: EVERY }, "Every workspace", "Those connected later too. Needs “Manage connections”.");
  const [everyBox, connectBox] = [every.querySelector("input"), tick({ name: "scopes", value: CONNECT }, ...SCOPES[CONNECT], CONNECT)];
  const connect = connectBox.querySelector("input");
  const keep = () => {
    everyBox.disabled = !connect.checked;
    if (everyBox.disabled) everyBox.checked = false;
  };
  connect.addEventListener("change", keep);
  keep();
  return [
    el("label", {}, "Name", el("input", { name: "name", required: true, maxlength: 100, placeholder: "My research agent", autocomplete: "off" })),
    group("What it may do", scopes.map((scope) =>
      scope === CONNECT ? connectBox : tick({ name: "scopes", value: scope, checked: TICKED.includes(scope) }, ...(SCOPES[scope] ?? [scope, ""]), scope))),
    group("Where", [
      ...workspaces.map((item) => tick({ name: "workspace_ids", value: item.id, checked: only }, named(item), "")),
      scopes.includes(CONNECT) && every,
      el("span", { class: "quiet small block" }, "A workspace covers every connection that you have in it."),
    ]),
    ...lifetime(),
  ];
}

/** The body for `POST /api/tokens/`. Raises Problem, saying what is missing. */
export function read(data) {
  const [scopes, places] = [data.getAll("scopes"), data.getAll("workspace_ids")];
  const name = data.get("name").trim();
  if (!name) throw new Problem("Give the token a name, so that you know it again.");
  if (scopes.length === 0) throw new Problem("Tick at least one thing that the token may do.");
  if (places.length === 0) throw new Problem("Tick at least one workspace.");
  return { name, scopes, workspace_ids: places.includes(EVERY) ? [EVERY] : places, expires_in_days: days(data) };
}

function days(data) {
  const chosen = data.get("lifetime");
  if (chosen === "never") return null;
  const count = Number(chosen === "other" ? data.get("days") : chosen);
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

function group(title, ticks) {
  return el("fieldset", {}, el("legend", {}, title), ticks);
}

function tick(given, title, text, code = null) {
  return el("label", { class: "tick" },
    el("input", { type: "checkbox", ...given }),
    el("span", {}, el("span", { class: "strong" }, title), code && el("code", { class: "quiet small" }, ` ${code}`), text && el("span", { class: "quiet small block" }, text)),
  );
}
