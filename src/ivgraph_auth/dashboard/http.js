// One way to ask the service. What goes wrong is told in words that say what to do.

const ADVICE = {
  token_limit_reached: "You have ten active service tokens. Revoke one first.",
  workspace_not_connected: "A workspace is no longer connected to your account. Reload the page and choose again.",
  scope_not_allowed: "Your role no longer has one of these scopes. Reload the page and choose again.",
  not_found: "It is gone already. Reload the page to see what is there.",
  insufficient_role: "Your role may not do that. Ask whoever runs this service.",
};

/** A path of the service, wherever it stands: on a host of its own or below a path of a shared one. */
export function at(path) {
  const { pathname, search } = new URL(`..${path}`, import.meta.url);
  return pathname + search;
}

export class Problem extends Error {
  /** `status` is 0 when no answer came. */
  constructor(message, { status = 0, code = "unreachable" } = {}) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The answer's JSON, or null for 204. Raises Problem. */
export async function ask(path, { method = "GET", access = null, body, cookies = false } = {}) {
  const headers = { Accept: "application/json" };
  if (access) headers.Authorization = `Bearer ${access}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const init = { method, headers, body: body && JSON.stringify(body), credentials: cookies ? "same-origin" : "omit" };
  let response;
  try {
    response = await fetch(at(path), { ...init, cache: "no-store" });
  } catch {
    throw new Problem("The service did not answer. Check your connection, then try again.");
  }
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw told(response, answer);
  return answer;
}

function told(response, { code = "unknown", detail, errors, request_id: id }) {
  const { status } = response;
  const given = { status, code };
  const seconds = Number(response.headers.get("Retry-After"));
  if (status === 429) return new Problem(`Too many attempts. Wait ${seconds || 60} seconds, then try again.`, given);
  if (status === 503) return new Problem(detail ?? "The service is out of reach for a moment. Try again shortly.", given);
  if (status >= 500) return new Problem(`Something went wrong here. Whoever runs this finds it by the request id ${id ?? "in the log"}.`, given);
  if (errors?.length) return new Problem(errors.map(({ loc, msg }) => `${loc.at(-1)}: ${msg}`).join("; "), given);
  return new Problem(ADVICE[code] ?? detail ?? `The service answered ${status}.`, given);
}
