import { knownApps } from "../apps.js";
import { badge, button, el, emptyState } from "../elements.js";
import { device } from "../format.js";
import { messageOf } from "../http.js";
import { outcomeText } from "../outcomes.js";
import { namesOf, sentence } from "../sentences.js";
import { SignedOut, call } from "../session.js";
import { filters } from "./activity_filters.js";
import { heading, timeElement } from "./shared.js";

/** @import { AuditPage, AuditRow, Connection, PageContext } from "../types" */
/** @import { Names } from "../sentences.js" */

const ROWS = 50;
const MOST_SUGGESTED_TENANTS = 100;
/**
 * Where something came from that has neither address nor program.
 * @type {Record<string, string>}
 */
const ORIGINS = { operator: "On the command line", service: "By itself" };

/** @param {PageContext} context */
export async function activity({ me, query }) {
  const [tokens, sessions, apps, connections, firstPage] = await Promise.all([
    call("GET", "/api/tokens/"),
    call("GET", "/api/auth/sessions/"),
    knownApps(me),
    me.role === "viewer" ? [] : suggestedConnections(),
    fetchPage(query),
  ]);
  const list = activityList(firstPage, query, namesOf(me, tokens, sessions.results, apps));
  return [
    heading("Activity", me.role === "admin" ? "What happened here, on every account, the newest first." : "What happened on your account, the newest first."),
    filters({ me, query, tokens, sessions: sessions.results, apps, connections, show: list.show }),
    ...list.nodes,
  ];
}

/** @returns {Promise<Connection[]>} */
async function suggestedConnections() {
  return (await call("GET", "/api/connections/", { query: { limit: MOST_SUGGESTED_TENANTS } })).results;
}

/**
 * @param {URLSearchParams} filter
 * @param {string | null} cursor
 */
function fetchPage(filter, cursor = null) {
  const query = new URLSearchParams(filter);
  query.set("limit", String(ROWS));
  if (cursor) query.set("cursor", cursor);
  return call("GET", "/api/audit/", { query });
}

/**
 * The list with what is under it. `show(filter)` lists anew, and keeps to what was asked for last.
 * @param {AuditPage} firstPage
 * @param {URLSearchParams} firstFilter
 * @param {Names} names
 */
function activityList(firstPage, firstFilter, names) {
  const node = el("div", { class: "stack-tight", id: "activity-list" });
  const status = el("p", { class: "visually-hidden", role: "status" });
  let turn = 0;

  /**
   * @param {AuditPage} page
   * @param {URLSearchParams} filter
   */
  const fill = (page, filter) => {
    if (page.results.length === 0) {
      node.replaceChildren(nothing([...filter].length > 0));
      return;
    }
    const list = auditRows(page.results, names, { detailed: true });
    let cursor = page.next_cursor;
    const mine = turn;
    const more = button("More", async () => {
      const next = await fetchPage(filter, cursor);
      if (mine !== turn) return;
      list.append(...next.results.map((row) => auditRow(row, names, true)));
      cursor = next.next_cursor;
      more.hidden = cursor === null;
    }, { class: "plain" });
    more.hidden = cursor === null;
    node.replaceChildren(list, el("div", { class: "actions" }, more));
  };

  /** @param {URLSearchParams} filter */
  const show = async (filter) => {
    const mine = (turn += 1);
    node.setAttribute("aria-busy", "true");
    try {
      const page = await fetchPage(filter);
      if (mine !== turn) return;
      fill(page, filter);
      status.textContent = page.results.length === 0 ? "Nothing matches." : "The list shows what matches.";
    } catch (problem) {
      if (mine !== turn || problem instanceof SignedOut) return;
      node.replaceChildren(emptyState("This could not be loaded.", messageOf(problem), button("Try again", () => show(filter))));
    } finally {
      if (mine === turn) node.removeAttribute("aria-busy");
    }
  };

  fill(firstPage, firstFilter);
  return { nodes: [status, node], show };
}

/** @param {boolean} filtered */
function nothing(filtered) {
  return filtered
    ? emptyState("Nothing matches", "Nothing that is kept here passes every filter. Change one, or clear them all.")
    : emptyState("Nothing yet", "What happens on your account is listed here.");
}

/**
 * A list of audit rows; `detailed` says also by which program, and the ids of the request.
 * @param {AuditRow[]} rows
 * @param {Names} names
 */
export function auditRows(rows, names, { detailed = false } = {}) {
  if (rows.length === 0) return nothing(false);
  return el("ul", { class: "lines activity-rows" }, rows.map((row) => auditRow(row, names, detailed)));
}

/**
 * @param {AuditRow} row
 * @param {Names} names
 * @param {boolean} detailed
 */
function auditRow(row, names, detailed) {
  const ofOther = row.account_id !== null && row.account_id !== names.me;
  return el("li", {},
    el("div", { class: "grow" },
      el("p", {}, sentence(row, names), " ", outcomeBadge(row.outcome), " ", ofOther && badge(`account ${row.account_id}`)),
      el("p", { class: "quiet small" }, origin(row, names), detailed && requestIds(row)),
    ),
    el("span", { class: "quiet small end" }, timeElement(row.at)),
  );
}

/** @param {AuditRow["outcome"]} outcome */
function outcomeBadge(outcome) {
  if (outcome === "success") return null;
  return badge(outcomeText(outcome), outcome === "started" ? "" : "warn");
}

/**
 * @param {AuditRow} row
 * @param {Names} names
 */
function origin(row, names) {
  const session = row.actor.kind === "session" && names.sessions.get(row.actor.id ?? "");
  const program = session === "this session" ? session : row.user_agent && device(row.user_agent);
  return [program, row.address].filter(Boolean).join(" · ") || (ORIGINS[row.actor.kind] ?? "Unknown address");
}

/** @param {AuditRow} row */
function requestIds(row) {
  /** @type {[prefix: string, title: string, id: string | null][]} */
  const ids = [
    ["", "Request id, as in the service’s log", row.request_id],
    ["Notion’s ", "Notion’s request id", row.notion_request_id],
  ];
  return ids
    .filter(([, , id]) => id)
    .map(([prefix, title, id]) => el("span", { class: "wide-only" }, ` · ${prefix}`, el("code", { title }, id)));
}
