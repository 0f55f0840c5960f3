import { badge, button, el, empty } from "../elements.js";
import { names, outcome, sentence } from "../sentences.js";
import { SignedOut, call } from "../session.js";
import { device } from "../words.js";
import { filters } from "./activity_filters.js";
import { heading, when } from "./parts.js";

const PAGE = 50;
const SUGGESTED = 100;
const NOWHERE = { operator: "On the command line", service: "By itself" };

export async function activity({ me, query }) {
  const [tokens, sessions, connections, first] = await Promise.all([
    call("/api/tokens/"),
    call("/api/auth/sessions/"),
    me.role === "viewer" ? { results: [] } : call(`/api/connections/?limit=${SUGGESTED}`),
    page(query),
  ]);
  const list = pages(first, query, names(me, tokens, sessions.results));
  return [
    heading("Activity", me.role === "admin" ? "What happened here, on every account, the newest first." : "What happened on your account, the newest first."),
    filters({ me, query, tokens, sessions: sessions.results, connections: connections.results, show: list.show }),
    ...list.nodes,
  ];
}

function page(query, cursor = null) {
  const asked = new URLSearchParams(query);
  asked.set("limit", PAGE);
  if (cursor) asked.set("cursor", cursor);
  return call(`/api/audit/?${asked}`);
}

/** The list with what is under it. `show(query)` lists anew, and keeps to what was asked for last. */
function pages(first, query, known) {
  const node = el("div", { class: "stack-tight", id: "happened" });
  const told = el("p", { class: "unseen", role: "status" });
  let turn = 0;

  const fill = (found, asked) => {
    if (found.results.length === 0) return node.replaceChildren(nothing([...asked].length > 0));
    const list = rows(found.results, known, { whole: true });
    let next = found.next_cursor;
    const mine = turn;
    const more = button("More", async () => {
      const after = await page(asked, next);
      if (mine !== turn) return;
      list.append(...after.results.map((row) => line(row, known, true)));
      next = after.next_cursor;
      more.hidden = next === null;
    }, { class: "plain" });
    more.hidden = next === null;
    node.replaceChildren(list, el("div", { class: "actions" }, more));
  };

  const show = async (asked) => {
    const mine = (turn += 1);
    node.setAttribute("aria-busy", "true");
    try {
      const found = await page(asked);
      if (mine !== turn) return;
      fill(found, asked);
      told.textContent = found.results.length === 0 ? "Nothing matches." : "The list shows what matches.";
    } catch (problem) {
      if (mine !== turn || problem instanceof SignedOut) return;
      node.replaceChildren(empty("This could not be loaded.", problem.message, button("Try again", () => show(asked))));
    } finally {
      if (mine === turn) node.removeAttribute("aria-busy");
    }
  };

  fill(first, query);
  return { nodes: [told, node], show };
}

function nothing(filtered) {
  return filtered
    ? empty("Nothing matches", "Nothing that is kept here passes every filter. Change one, or clear them all.")
    : empty("Nothing yet", "What happens on your account is listed here.");
}

/** A list of audit rows; `whole` tells also where each came from. */
export function rows(records, known, { whole = false } = {}) {
  if (records.length === 0) return nothing(false);
  return el("ul", { class: "lines happened" }, records.map((row) => line(row, known, whole)));
}

function line(row, known, whole) {
  const other = row.account_id !== null && row.account_id !== known.me;
  return el("li", {},
    el("div", { class: "grow" },
      el("p", {}, sentence(row, known), " ", mark(row.outcome), " ", other && badge(`account ${row.account_id}`)),
      el("p", { class: "quiet small" }, origin(row, known), whole && ids(row)),
    ),
    el("span", { class: "quiet small end" }, when(row.at)),
  );
}

function mark(word) {
  if (word === "success") return null;
  return badge(outcome(word), word === "started" ? "" : "warn");
}

function origin(row, known) {
  const session = row.actor.kind === "session" && known.sessions.get(row.actor.id);
  const program = session === "this session" ? session : row.user_agent && device(row.user_agent);
  return [program, row.address].filter(Boolean).join(" · ") || (NOWHERE[row.actor.kind] ?? "Unknown address");
}

function ids(row) {
  const told = [["", "Request id, as in the service’s log", row.request_id], ["Notion’s ", "Notion’s request id", row.notion_request_id]];
  return told.filter(([, , id]) => id).map(([words, title, id]) => el("span", { class: "wide-only" }, ` · ${words}`, el("code", { title }, id)));
}
