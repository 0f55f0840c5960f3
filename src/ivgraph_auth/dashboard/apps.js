// Apps of other people, as several pages show them.

import { badge, el } from "./elements.js";
import { APP_SCOPES, scopeText } from "./format.js";
import { lookUp } from "./api_names.js";
import { call } from "./session.js";

/** @import { AppType, Me, UriType } from "./types" */
/** @typedef {{ app_id: number, client_id: string, name: string }} KnownApp */

const MOST_NAMED = 100;

/** @type {Record<AppType, [name: string, about: string]>} */
export const APP_TYPES = {
  regular_web: ["Web app with a server", "Its server keeps a secret."],
  spa: ["Single-page app", "Runs in the browser and keeps no secret."],
  native: ["Native app or terminal", "Runs on people’s devices and keeps no secret."],
};

/** @type {Record<UriType, [name: string, about: string, example: string]>} */
export const URI_TYPES = {
  callback: ["Callback", "Where people come back to once they have decided.", "https://app.example.com/callback"],
  origin: ["Origin", "Pages from here may call this service from the browser.", "https://app.example.com"],
  logout: ["Logout", "Where people may be sent after they have signed out.", "https://app.example.com/bye"],
};

/**
 * Who answers for what an app says of itself.
 * @type {Record<string, [text: string, kind: "" | "good" | "warn", about: string]>}
 */
const REGISTRATIONS = {
  admin: ["Verified", "good", "An admin of this service registered it."],
  service: ["Part of this service", "good", "The service’s own pages."],
  dynamic: ["Not verified", "warn", "It registered itself. Its name is its own word."],
  metadata_document: ["Not verified", "warn", "It brought its own description. Its name is its own word."],
};

/** @param {string} registration */
export function registrationBadge(registration) {
  const [text, kind, about] = lookUp(REGISTRATIONS, registration) ?? ["Not verified", "warn", ""];
  const node = badge(text, kind);
  node.title = about;
  return node;
}

/** @param {string} registration */
export const registrationText = (registration) => lookUp(REGISTRATIONS, registration)?.[2] ?? registration;

/**
 * What an app may do, in words.
 * @param {string[]} scopes
 */
export function scopeChips(scopes) {
  return scopes.map((scope) => el("span", { class: "chip word", title: lookUp(APP_SCOPES, scope)?.[1] ?? scope }, scopeText(scope)));
}

/**
 * The host that serves an app’s description, for one that is named by its URL.
 * @param {string} clientId
 */
export const hostOf = (clientId) => (clientId.startsWith("https://") && URL.canParse(clientId) ? new URL(clientId).host : null);

/**
 * The newest of all apps, for admins; nothing for others.
 * @param {Me} me
 * @returns {Promise<KnownApp[]>}
 */
export async function registeredApps(me) {
  if (me.role !== "admin") return [];
  const { results } = await call("GET", "/api/oauth/apps/", { query: { limit: MOST_NAMED } });
  return results.map(({ id, client_id: client, name }) => ({ app_id: id, client_id: client, name }));
}

/**
 * Apps by name: those that the reader has let in, and for admins the newest of all.
 * @param {Me} me
 * @returns {Promise<KnownApp[]>}
 */
export async function knownApps(me) {
  const [mine, all] = await Promise.all([call("GET", "/api/auth/grants/"), registeredApps(me)]);
  return [...mine.results, ...all.filter((app) => !mine.results.some((known) => known.app_id === app.app_id))];
}
