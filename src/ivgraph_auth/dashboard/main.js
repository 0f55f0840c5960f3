// The dashboard: a sign-in page for those who are signed out, and pages for those who are signed in.

import { button, byId, clearNotices, el, icon, notify, wordsOf } from "./elements.js";
import { messageOf, urlOf } from "./http.js";
import { account } from "./pages/account.js";
import { activity } from "./pages/activity.js";
import { apps } from "./pages/apps.js";
import { connections } from "./pages/connections.js";
import { grants } from "./pages/grants.js";
import { graph } from "./pages/graph.js";
import { overview } from "./pages/overview.js";
import { sessions } from "./pages/sessions.js";
import { tokens } from "./pages/tokens.js";
import { webhooks } from "./pages/webhooks.js";
import * as session from "./session.js";
import { startSignIn, takeSignInResult } from "./sign_in.js";

/** @import { SignInResult } from "./sign_in.js" */
/** @import { Me, Page } from "./types" */

/** @type {Page} */
const OVERVIEW = { id: "overview", name: "Overview", build: overview };
/** @type {Page[]} */
const PAGES = [
  OVERVIEW,
  { id: "graph", name: "Graph", build: graph },
  { id: "tokens", name: "Service tokens", icon: "token", build: tokens },
  { id: "connections", name: "Connections", icon: "link", build: connections, roles: ["member", "admin"] },
  { id: "grants", name: "Apps I let in", build: grants },
  { id: "sessions", name: "Sessions", icon: "session", build: sessions },
  { id: "activity", name: "Activity", build: activity },
  { id: "apps", name: "Apps", build: apps, roles: ["admin"] },
  { id: "webhooks", name: "Webhooks", icon: "webhook", build: webhooks, roles: ["admin"] },
  { id: "account", name: "Account", build: account },
];

const app = byId("app");
/** @type {Me | null} */
let me = null;
// Counts what was shown: an answer that comes after something newer is dropped.
let turn = 0;
// Aborted when what is shown goes away.
let leaving = new AbortController();

/** @param {Me} user */
const pagesOf = (user) => PAGES.filter(({ roles }) => !roles || roles.includes(user.role));

/** What the address asks for: a page, and what stands after its name. */
function readAddress() {
  const [hash = "", query = ""] = location.hash.split("?");
  return { hash, query: new URLSearchParams(query) };
}

/** @param {string} id */
const goTo = (id) => void (location.hash = `#/${id}`);

/** @param {string | null} message */
function showSignIn(message = null) {
  turn += 1;
  leaving.abort();
  me = null;
  document.title = "Sign in · IVGraph";
  document.querySelectorAll("dialog").forEach((open) => open.close());
  app.replaceChildren(
    el("main", { class: "sign-in" },
      el("p", { class: "brand" }, el("img", { src: urlOf("/static/icon.svg"), alt: "" }), "IVGraph"),
      el("h1", {}, "Hand agents a narrow key to Notion, and take it back in one click."),
      el("p", { class: "quiet" }, "Sign in with your Notion account to make service tokens, see what uses them, and end what you no longer want."),
      message && el("p", { class: "message" }, message),
      el("div", { class: "actions" }, button("Sign in with Notion", startSignIn)),
      el("p", { class: "foot quiet" }, el("a", { href: urlOf("/docs") }, "API reference")),
    ),
  );
}

/**
 * What stands around every page.
 * @param {Me} user
 */
function frame(user) {
  const initial = (user.name ?? user.email ?? "?").trim().charAt(0).toUpperCase();
  const links = pagesOf(user).map(({ id, name, icon: picture }) =>
    el("a", { href: `#/${id}`, id: `to-${id}` }, icon(picture ?? id), el("span", {}, name)),
  );
  return [
    el("a", { class: "skip", href: "#page", onclick: (event) => (event.preventDefault(), byId("page").focus()) }, "Skip to content"),
    el("header", { class: "sidebar" },
      el("p", { class: "brand" }, el("img", { src: urlOf("/static/icon.svg"), alt: "" }), "IVGraph"),
      el("nav", { "aria-label": "Main" }, links),
      el("a", { class: "reference", href: urlOf("/docs") }, icon("book"), "API reference"),
      el("div", { class: "who" },
        el("span", { class: "avatar", "aria-hidden": "true" }, initial),
        el("span", { class: "name" }, el("span", { id: "who" }, user.name ?? user.email ?? `user ${user.id}`), el("span", { class: "quiet" }, user.role)),
        button("", session.signOut, { class: "icon-button", icon: "leave", "aria-label": "Sign out", title: "Sign out" }),
      ),
    ),
    el("main", { id: "page", tabindex: "-1" }),
  ];
}

/**
 * Builds the page that the address names. One that was left meanwhile is not shown.
 * @param {Me} user
 */
async function showPage(user, { moved = false } = {}) {
  const mine = (turn += 1);
  leaving.abort();
  leaving = new AbortController();
  const { hash, query } = readAddress();
  const page = pagesOf(user).find(({ id }) => hash === `#/${id}`) ?? OVERVIEW;
  const main = byId("page");
  document.title = `${page.name} · IVGraph`;
  markLink(page);
  main.setAttribute("aria-busy", "true");
  try {
    const content = await page.build({ me: user, query, goTo, reload, signal: leaving.signal });
    if (mine !== turn) return;
    main.replaceChildren(...content);
    main.className = page.id;
    if (moved) focusHeading(main);
  } catch (problem) {
    if (mine !== turn || problem instanceof session.SignedOut) return;
    main.replaceChildren(
      el("h1", {}, page.name),
      el("div", { class: "empty" },
        el("p", { class: "strong" }, "This could not be loaded."),
        el("p", { class: "quiet" }, wordsOf(problem)),
        button("Try again", reload)),
    );
  } finally {
    if (mine === turn) main.removeAttribute("aria-busy");
  }
}

async function reload() {
  if (me) await showPage(me);
}

/** @param {Page} page */
function markLink({ id }) {
  for (const link of document.querySelectorAll("nav a")) {
    if (link.id === `to-${id}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  byId(`to-${id}`).scrollIntoView({ block: "nearest", inline: "center" });
}

/** @param {HTMLElement} main */
function focusHeading(main) {
  const heading = main.querySelector("h1");
  heading?.setAttribute("tabindex", "-1");
  heading?.focus();
  window.scrollTo(0, 0);
}

async function showApp() {
  const user = await session.call("GET", "/api/auth/me/");
  me = user;
  app.replaceChildren(...frame(user));
  await showPage(user);
}

/** @param {SignInResult | null} result */
async function open(result) {
  if (result && "access" in result) session.setToken(result);
  if (result && "code" in result) await session.exchange(result.code, result.verifier);
  const refusal = result && "refusal" in result ? result.refusal : null;
  if (await session.resume()) {
    await showApp();
    if (refusal) notify(refusal, "error");
  } else {
    showSignIn(refusal);
  }
}

/** @param {SignInResult | null} result */
async function start(result) {
  try {
    await open(result);
  } catch (problem) {
    showSignIn(messageOf(problem));
  }
}

window.addEventListener("hashchange", () => {
  const result = takeSignInResult();
  if (result) {
    start(result);
  } else if (me) {
    clearNotices();
    showPage(me, { moved: true });
  }
});
window.addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
session.onSignedOut(showSignIn);
session.onUserChanged(() => start(null));
start(takeSignInResult());
