// Who is signed in here. The access token lives in this tab's memory and nowhere else; a new one comes by the browser
// session (an HttpOnly cookie), asked for by one tab and handed to the others.

import { Problem, ask } from "./http.js";
import { askOthers, listen, oneAtATime, say } from "./tabs.js";

const EARLY_S = 60;

let held = null; // {access, until}: from `until` (milliseconds since 1970) on a new one is asked for
const leaving = new Set();
const changing = new Set();

export class SignedOut extends Problem {}

export const onLeave = (work) => leaving.add(work);
/** `work` runs when somebody, or somebody else, signed in in another tab. */
export const onOther = (work) => changing.add(work);

/** From a sign-in that just arrived. */
export function enter({ access, expires_in: seconds }) {
  const early = Math.min(EARLY_S, seconds / 10);
  hold({ access, until: Date.now() + 1000 * (seconds - early) });
  say("session", { session: held });
}

export async function exchange(code, verifier) {
  enter(await ask("/api/auth/exchange/", { method: "POST", body: { code, code_verifier: verifier } }));
}

/** Whether somebody is signed in in this browser. */
export async function resume() {
  try {
    await token();
    return true;
  } catch (problem) {
    if (problem instanceof SignedOut) return false;
    throw problem;
  }
}

/** Asks the service as whoever is signed in. Raises SignedOut when nobody is any more, else Problem. */
export async function call(path, given = {}) {
  const access = await token();
  try {
    return await ask(path, { ...given, access });
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    return ask(path, { ...given, access: await token(access) });
  }
}

/** A good access token; not `refused`, which the service did not take. */
export async function token(refused = null) {
  if (good(held, refused)) return held.access;
  await oneAtATime(async () => {
    if (good(held, refused)) return;
    const theirs = await askOthers();
    if (good(theirs, refused)) hold(theirs);
    else await renew();
  });
  return held.access;
}

/** Ends this session everywhere: at the service, in this tab and in the others. */
export async function signOut() {
  try {
    await call(`/api/auth/sessions/${claims(await token()).sid}/`, { method: "DELETE" });
  } catch (problem) {
    if (!(problem instanceof SignedOut) && problem.status !== 404) throw problem;
  }
  left();
  say("left");
}

function left(reason = null) {
  held = null;
  leaving.forEach((work) => work(reason));
}

/** The session is over already, as after "sign out everywhere". */
export function leftEverywhere(reason = null) {
  left(reason);
  say("left");
}

async function renew() {
  try {
    enter(await ask("/api/auth/session/", { method: "POST", body: {}, cookies: true }));
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    const was = held !== null;
    const ended = "Your session has ended. Sign in again.";
    if (was) left(ended);
    throw new SignedOut(ended, { status: 401, code: "signed_out" });
  }
}

/** Answers whether that is somebody else than before. */
function hold(session) {
  const other = held === null || claims(held.access).sub !== claims(session.access).sub;
  held = session;
  return other;
}

const good = (session, refused) => session && session.access !== refused && session.until > Date.now();

/** Read, not verified: the service verifies. */
function claims(access) {
  const payload = access.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  return JSON.parse(atob(payload));
}

listen({
  question: ({ question }) => held && say("answer", { question, session: held }),
  session: ({ session }) => hold(session) && changing.forEach((work) => work()),
  left: () => held && left("You signed out in another tab."),
});
