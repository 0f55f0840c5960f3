// An app as an admin registers and changes it.

import { APP_TYPES, URI_TYPES } from "../apps.js";
import { dialog, form, textOf } from "../dialogs.js";
import { copyable, el } from "../elements.js";
import { APP_SCOPES } from "../format.js";
import { Problem, messageOf } from "../http.js";
import { call } from "../session.js";

/** @import { App, AppCreated, AppDetails, AppScope, AppType, RedirectUri, UriType } from "../types" */

const WRITES = ["notion:write", "notion:comment", "notion:connect"];
/** @type {[hours: number, text: string][]} */
const OVERLAPS = [
  [24, "24 hours"],
  [72, "3 days"],
  [1, "1 hour"],
  [0, "No longer: it ends now"],
];

/** @typedef {{ app: AppCreated, trouble: string | null }} Registered */

/** @returns {Promise<AppCreated | undefined>} */
export async function registerApp() {
  const made = await dialog("Register an app", (/** @type {(made?: Registered) => void} */ close) =>
    form(
      [
        nameField(""),
        el("fieldset", {}, el("legend", {}, "What it is"), entriesOf(APP_TYPES).map(([value, [title, text]], place) =>
          choice({ type: "radio", name: "app_type", value, checked: place === 0 }, title, text))),
        el("label", {}, "Callback URI", el("input", { name: "uri", type: "url", maxlength: 2000, placeholder: URI_TYPES.callback[2], autocomplete: "off", spellcheck: "false" })),
        el("p", { class: "quiet small" }, `${URI_TYPES.callback[1]} You can add more later.`),
        scopeFields((scope) => !WRITES.includes(scope)),
      ],
      { submit: "Register app", close, work: create },
    ),
    { wide: true },
  );
  if (!made) return undefined;
  const { app, trouble } = made;
  await showCredentials(`${app.name} is registered`, app.client_id, app.client_secret, trouble);
  return app;
}

/**
 * With its first redirect URI. What is wrong with that is told beside the secret, which is shown only now.
 * @param {FormData} data
 * @returns {Promise<Registered>}
 */
async function create(data) {
  const uri = textOf(data, "uri");
  const type = textOf(data, "app_type");
  const { name, scopes } = readForm(data);
  const app = await call("POST", "/api/oauth/apps/", { body: { name, scopes, app_type: /** @type {AppType} */ (type) } });
  let trouble = null;
  try {
    if (uri) await addUri(app.id, uri, "callback");
  } catch (problem) {
    trouble = `The callback URI was not added (${messageOf(problem)}). Add another on the app’s page.`;
  }
  return { app, trouble };
}

/**
 * The only time that a secret is shown.
 * @param {string} title
 * @param {string} clientId
 * @param {string | null} secret
 * @param {string | null} trouble
 */
export function showCredentials(title, clientId, secret, trouble = null) {
  return dialog(title, (close) =>
    el("div", { class: "stack" },
      trouble && el("p", { class: "message", role: "alert" }, trouble),
      el("p", {}, secret ? "Copy the secret now. It is stored here only as a hash, so it cannot be shown again." : "It has no secret: it proves itself by PKCE at each sign-in."),
      el("p", { class: "strong" }, "client_id"),
      copyable(clientId, { label: "Client id", copy: "Copy id" }),
      secret && el("p", { class: "strong" }, "client_secret"),
      secret && copyable(secret, { label: "Client secret", copy: "Copy secret", rows: 2 }),
      el("div", { class: "actions" }, el("button", { type: "button", onclick: () => close() }, secret ? "I have copied it" : "Done")),
    ),
    { wide: true, dismissable: secret === null },
  );
}

/**
 * Another name, or other scopes.
 * @param {AppDetails} app
 */
export function changeApp(app) {
  return dialog(`Change ${app.name}`, (/** @type {(app?: App) => void} */ close) =>
    form(
      [
        nameField(app.name),
        scopeFields((scope) => app.scopes.includes(scope)),
        el("p", { class: "quiet small" }, "What you take away is gone at once, from whoever has allowed it too."),
      ],
      { submit: "Save", close, work: (data) => call("PATCH", "/api/oauth/apps/{app_id}/", { params: { app_id: app.id }, body: readForm(data) }) },
    ),
    { wide: true },
  );
}

