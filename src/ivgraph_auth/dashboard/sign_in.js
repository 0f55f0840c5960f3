// The way to Notion and back. Tokens are taken from the address bar only when this page asked for them.

import { urlOf } from "./http.js";

/**
 * @typedef {{ access: string, expires_in: number }
 *   | { code: string, verifier: string }
 *   | { refusal: string | null }} SignInResult
 */

// Where this tab remembers what it asked for.
const ASKED = "ivgraph.sign_in";
/** @type {Record<string, string>} */
const ERRORS = {
  access_denied: "Sign-in was cancelled, or this workspace may not sign in here. Nothing was stored; try again.",
  invalid_grant: "That sign-in took too long or was used before. Try again.",
  temporarily_unavailable: "Notion did not answer. Try again in a minute.",
  server_error: "Sign-in does not work at the moment. Whoever runs this service finds the reason in its log.",
};

/** @param {Uint8Array} bytes */
const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** The challenge is for IVGRAPH_SIGNIN_HANDOFF=code (RFC 7636, S256); browsers hash on https and loopback only. */
export async function startSignIn() {
  const [state, verifier] = [random(), random()];
  const query = new URLSearchParams({ client_state: state });
  if ("subtle" in crypto) {
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    query.set("code_challenge", base64url(new Uint8Array(hash)));
  }
  const page = location.hash.startsWith("#/") ? location.hash : "";
  sessionStorage.setItem(ASKED, JSON.stringify({ state, verifier, page }));
  location.assign(urlOf(`/api/integrations/auth/notion/?${query}`));
}

/**
 * What came back in the fragment, or null when there is nothing. The address bar and the history forget it at once. A
 * fragment that starts with `#/` names a page and is left alone.
 * @returns {SignInResult | null}
 */
export function takeSignInResult() {
  if (!location.hash || location.hash.startsWith("#/")) return null;
  const given = new URLSearchParams(location.hash.slice(1));
  const asked = readAsked();
  const expected = asked !== null && given.get("state") === asked.state;
  history.replaceState(null, "", location.pathname + (expected ? asked.page : ""));
  if (!expected) {
    return { refusal: "The address held a sign-in that this page did not ask for. It was ignored." };
  }
  sessionStorage.removeItem(ASKED);
  const [error, code, access] = [given.get("error"), given.get("code"), given.get("access")];
  if (error) return { refusal: ERRORS[error] ?? "Sign-in failed. Try again." };
  if (code) return { code, verifier: asked.verifier };
  return access ? { access, expires_in: Number(given.get("expires_in")) } : { refusal: null };
}

/** @returns {{ state: string, verifier: string, page: string } | null} */
function readAsked() {
  const stored = sessionStorage.getItem(ASKED);
  return stored === null ? null : JSON.parse(stored);
}
