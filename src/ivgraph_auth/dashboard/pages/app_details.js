// For admins: one app, with its redirect URIs and secrets.

import { APP_TYPES, URI_TYPES, registrationBadge, registrationText, scopeChips } from "../apps.js";
import { confirm } from "../dialogs.js";
import { button, copyable, el } from "../elements.js";
import { dateAndTime } from "../format.js";
import { urlOf } from "../http.js";
import { call } from "../session.js";
import { activityUrl } from "./activity_filters.js";
import { askUri, changeApp, rotateSecret } from "./app_form.js";
import { facts, heading, timeElement } from "./shared.js";

/** @import { AppDetails, PageContext, RedirectUri, UriType } from "../types" */
/** @typedef {PageContext["reload"]} Reload */

/**
 * @param {string} id
 * @param {PageContext} context
 * @returns {Promise<Element[]>}
 */
export async function appDetails(id, { goTo, reload }) {
  const app = await call("GET", "/api/oauth/apps/{app_id}/", { params: { app_id: Number(id) } });
  const managed = app.registration === "admin";
  const sections = [
    el("p", {}, el("a", { href: "#/apps" }, "All apps")),
    heading(app.name, registrationText(app.registration),
      el("a", { class: "button plain", href: activityUrl({ actor: `app:${app.client_id}` }) }, "Activity"),
      managed && button("Change", () => reloadAfter(changeApp(app), reload), { class: "plain" })),
    facts([
      ["Client id", copyable(app.client_id, { label: "Client id", copy: "Copy" })],
      ["Kind", APP_TYPES[app.app_type][0]],
      ["May ask for", el("span", { class: "chips" }, scopeChips(app.scopes))],
      ["Registered", el("span", {}, timeElement(app.created_at), " ", registrationBadge(app.registration))],
      ["Last used", app.last_used_at ? timeElement(app.last_used_at) : "Not yet"],
      ["Discovery document", el("a", { href: urlOf("/.well-known/openid-configuration") }, "openid-configuration")],
    ]),
    uriSection(app, managed, reload),
    app.secrets.length > 0 && secretSection(app, reload),
    app.registration !== "service" && el("section", { class: "danger-zone", "aria-labelledby": "delete" },
      el("h2", { id: "delete" }, "Delete this app"),
      el("p", {}, "Everybody’s access through it ends at once, and for good."),
      el("div", { class: "actions" }, button("Delete app", () => remove(app, goTo), { class: "danger plain" })),
    ),
  ];
  return sections.filter((section) => section !== false);
}

/**
 * @param {AppDetails} app
 * @param {boolean} managed
 * @param {Reload} reload
 */
function uriSection(app, managed, reload) {
  const kinds = /** @type {UriType[]} */ (Object.keys(URI_TYPES)).filter((kind) => managed || urisOf(app, kind).length > 0);
  return el("section", { "aria-labelledby": "redirect-uris" },
    el("div", { class: "row" },
      el("h2", { id: "redirect-uris" }, "Redirect URIs"),
      managed && button("Add URI", () => reloadAfter(askUri(app), reload), { class: "plain", icon: "plus" })),
    kinds.map((kind) => uriList(app, kind, managed, reload)),
  );
}

/**
 * @param {AppDetails} app
 * @param {UriType} kind
 */
const urisOf = (app, kind) => app.redirect_uris.filter((item) => item.uri_type === kind);

/**
 * @param {AppDetails} app
 * @param {UriType} kind
 * @param {boolean} managed
 * @param {Reload} reload
 */
function uriList(app, kind, managed, reload) {
  const [title, about] = URI_TYPES[kind];
  const found = urisOf(app, kind);
  return el("div", { class: "uris" },
    el("h3", { id: `uris-${kind}` }, title, el("span", { class: "quiet" }, ` · ${about}`)),
    found.length === 0
      ? el("p", { class: "quiet small" }, "None.")
      : el("ul", { class: "lines", "aria-labelledby": `uris-${kind}` }, found.map((item) => uriRow(app, item, managed, reload))),
  );
}

/**
 * @param {AppDetails} app
 * @param {RedirectUri} item
 * @param {boolean} managed
 * @param {Reload} reload
 */
function uriRow(app, item, managed, reload) {
  return el("li", {},
    el("code", { class: "grow" }, item.uri),
    managed && button("Remove", () => removeUri(app, item, reload), { class: "plain danger", "aria-label": `Remove ${item.uri}` }),
  );
}

/**
 * @param {AppDetails} app
 * @param {Reload} reload
 */
function secretSection(app, reload) {
  return el("section", { "aria-labelledby": "secrets" },
    el("div", { class: "row" },
      el("h2", { id: "secrets" }, "Secrets"),
      button("New secret", () => rotate(app, reload), { class: "plain" })),
    el("ul", { class: "lines", "aria-labelledby": "secrets" }, app.secrets.map((secret) =>
      el("li", {},
        el("code", { class: "grow" }, `${secret.prefix}…`),
        el("span", { class: "quiet small" },
          timeElement(secret.created_at, "made "),
          secret.expires_at ? ` · works until ${dateAndTime(secret.expires_at)}` : " · in use")))),
  );
}

/**
 * @param {Promise<unknown>} asked resolves to nothing when it was cancelled
 * @param {Reload} reload
 */
async function reloadAfter(asked, reload) {
  if (await asked) await reload();
}

/**
 * @param {AppDetails} app
 * @param {Reload} reload
 */
async function rotate(app, reload) {
  if (await rotateSecret(app)) await reload();
}

/**
 * @param {AppDetails} app
 * @param {RedirectUri} item
 * @param {Reload} reload
 */
async function removeUri(app, item, reload) {
  const gone = await confirm("Remove this URI?", `${item.uri} is refused from the next request on.`, {
    submit: "Remove",
    done: "The URI is removed.",
    work: () => call("DELETE", "/api/oauth/apps/{app_id}/redirect-uris/{uri_id}/", { params: { app_id: app.id, uri_id: item.id } }),
  });
  if (gone) await reload();
}

/**
 * @param {AppDetails} app
 * @param {PageContext["goTo"]} goTo
 */
async function remove(app, goTo) {
  const gone = await confirm(`Delete ${app.name}?`, "Whoever has let it in is disconnected at once. It cannot be brought back: registered anew, it has another client id.", {
    submit: "Delete app",
    work: () => call("DELETE", "/api/oauth/apps/{app_id}/", { params: { app_id: app.id } }),
  });
  if (gone) goTo("apps");
}
