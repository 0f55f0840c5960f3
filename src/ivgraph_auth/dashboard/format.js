// Scopes, times and user agents, as people read them.

import { lookUp } from "./api_names.js";

/** @import { AppScope, Scope } from "./types" */

/**
 * What a scope allows: in short, and in a sentence.
 * @type {Record<Scope, [string, string]>}
 */
export const SCOPES = {
  "graph:search": ["Search the graph", "Find pages and databases by title."],
  "graph:read": ["Read the graph", "Details of a page or database, and page content."],
  "graph:neighbors": ["Follow links", "Neighbours of a page, and paths between two."],
  "notion:read": ["Read in Notion", "Call Notion's reading tools through the gateway."],
  "notion:write": ["Write in Notion", "Create and change pages through the gateway. Does not include reading."],
  "notion:comment": ["Comment in Notion", "Write, change and delete comments through the gateway. Does not include reading."],
  "notion:connect": ["Manage connections", "Start, list and verify connections to workspaces."],
};

/**
 * The same for apps, which may also ask who somebody is.
 * @type {Record<AppScope, [string, string]>}
 */
export const APP_SCOPES = {
  openid: ["Know who it is", "A lasting id of the person, and that they have signed in."],
  profile: ["See name and picture", "As Notion gave them."],
  email: ["See the e-mail address", "And whether Notion has verified it."],
  offline_access: ["Stay connected", "Go on while the person is away, until they withdraw it."],
  ...SCOPES,
};

/**
 * What a scope of an app allows, in short. One that this dashboard does not know is told by its name.
 * @param {string} scope
 */
export const scopeText = (scope) => lookUp(APP_SCOPES, scope)?.[0] ?? scope;

/**
 * Whether it is one of the scopes that this dashboard knows; the service may be newer.
 * @param {string} scope
 * @returns {scope is Scope}
 */
export const isScope = (scope) => Object.hasOwn(SCOPES, scope);

/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [
  ["year", 31557600],
  ["month", 2629800],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];
const timeFormat = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/**
 * "5 minutes ago", "in 3 months".
 * @param {string} moment
 */
export function relativeTime(moment, now = Date.now()) {
  const seconds = (new Date(moment).getTime() - now) / 1000;
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return timeFormat.format(Math.trunc(seconds / length), unit);
  }
  return seconds > 0 ? "in a moment" : "just now";
}

/** @param {string} moment */
export const date = (moment) => new Date(moment).toLocaleDateString("en", { dateStyle: "medium" });

/** @param {string} moment */
export const dateAndTime = (moment) =>
  new Date(moment).toLocaleString("en", { dateStyle: "medium", timeStyle: "medium" });

/** @typedef {[mark: string, name: string][]} Marks */

/** @type {Marks} */
const BROWSERS = [
  ["Edg/", "Edge"],
  ["OPR/", "Opera"],
  ["Firefox/", "Firefox"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
  ["curl/", "curl"],
];
/** @type {Marks} */
const SYSTEMS = [
  ["Android", "Android"],
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Windows", "Windows"],
  ["Mac OS X", "macOS"],
  ["Linux", "Linux"],
];

/**
 * "Firefox on Linux". A user agent says what it likes, so this is a hint and no proof.
 * @param {string | null} userAgent
 */
export function device(userAgent) {
  if (!userAgent) return "Unknown program";
  /** @param {Marks} marks */
  const find = (marks) => marks.find(([mark]) => userAgent.includes(mark))?.[1];
  const [browser, system] = [find(BROWSERS), find(SYSTEMS)];
  if (!browser) return (userAgent.split(/[ (]/, 1)[0] ?? "").slice(0, 40);
  return system ? `${browser} on ${system}` : browser;
}
