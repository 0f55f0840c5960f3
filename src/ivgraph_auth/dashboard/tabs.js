// What the tabs of one browser tell each other. Nothing of it is stored anywhere.

// Another service on this host, below another path, has tabs of its own.
const NAME = `ivgraph${new URL("..", import.meta.url).pathname}`;
const WAIT_MS = 300;

const channel = new BroadcastChannel(NAME);

/** `handlers`: what to do per kind of message. */
export function listen(handlers) {
  channel.addEventListener("message", ({ data }) => handlers[data.kind]?.(data));
}

export function say(kind, content = {}) {
  channel.postMessage({ kind, ...content });
}

/** Runs in one tab at a time, where the browser can tell (https and loopback). */
export function oneAtATime(work) {
  return navigator.locks ? navigator.locks.request(`${NAME}.session`, work) : work();
}

/** Asks the other tabs and takes the first answer, or null; asks nobody when this is the only tab. */
export async function askOthers() {
  if (!(await others())) return null;
  const question = crypto.randomUUID();
  return new Promise((resolve) => {
    const hear = ({ data }) => data.kind === "answer" && data.question === question && end(data.session);
    const late = setTimeout(() => end(null), WAIT_MS);
    const end = (session) => {
      clearTimeout(late);
      channel.removeEventListener("message", hear);
      resolve(session);
    };
    channel.addEventListener("message", hear);
    say("question", { question });
  });
}

// Held for as long as this tab lives, so that others can count it.
navigator.locks?.request(`${NAME}.tab`, { mode: "shared" }, () => new Promise(() => {}));

async function others() {
  if (!navigator.locks) return false;
  const { held } = await navigator.locks.query();
  return held.filter((lock) => lock.name === `${NAME}.tab`).length > 1;
}
