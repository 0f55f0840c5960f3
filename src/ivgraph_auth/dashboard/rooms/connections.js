import { confirm, dialog, form } from "../dialogs.js";
import { badge, button, el, empty, tell } from "../elements.js";
import { Problem } from "../http.js";
import { call } from "../session.js";
import { activityOf } from "./activity_filters.js";
import { heading, named, when, workspaceMark } from "./parts.js";

const NAME = /^[A-Za-z0-9._:-]{1,128}$/;
const EVERY = "*";

export async function connections({ me, again }) {
  const [found, tokens] = await Promise.all([all(), call("/api/tokens/")]);
  return [
    heading("Connections", "Notion workspaces that this service may act in for you, and for the tenants you named. What Notion gave is kept encrypted.",
      button("Connect a workspace", connect, { icon: "plus" })),
    found.length === 0
      ? empty("Nothing is connected", "Connect a workspace, and tokens can read what you allow there.")
      : el("ul", { class: "lines tokens" }, found.map((item) => line(item, { me, found, tokens, again }))),
  ];
}

async function all() {
  const found = [];
  let cursor = "";
  do {
    const page = await call(`/api/connections/?limit=100${cursor}`);
    found.push(...page.results);
    cursor = page.next_cursor && `&cursor=${encodeURIComponent(page.next_cursor)}`;
  } while (cursor);
  return found;
}

function line(item, { me, found, tokens, again }) {
  const good = item.status === "active";
  const name = named({ name: item.workspace_name, id: item.workspace_id });
  return el("li", { class: good ? null : "broken" },
    workspaceMark({ icon: item.workspace_icon, name: item.workspace_name }),
    el("div", { class: "grow" },
      el("p", {}, el("span", { class: "strong" }, name), badge(good ? "Connected" : "Needs consent", good ? "good" : "warn")),
      item.tenant_id !== item.workspace_id && el("p", { class: "quiet small" }, "Tenant ", el("code", {}, item.tenant_id)),
      item.capabilities.length > 0 && el("p", { class: "chips" }, item.capabilities.map((one) => el("span", { class: "chip" }, one.replaceAll("_", " ")))),
      el("p", { class: "quiet small" },
        item.owner.name ? `By ${item.owner.name} · ` : "", use(item), " · ",
        item.last_validated_at ? when(item.last_validated_at, "checked ") : "not checked yet"),
    ),
    el("div", { class: "tools" },
      el("a", { class: "button plain", href: activityOf(mine(item, me)), "aria-label": `Activity of ${name}, ${item.tenant_id}` }, "Activity"),
      good
        ? button("Check", () => check(item, name, again), { class: "plain", "aria-label": `Check ${name}` })
        : el("a", { class: "button", href: item.reauthorize_url }, "Reconnect"),
      button("Disconnect", () => disconnect(item, name, found, tokens, again), { class: "plain danger", "aria-label": `Disconnect ${name}, ${item.tenant_id}` }),
    ),
  );
}

function use({ usage_count: count, last_used_at: last }) {
  if (!last) return "not used yet";
  if (count < 2) return when(last, "used ");
  return el("span", {}, `used ${count.toLocaleString("en")} times, `, when(last, "last used "));
}

/** An admin sees the tenants of that name in every account. */
function mine(item, me) {
  return me.role === "admin" ? { tenant_id: item.tenant_id, account_id: me.id } : { tenant_id: item.tenant_id };
}

async function check(item, name, again) {
  const now = await call(`/api/connections/${encodeURIComponent(item.tenant_id)}/verify/`, { method: "POST" });
  await again();
  if (now.status === "active") tell(`${name} works.`);
  else tell(`Notion no longer accepts ${name}. Press Reconnect.`, "wrong");
}

function connect() {
  return dialog("Connect a workspace", (close) =>
    form(
      [
        el("p", {}, "Notion asks you next which workspace and pages. Give the connection a name of its own, so that programs can say which one they mean."),
        el("label", {}, "Name", el("input", { name: "name", required: true, maxlength: 128, placeholder: "research", autocomplete: "off", spellcheck: "false" })),
        el("p", { class: "quiet small" }, "Letters, digits, and . _ : - without blanks."),
      ],
      { submit: "Continue to Notion", close, work: (data) => begin(data.get("name").trim()) },
    ),
  );
}

async function begin(name) {
  if (!NAME.test(name)) throw new Problem("Write a name of letters, digits, and . _ : - without blanks.");
  const start = await call(`/oauth/authorize/notion?tenant_id=${encodeURIComponent(name)}`, { cookies: true });
  location.assign(start.authorizationUrl);
  await new Promise(() => {}); // the page goes away
}

async function disconnect(item, name, found, tokens, again) {
  const gone = await confirm(`Disconnect ${name}?`, loss(item, name, found, tokens), {
    submit: "Disconnect",
    work: () => call(`/api/connections/${encodeURIComponent(item.tenant_id)}/`, { method: "DELETE" }),
    done: `${name} is disconnected.`,
  });
  if (gone) await again();
}

/** Which tokens lose what: those with this workspace, when no other connection of it stays. */
function loss(item, name, found, tokens) {
  const stays = found.some((other) => other !== item && other.workspace_id === item.workspace_id);
  if (stays) return `Another connection to ${name} stays, so no service token loses it. What is stored for this one is destroyed.`;
  const hit = tokens.filter(({ is_active: active, workspace_ids: ids }) => active && (ids.includes(item.workspace_id) || ids.includes(EVERY)));
  const names = hit.map((token) => `“${token.name}”`).join(", ");
  const who = hit.length === 0 ? "No service token uses it." : `${hit.length === 1 ? "The token" : "The tokens"} ${names} cannot reach it from then on.`;
  return `${who} What is stored is destroyed, and revoked at Notion unless another tenant uses it.`;
}
