import { badge, button, el, empty } from "../elements.js";
import { call } from "../session.js";
import { names } from "../sentences.js";
import { rows } from "./activity.js";
import { heading, named, when, workspaceMark } from "./parts.js";

const MOST_TOKENS = 10;

export async function overview({ me, go }) {
  const [tokens, sessions, audit] = await Promise.all([
    call("/api/tokens/"),
    call("/api/auth/sessions/"),
    call("/api/audit/?limit=5"),
  ]);
  const active = tokens.filter((token) => token.is_active);
  const used = tokens.map((token) => token.last_used_at).filter(Boolean).sort().at(-1);
  const first = me.name?.split(" ")[0];
  return [
    heading(first ? `Hello, ${first}` : "Overview", "What you have connected, and what can use it."),
    el("div", { class: "figures" },
      figure("tokens", "Service tokens", active.length, `of ${MOST_TOKENS} may be active`, used ? when(used, "Last used ") : "None used yet"),
      figure("sessions", "Sessions", sessions.results.length, sessions.results.length === 1 ? "this one" : "signed in", when(me.last_login_at, "Last sign-in ")),
      figure("connections", "Workspaces", me.workspaces.length, "connected", `Your role is ${me.role}`),
    ),
    el("section", { "aria-labelledby": "workspaces" },
      el("h2", { id: "workspaces" }, "Workspaces"),
      el("ul", { class: "cards" }, me.workspaces.map(workspace)),
    ),
    active.length === 0 && el("section", {},
      empty("No agent has a key yet", "A service token lets one program read what you choose, until you revoke it.", button("Create a service token", () => go("tokens"), { icon: "plus" })),
    ),
    el("section", { "aria-labelledby": "lately" },
      el("div", { class: "row" }, el("h2", { id: "lately" }, "Lately"), el("a", { href: "#/activity" }, "All activity")),
      rows(audit.results, names(me, tokens, sessions.results)),
    ),
  ].filter(Boolean);
}

function figure(room, label, count, unit, note) {
  return el("a", { class: "figure", href: `#/${room}` },
    el("span", { class: "quiet" }, label),
    el("span", {}, el("strong", {}, String(count)), " ", el("span", { class: "quiet" }, unit)),
    el("span", { class: "quiet small" }, note),
  );
}

function workspace(item) {
  const good = item.status === "active";
  return el("li", { class: "card" },
    workspaceMark(item),
    el("div", { class: "grow" }, el("p", { class: "strong" }, named(item)), el("p", { class: "quiet small" }, el("code", {}, item.id))),
    good ? badge("Connected", "good") : el("a", { href: "#/connections" }, "Needs consent"),
  );
}
