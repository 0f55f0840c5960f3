// A single-page app: code and PKCE, refresh by one tab at a time, sign-out. Registered as spa: this page as callback and
// for logout, and its origin. config.json beside it: {"issuer": "https://…", "client_id": "ivc_…"}. None of it is secret.
const config = await (await fetch("config.json")).json();
const server = await (await fetch(`${config.issuer}/.well-known/openid-configuration`)).json();
const HERE = location.origin + location.pathname;
const SCOPE = "openid profile offline_access graph:search";

const element = (id) => document.getElementById(id);
const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const claimsOf = (jwt) => {
  const text = atob(jwt.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
};

// In storage, so that tabs share them and a reload keeps them. Any script on this origin can read them: load none of others.
const kept = () => JSON.parse(localStorage.getItem("tokens"));
const keep = (told) =>
  localStorage.setItem("tokens", JSON.stringify({ ...told, expires_at: Date.now() + told.expires_in * 1000 }));
// One tab at a time changes them. What another has just written may be seen a moment late; then a refresh is asked for
// once more, and answered with the same successor.
const alone = (work) => navigator.locks.request("tokens", work);

const post = (url, form) =>
  fetch(url, { method: "POST", body: new URLSearchParams({ client_id: config.client_id, ...form }) });

async function askToken(form) {
  const answer = await post(server.token_endpoint, form);
  const told = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(told.error_description), { code: told.error });
  return told;
}

async function signIn() {
  const asked = { state: random(), nonce: random(), verifier: random() };
  sessionStorage.setItem("asked", JSON.stringify(asked));
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(asked.verifier)); // https or loopback
  const query = new URLSearchParams({
    client_id: config.client_id, redirect_uri: HERE, response_type: "code", scope: SCOPE,
    state: asked.state, nonce: asked.nonce,
    code_challenge: base64url(new Uint8Array(hash)), code_challenge_method: "S256",
  });
  location.assign(`${server.authorization_endpoint}?${query}`);
}

/** Takes what came back, when this tab has asked for it (state), of the server that it asked (iss, RFC 9207). */
async function comeBack() {
  const came = Object.fromEntries(new URLSearchParams(location.search));
  const asked = JSON.parse(sessionStorage.getItem("asked"));
  history.replaceState(null, "", location.pathname);
  sessionStorage.removeItem("asked");
  if (!asked || came.state !== asked.state || came.iss !== server.issuer) return;
  if (came.error) throw new Error(`Not signed in: ${came.error}`);
  const told = await askToken({
    grant_type: "authorization_code", code: came.code, redirect_uri: HERE, code_verifier: asked.verifier,
  });
  if (claimsOf(told.id_token).nonce !== asked.nonce) throw new Error("This ID token was not asked for here.");
  await alone(() => keep(told));
}

/** An access token that is good, or null when nobody is signed in. `refused` is one that is good no more. */
const freshToken = (refused) =>
  alone(async () => {
    const tokens = kept();
    if (!tokens) return null;
    // Another tab may have refreshed while this one waited.
    if (tokens.access_token !== refused && Date.now() < tokens.expires_at - 60_000) return tokens.access_token;
    try {
      keep(await askToken({ grant_type: "refresh_token", refresh_token: tokens.refresh_token }));
    } catch (problem) {
      // Only these say that it is over. With anything else the tokens stay, and it is tried again.
      if (problem.code !== "invalid_grant" && problem.code !== "invalid_client") throw problem;
      localStorage.removeItem("tokens");
    }
    return kept()?.access_token ?? null;
  });

async function call(path) {
  const get = (token) => fetch(config.issuer + path, { headers: { Authorization: `Bearer ${token}` } });
  const token = await freshToken();
  if (!token) return null;
  const answer = await get(token);
  if (answer.status !== 401) return answer.json();
  const newer = await freshToken(token);
  return newer && (await get(newer)).json();
}

const signOut = () =>
  alone(async () => {
    const { refresh_token, id_token } = kept();
    localStorage.removeItem("tokens");
    await post(server.revocation_endpoint, { token: refresh_token }).catch(() => {}); // ends all that came of it
    const query = new URLSearchParams({ id_token_hint: id_token, post_logout_redirect_uri: HERE });
    location.assign(`${server.end_session_endpoint}?${query}`);
  });

async function search(words) {
  const found = await call(`/api/v1/graph/search?${new URLSearchParams({ q: words })}`);
  if (!found) return show();
  if (!found.results) return tell(found.detail);
  const titles = found.results.length ? found.results.map((each) => each.title) : ["Nothing found."];
  element("found").replaceChildren(
    ...titles.map((title) => Object.assign(document.createElement("li"), { textContent: title })),
  );
}

const tell = (text) => { element("who").value = text; };
function show() {
  const tokens = kept();
  tell(tokens ? `Signed in as ${claimsOf(tokens.id_token).name}.` : "Not signed in.");
  element("sign-in").hidden = Boolean(tokens);
  for (const id of ["search", "sign-out"]) element(id).hidden = !tokens;
  if (!tokens) element("found").replaceChildren();
}
const trying = (work) => work().catch((problem) => tell(problem.message));

element("sign-in").onclick = () => trying(signIn);
element("sign-out").onclick = () => trying(signOut);
element("search").onsubmit = (event) => {
  event.preventDefault();
  trying(() => search(event.target.elements.q.value));
};
addEventListener("storage", show); // another tab has signed in or out
show();
await trying(async () => { await comeBack(); show(); });
