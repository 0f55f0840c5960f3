// What happened, as a sentence. `names` knows the people, programs and places of the reader's own account.

import { named } from "./rooms/parts.js";
import { device } from "./words.js";

/** Of `me`, and of the answers of the lists of service tokens and sessions. */
export function names(me, tokens = [], sessions = []) {
  return {
    me: me.id,
    tokens: new Map(tokens.map(({ id, name }) => [String(id), name])),
    sessions: new Map(sessions.map((item) => [item.id.replaceAll("-", ""), item.current ? "this session" : device(item.user_agent)])),
    workspaces: new Map(me.workspaces.map((item) => [item.id, named(item)])),
  };
}

const token = (id, known, start = "service token") => (known.tokens.has(id) ? `${start} “${known.tokens.get(id)}”` : `${start} ${id}`);

/** A tenant's name; of a sign-in's connection the workspace's. */
export const place = (tenant, known) => known.workspaces.get(tenant) ?? tenant ?? "a workspace";

function somebody(row, known) {
  const own = row.account_id === null || row.account_id === known.me;
  return own ? "You" : `Account ${row.account_id}`;
}

const WHO = {
  account: (row, known) => (row.actor.id === null || row.actor.id === known.me ? "You" : `Account ${row.actor.id}`),
  session: somebody,
  service_token: ({ actor }, known) => (known.tokens.has(actor.id) ? token(actor.id, known, "Token") : `Service token ${actor.id}`),
  app: ({ actor }) => `App ${actor.id}`,
  browser: () => "A browser",
  operator: () => "The operator",
  setting: ({ actor }) => `The setting ${actor.id}`,
  service: () => "This service",
};

const who = (row, known) => WHO[row.actor.kind]?.(row, known) ?? row.actor.kind;
const whose = (row, known) => (somebody(row, known) === "You" ? "your" : `account ${row.account_id}’s`);
const subject = (row, known) => token(row.operation?.replace(/^token /, "") ?? "", known);

const SENTENCES = {
  "account:session:opened": (row, known) => `${who(row, known)} signed in`,
  "browser:session:refused": () => "A sign-in was refused",
  "account:session:ended": (row, known) => `${who(row, known)} ended a session`,
  "account:sessions:ended": (row, known) => `${who(row, known)} signed out everywhere`,
  "session:refresh:reused": (row, known) => `A used refresh token was sent again, so ${whose(row, known)} session was ended`,
  "account:token:minted": (row, known) => `${who(row, known)} created ${subject(row, known)}`,
  "account:token:renamed": (row, known) => `${who(row, known)} renamed ${subject(row, known)}`,
  "account:token:revoked": (row, known) => `${who(row, known)} revoked ${subject(row, known)}`,
  "account:connection:made": (row, known) => `${who(row, known)} connected ${place(row.tenant_id, known)}`,
  "browser:connection:refused": (row, known) => `Connecting ${place(row.tenant_id, known)} was refused`,
  "account:connection:verified": (row, known) => `${who(row, known)} checked ${place(row.tenant_id, known)}`,
  "account:connection:resumed": (row, known) => `${who(row, known)} let ${place(row.tenant_id, known)} go on after a pause`,
  "account:connection:removed": (row, known) => `${who(row, known)} disconnected ${place(row.tenant_id, known)}`,
  "service:credential:refreshed": (row, known) => `This service ${row.outcome === "success" ? "renewed" : "could not renew"} the Notion credential of ${place(row.tenant_id, known)}`,
  "notion:credential:accepted": (row, known) => `Notion accepts the connection ${place(row.tenant_id, known)} again`,
  "notion:credential:refused": (row, known) => `Notion no longer accepts the connection ${place(row.tenant_id, known)}`,
  "agent:notion:called": (row, known) => `${who(row, known)} called ${row.operation ?? "Notion"} for ${place(row.tenant_id, known)}`,
  "account:account:deleted": (row, known) => `${who(row, known)} deleted ${whose(row, known)} account`,
  "operator:role:changed": (row, known) => `${who(row, known)} changed ${whose(row, known)} role to ${row.operation ?? "another"}`,
  "operator:account:disabled": (row, known) => `${who(row, known)} disabled ${whose(row, known)} account`,
  "operator:account:enabled": (row, known) => `${who(row, known)} enabled ${whose(row, known)} account`,
};

export const sentence = (row, known) => SENTENCES[row.event]?.(row, known) ?? row.event;

/** For the filter: what may have happened, in groups. */
export const EVENTS = {
  "Calls to Notion": { "agent:notion:called": "Notion called" },
  "Service tokens": {
    "account:token:minted": "Service token created",
    "account:token:renamed": "Service token renamed",
    "account:token:revoked": "Service token revoked",
  },
  Connections: {
    "account:connection:made": "Workspace connected",
    "account:connection:verified": "Connection checked",
    "account:connection:resumed": "Pause forgotten",
    "account:connection:removed": "Workspace disconnected",
    "browser:connection:refused": "Connecting refused",
    "service:credential:refreshed": "Credential renewed",
    "notion:credential:accepted": "Credential accepted again",
    "notion:credential:refused": "Credential refused by Notion",
  },
  Sessions: {
    "account:session:opened": "Signed in",
    "browser:session:refused": "Sign-in refused",
    "account:session:ended": "Session ended",
    "account:sessions:ended": "Signed out everywhere",
    "session:refresh:reused": "Used refresh token sent again",
  },
  Account: {
    "operator:role:changed": "Role changed",
    "operator:account:disabled": "Account disabled",
    "operator:account:enabled": "Account enabled",
    "account:account:deleted": "Account deleted",
  },
};

/** Outcomes but success, in words. */
export const OUTCOMES = {
  started: "No answer recorded",
  rate_limited: "Too many calls",
  insufficient_scope: "Scope missing",
  workspace_not_allowed: "Workspace not allowed",
  missing_capability: "Not allowed by the connection",
  object_not_found: "Not found in Notion",
  validation_error: "Not valid for Notion",
  invalid_parameters: "Not valid parameters",
  conflict_error: "Changed meanwhile",
  upstream_timeout: "Notion took too long",
  upstream_error: "Notion did not work",
  temporarily_unavailable: "Notion did not work",
  outcome_unknown: "No answer from Notion",
  invalid_client: "Notion does not accept this service",
  invalid_grant: "No longer accepted",
  oauth_expired: "Needs consent",
  needs_reauth: "No longer accepted",
  credential_unavailable: "Credential could not be opened",
  caller_gone: "Caller left before the answer",
  access_denied: "Declined at Notion",
  session_ended: "Session ended",
};

export function outcome(word) {
  const plain = word.replaceAll("_", " ");
  return OUTCOMES[word] ?? plain.charAt(0).toUpperCase() + plain.slice(1);
}
