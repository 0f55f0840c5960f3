// Synchronization of a workspace: what state it is in, how far a run is, and the buttons that start and stop it.

import { lookUp } from "../api_names.js";
import { badge, button, el } from "../elements.js";
import { dateAndTime, relativeTime } from "../format.js";
import { messageOf } from "../http.js";
import { SignedOut, call } from "../session.js";
import { gapList } from "./graph_words.js";
import { timeElement, workspaceName } from "./shared.js";

/** @import { GraphFreshness, Run, Workspace } from "../types" */

const ASK_EVERY_MS = 1500;
/** @type {Record<Run["phase"], string>} */
const PHASES = {
  search: "Reading what Notion lists",
  read: "Reading what those pages name",
  verify: "Looking for what is gone",
};
/** @type {Record<string, string>} */
const FAILURES = {
  needs_reauth: "Notion no longer accepts the connection. Reconnect it on the page Connections, then start again.",
  notion_unavailable: "Notion did not answer. Start it again in a while.",
  rate_limited: "Notion asked to wait for too long. Start it again in a while.",
  internal_error: "Something went wrong here. Whoever runs this service finds it in the log.",
};

/**
 * Follows a run that goes on for as long as the page stands. When one has ended, the page is built anew where there was
 * nothing to see before; elsewhere that is left to whoever looks at it.
 * @param {{ workspace: Workspace, fresh: GraphFreshness, run: Run | null, signal: AbortSignal, ask: () => Promise<GraphFreshness>, reload: () => Promise<void> }} options
 */
export function syncSection({ workspace, fresh: first, run, signal, ask, reload }) {
  let fresh = first;
  const node = el("section", { class: "graph-sync", "aria-label": "Synchronization" });
  const status = el("p", { class: "visually-hidden", role: "status" });
  const isWaiting = () => fresh.waiting.includes(workspace.id);

  const start = async () => {
    const started = await call("POST", "/api/notion-graph/sync/", { body: { workspace_id: workspace.id } });
    status.textContent = "The synchronization has started.";
    show(started);
    follow(started);
  };

  /** @param {Run} going */
  const stop = async (going) => {
    await call("DELETE", "/api/notion-graph/sync/{run_id}", { params: { run_id: going.id } });
    status.textContent = "The synchronization is being stopped.";
  };

  /**
   * @param {Run | null} last
   * @param {boolean} ended while the page stood
   */
  const show = (last, ended = false) => {
    const waiting = isWaiting();
    if (last?.status === "running") {
      node.replaceChildren(...progress(last), button("Stop", () => stop(last), { class: "plain" }));
      return;
    }
    const failed = last?.status === "failed";
    node.replaceChildren(
      el("div", { class: "grow" },
        el("p", {}, el("span", { class: "strong" }, workspaceName(workspace)), " ", stateBadge(fresh, waiting, last)),
        el("p", { class: "quiet small" }, stateText(fresh, waiting, last)),
        failed && el("p", { class: "small error" }, (lookUp(FAILURES, last.error ?? "") ?? `It ended with “${last.error}”.`)),
        gapList(fresh.gaps),
      ),
      ...(ended ? [button("Show what has changed", reload, { class: "plain" })] : []),
      button(waiting ? "Start the first synchronization" : "Synchronize now", start, { class: waiting ? null : "plain" }),
    );
  };

  /** @param {Run} going */
  const follow = async (going) => {
    let last = going;
    while (last.status === "running") {
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
      if (signal.aborted) return;
      try {
        last = await call("GET", "/api/notion-graph/sync/{run_id}", { params: { run_id: going.id } });
      } catch (problem) {
        if (problem instanceof SignedOut || signal.aborted) return;
        status.textContent = messageOf(problem);
        continue;
      }
      if (!signal.aborted) show(last);
    }
    if (isWaiting()) return reload();
    fresh = await ask().catch(() => fresh);
    if (signal.aborted) return;
    show(last, true);
    status.textContent = "The synchronization has ended.";
  };

  show(run);
  if (run?.status === "running") follow(run);
  return [status, node];
}

/** @param {Run} run */
function progress({ phase, seen, total, eta }) {
  const known = total > 0;
  return [
    el("div", { class: "grow" },
      el("p", {}, el("span", { class: "strong" }, `${lookUp(PHASES, phase) ?? "Reading"}…`)),
      el("progress", { "aria-label": "Progress of the synchronization", ...(known ? { max: total, value: Math.min(seen, total) } : {}) }),
      el("p", { class: "quiet small" },
        known ? `${seen.toLocaleString("en")} of about ${total.toLocaleString("en")}` : `${seen.toLocaleString("en")} so far`,
        eta ? ` · ends ${relativeTime(eta)}, if it goes on like that` : ""),
    ),
  ];
}

/**
 * @param {GraphFreshness} fresh
 * @param {boolean} waiting
 * @param {Run | null} last
 */
function stateBadge(fresh, waiting, last) {
  if (last?.status === "failed") return badge("Failed", "warn");
  if (last?.status === "stopped") return badge("Stopped", "warn");
  return waiting ? badge("Never read whole", "warn") : badge("Read", "good");
}

/**
 * @param {GraphFreshness} fresh
 * @param {boolean} waiting
 * @param {Run | null} last
 */
function stateText(fresh, waiting, last) {
  const tried = last?.finished_at && last.status !== "done" ? el("span", {}, " The last run ended ", timeElement(last.finished_at), ".") : null;
  if (waiting || !fresh.as_of) return el("span", {}, "This workspace has not been read whole yet; what is missing here may still exist in Notion.", tried);
  return el("span", { title: dateAndTime(fresh.as_of) }, "As it was in Notion ", timeElement(fresh.as_of), ".", tried);
}
