// What the tabs of one browser tell each other. Nothing of it is stored anywhere.

/** @typedef {{ access: string, until: number }} HeldToken `until`, in milliseconds since 1970, is when to ask for a new one */
/**
 * @typedef {{ kind: "question", question: string }
 *   | { kind: "answer", question: string, held: HeldToken }
 *   | { kind: "signed in", held: HeldToken }
 *   | { kind: "signed out" }} Message
 */

// Another service on this host, below another path, has tabs of its own.
const NAME = `ivgraph${new URL("..", import.meta.url).pathname}`;
const WAIT_MS = 300;

const channel = new BroadcastChannel(NAME);

/**
 * `handle` is called with what another tab tells.
 * @param {(message: Message) => void} handle
 * @returns {() => void} stops listening
 */
export function listen(handle) {
  /** @param {MessageEvent<Message>} event */
  const listener = ({ data }) => handle(data);
  channel.addEventListener("message", listener);
  return () => channel.removeEventListener("message", listener);
}

/** @param {Message} message */
export function broadcast(message) {
  channel.postMessage(message);
}

/**
 * Runs in one tab at a time, where the browser can tell (https and loopback).
 * @param {() => Promise<void>} work
 */
export function oneAtATime(work) {
  return hasLocks() ? navigator.locks.request(`${NAME}.session`, work) : work();
}

/**
 * Asks the other tabs for their access token and takes the first answer; asks nobody when this is the only tab.
 * @returns {Promise<HeldToken | null>}
 */
export async function askOtherTabs() {
  if (!(await hasOtherTabs())) return null;
  const question = crypto.randomUUID();
  return new Promise((resolve) => {
    /** @param {HeldToken | null} held */
    const end = (held) => {
      clearTimeout(timeout);
      stop();
      resolve(held);
    };
    const stop = listen((message) => message.kind === "answer" && message.question === question && end(message.held));
    const timeout = setTimeout(() => end(null), WAIT_MS);
    broadcast({ kind: "question", question });
  });
}

// Held for as long as this tab lives, so that others can count it.
if (hasLocks()) navigator.locks.request(`${NAME}.tab`, { mode: "shared" }, () => new Promise(() => {}));

async function hasOtherTabs() {
  if (!hasLocks()) return false;
  const { held } = await navigator.locks.query();
  return (held ?? []).filter((lock) => lock.name === `${NAME}.tab`).length > 1;
}

/** Browsers have them on https and loopback only. */
function hasLocks() {
  return "locks" in navigator;
}
