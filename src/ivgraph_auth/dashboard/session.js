// Who is signed in here. The access token lives in this tab's memory and nowhere else; a new one comes by the browser
// session (an HttpOnly cookie), asked for by one tab and handed to the others.

import { Problem, request } from "./http.js";
import { askOtherTabs, broadcast, listen, oneAtATime } from "./tabs.js";

/** @import { Call } from "./types" */
/** @import { HeldToken } from "./tabs.js" */

const EARLY_S = 60;

/** @type {HeldToken | null} */
let held = null;
/** @type {Set<(reason: string | null) => void>} */
const signedOutListeners = new Set();
/** @type {Set<() => void>} */
const userChangedListeners = new Set();

export class SignedOut extends Problem {}

/** @param {(reason: string | null) => void} listener */
export const onSignedOut = (listener) => signedOutListeners.add(listener);

/**
 * For when somebody, or somebody else, signed in in another tab.
 * @param {() => void} listener
 */
export const onUserChanged = (listener) => userChangedListeners.add(listener);

/**
 * Takes an access token into use that was just given out, and hands it to the other tabs.
 * @param {{ access: string, expires_in: number }} given
 */
export function setToken({ access, expires_in: seconds }) {
  const early = Math.min(EARLY_S, seconds / 10);
  const fresh = { access, until: Date.now() + 1000 * (seconds - early) };
  hold(fresh);
  broadcast({ kind: "signed in", held: fresh });
}

/**
 * @param {string} code
 * @param {string} verifier
 */
export async function exchange(code, verifier) {
  setToken(await request(null, "POST", "/api/auth/exchange/", { body: { code, code_verifier: verifier } }));
}

/** Whether somebody is signed in in this browser. */
export async function resume() {
  try {
    await accessToken();
    return true;
  } catch (problem) {
    if (problem instanceof SignedOut) return false;
    throw problem;
  }
}

/**
 * Asks the service as whoever is signed in. Raises SignedOut when nobody is any more, else Problem.
 * @type {Call}
 */
export async function call(method, path, ...options) {
  const access = await accessToken();
  try {
    return await request(access, method, path, ...options);
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.status !== 401) throw problem;
    return request(await accessToken(access), method, path, ...options);
  }
}

/**
 * A good access token; not `refused`, which the service did not take.
 * @param {string | null} refused
 */
export async function accessToken(refused = null) {
  if (!isGood(held, refused)) await oneAtATime(() => replaceToken(refused));
  if (!held) throw new SignedOut("Nobody is signed in.", { status: 401, code: "signed_out" });
  return held.access;
}

/** @param {string | null} refused */
async function replaceToken(refused) {
  if (isGood(held, refused)) return;
  const theirs = await askOtherTabs();
  if (isGood(theirs, refused)) hold(theirs);
  else await renew();
}

/** Ends this session everywhere: at the service, in this tab and in the others. */
export async function signOut() {
  try {
    const { sid } = claimsOf(await accessToken());
    await call("DELETE", "/api/auth/sessions/{session_id}/", { params: { session_id: sid } });
  } catch (problem) {
    const over = problem instanceof SignedOut || (problem instanceof Problem && problem.status === 404);
    if (!over) throw problem;
  }
  sessionIsOver();
}

/**
 * The session has ended at the service already, as after "sign out everywhere".
 * @param {string | null} reason
 */
export function sessionIsOver(reason = null) {
  forget(reason);
  broadcast({ kind: "signed out" });
}

/** @param {string | null} reason */
function forget(reason) {
  held = null;
  signedOutListeners.forEach((listener) => listener(reason));
}

async function renew() {
  try {
    setToken(await request(null, "POST", "/api/auth/session/", { body: {}, cookies: true }));
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.status !== 401) throw problem;
    const ended = "Your session has ended. Sign in again.";
    if (held) forget(ended);
    throw new SignedOut(ended, { status: 401, code: "signed_out" });
  }
}

/**
 * Answers whether that is somebody else than before.
 * @param {HeldToken} token
 */
function hold(token) {
  const other = held === null || claimsOf(held.access).sub !== claimsOf(token.access).sub;
  held = token;
  return other;
}

/**
 * @param {HeldToken | null} token
 * @param {string | null} refused
 * @returns {token is HeldToken}
 */
function isGood(token, refused) {
  return token !== null && token.access !== refused && token.until > Date.now();
}

/**
 * Read, not verified: the service verifies.
 * @param {string} access
 * @returns {{ sub: string, sid: string }}
 */
function claimsOf(access) {
  const payload = (access.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
  return JSON.parse(atob(payload));
}

listen((message) => {
  if (message.kind === "question" && held) broadcast({ kind: "answer", question: message.question, held });
  if (message.kind === "signed in" && hold(message.held)) userChangedListeners.forEach((listener) => listener());
  if (message.kind === "signed out" && held) forget("You signed out in another tab.");
});
