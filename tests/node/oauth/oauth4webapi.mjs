// `oauth4webapi` goes through a flow. In and out as in openid_client.mjs.
import * as oauth from "oauth4webapi";
import { hear, importKey, open, say } from "./conversation.mjs";

const { flow, issuer, clientId, secret, key, redirectUri, logoutUri, dpop, search } = await hear();
const scope = "openid profile email offline_access graph:search";

const insecure = { [oauth.allowInsecureRequests]: true };
const at = new URL(issuer);
const server = await oauth.processDiscoveryResponse(at, await oauth.discoveryRequest(at, { ...insecure, algorithm: "oauth2" }));
const client = { client_id: clientId };
const proof = key ? oauth.PrivateKeyJwt(await importKey(key)) : secret ? oauth.ClientSecretPost(secret) : oauth.None();
const options = dpop ? { ...insecure, DPoP: oauth.DPoP(client, await oauth.generateKeyPair(dpop)) } : insecure;

async function getTokensByCode() {
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: clientId, redirect_uri: redirectUri, response_type: "code", scope, state, nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
  });
  const back = oauth.validateAuthResponse(server, client, await open(url), state);
  const told = await oauth.authorizationCodeGrantRequest(server, client, proof, back, redirectUri, verifier, options);
  const expected = { expectedNonce: nonce, requireIdToken: true };
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, told, expected);
  await oauth.validateApplicationLevelSignature(server, told, insecure);
  return tokens;
}

async function getTokensByDevice() {
  const begun = await oauth.deviceAuthorizationRequest(server, client, proof, { scope }, insecure);
  const device = await oauth.processDeviceAuthorizationResponse(server, client, begun);
  const poll = async () => oauth.processDeviceCodeResponse(
    server, client, await oauth.deviceCodeGrantRequest(server, client, proof, device.device_code, options),
  );
  const early = await poll().catch((refusal) => refusal.error);
  if (early !== "authorization_pending") throw new Error(`Nobody has decided, and the answer is ${early}.`);
  await open(device.verification_uri_complete);
  return poll();
}

async function leave(tokens) {
  const state = oauth.generateRandomState();
  const url = new URL(server.end_session_endpoint);
  url.search = new URLSearchParams({ id_token_hint: tokens.id_token, post_logout_redirect_uri: logoutUri, state });
  return { state, back: (await open(url)).href };
}

async function refresh(token) {
  const told = await oauth.refreshTokenGrantRequest(server, client, proof, token, options);
  return oauth.processRefreshTokenResponse(server, client, told);
}

async function inspect(token) {
  const told = await oauth.introspectionRequest(server, client, proof, token, insecure);
  return oauth.processIntrospectionResponse(server, client, told);
}

const tokens = await (flow === "device" ? getTokensByDevice() : getTokensByCode());
const claims = oauth.getValidatedIdTokenClaims(tokens);
const described = await oauth.userInfoRequest(server, client, tokens.access_token, options);
const person = await oauth.processUserInfoResponse(server, client, claims.sub, described);
const refreshed = await refresh(tokens.refresh_token);
const found = await oauth.protectedResourceRequest(
  refreshed.access_token, "GET", new URL(search), undefined, undefined, options,
);
const inspected = secret || key ? await inspect(refreshed.access_token) : null;
const left = flow === "code" ? await leave(tokens) : null;
const revoked = await oauth.revocationRequest(server, client, proof, refreshed.refresh_token, insecure);
await oauth.processRevocationResponse(revoked);
const error = await refresh(refreshed.refresh_token).catch((refusal) => refusal.error);
say({
  claims, person, type: tokens.token_type, scope: tokens.scope, found: found.status, inspected, left, error,
  replaced: refreshed.refresh_token !== tokens.refresh_token,
});
process.exit(0);
