import { confirm, dialog, form, textOf } from "../dialogs.js";
import { badge, button, el, emptyState, notify } from "../elements.js";
import { Problem } from "../http.js";
import { call } from "../session.js";
import { activityUrl } from "./activity_filters.js";
import { heading, timeElement, workspaceIcon, workspaceName } from "./shared.js";

/** @import { Connection, Me, PageContext, ServiceToken } from "../types" */
/**
 * What the rows of the list need of the rest.
 * @typedef {{ me: Me, connections: Connection[], tokens: ServiceToken[], reload: PageContext["reload"] }} Context
 */

const TENANT = /^[A-Za-z0-9._:-]{1,128}$/;
const EVERY_WORKSPACE = "*";

/** @param {PageContext} context */
export async function connections({ me, reload }) {
  const [found, tokens] = await Promise.all([listAll(), call("GET", "/api/tokens/")]);
  return [
    heading("Connections", "Notion workspaces that this service may act in for you, and for the tenants you named. What Notion gave is kept encrypted.",
      button("Connect a workspace", connectWorkspace, { icon: "plus" })),
    found.length === 0
      ? emptyState("Nothing is connected", "Connect a workspace, and tokens can read what you allow there.")
      : el("ul", { class: "lines with-actions" }, found.map((item) => connectionRow(item, { me, connections: found, tokens, reload }))),
  ];
}

async function listAll() {
  const page = await call("GET", "/api/connections/", { query: { limit: 100 } });
  const found = page.results;
  let cursor = page.next_cursor;
  while (cursor) {
    const next = await call("GET", "/api/connections/", { query: { limit: 100, cursor } });
    found.push(...next.results);
    cursor = next.next_cursor;
  }
  return found;
}

/**
 * @param {Connection} item
 * @param {Context} context
 */
function connectionRow(item, context) {
  const works = item.status === "active";
  const name = nameOf(item);
  return el("li", { class: works ? null : "broken" },
    workspaceIcon({ icon: item.workspace_icon, name: item.workspace_name }),
    el("div", { class: "grow" },
      el("p", {}, el("span", { class: "strong" }, name), badge(works ? "Connected" : "Needs consent", works ? "good" : "warn")),
      item.tenant_id !== item.workspace_id && el("p", { class: "quiet small" }, "Tenant ", el("code", {}, item.tenant_id)),
      item.capabilities.length > 0 && el("p", { class: "chips" }, item.capabilities.map((one) => el("span", { class: "chip" }, one.replaceAll("_", " ")))),
      el("p", { class: "quiet small" },
        item.owner.name ? `By ${item.owner.name} · ` : "", lastUse(item), " · ",
        item.last_validated_at ? timeElement(item.last_validated_at, "checked ") : "not checked yet"),
    ),
    el("div", { class: "row-actions" },
      el("a", { class: "button plain", href: activityUrl(filterFor(item, context.me)), "aria-label": `Activity of ${name}, ${item.tenant_id}` }, "Activity"),
      works
        ? button("Check", () => check(item, context), { class: "plain", "aria-label": `Check ${name}` })
        : el("a", { class: "button", href: item.reauthorize_url }, "Reconnect"),
      button("Disconnect", () => disconnect(item, context), { class: "plain danger", "aria-label": `Disconnect ${name}, ${item.tenant_id}` }),
    ),
  );
}

/** @param {Connection} item */
const nameOf = (item) => workspaceName({ name: item.workspace_name, id: item.workspace_id });

/** @param {Connection} item */
function lastUse({ usage_count: count, last_used_at: last }) {
  if (!last) return "not used yet";
  if (count < 2) return timeElement(last, "used ");
  return el("span", {}, `used ${count.toLocaleString("en")} times, `, timeElement(last, "last used "));
}

/**
 * An admin sees the tenants of that name in every account.
 * @param {Connection} item
 * @param {Me} me
 * @returns {Record<string, string>}
 */
function filterFor(item, me) {
  return me.role === "admin" ? { tenant_id: item.tenant_id, account_id: me.id } : { tenant_id: item.tenant_id };
}

/**
 * @param {Connection} item
 * @param {Context} context
 */
async function check(item, { reload }) {
  const name = nameOf(item);
  const now = await call("POST", "/api/connections/{tenant_id}/verify/", { params: { tenant_id: item.tenant_id } });
  await reload();
  if (now.status === "active") notify(`${name} works.`);
  else notify(`Notion no longer accepts ${name}. Press Reconnect.`, "error");
}

function connectWorkspace() {
  return dialog("Connect a workspace", (close) =>
    form(
      [
        el("p", {}, "Notion asks you next which workspace and pages. Give the connection a name of its own, so that programs can say which one they mean."),
        el("label", {}, "Name", el("input", { name: "name", required: true, maxlength: 128, placeholder: "research", autocomplete: "off", spellcheck: "false" })),
        el("p", { class: "quiet small" }, "Letters, digits, and . _ : - without blanks."),
      ],
      { submit: "Continue to Notion", close, work: (data) => goToNotion(textOf(data, "name")) },
    ),
  );
}

/** @param {string} tenantId */
async function goToNotion(tenantId) {
  if (!TENANT.test(tenantId)) throw new Problem("Write a name of letters, digits, and . _ : - without blanks.");
  const start = await call("GET", "/oauth/authorize/notion", { query: { tenant_id: tenantId }, cookies: true });
  location.assign(start.authorizationUrl);
  await new Promise(() => {}); // the page goes away
}

/**
 * @param {Connection} item
 * @param {Context} context
 */
async function disconnect(item, context) {
  const name = nameOf(item);
  const gone = await confirm(`Disconnect ${name}?`, describeLoss(item, context), {
    submit: "Disconnect",
    work: () => call("DELETE", "/api/connections/{tenant_id}/", { params: { tenant_id: item.tenant_id } }),
    done: `${name} is disconnected.`,
  });
  if (gone) await context.reload();
}

/**
 * Which tokens lose what: those with this workspace, when no other connection of it stays.
 * @param {Connection} item
 * @param {Context} context
 */
function describeLoss(item, { connections, tokens }) {
  const stays = connections.some((other) => other !== item && other.workspace_id === item.workspace_id);
  if (stays) return `Another connection to ${nameOf(item)} stays, so no service token loses it. What is stored for this one is destroyed.`;
  const affected = tokens.filter(({ is_active: active, workspace_ids: ids }) => active && (ids.includes(item.workspace_id) || ids.includes(EVERY_WORKSPACE)));
  const names = affected.map((token) => `“${token.name}”`).join(", ");
  const who = affected.length === 0 ? "No service token uses it." : `${affected.length === 1 ? "The token" : "The tokens"} ${names} cannot reach it from then on.`;
  return `${who} What is stored is destroyed, and revoked at Notion unless another tenant uses it.`;
}
