// For admins: apps of other people, registered here or by themselves.

import { lookUp } from "../api_names.js";
import { APP_TYPES, hostOf, registrationBadge, scopeChips } from "../apps.js";
import { button, el, emptyState } from "../elements.js";
import { call } from "../session.js";
import { appDetails } from "./app_details.js";
import { registerApp } from "./app_form.js";
import { heading, timeElement } from "./shared.js";

/** @import { App, PageContext } from "../types" */

const ROWS = 50;
/** @type {Record<string, string>} */
const KINDS = {
  "": "All apps",
  admin: "Registered by an admin",
  dynamic: "Registered by themselves",
  metadata_document: "With a description of their own",
};

/** @param {PageContext} context */
export async function apps(context) {
  const id = context.query.get("app");
  return id && /^[1-9][0-9]{0,17}$/.test(id) ? appDetails(id, context) : list(context);
}

/** @param {PageContext} context */
async function list({ goTo, query }) {
  const wanted = lookUp(KINDS, query.get("registration") ?? "") ? query.get("registration") : null;
  const first = await fetchPage(wanted);
  const register = async () => {
    const made = await registerApp();
    if (made) goTo(`apps?app=${made.id}`);
  };
  return [
    heading("Apps", "Other people’s apps. Each acts for the people who let it in, within the scopes that you allow it.",
      button("Register app", register, { icon: "plus" })),
    kindField(wanted, goTo),
    ...(first.results.length === 0 ? [nothing(wanted)] : rows(first, wanted)),
  ];
}

/**
 * @param {string | null} wanted
 * @param {PageContext["goTo"]} goTo
 */
function kindField(wanted, goTo) {
  const select = el("select", {}, Object.entries(KINDS).map(([value, text]) => el("option", { value, selected: value === wanted }, text)));
  select.addEventListener("change", () => goTo(select.value ? `apps?registration=${select.value}` : "apps"));
  return el("label", { class: "narrow" }, "Show", select);
}

/** @param {string | null} wanted */
function nothing(wanted) {
  return wanted
    ? emptyState("None of these", "No such app is known here. Show all apps to see others.")
    : emptyState("No apps", "Register an app, and it can ask people to let it in.");
}

/**
 * @param {string | null} registration
 * @param {string | null} cursor
 */
function fetchPage(registration, cursor = null) {
  const query = new URLSearchParams({ limit: String(ROWS) });
  if (registration) query.set("registration", registration);
  if (cursor) query.set("cursor", cursor);
  return call("GET", "/api/oauth/apps/", { query });
}

/**
 * @param {{ results: App[], next_cursor: string | null }} first
 * @param {string | null} wanted
 */
function rows(first, wanted) {
  const node = el("ul", { class: "lines with-actions" }, first.results.map(appRow));
  let cursor = first.next_cursor;
  const more = button("More", async () => {
    const next = await fetchPage(wanted, cursor);
    node.append(...next.results.map(appRow));
    cursor = next.next_cursor;
    more.hidden = cursor === null;
  }, { class: "plain" });
  more.hidden = cursor === null;
  return [node, el("div", { class: "actions" }, more)];
}

/** @param {App} app */
function appRow(app) {
  const host = hostOf(app.client_id);
  return el("li", {},
    el("div", { class: "grow" },
      el("p", {}, el("span", { class: "strong" }, app.name), host && el("span", { class: "quiet" }, ` by ${host}`), registrationBadge(app.registration)),
      el("p", { class: "quiet small" }, APP_TYPES[app.app_type][0], " · ", el("code", {}, app.client_id)),
      el("p", { class: "chips" }, scopeChips(app.scopes)),
      el("p", { class: "quiet small" },
        timeElement(app.created_at, "Registered "), " · ",
        app.last_used_at ? timeElement(app.last_used_at, "last used ") : "not used yet"),
    ),
    el("div", { class: "row-actions" },
      el("a", { class: "button plain", href: `#/apps?app=${app.id}`, "aria-label": `Manage ${app.name}` }, "Manage")),
  );
}
