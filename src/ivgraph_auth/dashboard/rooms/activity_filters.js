// The filters of the Activity room. They stand in the address, so that a link, a reload and Back keep them.

import { el } from "../elements.js";
import { EVENTS, OUTCOMES } from "../sentences.js";
import { device } from "../words.js";
import { named } from "./parts.js";

const DESK = "(min-width: 46rem)";
const BEFORE = { since: "from ", until: "to ", account_id: "account " };
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

/** `show(query)` is called with what `GET /api/audit/` takes, whenever the filters change. */
export function filters({ me, query, tokens, sessions, connections, show }) {
  const clear = el("button", { type: "button", class: "plain", "aria-label": "Clear filters", hidden: [...query].length === 0 }, "Clear");
  const fields = [
    choice("What happened", "event", query, [["", "Anything"], ...Object.entries(EVENTS).map(([group, events]) => [group, Object.entries(events)])]),
    choice("Outcome", "outcome", query, [["", "Any"], ["success", "Success"], ["!success", "All but success"], ["In particular", Object.entries(OUTCOMES)]]),
    choice("Who", "actor", query, who(me, tokens, sessions)),
    ...tenants(query, connections),
    day("From", "since", query),
    day("To", "until", query),
    me.role === "admin" && text("Account", "account_id", query, { inputmode: "numeric", pattern: "[1-9][0-9]{0,17}", title: "The account’s id, a number" }),
  ];
  const form = el("form", {}, fields);
  const told = el("span", { class: "quiet" }, inWords(form));
  const changed = () => {
    const [since, until] = [form.elements.since, form.elements.until];
    until.setCustomValidity(since.value && until.value && until.value < since.value ? "Choose a day that is not before “From”." : "");
    if (!form.reportValidity()) return;
    const now = read(form);
    history.replaceState(null, "", address(now));
    clear.hidden = [...now].length === 0;
    told.textContent = inWords(form);
    show(now);
  };
  form.addEventListener("change", changed);
  form.addEventListener("submit", (event) => event.preventDefault());
  clear.addEventListener("click", () => {
    for (const field of form.querySelectorAll("select, input")) field.value = "";
    changed();
    summary.focus();
  });
  const summary = el("summary", {}, el("span", { class: "strong" }, "Filters"), told);
  return el("div", { class: "filters" }, el("details", { open: matchMedia(DESK).matches }, summary, form), clear);
}

/** What is set, for when the fields are folded away. */
function inWords(form) {
  const fields = [...form.elements].filter((field) => field.value);
  return fields.map((field) => `${BEFORE[field.name] ?? ""}${field.selectedOptions?.[0].text ?? field.value}`).join(", ");
}

const address = (query) => `#/activity${[...query].length > 0 ? `?${query}` : ""}`;

/** Where the Activity room shows what passes these filters. */
export const activityOf = (given) => address(new URLSearchParams(given));

function read(form) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (!value.trim()) continue;
    if (name === "since") query.set(name, start(value));
    else if (name === "until") query.set(name, start(value, 1));
    else query.set(name, value.trim());
  }
  return query;
}

/** The moment when a day of this place begins, or the one so many days later. */
function start(text, later = 0) {
  const [, year, month, date] = DAY.exec(text).map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}

/** The day of this place in which a moment lies, or the one so many days before. */
function dayOf(moment, before = 0) {
  const at = new Date(moment);
  if (Number.isNaN(at.getTime())) return "";
  at.setDate(at.getDate() - before);
  return [String(at.getFullYear()).padStart(4, "0"), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

function choice(label, name, query, options) {
  const wanted = query.get(name) ?? "";
  const one = ([value, words]) => el("option", { value, selected: value === wanted }, words);
  const node = el("select", { name }, options.map(([value, words]) =>
    (Array.isArray(words) ? el("optgroup", { label: value }, words.map(one)) : one([value, words]))));
  if (node.value !== wanted) node.append(one([wanted, wanted.replace(":", " ").replaceAll("_", " ")]));
  return el("label", {}, label, node);
}

function text(label, name, query, given = {}) {
  return el("label", {}, label, el("input", { name, value: query.get(name) ?? "", autocomplete: "off", spellcheck: "false", ...given }));
}

function day(label, name, query) {
  const given = query.get(name);
  return text(label, name, new URLSearchParams(given ? { [name]: dayOf(given, name === "until" ? 1 : 0) } : {}), { type: "date", max: "9999-12-30" });
}

function tenants(query, connections) {
  const known = connections.map((item) => el("option", { value: item.tenant_id }, named({ name: item.workspace_name, id: item.workspace_id })));
  return [
    text("Tenant", "tenant_id", query, { list: "tenants", maxlength: 128, pattern: "[A-Za-z0-9._:\\-]+", title: "Letters, digits, and . _ : - without blanks", placeholder: "Any" }),
    el("datalist", { id: "tenants" }, known),
  ];
}

function who(me, tokens, sessions) {
  const session = (item) => [`session:${item.id.replaceAll("-", "")}`, item.current ? "This session" : `${device(item.user_agent)}, ${item.address ?? "unknown address"}`];
  return [
    ["", "Anyone"],
    [`account:${me.id}`, "You"],
    tokens.length > 0 && ["Service tokens", tokens.map(({ id, name }) => [`service_token:${id}`, name])],
    ["Sessions", sessions.map(session)],
    ["Others", [["service_token", "Any service token"], ["session", "Any session"], ["browser", "A browser, not signed in"], ["operator", "The operator"], ["service", "This service"]]],
  ].filter(Boolean);
}
