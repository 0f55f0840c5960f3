// What happened, as a sentence. The names of events are the API's: the type check fails when one is missing here, or is none.

import { device } from "./format.js";
import { grouped, lookUp } from "./api_names.js";
import { workspaceName } from "./pages/shared.js";

/** @import { KnownApp } from "./apps.js" */
/** @import { AuditRow, Event, Me, ServiceToken, Session } from "./types" */

/**
 * How to call what a row mentions by id only. `me` is the reader's account id.
 * Apps are known by their number, and by their client id.
 * @typedef {{
 *   me: string, tokens: Map<string, string>, sessions: Map<string, string>, workspaces: Map<string, string>, apps: Map<string, string>,
 * }} Names
 */
/** @typedef {(row: AuditRow, names: Names) => string} Phrase */
/** @typedef {"Calls to Notion" | "Service tokens" | "Connections" | "Apps" | "Sessions" | "Webhooks" | "Account"} EventGroup */

/**
 * @param {Me} me
 * @param {ServiceToken[]} tokens
 * @param {Session[]} sessions
 * @param {KnownApp[]} apps
 * @returns {Names}
 */
export function namesOf(me, tokens = [], sessions = [], apps = []) {
  return {
    me: me.id,
    tokens: new Map(tokens.map(({ id, name }) => [String(id), name])),
    sessions: new Map(sessions.map((item) => [item.id.replaceAll("-", ""), item.current ? "this session" : device(item.user_agent)])),
    workspaces: new Map(me.workspaces.map((item) => [item.id, workspaceName(item)])),
    apps: new Map(apps.flatMap(({ app_id: id, client_id: client, name }) => [[String(id), name], [client, name]])),
  };
}

/**
 * @param {string} id
 * @param {Names} names
 */
function tokenName(id, names, start = "service token") {
  const name = names.tokens.get(id);
  return name === undefined ? `${start} ${id}` : `${start} “${name}”`;
}

/**
 * @param {string} id its number, or its client id
 * @param {Names} names
 */
function appName(id, names, start = "app ") {
  const name = names.apps.get(id);
  return start + (name === undefined ? id : `“${name}”`);
}

/**
 * Of whoever acts for another both are told.
 * @type {Phrase}
 */
const actingApp = ({ actor }, names) => (actor.id ?? "").split(" for ").map((id, place) => appName(id, names, place === 0 ? "App " : "")).join(" for ");

/**
 * The tenant's name; of a sign-in's connection the workspace's.
 * @type {Phrase}
 */
const tenant = ({ tenant_id: id }, names) => names.workspaces.get(id ?? "") ?? id ?? "a workspace";

/** @type {Phrase} */
function accountOwner(row, names) {
  const own = row.account_id === null || row.account_id === names.me;
  return own ? "You" : `Account ${row.account_id}`;
}

/** @type {Record<string, Phrase>} */
const ACTORS = {
  account: ({ actor }, names) => (actor.id === null || actor.id === names.me ? "You" : `Account ${actor.id}`),
  session: accountOwner,
  service_token: ({ actor }, names) => (names.tokens.has(actor.id ?? "") ? tokenName(actor.id ?? "", names, "Token") : `Service token ${actor.id}`),
  app: actingApp,
  browser: () => "A browser",
  operator: () => "The operator",
  setting: ({ actor }) => `The setting ${actor.id}`,
  service: () => "This service",
};

/** @type {Phrase} */
const who = (row, names) => lookUp(ACTORS, row.actor.kind)?.(row, names) ?? row.actor.kind;
/** @type {Phrase} */
const whose = (row, names) => (accountOwner(row, names) === "You" ? "your" : `account ${row.account_id}’s`);
/** @type {Phrase} */
const changedApp = (row, names) => appName(row.operation?.replace(/^app /, "") ?? "", names);
/** @type {Phrase} */
const changedToken = (row, names) => tokenName(row.operation?.replace(/^token /, "") ?? "", names);

/**
 * Every event: its name in the filter, where it stands there, and its sentence.
 * @type {Record<Event, { group: EventGroup, name: string, sentence: Phrase }>}
 */
