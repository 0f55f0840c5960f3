import { at } from "../http.js";
import { badge, button, copyable, el } from "../elements.js";
import { confirm, dialog } from "../dialogs.js";
import { signIn } from "../arrival.js";
import { call, leftEverywhere, token } from "../session.js";
import { date } from "../words.js";
import { facts, heading, when } from "./parts.js";

const FRESH_MINUTES = 10;

export async function account() {
  const me = await call("/api/auth/me/");
  const email = me.email
    ? el("span", {}, me.email, " ", badge(me.email_verified ? "Verified by Notion" : "Not verified", me.email_verified ? "good" : "warn"))
    : "Notion told none";
  return [
    heading("Account", "Who you are here, as Notion told it at your last sign-in."),
    facts([
      ["Name", me.name ?? "Notion told none"],
      ["E-mail", email],
      ["Role", me.role],
      ["User id", el("code", {}, me.id)],
      ["Notion user id", el("code", {}, me.notion_user_id)],
      ["Here since", date(me.created_at)],
      ["Last sign-in", when(me.last_login_at)],
    ]),
    el("section", { "aria-labelledby": "for-docs" },
      el("h2", { id: "for-docs" }, "Try the API as yourself"),
      el("p", {}, "An access token does all that you can, for as long as this session lives. Paste it under ", el("em", {}, "Authorize"), " in the ", el("a", { href: at("/docs") }, "API reference"), "; give programs a service token instead."),
      el("div", { class: "actions" }, button("Show my access token", reveal, { class: "plain" })),
    ),
    el("section", { class: "grave", "aria-labelledby": "delete" },
      el("h2", { id: "delete" }, "Delete my account"),
      el("p", {}, "Your connections are revoked at Notion; sessions, service tokens and everything else of yours is removed at once and for good. The audit trail keeps your user id alone."),
      el("div", { class: "actions" }, button("Delete my account", () => remove(me), { class: "danger plain" })),
    ),
  ];
}

async function reveal() {
  const access = await token();
  await dialog("Access token", () =>
    el("div", { class: "stack" },
      el("p", {}, "Whoever has it is you. It works until you sign out, or for four hours unless set otherwise."),
      copyable(access, { label: "Access token", rows: 6 }),
    ),
    { wide: true },
  );
}

async function remove(me) {
  if (Date.now() - new Date(me.last_login_at) > FRESH_MINUTES * 60_000) return again();
  const gone = await confirm("Delete your account?", `Everything of ${me.name ?? "yours"} is removed at once and for good. Nobody can bring it back.`, {
    submit: "Delete my account",
    work: () => call("/api/auth/me/", { method: "DELETE" }),
  });
  if (gone) leftEverywhere("Your account is deleted.");
}

function again() {
  return dialog("Sign in again first", () =>
    el("div", { class: "stack" },
      el("p", {}, `Deleting an account needs a sign-in of the last ${FRESH_MINUTES} minutes, so that nobody does it from a desk you left. You come back to this page.`),
      el("div", { class: "actions" }, button("Sign in with Notion", signIn)),
    ),
  );
}
