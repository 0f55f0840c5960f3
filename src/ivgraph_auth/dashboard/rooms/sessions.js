import { badge, button, el } from "../elements.js";
import { confirm } from "../dialogs.js";
import { call, leftEverywhere, signOut } from "../session.js";
import { date, device } from "../words.js";
import { heading, when } from "./parts.js";

export async function sessions({ again }) {
  const { results } = await call("/api/auth/sessions/");
  return [
    heading("Sessions", "Where you are signed in. Ending a session ends its access at once; service tokens stay.",
      button("Sign out everywhere", everywhere, { class: "danger plain" })),
    el("ul", { class: "lines" }, results.sort((one, other) => other.current - one.current).map((item) => line(item, again))),
  ];
}

function line(item, again) {
  const name = device(item.user_agent);
  const end = item.current
    ? button("Sign out", signOut, { class: "plain" })
    : button("End", () => finish(item, name, again), { class: "plain", "aria-label": `End ${name}, ${item.address ?? "unknown address"}` });
  return el("li", {},
    el("div", { class: "grow" },
      el("p", { title: item.user_agent }, el("span", { class: "strong" }, name), item.current && badge("This one", "good")),
      el("p", { class: "quiet small" }, item.address ?? "Unknown address", " · ", when(item.last_used_at, "used "), el("span", { class: "wide-only" }, " · ", when(item.created_at, "signed in "), ` · ends ${date(item.expires_at)} at the latest`)),
    ),
    end,
  );
}

async function finish(item, name, again) {
  const ended = await confirm("End this session?", `${name} at ${item.address ?? "an unknown address"} is signed out at once.`, {
    submit: "End session",
    done: "Session ended.",
    work: () => call(`/api/auth/sessions/${item.id}/`, { method: "DELETE" }),
  });
  if (ended) await again();
}

async function everywhere() {
  const ended = await confirm("Sign out everywhere?", "Every session ends at once, this one too. Service tokens stay.", {
    submit: "Sign out everywhere",
    work: () => call("/api/auth/logout-all/", { method: "POST" }),
  });
  if (ended) leftEverywhere();
}
