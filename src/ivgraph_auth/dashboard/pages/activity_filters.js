// The filters of the Activity page. They stand in the address, so that a link, a reload and Back keep them.

import { el } from "../elements.js";
import { device } from "../format.js";
import { OUTCOME_OPTIONS } from "../outcomes.js";
import { EVENT_OPTIONS } from "../sentences.js";
import { workspaceName } from "./shared.js";

/** @import { KnownApp } from "../apps.js" */
/** @import { Attributes, Connection, Me, ServiceToken, Session } from "../types" */
/** @typedef {[value: string, text: string]} Option */
/** @typedef {[group: string, options: Option[]]} OptionGroup */

const WIDE_SCREEN = "(min-width: 46rem)";
/** @type {Record<string, string>} */
const PREFIXES = { since: "from ", until: "to ", account_id: "account " };
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

/**
 * `show(query)` is called with what `GET /api/audit/` takes, whenever the filters change.
 * @param {{
 *   me: Me, query: URLSearchParams, tokens: ServiceToken[], sessions: Session[], apps: KnownApp[], connections: Connection[],
 *   show: (query: URLSearchParams) => void,
 * }} options
 */
export function filters({ me, query, tokens, sessions, apps, connections, show }) {
  const clear = el("button", { type: "button", class: "plain", "aria-label": "Clear filters", hidden: [...query].length === 0 }, "Clear");
  const [since, until] = [dayInput("since", query), dayInput("until", query)];
  const form = el("form", {},
    selectField("What happened", "event", query, [["", "Anything"], ...EVENT_OPTIONS]),
    selectField("Outcome", "outcome", query, [["", "Any"], ["success", "Success"], ["!success", "All but success"], ...OUTCOME_OPTIONS]),
    selectField("Who", "actor", query, actorOptions(me, tokens, sessions, apps)),
    tenantField(query, connections),
    el("label", {}, "From", since),
    el("label", {}, "To", until),
    me.role === "admin" && el("label", {}, "Account", textInput("account_id", query, { inputmode: "numeric", pattern: "[1-9][0-9]{0,17}", title: "The account’s id, a number" })),
  );
  const inWords = el("span", { class: "quiet" }, describe(form));
  const update = () => {
    until.setCustomValidity(since.value && until.value && until.value < since.value ? "Choose a day that is not before “From”." : "");
    if (!form.reportValidity()) return;
    const now = readForm(form);
    history.replaceState(null, "", pageUrl(now));
    clear.hidden = [...now].length === 0;
    inWords.textContent = describe(form);
    show(now);
  };
  form.addEventListener("change", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  clear.addEventListener("click", () => {
    for (const field of controlsOf(form)) field.value = "";
    update();
    summary.focus();
  });
  const summary = el("summary", {}, el("span", { class: "strong" }, "Filters"), inWords);
  return el("div", { class: "filters" }, el("details", { open: matchMedia(WIDE_SCREEN).matches }, summary, form), clear);
}

/** @param {HTMLFormElement} form */
const controlsOf = (form) =>
  [...form.elements].filter((field) => field instanceof HTMLInputElement || field instanceof HTMLSelectElement);

/**
 * What is set, for when the fields are folded away.
 * @param {HTMLFormElement} form
 */
function describe(form) {
  const set = controlsOf(form).filter((field) => field.value);
  return set.map((field) => `${PREFIXES[field.name] ?? ""}${chosenText(field)}`).join(", ");
}

/** @param {HTMLInputElement | HTMLSelectElement} field */
const chosenText = (field) => (field instanceof HTMLSelectElement ? field.selectedOptions[0]?.text : null) ?? field.value;

/** @param {URLSearchParams} query */
const pageUrl = (query) => `#/activity${[...query].length > 0 ? `?${query}` : ""}`;

/**
 * Where the Activity page shows what passes these filters.
 * @param {Record<string, string>} filter
 */
export const activityUrl = (filter) => pageUrl(new URLSearchParams(filter));

/** @param {HTMLFormElement} form */
function readForm(form) {
  const query = new URLSearchParams();
  for (const { name, value: typed } of controlsOf(form)) {
    const value = typed.trim();
    if (!value) continue;
    if (name === "since") query.set(name, startOfDay(value));
    else if (name === "until") query.set(name, startOfDay(value, 1));
    else query.set(name, value);
  }
  return query;
}

/**
 * The moment when a day begins in this time zone, or the one so many days later.
 * @param {string} text
 */
function startOfDay(text, later = 0) {
  const [year = 0, month = 0, date = 0] = (DAY.exec(text) ?? []).slice(1).map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}

/**
 * The day in which a moment lies in this time zone, or the one so many days before.
 * @param {string} moment
 */
function dayOf(moment, before = 0) {
  const at = new Date(moment);
  if (Number.isNaN(at.getTime())) return "";
  at.setDate(at.getDate() - before);
  return [String(at.getFullYear()).padStart(4, "0"), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

/**
 * @param {string} label
 * @param {string} name
 * @param {URLSearchParams} query
 * @param {(Option | OptionGroup)[]} options
 */
function selectField(label, name, query, options) {
  const wanted = query.get(name) ?? "";
  /** @param {Option} option */
  const optionElement = ([value, text]) => el("option", { value, selected: value === wanted }, text);
  const node = el("select", { name }, options.map(([value, content]) =>
    (Array.isArray(content) ? el("optgroup", { label: value }, content.map(optionElement)) : optionElement([value, content]))));
  // A link may name what is not offered here.
  if (node.value !== wanted) node.append(optionElement([wanted, wanted.replace(":", " ").replaceAll("_", " ")]));
  return el("label", {}, label, node);
}

/**
 * @param {string} name
 * @param {URLSearchParams} query
 * @param {Attributes} attributes
 */
function textInput(name, query, attributes = {}) {
  return el("input", { name, value: query.get(name) ?? "", autocomplete: "off", spellcheck: "false", ...attributes });
}

/**
 * @param {"since" | "until"} name
 * @param {URLSearchParams} query
 */
function dayInput(name, query) {
  const moment = query.get(name);
  const value = moment ? dayOf(moment, name === "until" ? 1 : 0) : "";
  return textInput(name, query, { type: "date", max: "9999-12-30", value });
}

/**
 * @param {URLSearchParams} query
 * @param {Connection[]} connections
 */
function tenantField(query, connections) {
  const known = connections.map((item) => el("option", { value: item.tenant_id }, workspaceName({ name: item.workspace_name, id: item.workspace_id })));
  const input = textInput("tenant_id", query, { list: "tenants", maxlength: 128, pattern: "[A-Za-z0-9._:\\-]+", title: "Letters, digits, and . _ : - without blanks", placeholder: "Any" });
  return [el("label", {}, "Tenant", input), el("datalist", { id: "tenants" }, known)];
}

/**
 * @param {Me} me
 * @param {ServiceToken[]} tokens
 * @param {Session[]} sessions
 * @param {KnownApp[]} apps
 * @returns {(Option | OptionGroup)[]}
 */
function actorOptions(me, tokens, sessions, apps) {
  /** @type {(session: Session) => Option} */
  const sessionOption = (item) => [`session:${item.id.replaceAll("-", "")}`, item.current ? "This session" : `${device(item.user_agent)}, ${item.address ?? "unknown address"}`];
  /** @type {OptionGroup} */
  const letIn = ["Apps", apps.map(({ client_id: id, name }) => [`app:${id}`, name])];
  /** @type {OptionGroup} */
  const ownTokens = ["Service tokens", tokens.map(({ id, name }) => [`service_token:${id}`, name])];
  return [
    ["", "Anyone"],
    [`account:${me.id}`, "You"],
    ...(tokens.length > 0 ? [ownTokens] : []),
    ...(apps.length > 0 ? [letIn] : []),
    ["Sessions", sessions.map(sessionOption)],
    ["Others", [["service_token", "Any service token"], ["app", "Any app"], ["session", "Any session"], ["browser", "A browser, not signed in"], ["operator", "The operator"], ["service", "This service"]]],
  ];
}
