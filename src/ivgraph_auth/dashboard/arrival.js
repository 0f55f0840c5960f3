// The way to Notion and back. Tokens are taken from the address bar only when this page asked for them.

import { at } from "./http.js";

const ASKED = "ivgraph.sign_in";
const ERRORS = {
  access_denied: "Sign-in was cancelled, or this workspace may not sign in here. Nothing was stored; try again.",
  invalid_grant: "That sign-in took too long or was used before. Try again.",
  temporarily_unavailable: "Notion did not answer. Try again in a minute.",
  server_error: "Sign-in does not work at the moment. Whoever runs this service finds the reason in its log.",
};

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** The challenge is for IVGRAPH_SIGNIN_HANDOFF=code (RFC 7636, S256); browsers hash on https and loopback only. */
export async function signIn() {
  const [state, verifier] = [random(), random()];
  const query = new URLSearchParams({ client_state: state });
  if (crypto.subtle) {
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    query.set("code_challenge", base64url(new Uint8Array(hash)));
  }
  const room = location.hash.startsWith("#/") ? location.hash : "";
  sessionStorage.setItem(ASKED, JSON.stringify({ state, verifier, room }));
  location.assign(at(`/api/integrations/auth/notion/?${query}`));
}

/**
 * What came back in the fragment, or null when there is nothing: `{access, expires_in}`, `{code, verifier}` or
 * `{refusal: "what happened"}`. The address bar and the history forget it at once. A fragment that starts with `#/` names
 * a room and is left alone.
 */
export function arrival() {
  if (!location.hash || location.hash.startsWith("#/")) return null;
  const given = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const asked = JSON.parse(sessionStorage.getItem(ASKED));
  const expected = asked !== null && given.state === asked.state;
  history.replaceState(null, "", location.pathname + (expected ? asked.room : ""));
  if (!expected) {
    return { refusal: "The address held a sign-in that this page did not ask for. It was ignored." };
  }
  sessionStorage.removeItem(ASKED);
  if (given.error) return { refusal: ERRORS[given.error] ?? "Sign-in failed. Try again." };
  return { ...given, verifier: asked.verifier };
}
