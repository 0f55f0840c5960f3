// The dashboard: a door for those who are signed out, rooms for those who are in.

import { arrival, signIn } from "./arrival.js";
import { button, el, icon, quiet, tell } from "./elements.js";
import { at } from "./http.js";
import { account } from "./rooms/account.js";
import { activity } from "./rooms/activity.js";
import { connections } from "./rooms/connections.js";
import { overview } from "./rooms/overview.js";
import { sessions } from "./rooms/sessions.js";
import { tokens } from "./rooms/tokens.js";
import * as session from "./session.js";

// A room: `build(place)` answers its content; `place` is {me, query, go, again}, `query` what stands after its name. `roles`: whom it is for, when not for all.
const ROOMS = [
  { id: "overview", name: "Overview", build: overview },
  { id: "tokens", name: "Service tokens", icon: "token", build: tokens },
  { id: "connections", name: "Connections", icon: "link", build: connections, roles: ["member", "admin"] },
  { id: "sessions", name: "Sessions", icon: "session", build: sessions },
  { id: "activity", name: "Activity", build: activity },
  { id: "account", name: "Account", build: account },
];

const app = document.getElementById("app");
let me = null;
let turn = 0;

const open = () => ROOMS.filter(({ roles }) => !roles || roles.includes(me.role));
const address = () => location.hash.split("?"); // the room's, and what is asked of it
const wanted = () => open().find(({ id }) => address()[0] === `#/${id}`) ?? ROOMS[0];
const go = (id) => (location.hash = `#/${id}`);

function door(text = null) {
  turn += 1;
  me = null;
  document.title = "Sign in · IVGraph";
  document.querySelectorAll("dialog").forEach((open) => open.close());
  app.replaceChildren(
    el("main", { class: "door" },
      el("p", { class: "brand" }, el("img", { src: at("/static/icon.svg"), alt: "" }), "IVGraph"),
      el("h1", {}, "Hand agents a narrow key to Notion, and take it back in one click."),
      el("p", { class: "quiet" }, "Sign in with your Notion account to make service tokens, see what uses them, and end what you no longer want."),
      text && el("p", { class: "told" }, text),
      el("div", { class: "actions" }, button("Sign in with Notion", signIn)),
      el("p", { class: "foot quiet" }, el("a", { href: at("/docs") }, "API reference")),
    ),
  );
}

function frame() {
  const initial = (me.name ?? me.email ?? "?").trim().charAt(0).toUpperCase();
  const links = open().map(({ id, name, icon: picture }) =>
    el("a", { href: `#/${id}`, id: `to-${id}` }, icon(picture ?? id), el("span", {}, name)),
  );
  return [
    el("a", { class: "skip", href: "#room", onclick: (event) => (event.preventDefault(), document.getElementById("room").focus()) }, "Skip to content"),
    el("header", { class: "side" },
      el("p", { class: "brand" }, el("img", { src: at("/static/icon.svg"), alt: "" }), "IVGraph"),
      el("nav", { "aria-label": "Rooms" }, links),
      el("a", { class: "reference", href: at("/docs") }, icon("book"), "API reference"),
      el("div", { class: "who" },
        el("span", { class: "face", "aria-hidden": "true" }, initial),
        el("span", { class: "name" }, el("span", { id: "who" }, me.name ?? me.email ?? `user ${me.id}`), el("span", { class: "quiet" }, me.role)),
        button("", session.signOut, { class: "bare", icon: "leave", "aria-label": "Sign out", title: "Sign out" }),
      ),
    ),
    el("main", { id: "room", tabindex: "-1" }),
  ];
}

/** Builds the wanted room. One that was left meanwhile is not shown. */
async function show({ moved = false } = {}) {
  const mine = (turn += 1);
  const { id, name, build } = wanted();
  const room = document.getElementById("room");
  document.title = `${name} · IVGraph`;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.id === `to-${id}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.getElementById(`to-${id}`).scrollIntoView({ block: "nearest", inline: "center" });
  room.setAttribute("aria-busy", "true");
  try {
    const content = await build({ me, query: new URLSearchParams(address()[1]), go, again: () => show() });
    if (mine !== turn) return;
    room.replaceChildren(...content);
    room.className = id;
    if (moved) room.querySelector("h1").setAttribute("tabindex", "-1");
    if (moved) room.querySelector("h1").focus();
    if (moved) window.scrollTo(0, 0);
  } catch (problem) {
    if (mine !== turn || problem instanceof session.SignedOut) return;
    room.replaceChildren(
      el("h1", {}, name),
      el("div", { class: "empty" }, el("p", { class: "strong" }, "This could not be loaded."), el("p", { class: "quiet" }, problem.message), button("Try again", () => show())),
    );
  } finally {
    if (mine === turn) room.removeAttribute("aria-busy");
  }
}

async function inside() {
  me = await session.call("/api/auth/me/");
  app.replaceChildren(...frame());
  await show();
}

async function start(came) {
  if (came?.access) session.enter(came);
  if (came?.code) await session.exchange(came.code, came.verifier);
  if (await session.resume()) {
    await inside();
    if (came?.refusal) tell(came.refusal, "wrong");
  } else {
    door(came?.refusal);
  }
}

async function began(came) {
  try {
    await start(came);
  } catch (problem) {
    door(problem.message);
  }
}

window.addEventListener("hashchange", () => {
  const came = arrival();
  if (came) began(came);
  else if (me) quiet(), show({ moved: true });
});
window.addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
session.onLeave((reason) => door(reason));
session.onOther(() => began(null));
began(arrival());
