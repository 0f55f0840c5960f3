// One way to ask the service. What goes wrong is said in words that tell what to do.

/** @import { AnyRequestOptions, AuthorizedRequest, Method, NextStep } from "./types" */

/** @type {Record<string, string>} */
const ADVICE = {
  token_limit_reached: "You have ten active service tokens. Revoke one first.",
  workspace_not_connected: "A workspace is no longer connected to your account. Reload the page and choose again.",
  scope_not_allowed: "Your role no longer has one of these scopes. Reload the page and choose again.",
  not_found: "It is gone already. Reload the page to see what is there.",
  insufficient_role: "Your role may not do that. Ask whoever runs this service.",
};

/**
 * Where a path of the service is: on a host of its own, or below a path of a shared one.
 * @param {string} path
 */
export function urlOf(path) {
  const { pathname, search } = new URL(`..${path}`, import.meta.url);
  return pathname + search;
}

export class Problem extends Error {
  /**
   * `status` is 0 when no answer came. `next`: what the service says to do.
   * @param {string} message
   * @param {{ status?: number, code?: string, next?: NextStep[] }} given
   */
  constructor(message, { status = 0, code = "unreachable", next = [] } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.next = next;
  }
}

/**
 * The text that people read of anything that was thrown.
 * @param {unknown} problem
 */
export const messageOf = (problem) => (problem instanceof Error ? problem.message : String(problem));

/**
 * Where the service sends the person with it, if anywhere.
 * @param {unknown} problem
 * @returns {{ do: string, url: string } | null}
 */
export function linkOf(problem) {
  const steps = problem instanceof Problem ? problem.next : [];
  const step = steps.find(({ who, url }) => who === "person" && url && /^https?:/.test(url));
  return step?.url ? { do: step.do, url: step.url } : null;
}

/**
 * The answer's JSON, or null for 204. Raises Problem.
 *
 * The types of what goes in and what comes out are those of the OpenAPI document.
 */
export const request = /** @type {AuthorizedRequest} */ (/** @type {unknown} */ (send));

/**
 * @param {string | null} access
 * @param {Method} method
 * @param {string} path
 * @param {AnyRequestOptions} options
 * @returns {Promise<unknown>}
 */
async function send(access, method, path, { params = {}, query = {}, body, cookies = false } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (access) headers.Authorization = `Bearer ${access}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const target = urlOf(fillIn(path, params) + queryString(query));
  let response;
  try {
    response = await fetch(target, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      credentials: cookies ? "same-origin" : "omit",
      cache: "no-store",
    });
  } catch {
    throw new Problem("The service did not answer. Check your connection, then try again.");
  }
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw problemOf(response, answer);
  return answer;
}

/**
 * @param {string} path with `{name}` for what is filled in
 * @param {Record<string, string | number>} params
 */
const fillIn = (path, params) => path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name] ?? ""));

/** @param {NonNullable<AnyRequestOptions["query"]>} query */
function queryString(query) {
  const given = query instanceof URLSearchParams ? [...query] : Object.entries(query);
  const search = new URLSearchParams();
  for (const [name, value] of given) if (value !== null && value !== undefined) search.append(name, String(value));
  const text = String(search);
  return text && `?${text}`;
}

/**
 * @param {Response} response
 * @param {{ code?: string, detail?: string, errors?: { loc: (string | number)[], msg: string }[], next?: NextStep[], request_id?: string }} answer
 */
function problemOf(response, { code = "unknown", detail, errors, next = [], request_id: id }) {
  const { status } = response;
  const given = { status, code, next };
  const seconds = Number(response.headers.get("Retry-After"));
  if (status === 429) return new Problem(`Too many attempts. Wait ${seconds || 60} seconds, then try again.`, given);
  if (status === 503) return new Problem(detail ?? "The service is out of reach for a moment. Try again shortly.", given);
  if (status >= 500) return new Problem(`Something went wrong here. Whoever runs this service finds it in the log${id ? ` by the request id ${id}` : ""}.`, given);
  if (errors?.length) return new Problem(errors.map(({ loc, msg }) => `${loc.at(-1)}: ${msg}`).join("; "), given);
  return new Problem(ADVICE[code] ?? detail ?? `The service answered ${status}.`, given);
}
