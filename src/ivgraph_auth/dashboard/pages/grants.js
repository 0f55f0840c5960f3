// Apps that somebody has let in: what each reaches, and how to take it back.

import { hostOf, registrationBadge, scopeChips } from "../apps.js";
import { confirm } from "../dialogs.js";
import { button, el, emptyState } from "../elements.js";
import { call } from "../session.js";
import { activityUrl } from "./activity_filters.js";
import { heading, timeElement, workspaceName } from "./shared.js";

/** @import { Grant, Me, PageContext } from "../types" */

/** @param {PageContext} context */
export async function grants({ me, reload }) {
  const { results } = await call("GET", "/api/auth/grants/");
  return [
    heading("Apps I let in", "Apps that may act for you, within what you ticked and never more than you can. Withdraw one, and it has nothing from the next request on."),
    results.length === 0
      ? emptyState("You have let no app in", "An app asks you on a page of this service. What you allow there is listed here.")
      : el("ul", { class: "lines with-actions" }, results.map((grant) => grantRow(grant, me, reload))),
  ];
}

/**
 * @param {Grant} grant
 * @param {Me} me
 * @param {PageContext["reload"]} reload
 */
function grantRow(grant, me, reload) {
  const host = hostOf(grant.client_id);
  return el("li", {},
    el("div", { class: "grow" },
      el("p", {}, el("span", { class: "strong" }, grant.name), host && el("span", { class: "quiet" }, ` by ${host}`), registrationBadge(grant.registration)),
      el("p", { class: "chips" },
        scopeChips(grant.scopes),
        placesOf(grant, me).map((place) => el("span", { class: "chip place" }, place))),
      el("p", { class: "quiet small" },
        timeElement(grant.created_at, "Let in "), " · ",
        grant.last_used_at ? timeElement(grant.last_used_at, "last used ") : "not used yet"),
    ),
    el("div", { class: "row-actions" },
      el("a", { class: "button plain", href: activityUrl({ actor: `app:${grant.client_id}` }), "aria-label": `Activity of ${grant.name}` }, "Activity"),
      button("Withdraw", () => withdraw(grant, reload), { class: "plain danger", "aria-label": `Withdraw ${grant.name}` }),
    ),
  );
}

/**
 * The workspaces that it reaches: those that were ticked, as far as they are still connected.
 * @param {Grant} grant
 * @param {Me} me
 */
function placesOf(grant, me) {
  const reaches = grant.scopes.some((scope) => scope.includes(":"));
  if (!reaches) return [];
  const known = new Map(me.workspaces.map((item) => [item.id, workspaceName(item)]));
  const places = grant.workspace_ids.map((id) => known.get(id) ?? `${id.slice(0, 8)}… (no longer connected)`);
  return places.length > 0 ? places : ["no workspace"];
}

/**
 * @param {Grant} grant
 * @param {PageContext["reload"]} reload
 */
async function withdraw(grant, reload) {
  const gone = await confirm(`Withdraw ${grant.name}?`, "Its tokens end at once. To use it again, connect it anew and allow what it asks for.", {
    submit: "Withdraw",
    done: `${grant.name} is withdrawn.`,
    work: () => call("DELETE", "/api/auth/grants/{grant_id}/", { params: { grant_id: grant.id } }),
  });
  if (gone) await reload();
}