/** @param {AppDetails} app */
export function askUri(app) {
  const types = entriesOf(URI_TYPES);
  const about = el("p", { class: "quiet small" });
  const input = el("input", { name: "uri", required: true, maxlength: 2000, autocomplete: "off", spellcheck: "false", inputmode: "url" });
  const select = el("select", { name: "uri_type" }, types.map(([value, [title]]) => el("option", { value }, title)));
  const update = () => {
    const [, text, example] = URI_TYPES[/** @type {UriType} */ (select.value)];
    about.textContent = text;
    input.placeholder = app.app_type === "native" && select.value !== "origin" ? "http://127.0.0.1/callback" : example;
  };
  select.addEventListener("change", update);
  update();
  return dialog("Add a redirect URI", (/** @type {(uri?: RedirectUri) => void} */ close) =>
    form([el("label", {}, "Kind", select), about, el("label", {}, "URI", input)], {
      submit: "Add",
      close,
      work: (data) => {
        const uri = textOf(data, "uri");
        if (!uri) throw new Problem("Write the URI, to the letter as the app sends it.");
        return addUri(app.id, uri, /** @type {UriType} */ (textOf(data, "uri_type")));
      },
    }),
  );
}

/**
 * @param {number} appId
 * @param {string} uri
 * @param {UriType} type
 */
const addUri = (appId, uri, type) => call("POST", "/api/oauth/apps/{app_id}/redirect-uris/", { params: { app_id: appId }, body: { uri, uri_type: type } });

/**
 * A new secret, which is shown once. Answers whether there is one.
 * @param {AppDetails} app
 */
export async function rotateSecret(app) {
  const made = await dialog("A new secret", (/** @type {(made?: { client_secret: string }) => void} */ close) =>
    form(
      [
        el("p", {}, "Give it to the app while the old one still works."),
        el("label", {}, "The old one works for", el("select", { name: "overlap" }, OVERLAPS.map(([hours, text]) => el("option", { value: hours }, text)))),
      ],
      {
        submit: "Make a new secret",
        close,
        work: (data) => call("POST", "/api/oauth/apps/{app_id}/secret/", { params: { app_id: app.id }, body: { overlap_hours: Number(textOf(data, "overlap")) } }),
      },
    ),
  );
  if (made) await showCredentials(`The new secret of ${app.name}`, app.client_id, made.client_secret);
  return made !== undefined;
}

/** @param {string} value */
function nameField(value) {
  return el("label", {}, "Name", el("input", { name: "name", required: true, maxlength: 100, value, placeholder: "Reports", autocomplete: "off" }));
}

/** @param {(scope: AppScope) => boolean} isChecked */
function scopeFields(isChecked) {
  return el("fieldset", {},
    el("legend", {}, "What it may ask for"),
    entriesOf(APP_SCOPES).map(([scope, [title, text]]) => choice({ type: "checkbox", name: "scopes", value: scope, checked: isChecked(scope) }, title, text, scope)),
  );
}

/**
 * @param {{ type: "checkbox" | "radio", name: string, value: string, checked: boolean }} attributes
 * @param {string} title
 * @param {string} text
 * @param {string | null} code
 */
function choice(attributes, title, text, code = null) {
  return el("label", { class: "checkbox" },
    el("input", attributes),
    el("span", {}, el("span", { class: "strong" }, title), code && el("code", { class: "quiet small" }, ` ${code}`), el("span", { class: "quiet small block" }, text)));
}

/** @param {FormData} data */
function readForm(data) {
  const name = textOf(data, "name");
  const scopes = /** @type {AppScope[]} */ (data.getAll("scopes").map(String));
  if (!name) throw new Problem("Give the app a name, which people read when it asks them.");
  if (scopes.length === 0) throw new Problem("Tick at least one thing that the app may ask for.");
  return { name, scopes };
}

/**
 * @template {string} K
 * @template V
 * @param {Record<K, V>} table
 */
const entriesOf = (table) => /** @type {[K, V][]} */ (Object.entries(table));
