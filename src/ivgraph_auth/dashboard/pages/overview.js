import { registeredApps } from "../apps.js";
import { badge, button, el, emptyState } from "../elements.js";
import { namesOf } from "../sentences.js";
import { call } from "../session.js";
import { auditRows } from "./activity.js";
import { heading, timeElement, workspaceIcon, workspaceName } from "./shared.js";

/** @import { Child, PageContext, Workspace } from "../types" */

const MOST_TOKENS = 10;

/** @param {PageContext} context */
export async function overview({ me, goTo }) {
  const [tokens, sessions, grants, apps, audit] = await Promise.all([
    call("GET", "/api/tokens/"),
    call("GET", "/api/auth/sessions/"),
    call("GET", "/api/auth/grants/"),
    registeredApps(me),
    call("GET", "/api/audit/", { query: { limit: 5 } }),
  ]);
  const active = tokens.filter((token) => token.is_active);
  const [lastUsed, lastUsedByApp] = [latest(tokens), latest(grants.results)];
  const firstName = me.name?.split(" ")[0];
  const sections = [
    heading(firstName ? `Hello, ${firstName}` : "Overview", "What you have connected, and what can use it."),
    el("div", { class: "counts" },
      count("tokens", "Service tokens", active.length, `of ${MOST_TOKENS} active`, lastUsed ? timeElement(lastUsed, "Last used ") : "None used yet"),
      count("sessions", "Sessions", sessions.results.length, sessions.results.length === 1 ? "this one" : "signed in", timeElement(me.last_login_at, "Last sign-in ")),
      count("grants", "Apps", grants.results.length, "let in", lastUsedByApp ? timeElement(lastUsedByApp, "Last used ") : "None used yet"),
      count("connections", "Workspaces", me.workspaces.length, "connected", `Your role is ${me.role}`),
    ),
    el("section", { "aria-labelledby": "workspaces" },
      el("h2", { id: "workspaces" }, "Workspaces"),
      el("ul", { class: "cards" }, me.workspaces.map(workspaceCard)),
    ),
    active.length === 0 && el("section", {},
      emptyState("No agent has a key yet", "A service token lets one program read what you choose, until you revoke it.", button("Create a service token", () => goTo("tokens"), { icon: "plus" })),
    ),
    el("section", { "aria-labelledby": "recent-activity" },
      el("div", { class: "row" }, el("h2", { id: "recent-activity" }, "Recent activity"), el("a", { href: "#/activity" }, "All activity")),
      auditRows(audit.results, namesOf(me, tokens, sessions.results, [...grants.results, ...apps])),
    ),
  ];
  return sections.filter((section) => section !== false);
}

/** @param {{ last_used_at: string | null }[]} items */
const latest = (items) => items.map((item) => item.last_used_at).filter((moment) => moment !== null).sort().at(-1);

/**
 * A number that leads to the page where it is told in full.
 * @param {string} page
 * @param {string} label
 * @param {number} number
 * @param {string} unit
 * @param {Child} note
 */
function count(page, label, number, unit, note) {
  return el("a", { class: "count", href: `#/${page}` },
    el("span", { class: "quiet" }, label),
    el("span", {}, el("strong", {}, String(number)), " ", el("span", { class: "quiet" }, unit)),
    el("span", { class: "quiet small" }, note),
  );
}

/** @param {Workspace} workspace */
function workspaceCard(workspace) {
  const works = workspace.status === "active";
  return el("li", { class: "card" },
    workspaceIcon(workspace),
    el("div", { class: "grow" }, el("p", { class: "strong" }, workspaceName(workspace)), el("p", { class: "quiet small" }, el("code", {}, workspace.id))),
    works ? badge("Connected", "good") : el("a", { href: "#/connections" }, "Needs consent"),
  );
}
