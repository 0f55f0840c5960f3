import { confirm, dialog } from "../dialogs.js";
import { badge, button, copyable, el } from "../elements.js";
import { date } from "../format.js";
import { urlOf } from "../http.js";
import { accessToken, call, sessionIsOver } from "../session.js";
import { startSignIn } from "../sign_in.js";
import { facts, heading, timeElement } from "./shared.js";

/** @import { Me } from "../types" */

// Deleting an account needs a sign-in that is no older.
const FRESH_MINUTES = 10;

export async function account() {
  const me = await call("GET", "/api/auth/me/");
  const email = me.email
    ? el("span", {}, me.email, " ", badge(me.email_verified ? "Verified by Notion" : "Not verified", me.email_verified ? "good" : "warn"))
    : "Notion gave none";
  return [
    heading("Account", "Who you are here, as Notion said at your last sign-in."),
    facts([
      ["Name", me.name ?? "Notion gave none"],
      ["E-mail", email],
      ["Role", me.role],
      ["User id", el("code", {}, me.id)],
      ["Notion user id", el("code", {}, me.notion_user_id)],
      ["Here since", date(me.created_at)],
      ["Last sign-in", timeElement(me.last_login_at)],
    ]),
    el("section", { "aria-labelledby": "for-docs" },
      el("h2", { id: "for-docs" }, "Try the API as yourself"),
      el("p", {}, "The ", el("a", { href: urlOf("/docs") }, "API reference"), " signs you in for what apps may do. For all else, paste your access token there under ", el("em", {}, "Authorize"), ": it does all that you can, for as long as this session lives. Give programs a service token instead."),
      el("div", { class: "actions" }, button("Show my access token", showAccessToken, { class: "plain" })),
    ),
    el("section", { class: "danger-zone", "aria-labelledby": "delete" },
      el("h2", { id: "delete" }, "Delete my account"),
      el("p", {}, "Your connections are revoked at Notion; sessions, service tokens and everything else of yours is removed at once and for good. The audit trail keeps your user id alone."),
      el("div", { class: "actions" }, button("Delete my account", () => deleteAccount(me), { class: "danger plain" })),
    ),
  ];
}

async function showAccessToken() {
  const access = await accessToken();
  await dialog("Access token", () =>
    el("div", { class: "stack" },
      el("p", {}, "Whoever has it can act as you. It works until you sign out, or for four hours unless set otherwise."),
      copyable(access, { label: "Access token", rows: 6 }),
    ),
    { wide: true },
  );
}

/** @param {Me} me */
async function deleteAccount(me) {
  if (Date.now() - new Date(me.last_login_at).getTime() > FRESH_MINUTES * 60_000) {
    await askToSignInAgain();
    return;
  }
  const gone = await confirm("Delete your account?", `Everything of ${me.name ?? "yours"} is removed at once and for good. Nobody can bring it back.`, {
    submit: "Delete my account",
    work: () => call("DELETE", "/api/auth/me/"),
  });
  if (gone) sessionIsOver("Your account is deleted.");
}

function askToSignInAgain() {
  return dialog("Sign in again first", () =>
    el("div", { class: "stack" },
      el("p", {}, `Deleting an account needs a sign-in of the last ${FRESH_MINUTES} minutes, so that nobody does it from a desk you left. You come back to this page.`),
      el("div", { class: "actions" }, button("Sign in with Notion", startSignIn)),
    ),
  );
}
