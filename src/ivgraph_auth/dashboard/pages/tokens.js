import { confirm, dialog, form, textOf } from "../dialogs.js";
import { badge, button, copyable, el, emptyState } from "../elements.js";
import { SCOPES, date, isScope } from "../format.js";
import { call } from "../session.js";
import { activityUrl } from "./activity_filters.js";
import { heading, timeElement, workspaceName } from "./shared.js";
import { fields, readForm } from "./token_form.js";

/** @import { Me, PageContext, ServiceToken, TokenCreated } from "../types" */

const EVERY_WORKSPACE = "*";

/** @param {PageContext} context */
export async function tokens({ me, query, reload }) {
  const list = await call("GET", "/api/tokens/");
  // A refusal of the API leads here with the scopes that were missing.
  const wanted = query.get("scopes")?.split(",");
  const create = () => createToken(me, reload, wanted);
  return [
    heading("Service tokens", "A narrow key for one program. It can do what you tick, in the workspaces you tick, and never more than you can.",
      list.length > 0 && button("Create token", create, { icon: "plus" })),
    list.length === 0
      ? emptyState("No service tokens", "Give each agent one of its own, so that you can see what it does and take it back alone.", button("Create token", create, { icon: "plus" }))
      : el("ul", { class: "lines with-actions" }, list.map((token) => tokenRow(token, me, reload))),
  ];
}

/**
 * @param {ServiceToken} token
 * @param {Me} me
 * @param {PageContext["reload"]} reload
 */
function tokenRow(token, me, reload) {
  return el("li", { class: token.is_active ? null : "expired" },
    el("div", { class: "grow" },
      el("p", {}, el("span", { class: "strong" }, token.name), " ", el("code", { class: "quiet" }, `${token.prefix}…`), !token.is_active && badge("Expired", "warn")),
      el("p", { class: "chips" },
        token.scopes.map((scope) => el("span", { class: "chip", title: isScope(scope) && SCOPES[scope][1] }, scope)),
        workspacesOf(token, me).map((workspace) => el("span", { class: "chip place" }, workspace))),
      el("p", { class: "quiet small" },
        token.last_used_at ? timeElement(token.last_used_at, "Used ") : "Never used", " · ", timeElement(token.created_at, "created "), " · ",
        token.expires_at ? `${token.is_active ? "expires" : "expired"} ${date(token.expires_at)}` : "does not expire"),
    ),
    el("div", { class: "row-actions" },
      el("a", { class: "button plain", href: activityUrl({ actor: `service_token:${token.id}` }), "aria-label": `Activity of ${token.name}` }, "Activity"),
      button("Rename", () => rename(token, reload), { class: "plain", "aria-label": `Rename ${token.name}` }),
      button("Revoke", () => revoke(token, reload), { class: "plain danger", "aria-label": `Revoke ${token.name}` }),
    ),
  );
}

/**
 * @param {ServiceToken} token
 * @param {Me} me
 */
function workspacesOf(token, me) {
  if (token.workspace_ids.includes(EVERY_WORKSPACE)) return ["every workspace"];
  const known = new Map(me.workspaces.map((item) => [item.id, workspaceName(item)]));
  return token.workspace_ids.map((id) => known.get(id) ?? `${id.slice(0, 8)}… (no longer connected)`);
}

/**
 * @param {Me} me
 * @param {PageContext["reload"]} reload
 * @param {string[] | undefined} wanted scopes to tick beforehand
 */
async function createToken(me, reload, wanted) {
  const { scopes } = await call("GET", "/api/auth/validate/");
  const created = await dialog("Create a service token", (/** @type {(token?: TokenCreated) => void} */ close) =>
    form(fields({ scopes, workspaces: me.workspaces, ...(wanted && { wanted }) }), {
      submit: "Create token",
      close,
      work: (data) => call("POST", "/api/tokens/", { body: readForm(data) }),
    }),
    { wide: true },
  );
  if (!created) return;
  await showSecret(created);
  await reload();
}

/**
 * The only time that the token's text is shown.
 * @param {TokenCreated} created
 */
function showSecret({ name, token }) {
  const curl = `curl -H "Authorization: Bearer ${token}" ${location.origin}/api/auth/validate/`;
  return dialog(`${name} is ready`, (close) =>
    el("div", { class: "stack" },
      el("p", {}, "Copy the token now. It is stored here only as a hash, so it cannot be shown again."),
      copyable(token, { label: "Service token", copy: "Copy token" }),
      el("p", {}, "Try it:"),
      copyable(curl, { label: "Command to try it", copy: "Copy command", rows: 3 }),
      el("div", { class: "actions" }, el("button", { type: "button", onclick: () => close() }, "I have copied it")),
    ),
    { wide: true, dismissable: false },
  );
}

/**
 * @param {ServiceToken} token
 * @param {PageContext["reload"]} reload
 */
async function rename(token, reload) {
  const renamed = await dialog("Rename this token", (/** @type {(token?: ServiceToken) => void} */ close) => {
    const name = el("input", { name: "name", required: true, maxlength: 100, value: token.name, autocomplete: "off" });
    return form([el("label", {}, "Name", name)], {
      submit: "Save",
      close,
      work: (data) => call("PATCH", "/api/tokens/{token_id}/", { params: { token_id: token.id }, body: { name: textOf(data, "name") } }),
    });
  });
  if (renamed) await reload();
}

/**
 * @param {ServiceToken} token
 * @param {PageContext["reload"]} reload
 */
async function revoke(token, reload) {
  const gone = await confirm(`Revoke ${token.name}?`, "Whatever uses it is refused from the next request on. This cannot be taken back.", {
    submit: "Revoke token",
    done: `${token.name} is revoked.`,
    work: () => call("DELETE", "/api/tokens/{token_id}/", { params: { token_id: token.id } }),
  });
  if (gone) await reload();
}