const EVENTS = {
  "agent:notion:called": {
    group: "Calls to Notion",
    name: "Notion called",
    sentence: (row, names) => `${who(row, names)} called ${row.operation ?? "Notion"} for ${tenant(row, names)}`,
  },
  "account:token:minted": {
    group: "Service tokens",
    name: "Service token created",
    sentence: (row, names) => `${who(row, names)} created ${changedToken(row, names)}`,
  },
  "account:token:renamed": {
    group: "Service tokens",
    name: "Service token renamed",
    sentence: (row, names) => `${who(row, names)} renamed ${changedToken(row, names)}`,
  },
  "account:token:revoked": {
    group: "Service tokens",
    name: "Service token revoked",
    sentence: (row, names) => `${who(row, names)} revoked ${changedToken(row, names)}`,
  },
  "account:connection:made": {
    group: "Connections",
    name: "Workspace connected",
    sentence: (row, names) => `${who(row, names)} connected ${tenant(row, names)}`,
  },
  "account:connection:verified": {
    group: "Connections",
    name: "Connection checked",
    sentence: (row, names) => `${who(row, names)} checked ${tenant(row, names)}`,
  },
  "account:connection:resumed": {
    group: "Connections",
    name: "Pause ended",
    sentence: (row, names) => `${who(row, names)} ended the pause of ${tenant(row, names)}`,
  },
  "account:connection:removed": {
    group: "Connections",
    name: "Workspace disconnected",
    sentence: (row, names) => `${who(row, names)} disconnected ${tenant(row, names)}`,
  },
  "browser:connection:refused": {
    group: "Connections",
    name: "Connecting refused",
    sentence: (row, names) => `Connecting ${tenant(row, names)} was refused`,
  },
  "service:credential:refreshed": {
    group: "Connections",
    name: "Credential renewed",
    sentence: (row, names) => `This service ${row.outcome === "success" ? "renewed" : "could not renew"} the Notion credential of ${tenant(row, names)}`,
  },
  "notion:credential:accepted": {
    group: "Connections",
    name: "Credential accepted again",
    sentence: (row, names) => `Notion accepts the connection ${tenant(row, names)} again`,
  },
  "notion:credential:refused": {
    group: "Connections",
    name: "Credential refused by Notion",
    sentence: (row, names) => `Notion no longer accepts the connection ${tenant(row, names)}`,
  },
  "account:sync:started": {
    group: "Connections",
    name: "Synchronization started",
    sentence: (row, names) => `${who(row, names)} started a synchronization of ${tenant(row, names)}`,
  },
  "account:sync:stopped": {
    group: "Connections",
    name: "Synchronization stopped",
    sentence: (row, names) => `${who(row, names)} stopped a synchronization of ${tenant(row, names)}`,
  },
  "service:sync:ended": {
    group: "Connections",
    name: "Synchronization ended",
    sentence: (row, names) => `A synchronization of ${tenant(row, names)} ended`,
  },
  "account:grant:made": {
    group: "Apps",
    name: "App let in",
    sentence: (row, names) => `${who(row, names)} let ${changedApp(row, names)} in`,
  },
  "account:grant:refused": {
    group: "Apps",
    name: "App not let in",
    sentence: (row, names) => `${who(row, names)} did not let ${changedApp(row, names)} in`,
  },
  "account:grant:removed": {
    group: "Apps",
    name: "App withdrawn",
    sentence: (row, names) => `${who(row, names)} withdrew ${row.operation ? changedApp(row, names) : `every app that ${whose(row, names)} account had let in`}`,
  },
  "app:tokens:revoked": {
    group: "Apps",
    name: "Tokens given back by an app",
    sentence: (row, names) => `${who(row, names)} gave its tokens for ${whose(row, names)} account back`,
  },
  "app:code:replayed": {
    group: "Apps",
    name: "Used code sent again",
    sentence: (row, names) => `A used code of ${changedApp(row, names)} was sent again, so what it had given for ${whose(row, names)} account was ended`,
  },
  "app:refresh:reused": {
    group: "Apps",
    name: "Used refresh token of an app sent again",
    sentence: (row, names) => `A used refresh token of ${changedApp(row, names)} was sent again, so its tokens for ${whose(row, names)} account were ended`,
  },
  "account:app:registered": {
    group: "Apps",
    name: "App registered",
    sentence: (row, names) => (row.actor.kind === "app" ? `${who(row, names)} registered itself` : `${who(row, names)} registered ${changedApp(row, names)}`),
  },
  "account:app:changed": {
    group: "Apps",
    name: "App changed",
    sentence: (row, names) => `${who(row, names)} changed ${changedApp(row, names)}`,
  },
  "account:app_secret:rotated": {
    group: "Apps",
    name: "New secret of an app",
    sentence: (row, names) => `${who(row, names)} made a new secret for ${changedApp(row, names)}`,
  },
  "account:app:removed": {
    group: "Apps",
    name: "App deleted",
    sentence: (row, names) => `${who(row, names)} deleted ${changedApp(row, names)}`,
  },
  "operator:signing_key:rotated": {
    group: "Apps",
    name: "Signing key changed",
    sentence: (row, names) => `${who(row, names)} put a new key for signing apps’ tokens into use`,
  },
  "account:session:opened": {
    group: "Sessions",
    name: "Signed in",
    sentence: (row, names) => `${who(row, names)} signed in`,
  },
  "browser:session:refused": {
    group: "Sessions",
    name: "Sign-in refused",
    sentence: () => "A sign-in was refused",
  },
  "account:session:ended": {
    group: "Sessions",
    name: "Session ended",
    sentence: (row, names) => `${who(row, names)} ended a session`,
  },
  "account:sessions:ended": {
    group: "Sessions",
    name: "Signed out everywhere",
    sentence: (row, names) => `${who(row, names)} signed out everywhere`,
  },
  "session:refresh:reused": {
    group: "Sessions",
    name: "Used refresh token sent again",
    sentence: (row, names) => `A used refresh token was sent again, so ${whose(row, names)} session was ended`,
  },
  "admin:webhooks:opened": {
    group: "Webhooks",
    name: "Webhook subscription awaited",
    sentence: (row, names) => `${who(row, names)} let Notion send the token of a webhook subscription`,
  },
  "notion:webhooks:received": {
    group: "Webhooks",
    name: "Webhook token received",
    sentence: () => "The token of a webhook subscription came",
  },
  "admin:webhooks:shown": {
    group: "Webhooks",
    name: "Webhook token shown",
    sentence: (row, names) => `${who(row, names)} had the token of the webhook subscription shown`,
  },
  "notion:webhooks:confirmed": {
    group: "Webhooks",
    name: "Webhooks confirmed",
    sentence: () => "The first webhook came",
  },
  "admin:webhooks:removed": {
    group: "Webhooks",
    name: "Webhook subscription removed",
    sentence: (row, names) => `${who(row, names)} removed the webhook subscription`,
  },
  "operator:role:changed": {
    group: "Account",
    name: "Role changed",
    sentence: (row, names) => `${who(row, names)} changed ${whose(row, names)} role to ${row.operation ?? "another"}`,
  },
  "operator:account:disabled": {
    group: "Account",
    name: "Account disabled",
    sentence: (row, names) => `${who(row, names)} disabled ${whose(row, names)} account`,
  },
  "operator:account:enabled": {
    group: "Account",
    name: "Account enabled",
    sentence: (row, names) => `${who(row, names)} enabled ${whose(row, names)} account`,
  },
  "account:account:deleted": {
    group: "Account",
    name: "Account deleted",
    sentence: (row, names) => `${who(row, names)} deleted ${whose(row, names)} account`,
  },
};

/**
 * An event that this page does not know is told by its name.
 * @type {Phrase}
 */
export const sentence = (row, names) => lookUp(EVENTS, row.event)?.sentence(row, names) ?? row.event;

export const EVENT_OPTIONS = grouped(EVENTS);
