// Takes tokens from the address bar only when it asked for them, and keeps them in this tab's memory alone.

const STATE = "ivgraph.client_state";
const ERRORS = {
  access_denied: "Sign-in was cancelled, or this workspace may not sign in here.",
  invalid_grant: "That sign-in took too long or was used before. Try again.",
  temporarily_unavailable: "Notion did not answer. Try again in a minute.",
  server_error: "Sign-in does not work at the moment. Whoever runs this service finds the reason in its log.",
};

const byId = (id) => document.getElementById(id);
let refresh = null;

function show(text) {
  byId("notice").textContent = text;
  byId("notice").hidden = false;
}

function signIn() {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  const state = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  sessionStorage.setItem(STATE, state);
  location.assign(`/api/integrations/auth/notion/?client_state=${state}`);
}

/** What came back in the fragment, if this page asked for it; the address bar and the history forget it at once. */
function arrival() {
  const given = new URLSearchParams(location.hash.slice(1));
  const expected = sessionStorage.getItem(STATE);
  if (location.hash) history.replaceState(null, "", location.pathname);
  if (!given.size) return null;
  if (!expected || given.get("state") !== expected) {
    show("The address held a sign-in that this page did not ask for. It was ignored.");
    return null;
  }
  sessionStorage.removeItem(STATE);
  return given;
}

async function ask(path, access, options = {}) {
  const headers = { Authorization: `Bearer ${access}`, "Content-Type": "application/json" };
  const response = await fetch(path, { ...options, headers, credentials: "omit" });
  const body = await response.json();
  if (!response.ok) throw new Error(body.detail);
  return body;
}

async function enter(access) {
  const me = await ask("/api/auth/me/", access);
  byId("who").textContent = me.name ?? me.email ?? `user ${me.id}`;
  byId("access").value = access;
  byId("workspaces").replaceChildren(...me.workspaces.map((workspace) => {
    const item = document.createElement("li");
    item.textContent = `${workspace.name ?? "Untitled"} (${workspace.id})`;
    return item;
  }));
  byId("signed-out").hidden = true;
  byId("signed-in").hidden = false;
}

async function signOut() {
  await ask("/api/auth/logout/", byId("access").value, { method: "POST", body: JSON.stringify({ refresh }) });
  location.reload();
}

async function start() {
  byId("sign-in").addEventListener("click", signIn);
  byId("copy").addEventListener("click", () => navigator.clipboard.writeText(byId("access").value));
  byId("sign-out").addEventListener("click", () => signOut().catch((problem) => show(problem.message)));
  const given = arrival();
  if (!given) return;
  if (given.has("error")) {
    show(ERRORS[given.get("error")] ?? "Sign-in failed. Try again.");
  } else if (given.has("access")) {
    refresh = given.get("refresh");
    await enter(given.get("access"));
  } else {
    show("This service hands a code to pages on another address. Sign in from there.");
  }
}

start().catch((problem) => show(problem.message));
