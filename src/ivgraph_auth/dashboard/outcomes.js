// How something ended, in words. The names of outcomes are the API's: the type check fails when one is missing here, or is none.

import { grouped, lookUp } from "./api_names.js";

/** @import { Outcome } from "./types" */
/** @typedef {"Calls to Notion" | "Refused by Notion" | "Sign-ins and consents" | "Credentials and sessions" | "Synchronizations"} OutcomeGroup */

/**
 * Every known outcome but success.
 * @type {Record<Exclude<Outcome, "success">, { group: OutcomeGroup, name: string }>}
 */
const OUTCOMES = {
  started: { group: "Calls to Notion", name: "No answer recorded" },
  repeated: { group: "Calls to Notion", name: "Answered from an earlier call" },
  rate_limited: { group: "Calls to Notion", name: "Too many calls" },
  insufficient_scope: { group: "Calls to Notion", name: "Scope missing" },
  workspace_not_allowed: { group: "Calls to Notion", name: "Workspace not allowed" },
  missing_capability: { group: "Calls to Notion", name: "Not allowed by the connection" },
  oauth_expired: { group: "Calls to Notion", name: "Needs consent" },
  unknown_tool: { group: "Calls to Notion", name: "No such tool" },
  unknown_tenant: { group: "Calls to Notion", name: "No such tenant" },
  unclear_tenant: { group: "Calls to Notion", name: "Tenant not clear" },
  invalid_request_url: { group: "Calls to Notion", name: "Path not allowed" },
  invalid_parameters: { group: "Calls to Notion", name: "Invalid parameters" },
  idempotency_key_reused: { group: "Calls to Notion", name: "Idempotency key reused" },
  idempotency_in_progress: { group: "Calls to Notion", name: "Same call still running" },
  outcome_unknown: { group: "Calls to Notion", name: "Outcome unknown" },
  upstream_error: { group: "Calls to Notion", name: "Notion failed" },
  upstream_timeout: { group: "Calls to Notion", name: "Notion took too long" },
  credential_unavailable: { group: "Calls to Notion", name: "Credential could not be opened" },
  unavailable: { group: "Calls to Notion", name: "Service unavailable" },
  caller_gone: { group: "Calls to Notion", name: "Caller left before the answer" },
  authorization_renewed: { group: "Calls to Notion", name: "Access was renewed, file to be sent again" },
  content_too_large: { group: "Calls to Notion", name: "File too large" },
  too_many_streams: { group: "Calls to Notion", name: "Too many files at once" },
  shutdown: { group: "Calls to Notion", name: "Service shut down" },
  internal_error: { group: "Calls to Notion", name: "Error in this service" },
  object_not_found: { group: "Refused by Notion", name: "Not found in Notion" },
  validation_error: { group: "Refused by Notion", name: "Invalid for Notion" },
  conflict_error: { group: "Refused by Notion", name: "Conflict with another change" },
  restricted_resource: { group: "Refused by Notion", name: "Not allowed by Notion" },
  access_denied: { group: "Sign-ins and consents", name: "Declined" },
  account_disabled: { group: "Sign-ins and consents", name: "Account is disabled" },
  other_workspace: { group: "Sign-ins and consents", name: "Another workspace was chosen" },
  state_unknown: { group: "Sign-ins and consents", name: "Not started here" },
  state_used: { group: "Sign-ins and consents", name: "Used before" },
  state_expired: { group: "Sign-ins and consents", name: "Took too long" },
  state_of_other_browser: { group: "Sign-ins and consents", name: "Started in another browser" },
  state_of_other_flow: { group: "Sign-ins and consents", name: "Sent to the wrong address" },
  no_code: { group: "Sign-ins and consents", name: "Notion sent no code" },
  no_person: { group: "Sign-ins and consents", name: "Notion named no person" },
  invalid_grant: { group: "Sign-ins and consents", name: "Expired or used at Notion" },
  invalid_request: { group: "Sign-ins and consents", name: "Invalid request" },
  invalid_scope: { group: "Sign-ins and consents", name: "Invalid scope" },
  unauthorized_client: { group: "Sign-ins and consents", name: "This service may not ask that" },
  temporarily_unavailable: { group: "Sign-ins and consents", name: "Notion was unavailable" },
  server_error: { group: "Sign-ins and consents", name: "Error at Notion" },
  notion_unavailable: { group: "Sign-ins and consents", name: "Notion did not answer" },
  invalid_client: { group: "Credentials and sessions", name: "Notion does not accept this service" },
  needs_reauth: { group: "Credentials and sessions", name: "No longer accepted" },
  no_refresh_token: { group: "Credentials and sessions", name: "No refresh token" },
  unauthorized_after_refresh: { group: "Credentials and sessions", name: "Refused after it was renewed" },
  not_paused: { group: "Credentials and sessions", name: "Was not paused" },
  session_ended: { group: "Credentials and sessions", name: "Session ended" },
  stopped: { group: "Synchronizations", name: "Stopped" },
};

/**
 * An outcome in words. One that this page does not know is told by its name.
 * @param {string} name
 */
export function outcomeText(name) {
  const plain = name.replaceAll("_", " ");
  return lookUp(OUTCOMES, name)?.name ?? plain.charAt(0).toUpperCase() + plain.slice(1);
}

export const OUTCOME_OPTIONS = grouped(OUTCOMES);
