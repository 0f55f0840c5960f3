// For admins: the one subscription by which Notion tells of changes. It is made at Notion, by hand.

import { confirm, dialog } from "../dialogs.js";
import { badge, button, copyable, el, emptyState } from "../elements.js";
import { call } from "../session.js";
import { facts, heading, timeElement } from "./shared.js";

/** @import { Answer, PageContext } from "../types" */
/** @typedef {Answer<"GET", "/api/webhooks/notion/subscription/">} Subscription */

const LOOK_AGAIN_MS = 3000;
const SETTINGS = "https://www.notion.so/profile/integrations";

/** @param {PageContext} context */
export async function webhooks({ reload }) {
  const state = await call("GET", "/api/webhooks/notion/subscription/");
  if (state.door_open_until) lookAgain(state, reload);
  return [
    heading("Webhooks", "Notion tells this service what has changed, so that the graph is right within seconds.", stateBadge(state)),
    facts([
      ["Address", el("code", {}, state.url)],
      ["Token received", moment(state.token_received_at)],
      ["First webhook", moment(state.confirmed_at)],
      ["Last webhook", moment(state.last_event_at)],
    ]),
    el("section", { "aria-labelledby": "subscribe" },
      el("h2", { id: "subscribe" }, state.token_received_at ? "Subscribe again" : "Subscribe"),
      el("ol", {},
        el("li", {}, "Press ", el("em", {}, "Wait for Notion"), ". For ten minutes the token of a new subscription is taken."),
        el("li", {}, "In ", el("a", { href: SETTINGS, target: "_blank", rel: "noopener noreferrer" }, "Notion’s settings"), ", open the connection’s webhooks, and make a subscription for the address above."),
        el("li", {}, "Press ", el("em", {}, "Show the token"), " here, and paste it there."),
      ),
      el("div", { class: "actions" },
        button("Wait for Notion", () => wait(reload), { class: state.token_received_at ? "plain" : null }),
        state.token_received_at && !state.token_shown_at && button("Show the token", () => show(reload)),
        state.token_received_at && button("Remove", () => remove(reload), { class: "danger plain" }),
      ),
    ),
    el("section", { "aria-labelledby": "came" },
      el("h2", { id: "came" }, "Within a day"),
      state.events.length === 0 ? emptyState("Nothing came", "Webhooks that Notion sends are counted here.") : facts(state.events.map(({ type, outcome, count }) => [type || "Without a type", `${count} ${outcome}`])),
    ),
  ];
}

// Counts how often somebody began to look: the last one goes on.
let looking = 0;

/**
 * Builds the page anew once the token has come, or nobody waits for it any more.
 * @param {Subscription} before
 * @param {PageContext["reload"]} reload
 */
function lookAgain(before, reload) {
  const mine = (looking += 1);
  setTimeout(async () => {
    if (mine !== looking || !location.hash.startsWith("#/webhooks")) return;
    const state = await call("GET", "/api/webhooks/notion/subscription/").catch(() => before);
    if (mine !== looking || !location.hash.startsWith("#/webhooks")) return;
    if (state.door_open_until === before.door_open_until) lookAgain(before, reload);
    else await reload();
  }, LOOK_AGAIN_MS);
}

/** @param {Subscription} state */
function stateBadge(state) {
  if (state.door_open_until) return badge("Waiting for Notion", "warn");
  if (state.confirmed_at) return badge("Webhooks arrive", "good");
  return state.token_received_at ? badge("Not confirmed yet", "warn") : badge("Not subscribed");
}

/** @param {string | null} at */
const moment = (at) => (at ? timeElement(at) : "Not yet");

/** @param {PageContext["reload"]} reload */
async function wait(reload) {
  await call("POST", "/api/webhooks/notion/subscription/");
  await reload();
}

/** @param {PageContext["reload"]} reload */
async function show(reload) {
  const { verification_token: token } = await call("POST", "/api/webhooks/notion/subscription/reveal/");
  await dialog("Verification token", () =>
    el("div", { class: "stack" },
      el("p", {}, "Paste it into Notion’s settings. It is shown now and never again."),
      copyable(token, { label: "Verification token", rows: 2 }),
    ),
  );
  await reload();
}

/** @param {PageContext["reload"]} reload */
async function remove(reload) {
  const removed = await confirm("Remove the subscription?", "Nothing that Notion sends is taken any more. Delete the subscription in Notion’s settings too.", {
    submit: "Remove",
    work: () => call("DELETE", "/api/webhooks/notion/subscription/"),
    done: "The subscription is removed.",
  });
  if (removed) await reload();
}
