import { confirm } from "../dialogs.js";
import { badge, button, el } from "../elements.js";
import { date, device } from "../format.js";
import { call, sessionIsOver, signOut } from "../session.js";
import { heading, timeElement } from "./shared.js";

/** @import { PageContext, Session } from "../types" */

/** @param {PageContext} context */
export async function sessions({ reload }) {
  const { results } = await call("GET", "/api/auth/sessions/");
  const currentFirst = results.sort((one, other) => Number(other.current) - Number(one.current));
  return [
    heading("Sessions", "Where you are signed in. Ending a session ends its access at once; service tokens stay.",
      button("Sign out everywhere", signOutEverywhere, { class: "danger plain" })),
    el("ul", { class: "lines" }, currentFirst.map((session) => sessionRow(session, reload))),
  ];
}

/**
 * @param {Session} session
 * @param {PageContext["reload"]} reload
 */
function sessionRow(session, reload) {
  const name = device(session.user_agent);
  const end = session.current
    ? button("Sign out", signOut, { class: "plain" })
    : button("End", () => endSession(session, name, reload), { class: "plain", "aria-label": `End ${name}, ${session.address ?? "unknown address"}` });
  return el("li", {},
    el("div", { class: "grow" },
      el("p", { title: session.user_agent }, el("span", { class: "strong" }, name), session.current && badge("This one", "good")),
      el("p", { class: "quiet small" },
        session.address ?? "Unknown address", " · ", timeElement(session.last_used_at, "used "),
        el("span", { class: "wide-only" }, " · ", timeElement(session.created_at, "signed in "), ` · ends ${date(session.expires_at)} at the latest`)),
    ),
    end,
  );
}

/**
 * @param {Session} session
 * @param {string} name
 * @param {PageContext["reload"]} reload
 */
async function endSession(session, name, reload) {
  const ended = await confirm("End this session?", `${name} at ${session.address ?? "an unknown address"} is signed out at once.`, {
    submit: "End session",
    done: "Session ended.",
    work: () => call("DELETE", "/api/auth/sessions/{session_id}/", { params: { session_id: session.id } }),
  });
  if (ended) await reload();
}

async function signOutEverywhere() {
  const ended = await confirm("Sign out everywhere?", "Every session ends at once, this one too. Service tokens stay.", {
    submit: "Sign out everywhere",
    work: () => call("POST", "/api/auth/logout-all/"),
  });
  if (ended) sessionIsOver();
}
