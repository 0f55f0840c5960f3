import { badge, button, el, empty } from "../elements.js";
import { call } from "../session.js";
import { actor, event } from "../words.js";
import { heading, when } from "./parts.js";

const PAGE = 50;

export async function activity({ me }) {
  const everyone = me.role === "admin";
  const first = await call(`/api/audit/?limit=${PAGE}`);
  const list = rows(first.results, me, line);
  let next = first.next_cursor;
  const more = button("Show more", async () => {
    const page = await call(`/api/audit/?limit=${PAGE}&cursor=${encodeURIComponent(next)}`);
    list.append(...page.results.map((row) => line(row, me)));
    next = page.next_cursor;
    more.hidden = next === null;
  }, { class: "plain" });
  more.hidden = next === null;
  return [
    heading("Activity", everyone ? "What happened here, on every account, the newest first." : "What happened on your account, the newest first."),
    list,
    el("div", { class: "actions" }, more),
  ];
}

/** A list of audit rows; `shape` says how much of each is shown. */
export function rows(records, me, shape = brief) {
  if (records.length === 0) return empty("Nothing yet", "What happens on your account is listed here.");
  return el("ul", { class: "lines" }, records.map((row) => shape(row, me)));
}

function line(row, me) {
  const id = row.request_id && el("span", { class: "wide-only" }, " · ", el("code", { title: "Request id, as in the service's log" }, row.request_id));
  return brief(row, me, id);
}

function brief(row, me, more = null) {
  const refused = row.outcome !== "success";
  const other = row.account_id !== null && row.account_id !== me.id;
  const where = [actor(row.actor, me), row.address].filter(Boolean).join(" · ");
  return el("li", {},
    el("div", { class: "grow" },
      el("p", {}, el("span", { class: "strong" }, event(row.event)), refused && badge(row.outcome.replaceAll("_", " "), "warn"), other && badge(`account ${row.account_id}`), row.tenant_id && el("code", { class: "quiet small" }, ` ${row.tenant_id}`)),
      el("p", { class: "quiet small" }, `By ${where}`, more),
    ),
    el("span", { class: "quiet small end" }, when(row.at)),
  );
}
