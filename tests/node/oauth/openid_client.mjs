// `openid-client` goes through a flow.
// In: {flow: "code" | "device", issuer, clientId, secret or null, key: its private JWK or null, redirectUri, logoutUri,
//      dpop: algorithm or null, search: URL}
// Out: as the end of each flow says
import * as oidc from "openid-client";
import { hear, importKey, open, say } from "./conversation.mjs";

const { flow, issuer, clientId, secret, key, redirectUri, logoutUri, dpop, search } = await hear();
const scope = "openid profile email offline_access graph:search";

const proof = key ? oidc.PrivateKeyJwt(await importKey(key)) : secret ? oidc.ClientSecretBasic(secret) : oidc.None();
const config = await oidc.discovery(new URL(issuer), clientId, undefined, proof, {
  execute: [oidc.allowInsecureRequests],
});
const options = dpop ? { DPoP: oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair(dpop)) } : undefined;

async function getTokensByCode() {
  const verifier = oidc.randomPKCECodeVerifier();
  const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri, scope, state, nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
  });
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  return oidc.authorizationCodeGrant(config, await open(url), checks, undefined, options);
}

async function getTokensByDevice() {
  const device = await oidc.initiateDeviceAuthorization(config, { scope });
  await open(device.verification_uri_complete);
  // The client waits for the interval itself.
  return oidc.pollDeviceAuthorizationGrant(config, device, undefined, options);
}

async function leave(tokens) {
  const state = oidc.randomState();
  const url = oidc.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token, post_logout_redirect_uri: logoutUri, state,
  });
  return { state, back: (await open(url)).href };
}

const tokens = await (flow === "device" ? getTokensByDevice() : getTokensByCode());
const claims = tokens.claims();
const person = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub, options);
const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, options);
const found = await oidc.fetchProtectedResource(
  config, refreshed.access_token, new URL(search), "GET", undefined, undefined, options,
);
const inspected = secret || key ? await oidc.tokenIntrospection(config, refreshed.access_token) : null;
const left = flow === "code" ? await leave(tokens) : null;
await oidc.tokenRevocation(config, refreshed.refresh_token);
const error = await oidc.refreshTokenGrant(config, refreshed.refresh_token, undefined, options).catch((refusal) => refusal.error);
say({
  claims, person, type: tokens.token_type, scope: tokens.scope, found: found.status, inspected, left, error,
  replaced: refreshed.refresh_token !== tokens.refresh_token,
});
process.exit(0);
