// One of npm's OAuth clients goes through its whole flow; the person's part is asked for on stdout and told on stdin.
// In argv: client (openid-client | oauth4webapi), issuer, client id, secret or "", redirect URI, logout URI, dpop | ""
// Out: {"open": url}, and at the end {"claims", "person", "scope", "type", "refreshed", "found", "logout"}
import { createInterface } from "node:readline";
import * as oidc from "openid-client";
import * as oauth from "oauth4webapi";

const [library, issuer, clientId, secret, redirectUri, logoutUri, dpop] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const scope = "openid profile email offline_access graph:search";
const say = (told) => process.stdout.write(`${JSON.stringify(told)}\n`);
const open = async (url) => {
  say({ open: url.href });
  return new URL((await lines.next()).value);
};

async function withOpenidClient() {
  const proof = secret ? oidc.ClientSecretBasic(secret) : oidc.None();
  const config = await oidc.discovery(new URL(issuer), clientId, undefined, proof, {
    execute: [oidc.allowInsecureRequests],
  });
  const options = dpop ? { DPoP: oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair()) } : undefined;
  const verifier = oidc.randomPKCECodeVerifier();
  const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri, scope, state, nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
  });
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  const tokens = await oidc.authorizationCodeGrant(config, await open(url), checks, undefined, options);
  const claims = tokens.claims();
  const person = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub, options);
  const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, options);
  const search = new URL("/api/v1/graph/search?q=a", issuer);
  const found = await oidc.fetchProtectedResource(
    config, refreshed.access_token, search, "GET", undefined, undefined, options,
  );
  const logout = oidc.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: logoutUri });
  if (!dpop) await oidc.tokenRevocation(config, refreshed.refresh_token);
  return { claims, person, scope: tokens.scope, type: tokens.token_type, found: found.status, logout: logout.href };
}

async function withOauth4webapi() {
  const insecure = { [oauth.allowInsecureRequests]: true };
  const at = new URL(issuer);
  const server = await oauth.processDiscoveryResponse(at, await oauth.discoveryRequest(at, insecure));
  const client = { client_id: clientId };
  const proof = secret ? oauth.ClientSecretPost(secret) : oauth.None();
  const options = dpop ? { ...insecure, DPoP: oauth.DPoP(client, await oauth.generateKeyPair("ES256")) } : insecure;
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: clientId, redirect_uri: redirectUri, response_type: "code", scope, state, nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
  });
  const back = oauth.validateAuthResponse(server, client, await open(url), state);
  const tokens = await oauth.processAuthorizationCodeResponse(
    server, client,
    await oauth.authorizationCodeGrantRequest(server, client, proof, back, redirectUri, verifier, options),
    { expectedNonce: nonce, requireIdToken: true },
  );
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  const told = await oauth.userInfoRequest(server, client, tokens.access_token, options);
  const person = await oauth.processUserInfoResponse(server, client, claims.sub, told);
  const again = await oauth.refreshTokenGrantRequest(server, client, proof, tokens.refresh_token, options);
  const refreshed = await oauth.processRefreshTokenResponse(server, client, again);
  const search = new URL("/api/v1/graph/search?q=a", issuer);
  const found = await oauth.protectedResourceRequest(
    refreshed.access_token, "GET", search, undefined, undefined, options,
  );
  const logout = new URL(server.end_session_endpoint);
  logout.search = new URLSearchParams({ id_token_hint: tokens.id_token, post_logout_redirect_uri: logoutUri });
  return { claims, person, scope: tokens.scope, type: tokens.token_type, found: found.status, logout: logout.href };
}

say(await (library === "openid-client" ? withOpenidClient() : withOauth4webapi()));
process.exit(0);
