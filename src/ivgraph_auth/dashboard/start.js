// Takes tokens from the address bar only when it asked for them, and keeps them in this tab's memory alone.

const ASKED = "ivgraph.sign_in";
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

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** The challenge is for IVGRAPH_SIGNIN_HANDOFF=code (RFC 7636, S256); browsers hash on https and loopback only. */
async function signIn() {
  const [state, verifier] = [random(), random()];
  const query = new URLSearchParams({ client_state: state });
  if (crypto.subtle) {
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    query.set("code_challenge", base64url(new Uint8Array(hash)));
  }
  sessionStorage.setItem(ASKED, JSON.stringify({ state, verifier }));
  location.assign(`/api/integrations/auth/notion/?${query}`);
}

/** What came back in the fragment, if this page asked for it; the address bar and the history forget it at once. */
function arrival() {
  const given = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const asked = JSON.parse(sessionStorage.getItem(ASKED));
  if (location.hash) history.replaceState(null, "", location.pathname);
  if (Object.keys(given).length === 0) return null;
  if (!asked || given.state !== asked.state) {
    show("The address held a sign-in that this page did not ask for. It was ignored.");
    return null;
  }
  sessionStorage.removeItem(ASKED);
  return { ...given, verifier: asked.verifier };
}

async function ask(path, access, content) {
  const headers = access ? { Authorization: `Bearer ${access}` } : {};
  const body = content && JSON.stringify(content);
  if (body) headers["Content-Type"] = "application/json";
  const response = await fetch(path, { method: body ? "POST" : "GET", headers, body, credentials: "omit" });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail);
  return answer;
}

function listed(workspace) {
  const item = document.createElement("li");
  const id = document.createElement("code");
  id.textContent = workspace.id;
  item.append(workspace.name ?? "Untitled", id);
  return item;
}

async function enter(tokens) {
  const me = await ask("/api/auth/me/", tokens.access);
  const until = new Date(Date.now() + 1000 * tokens.expires_in);
  refresh = tokens.refresh;
  byId("who").textContent = me.name ?? me.email ?? `user ${me.id}`;
  byId("until").textContent = until.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  byId("access").value = tokens.access;
  byId("workspaces").replaceChildren(...me.workspaces.map(listed));
  byId("signed-out").hidden = true;
  byId("signed-in").hidden = false;
}

async function copy() {
  byId("access").select();
  await navigator.clipboard.writeText(byId("access").value);
  byId("copy").textContent = "Copied";
}

async function signOut() {
  await ask("/api/auth/logout/", byId("access").value, { refresh });
  location.reload();
}

async function arrive() {
  const given = arrival();
  if (given?.error) show(ERRORS[given.error] ?? "Sign-in failed. Try again.");
  if (given?.code) await enter(await ask("/api/auth/exchange/", null, { code: given.code, code_verifier: given.verifier }));
  if (given?.access) await enter(given);
}

const told = (step) => () => step().catch((problem) => show(problem.message));

byId("sign-in").addEventListener("click", told(signIn));
byId("copy").addEventListener("click", told(copy));
byId("sign-out").addEventListener("click", told(signOut));
window.addEventListener("hashchange", told(arrive));
told(arrive)();
